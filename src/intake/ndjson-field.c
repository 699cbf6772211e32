/*
 * Single values of a line: numbers of persons, firms and telephones, times, texts.
 *
 * Each reader names the field and the remedy, never the value. A number that is kept as digits is a
 * text in JSON: leading zeros count.
 */
#include "intake/ndjson-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int read_cpr(Reading *r, const Field *f, Text t, void *to)
{
        switch (t.len == 10 ? cpr_parse(t.s, t.len, to) : CPR_E_LENGTH) {
        case 0:
                return 0;
        case CPR_E_CALENDAR:
                return field_fault(r, f,
                                   "its date is in no calendar; a replacement number has the "
                                   "day raised by 60");
        default:
                return field_fault(r, f, "not ten digits; write it without a hyphen");
        }
}

/* A person or a firm: its numbers differ in length. */
int read_reader(Reading *r, const Field *f, Text t, void *to)
{
        AccessEvent *a = to;

        if (t.len == 10)
                return read_cpr(r, f, t, &a->reader);
        if (t.len != CVR_MAX - 1 || !str_all_digits(t.s, t.len))
                return field_fault(r, f, "neither a CPR number (10 digits) nor a CVR number (8)");
        memcpy(a->reader_cvr, t.s, t.len);
        a->reader_cvr[t.len] = '\0';
        return 0;
}

static uint32_t number_of(const char *digits, size_t len)
{
        uint32_t n = 0;

        assert(len <= 9);
        for (size_t i = 0; i < len; i++)
                n = n * 10 + (uint32_t)(digits[i] - '0');
        return n;
}

int read_cvr(Reading *r, const Field *f, Text t, void *to)
{
        if (t.len != CVR_MAX - 1 || !str_all_digits(t.s, t.len) || t.s[0] == '0')
                return field_fault(r, f, "not eight digits");
        *(uint32_t *)to = number_of(t.s, t.len);
        return 0;
}

int read_uuid(Reading *r, const Field *f, Text t, void *to)
{
        return uuid_parse(t.s, t.len, to) < 0
                       ? field_fault(r, f, "not a UUID (8-4-4-4-12 hexadecimal digits)")
                       : 0;
}

/* Codes are three digits; CPR writes them with a zero before (cpr.dk, "Kommunekoder"). */
int read_municipality(Reading *r, const Field *f, Text t, void *to)
{
        size_t zero = t.len == 4 && t.s[0] == '0';

        if (t.len - zero != 3 || !str_all_digits(t.s, t.len) || t.s[zero] == '0')
                return field_fault(r, f, "no municipality code; write four digits like \"0101\"");
        *(uint16_t *)to = (uint16_t)number_of(t.s, t.len);
        return 0;
}

int read_time(Reading *r, const Field *f, Text t, void *to)
{
        switch (time_parse_rfc3339(t.s, t.len, to)) {
        case 0:
                return 0;
        case -ERANGE:
                return field_fault(r, f,
                                   "before 1970; for what always was, write the first day "
                                   "that your register vouches for");
        default:
                return field_fault(r, f, "no time; write it like \"2014-08-24T10:00:00+02:00\"");
        }
}

int read_day(Reading *r, const Field *f, Text t, void *to)
{
        return day_parse(t.s, t.len, to) < 0
                       ? field_fault(r, f, "no day; write it like \"2014-08-24\"")
                       : 0;
}

int read_month(Reading *r, const Field *f, Text t, void *to)
{
        VolumeEvent *volume = to;
        char day[] = "YYYY-MM-01";
        Day first;
        int year, month, d;

        if (t.len == 7)
                memcpy(day, t.s, t.len);
        if (t.len != 7 || day_parse(day, strlen(day), &first) < 0)
                return field_fault(r, f, "no month; write it like \"2014-10\"");
        day_to_ymd(first, &year, &month, &d);
        volume->year = (uint16_t)year;
        volume->month = (uint8_t)month;
        return 0;
}

int read_bool(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        if (v->kind != SCAN_TRUE && v->kind != SCAN_FALSE)
                return field_fault(r, f, "neither true nor false; write it without quotes");
        *(bool *)to = v->kind == SCAN_TRUE;
        return 0;
}

int read_u32(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        if (v->kind != SCAN_INT || v->number < 0 || v->number > UINT32_MAX)
                return field_fault(r, f, "not a whole number from 0 to 4294967295");
        *(uint32_t *)to = (uint32_t)v->number;
        return 0;
}

static int phone_of(Reading *r, const Field *f, Text t, const char *countries, Phone *ret)
{
        switch (phone_parse(t.s, t.len, countries, ret)) {
        case 0:
                return 0;
        case PHONE_E_COUNTRY:
                return field_fault(r, f, "of a country that %s",
                                   countries ? "Countries= does not allow" : "is not Denmark");
        default:
                return field_fault(r, f,
                                   "no telephone number; write 8 digits, or + and the "
                                   "country's prefix");
        }
}

int read_phone(Reading *r, const Field *f, Text t, void *to)
{
        return phone_of(r, f, t, r->rules->countries, to);
}

/* The contact register takes nothing else for NemSMS: "^[2-9]\d{7}$". */
int read_danish_phone(Reading *r, const Field *f, Text t, void *to)
{
        return phone_of(r, f, t, NULL, to);
}

int read_address(Reading *r, const Field *f, Text t, void *to)
{
        switch (mailaddr_parse(t.s, t.len, to)) {
        case 0:
                return 0;
        case MAILADDR_E_DOMAIN:
                return field_fault(r, f, "its domain is no name that the DNS can hold");
        case MAILADDR_E_LOCAL:
                return field_fault(r, f, "before the @ only ASCII can be sent to");
        case MAILADDR_E_LENGTH:
                return field_fault(r, f, "too long for SMTP");
        default:
                return field_fault(r, f, "no e-mail address; write it like name@example.dk");
        }
}

static int read_text(Reading *r, const Field *f, Text t, size_t max, Text *ret)
{
        const char *what = text_fault(t, max);

        if (what)
                return field_fault(r, f, "%s; at most %zu characters, line breaks and tabs allowed",
                                   what, max);
        *ret = t;
        return 0;
}

int read_label(Reading *r, const Field *f, Text t, _unused_ void *to)
{
        return read_text(r, f, t, MESSAGE_LABEL_MAX, &r->label);
}

int read_notification(Reading *r, const Field *f, Text t, _unused_ void *to)
{
        return read_text(r, f, t, MESSAGE_NOTIFICATION_MAX, &r->notification);
}
