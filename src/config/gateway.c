/*
 * The files of gateways.d/: each describes one way out.
 *
 * A file is read in three steps. First its lines are gathered and told apart by the table
 * (gateway.def): a key that is unknown, given twice or in the wrong section is a fault. Then Kind=
 * says what the rest means, and every value is read by its form, the defaults of the table like
 * values of the file. Last come the questions that no line can answer alone (gateway-check.c). All
 * faults of a file are told in one reading; a file with any gives no Gateway, because half a
 * description sends half an alert.
 *
 * The name of a gateway is its file's name without ".conf". It goes into the store, the journal and
 * metrics, so it is held to [a-z0-9-].
 *
 * What it does not do: read secrets (channel does, when it opens), look whether a host exists, or
 * know whether a sandbox is on.
 */
#include "config/gateway-priv.h"

#include "base/buf.h"
#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <strings.h>

#define GATEWAY_KEY(section, key, form, member, min, max, fallback, help) \
        {#section, #key, FORM_##form, offsetof(Gateway, member), min, max, fallback, help},
const GatewayOption gateway_option[_GATEWAY_KEY_MAX] = {
#include "config/gateway.def"
};
#undef GATEWAY_KEY

#define ENTRIES_MAX 256

static const char *const kind_section[_GATEWAY_KIND_MAX] = {
        [GATEWAY_HTTP] = "Http", [GATEWAY_SMTP] = "Smtp", [GATEWAY_OUTBOX] = "Outbox"};

/* --- faults ------------------------------------------------------------------------------------
 */

static void tell(GatewayFile *f, int line, const char *text)
{
        f->n_faults++;
        if (f->how->on_fault)
                f->how->on_fault(f->how->userdata, f->name, line, text);
}

static _printf_(4, 0) void tell_key(GatewayFile *f, int line, const char *key, const char *fmt,
                                    va_list ap)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = buf_printf(&b, "%s: ", key);

        if (r == 0)
                r = buf_vprintf(&b, fmt, ap);
        tell(f, line, r == 0 ? buf_str(&b) : key);
}

void gateway_fault(GatewayFile *f, const char *fmt, ...)
{
        va_list ap;

        assert(f->line > 0); /* a default of our own table is never at fault */
        va_start(ap, fmt);
        tell_key(f, f->line, gateway_option[f->id].key, fmt, ap);
        va_end(ap);
}

/* At the line where the key stands, or the whole file where it is missing. */
void gateway_fault_at(GatewayFile *f, GatewayKeyId id, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        tell_key(f, f->line_of[id], gateway_option[id].key, fmt, ap);
        va_end(ap);
}

static void on_ini_fault(void *userdata, _unused_ const char *file, int line, const char *text)
{
        tell(userdata, line, text);
}

/* --- step one: lines ---------------------------------------------------------------------------
 */

/* Letters that must be added, taken away or changed to make one of the other (Levenshtein, 1965).
 */
static unsigned distance(const char *a, const char *b)
{
        unsigned row[32];
        size_t n = strlen(b);

        if (n >= ARRAY_SIZE(row) || strlen(a) >= ARRAY_SIZE(row))
                return UINT32_MAX; /* no key of ours, nor near one */
        for (unsigned j = 0; j <= n; j++)
                row[j] = j;
        for (unsigned i = 1; *a != '\0'; i++, a++) {
                unsigned diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        unsigned change = diagonal + (strncasecmp(a, b + j - 1, 1) != 0);

                        diagonal = row[j];
                        row[j] = MIN_OF(change, MIN_OF(row[j], row[j - 1]) + 1);
                }
        }
        return row[n];
}

