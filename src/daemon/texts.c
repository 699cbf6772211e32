/*
 * The words of the configuration, as the texts need them.
 */
#include "daemon/daemon.h"

int daemon_texts_load(const Config *c, IniFault on_fault, void *userdata, TextSet **ret)
{
        TextSettings s = {.login_name = c->texts.login_name,
                          .read_at = {c->texts.read_at[LANGUAGE_DA], c->texts.read_at[LANGUAGE_EN]},
                          .read_url = c->texts.read_url,
                          .help_phone = c->texts.help_phone};

        return textset_load(c->template_directory, &s, on_fault, userdata, ret);
}
