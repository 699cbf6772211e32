/*
 * The file of AllowOnly=: read line by line, each address handed on in its normal form and wiped.
 *
 * Nothing of it is kept here; who reads it keeps keyed fingerprints. Faults name the line and never
 * quote it.
 */
#include "config/allow.h"

#include "base/cleanup.h"
#include "base/secret.h"
#include "base/str.h"
#include "model/mailaddr.h"
#include "model/phone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ALLOW_LINE_MAX 400

static int address_read(const char *text, const char *countries, AllowHandler on_address,
                        void *userdata)
{
        char normal[MAILADDR_MAX + 1];
        MailAddr mail;
        Phone phone;
        int r;

        if (strchr(text, '@')) {
                if (mailaddr_parse(text, strlen(text), &mail) != 0)
                        return -EINVAL;
                r = on_address(userdata, CHANNEL_EMAIL, mailaddr_normal(&mail, normal));
                secret_wipe(&mail, sizeof(mail));
                secret_wipe(normal, sizeof(normal));
                return r;
        }
        if (phone_parse(text, strlen(text), countries, &phone) != 0)
                return -EINVAL;
        r = on_address(userdata, CHANNEL_SMS, phone.e164);
        secret_wipe(&phone, sizeof(phone));
        return r;
}

int allow_file_read(const char *path, const char *countries, AllowHandler on_address,
                    IniFault on_fault, void *userdata)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        char line[ALLOW_LINE_MAX];
        int n = 0, r = 0, faults = 0;

        if (!f)
                return -errno;
        while (r >= 0 && fgets(line, sizeof(line), f)) {
                char *text;

                n++;
                line[strcspn(line, "#")] = '\0';
                text = str_strip(line);
                if (*text)
                        r = address_read(text, countries, on_address, userdata);
                if (r == -EINVAL) {
                        faults++;
                        r = 0;
                        if (on_fault)
                                on_fault(
                                        userdata, path, n,
                                        "is neither a telephone number of Countries= nor an e-mail "
                                        "address");
                }
        }
        secret_wipe(line, sizeof(line));
        if (r >= 0 && ferror(f))
                r = -EIO;
        return r < 0 ? r : faults ? -EINVAL : 0;
}