static void tell_unknown(GatewayFile *f, const IniLine *l)
{
        const GatewayOption *best = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;
        unsigned best_distance = 3; /* more than two slips is another word */
        int r;

        for (size_t i = 0; i < _GATEWAY_KEY_MAX; i++) {
                unsigned d = distance(l->key, gateway_option[i].key);
                bool here = str_eq(gateway_option[i].section, l->section);

                if (d < best_distance || (d == best_distance && best && here)) {
                        best = &gateway_option[i];
                        best_distance = d;
                }
        }
        r = buf_printf(&b, "%.40s: is no key of [%.20s]", l->key, l->section);
        if (r == 0 && best)
                r = buf_printf(&b, "; did you mean %s= in [%s]?", best->key, best->section);
        else if (r == 0)
                r = buf_puts(&b, "; advisd-gateway(5) lists all keys");
        tell(f, l->line, r == 0 ? buf_str(&b) : "is no key");
}

static int on_section(GatewayFile *f, const IniLine *l)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r;

        if (str_eq(l->section, "Gateway"))
                return 0;
        for (int k = 0; k < _GATEWAY_KIND_MAX; k++) {
                if (!str_eq(l->section, kind_section[k]))
                        continue;
                if (f->head_of[k] == 0)
                        f->head_of[k] = l->line;
                return 0;
        }
        if (str_eq(l->section, "Receipt")) {
                if (f->receipt_head == 0)
                        f->receipt_head = l->line;
                return 0;
        }
        r = buf_printf(&b,
                       "[%.20s]: is no section; there are [Gateway], [Http], [Smtp], [Outbox], "
                       "[Receipt]",
                       l->section);
        if (r < 0)
                return r;
        tell(f, l->line, buf_str(&b));
        return 0;
}

static bool section_is_known(const char *section)
{
        for (size_t i = 0; i < _GATEWAY_KEY_MAX; i++)
                if (str_eq(gateway_option[i].section, section))
                        return true;
        return false;
}

static int find_key(const IniLine *l)
{
        for (int i = 0; i < _GATEWAY_KEY_MAX; i++)
                if (str_eq(gateway_option[i].key, l->key) &&
                    str_eq(gateway_option[i].section, l->section))
                        return i;
        return -1;
}

static int add_entry(GatewayFile *f, GatewayKeyId id, const IniLine *l)
{
        GatewayEntry *all = reallocarray(f->entry, f->n_entries + 1, sizeof(*all));
        char *value;

        if (!all)
                return -ENOMEM;
        f->entry = all;
        value = strdup(l->value);
        if (!value)
                return -ENOMEM;
        all[f->n_entries++] = (GatewayEntry){.id = id, .value = value, .line = l->line};
        return 0;
}

static int on_line(void *userdata, const IniLine *l)
{
        GatewayFile *f = userdata;
        int id;

        if (!l->key)
                return on_section(f, l);
        if (!section_is_known(l->section))
                return 0; /* its head was told */
        id = find_key(l);
        if (id < 0) {
                tell_unknown(f, l);
                return 0;
        }
        f->id = (GatewayKeyId)id;
        f->line = l->line;
        if (l->value[0] == '\0') {
                gateway_fault(f, "is empty; leave the line out to have the default");
                f->line_of[id] = l->line; /* it is not missing, too */
                return 0;
        }
        if (f->line_of[id] > 0 && gateway_option[id].form < FORM_HEADER) {
                gateway_fault(f, "is given twice, first in line %d; keep one", f->line_of[id]);
                return 0;
        }
        if (f->n_entries == ENTRIES_MAX) {
                gateway_fault(f, "is one line too many; %d are enough for any gateway",
                              ENTRIES_MAX);
                return 0;
        }
        if (f->line_of[id] == 0)
                f->line_of[id] = l->line;
        return add_entry(f, f->id, l);
}

/* --- step two: values --------------------------------------------------------------------------
 */

static bool belongs(const GatewayFile *f, GatewayKeyId id)
{
        const char *section = gateway_option[id].section;

        if (str_eq(section, "Receipt"))
                return f->receipt_head > 0 && f->g->kind == GATEWAY_HTTP;
        return str_eq(section, "Gateway") || str_eq(section, kind_section[f->g->kind]);
}

static int read_value(GatewayFile *f, GatewayKeyId id, int line, const char *value)
{
        f->id = id;
        f->line = line;
        return gateway_value_read(f, value);
}

/* Kind= comes first: it says which member of the union is there. */
static int read_kind(GatewayFile *f)
{
        for (size_t i = 0; i < f->n_entries; i++) {
                const GatewayEntry *e = &f->entry[i];
                unsigned before = f->n_faults;
                int r;

                if (e->id != GATEWAY_KEY_Gateway_Kind)
                        continue;
                r = read_value(f, e->id, e->line, e->value);
                return r < 0 ? r : f->n_faults == before;
        }
        if (!gateway_has(f, GATEWAY_KEY_Gateway_Kind))
                gateway_fault_at(f, GATEWAY_KEY_Gateway_Kind,
                                 "is missing; Kind=http, Kind=smtp or Kind=outbox in [Gateway]");
        return 0;
}

static void tell_foreign_sections(GatewayFile *f)
{
        for (int k = 0; k < _GATEWAY_KIND_MAX; k++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                int r;

                if (k == (int)f->g->kind || f->head_of[k] == 0)
                        continue;
                r = buf_printf(&b, "[%s]: is for Kind=%s, and this file says Kind=%s; remove one",
                               kind_section[k], gateway_kind_word((GatewayKind)k),
                               gateway_kind_word(f->g->kind));
                tell(f, f->head_of[k], r == 0 ? buf_str(&b) : kind_section[k]);
        }
        if (f->receipt_head > 0 && f->g->kind != GATEWAY_HTTP)
                tell(f, f->receipt_head,
                     "[Receipt]: is for Kind=http; remove it (e-mails come back as bounces)");
}

/* Defaults also where a value follows: if that has a fault, the checks find something in its place.
 */
static int read_values(GatewayFile *f)
{
        int r;

        for (int id = 0; id < _GATEWAY_KEY_MAX; id++) {
                const GatewayOption *o = &gateway_option[id];

                if (!o->fallback || !belongs(f, (GatewayKeyId)id))
                        continue;
                r = read_value(f, (GatewayKeyId)id, 0, o->fallback);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < f->n_entries; i++) {
                const GatewayEntry *e = &f->entry[i];

                if (e->id == GATEWAY_KEY_Gateway_Kind || !belongs(f, e->id))
                        continue;
                r = read_value(f, e->id, e->line, e->value);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- a file ------------------------------------------------------------------------------------
 */

static int take_name(GatewayFile *f)
{
        const char *slash = strrchr(f->name, '/'), *base = slash ? slash + 1 : f->name;
        size_t len = strlen(base);

        if (str_ends(base, ".conf"))
                len -= strlen(".conf");
        if (len == 0 || len >= GATEWAY_NAME_MAX ||
            strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-") < len || base[0] == '-') {
                tell(f, 0,
                     "a gateway is named after its file: 1 to 31 of a-z, 0-9 and '-', not "
                     "beginning with '-', then \".conf\"");
                return 0;
        }
        memcpy(f->g->name, base, len);
        f->g->file = strdup(f->name);
        return f->g->file ? 0 : -ENOMEM;
}

static int make_gateway(GatewayFile *f)
{
        int r;

        r = take_name(f);
        if (r < 0)
                return r;
        r = read_kind(f);
        if (r <= 0)
                return r;
        tell_foreign_sections(f);
        r = read_values(f);
        if (r < 0)
                return r;
        return gateway_check(f);
}

static void file_done(GatewayFile *f)
{
        gateway_free(f->g);
        for (size_t i = 0; i < f->n_entries; i++)
                free(f->entry[i].value);
        free(f->entry);
}

static int finish(GatewayFile *f, Gateway **ret)
{
        int r = make_gateway(f);

        if (r < 0)
                return r;
        if (f->n_faults > 0)
                return CONFIG_GATEWAY_E_FAULTS;
        *ret = TAKE_PTR(f->g);
        return 0;
}

static int begin(GatewayFile *f, const char *name, const GatewayReading *how)
{
        *f = (GatewayFile){.how = how, .name = name, .g = calloc(1, sizeof(Gateway))};
        if (!f->g)
                return -ENOMEM;
        f->g->kind = GATEWAY_OUTBOX; /* the union holds nothing yet */
        f->g->channel = _CHANNEL_INVALID;
        return 0;
}

int config_gateway_parse(const char *file, const char *text, size_t len, const GatewayReading *how,
                         Gateway **ret)
{
        _cleanup_(file_done) GatewayFile f;
        int r;

        r = begin(&f, file, how);
        if (r == 0)
                r = ini_read_text(file, text, len, on_line, on_ini_fault, &f);
        return r < 0 ? r : finish(&f, ret);
}

int config_gateway_read(const char *path, const GatewayReading *how, Gateway **ret)
{
        _cleanup_(file_done) GatewayFile f;
        int r;

        r = begin(&f, path, how);
        if (r == 0)
                r = ini_read_file(path, on_line, on_ini_fault, &f);
        return r < 0 ? r : finish(&f, ret);
}

/* --- a folder ----------------------------------------------------------------------------------
 */

static int is_conf(const struct dirent *d)
{
        return d->d_name[0] != '.' && str_ends(d->d_name, ".conf");
}

static int by_use(const void *a, const void *b)
{
        const Gateway *x = *(Gateway *const *)a, *y = *(Gateway *const *)b;

        if (x->channel != y->channel)
                return x->channel < y->channel ? -1 : 1;
        if (x->priority != y->priority)
                return x->priority < y->priority ? -1 : 1;
        return strcmp(x->name, y->name);
}

/* Faults of one file do not keep the others from being looked at. Return: an answer, or negative.
 */
static int add_file(const char *directory, const char *name, const GatewayReading *how,
                    GatewaySet *set)
{
        _cleanup_buf_ Buf path = BUF_NULL;
        int r;

        r = buf_printf(&path, "%s/%s", directory, name);
        if (r < 0)
                return r;
        if (set->n == GATEWAYS_MAX) {
                if (how->on_fault)
                        how->on_fault(how->userdata, buf_str(&path), 0,
                                      "is one gateway too many; at most 32 are read");
                return CONFIG_GATEWAY_E_FAULTS;
        }
        r = config_gateway_read(buf_str(&path), how, &set->item[set->n]);
        if (r == 0)
                set->n++;
        if (r >= 0 || r == -ENOMEM)
                return r;
        if (how->on_fault)
                how->on_fault(how->userdata, buf_str(&path), 0, strerror(-r));
        return CONFIG_GATEWAY_E_FAULTS;
}

static int read_all(const char *directory, struct dirent **list, int n, const GatewayReading *how,
                    GatewaySet *set)
{
        int worst = 0;

        for (int i = 0; i < n; i++) {
                int r = add_file(directory, list[i]->d_name, how, set);

                if (r < 0)
                        return r;
                worst = MAX_OF(worst, r);
        }
        return worst;
}

/**
 * config_gateways_read() - all gateways of a folder
 * @ret:  set only on 0; an empty folder gives an empty set
 *
 * Answers: CONFIG_GATEWAY_E_FAULTS (all faults of all files were told).
 * Errors: -ENOENT, -EACCES, -ENOTDIR for the folder, -ENOMEM.
 */
int config_gateways_read(const char *directory, const GatewayReading *how, GatewaySet *ret)
{
        GatewaySet set = {.n = 0};
        struct dirent **list;
        int n, r;

        n = scandir(directory, &list, is_conf, alphasort);
        if (n < 0)
                return -errno;
        r = read_all(directory, list, n, how, &set);
        for (int i = 0; i < n; i++)
                free(list[i]);
        free(list);
        if (r != 0) {
                gateway_set_done(&set);
                return r;
        }
        qsort(set.item, set.n, sizeof(void *), by_use);
        *ret = set;
        return 0;
}

size_t config_gateway_keys_n(void)
{
        return _GATEWAY_KEY_MAX;
}

GatewayKey config_gateway_key(size_t i)
{
        const GatewayOption *o = &gateway_option[i];

        assert(i < _GATEWAY_KEY_MAX);
        return (GatewayKey){o->section, o->key, gateway_form_text(o->form),
                            o->fallback ? o->fallback : "", o->help};
}
