/*
 * The draw among the citizens of a municipality that won: "draws", "draw-commit", "draw-value",
 * "draw-file", "draw-winners".
 *
 * A commitment fixes the pool: residents of the winner at the end of the last day, aged 15 or more,
 * enrolled then, who enrolled of their own will within the competition; none of them drawn before
 * or in another pool that waits. The winner is the standing's, so it cannot be another; where
 * several share a title each has a draw of its own. What is published then is the digest and the
 * size of the pool and where the public value will come from. With the value the draw happens, once
 * and for good. The file can be had again at any time, and holds all that is needed to check it.
 *
 * Who was drawn leaves only in an envelope that the municipality alone can open. Every step but
 * looking is audited with its reason; opening a person's number with that person.
 */
#include "control/contest.h"
#include "control/control-priv.h"

#include "base/secret-envelope.h"
#include "base/str.h"
#include "control/figures.h"
#include "model/cpr.h"
#include "stats/lot.h"
#include "store/draw.h"
#include "store/register.h"

#include <errno.h>

#define DRAWS_MAX     64 /* titles; eight, and more where some are shared */
#define SLICE_PERSONS 10000
#define AGE_YEARS     BAND_FIRST_YEARS

/* Telling */

#define TITLE_ID_MAX 32
static const char *title_id(const StoreDraw *d, char buf[TITLE_ID_MAX])
{
        (void)snprintf(buf, TITLE_ID_MAX, "%u/%04u/%04u", d->category, d->region, d->municipality);
        return buf;
}

static void put_code(int *r, Json *o, const char *key, uint16_t code)
{
        char text[8];

        (void)snprintf(text, sizeof(text), "%04u", code);
        json_put_text(r, o, key, text);
}

static void put_hex(int *r, Json *o, const char *key, const uint8_t *data, size_t n_bytes)
{
        char hex[2 * LOT_DIGEST_BYTES + 1];

        hex_encode(data, n_bytes, hex);
        json_put_text(r, o, key, hex);
}

static Json *draw_json(int *r, const StoreDraw *d)
{
        Json *o = json_object_new();
        char text[TITLE_ID_MAX];

        json_put_text(r, o, "title_id", title_id(d, text));
        json_put_text(r, o, "title", standing_title((StandingCategory)d->category));
        json_put_int(r, o, "category", d->category);
        put_code(r, o, "scope", d->region);
        put_code(r, o, "municipality", d->municipality);
        json_put_int(r, o, "prizes", d->prizes);
        json_put_text(r, o, "source", d->source);
        json_put_time(r, o, "committed", d->committed_usec);
        json_put_time(r, o, "drawn", d->drawn_usec);
        json_put_int(r, o, "pool_size", d->n);
        return o;
}

/* The lines as they were published, out of the store. */
static int pool_load(StoreTx *tx, const StoreDraw *d, LotLine **ret)
{
        _cleanup_buf_ Buf pool = BUF_NULL;
        uint8_t key[LOT_KEY_BYTES];
        LotLine *line;
        int r;

        if (!d->drawn_usec) {
                r = store_draw_key(tx, d->id, key);
                if (r == 0)
                        r = lot_lines(key, d->n, ret);
                secret_wipe(key, sizeof(key));
                return r > 0 ? -EUCLEAN : r; /* not drawn, and without a key */
        }
        r = store_draw_pool(tx, d->id, &pool);
        if (r != 0 || pool.len != (size_t)d->n * LOT_LINE_BYTES)
                return r < 0 ? r : -EUCLEAN;
        line = calloc(d->n + 1u, sizeof(*line));
        if (!line)
                return -ENOMEM;
        for (uint32_t i = 0; i < d->n; i++)
                memcpy(line[i].line, &pool.data[(size_t)i * LOT_LINE_BYTES], LOT_LINE_BYTES);
        *ret = line;
        return 0;
}

static Json *lines_json(int *r, const LotLine *line, const uint32_t *index, uint32_t n)
{
        Json *list = json_array_new();

        for (uint32_t i = 0; *r >= 0 && i < n; i++) {
                char hex[2 * LOT_LINE_BYTES + 1];

                hex_encode(line[index ? index[i] : i].line, LOT_LINE_BYTES, hex);
                json_add(r, list, json_string_new(hex));
        }
        return list;
}

/* What is published: before the draw the commitment alone, after it all of it. */
static int file_json(StoreTx *tx, const StoreDraw *d, Json **ret)
{
        _cleanup_free_ LotLine *line = NULL;
        _cleanup_free_ uint32_t *index = NULL;
        uint32_t n = MIN_OF(d->prizes, d->n);
        uint8_t digest[LOT_DIGEST_BYTES] = {0};
        char title[TITLE_ID_MAX];
        Json *o;
        int r = pool_load(tx, d, &line);

        if (r >= 0)
                r = lot_digest(line, d->n, digest);
        if (r < 0)
                return r;
        o = draw_json(&r, d);
        put_hex(&r, o, "pool_sha256", digest, sizeof(digest));
        if (r >= 0 && d->drawn_usec) {
                index = calloc(n + 1u, sizeof(*index));
                r = index ? lot_choose(line, d->n, title_id(d, title), d->value, d->prizes, index)
                          : -ENOMEM;
                json_put_text(&r, o, "value", d->value);
                json_put(&r, o, "chosen", lines_json(&r, line, index, n));
                json_put(&r, o, "pool", lines_json(&r, line, NULL, d->n));
        }
        *ret = json_done(r, o);
        return *ret ? 0 : r < 0 ? r : -ENOMEM;
}

static int answer_file(StoreTx *tx, ControlCall *c, const StoreDraw *d)
{
        Json *o = NULL;
        int r = file_json(tx, d, &o);

        return control_answer(c, o, r);
}

/* Which draw is meant: category, region, and the municipality where several share the title. */

static bool matches(const StoreDraw *d, StandingCategory category, uint16_t region,
                    uint16_t municipality)
{
        return d->category == category && d->region == region &&
               (municipality == AREA_COUNTRY || d->municipality == municipality);
}

/* "municipality", by code or name; AREA_COUNTRY when it is not there. False: refused. */
static bool read_municipality(ControlCall *c, const AreaTable *areas, uint16_t *ret)
{
        const char *text = param_text(c, "municipality");
        int i = -1;

        *ret = AREA_COUNTRY;
        if (text && area_parse(areas, text, ret) == 0)
                i = area_index(areas, *ret);
        if (!text || (i >= 0 && areas->area[i].is_municipality))
                return true;
        control_refuse(c, 400, NULL, "municipality: one by name or code is wanted");
        return false;
}

static int find(StoreTx *tx, ControlCall *c, StoreDraw *ret)
{
        _cleanup_free_ Contest *names = calloc(1, sizeof(*names));
        StoreDraw d[DRAWS_MAX];
        StandingCategory category;
        uint16_t region, municipality;
        unsigned n = 0, found = 0;
        int r = names ? figures_load_areas(c, &names->areas) : -ENOMEM;

        if (r < 0 || c->status != 0 || !contest_params(c, names, &category, &region) ||
            !read_municipality(c, &names->areas, &municipality))
                return r;
        r = store_draw_list(tx, 0, d, DRAWS_MAX, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (matches(&d[i], category, region, municipality)) {
                        *ret = d[i];
                        found++;
                }
        if (r >= 0 && found == 0)
                control_refuse(c, 404, "advisctl competition draw --commit",
                               "nothing is committed for that title");
        else if (r >= 0 && found > 1)
                control_refuse(c, 409, "say which by municipality",
                               "several municipalities share that title");
        return r;
}

int verb_draw_file(StoreTx *tx, ControlCall *c)
{
        StoreDraw d = {0};
        int r = find(tx, c, &d);

        return r < 0 || c->status != 0 ? r : answer_file(tx, c, &d);
}

int verb_draws(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new(), *list = json_array_new();
        StoreDraw d[DRAWS_MAX];
        unsigned n = 0;
        int r = store_draw_list(tx, 0, d, DRAWS_MAX, &n);

        for (unsigned i = 0; i < n; i++)
                json_add(&r, list, draw_json(&r, &d[i]));
        json_put(&r, o, "draws", list);
        return control_answer(c, o, r);
}

/* Committing */

typedef struct Commit {
        Contest contest;
        StoreDraw draw;
        bool is_counted, is_won; /* the winner is known; all members are */
        int64_t after;
        int64_t *member; /* the pool, before those who are taken are left out */
        uint32_t n, n_max;
        int64_t *batch; /* of a slice: residents who may be members */
        unsigned n_batch;
} Commit;

static void commit_free(void *p)
{
        Commit *m = p;

        contest_done(&m->contest);
        free(m->member);
        free(m->batch);
        free(m);
}

static int commit_begin(StoreTx *tx, ControlCall *c)
{
        const char *source = param_text(c, "source");
        Commit *m = calloc(1, sizeof(*m));
        StandingCategory category;
        int r;

        if (!m)
                return -ENOMEM;
        c->state = m;
        c->state_free = commit_free;
        m->batch = calloc(SLICE_PERSONS, sizeof(*m->batch));
        r = m->batch ? contest_begin(tx, c, DAY_INVALID, &m->contest) : -ENOMEM;
        if (r < 0 || c->status != 0 ||
            !contest_params(c, &m->contest, &category, &m->draw.region) ||
            !read_municipality(c, &m->contest.areas, &m->draw.municipality))
                return r;
        m->draw.category = (uint8_t)category;
        m->draw.prizes = m->contest.n_prizes;
        (void)snprintf(m->draw.source, sizeof(m->draw.source), "%s", source);
        if (strlen(source) >= LOT_VALUE_MAX || cpr_looks_like(source))
                control_refuse(c, 400, NULL, "source: at most 199 bytes, in words");
        else if (m->contest.today <= m->contest.rules.closes)
                control_refuse(c, 409, "advisctl competition",
                               "the competition is not over: nobody has won");
        else if (category != STANDING_MOST && m->draw.region != AREA_COUNTRY)
                control_refuse(c, 400, NULL, "that category has no title in a region");
        return 0;
}

/* Exactly one winner, or the one that is named. */
static int winner_find(ControlCall *c, Commit *m)
{
        Standing *s = malloc(sizeof(*s));
        uint16_t named = m->draw.municipality;
        unsigned n = 0;
        int r = s ? contest_standing(&m->contest, (StandingCategory)m->draw.category,
                                     m->draw.region, s)
                  : -ENOMEM;

        for (unsigned i = 0; r >= 0 && i < s->n_rows; i++)
                if (s->row[i].is_winner && (named == AREA_COUNTRY || named == s->row[i].area)) {
                        m->draw.municipality = s->row[i].area;
                        n++;
                }
        free(s);
        if (r >= 0 && n == 0)
                control_refuse(c, 409, "advisctl competition winners",
                               named ? "that municipality has not won the title"
                                     : "nobody has won the title");
        else if (r >= 0 && n > 1)
                control_refuse(c, 409, "say which by municipality: each has a draw of its own",
                               "several municipalities share that title");
        m->is_won = true;
        return r;
}

static int on_resident(void *userdata, const CensusPerson *p)
{
        Commit *m = userdata;

        if (p->residence == RESIDENCE_RESIDENT && p->municipality == m->draw.municipality &&
            p->enrolment == ENROLMENT_ENROLLED &&
            day_age_years(p->born, m->contest.rules.closes) >= AGE_YEARS)
                m->batch[m->n_batch++] = p->citizen;
        return 0;
}

static int member_add(Commit *m, int64_t citizen)
{
        if (m->n == m->n_max) {
                uint32_t more = m->n_max ? 2 * m->n_max : 1024;
                int64_t *grown = reallocarray(m->member, more, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                m->member = grown;
                m->n_max = more;
        }
        m->member[m->n++] = citizen;
        return 0;
}

/* A slice of everybody: those who lived there, and of them those who enrolled in time. */
static int members_slice(StoreTx *tx, Commit *m)
{
        const StandingRules *rules = &m->contest.rules;
        int64_t last = 0;
        int r;

        m->n_batch = 0;
        r = store_census(tx, census_before_usec(rules->closes), m->after, SLICE_PERSONS,
                         on_resident, m, &last);
        for (unsigned i = 0; r >= 0 && i < m->n_batch; i++) {
                bool is_in = false;

                r = store_draw_enrolled_within(tx, m->batch[i], civil_midnight_usec(rules->opens),
                                               census_before_usec(rules->closes), &is_in);
                if (r >= 0 && is_in)
                        r = member_add(m, m->batch[i]);
        }
        m->after = last;
        m->is_counted = last == 0;
        return r;
}

static int audit_draw(StoreTx *tx, const ControlCall *c, const StoreDraw *d, int64_t citizen)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        char title[TITLE_ID_MAX];
        int r = buf_printf(&b, "%s; title %s", param_text(c, "reason"), title_id(d, title));

        return r < 0 ? r : store_audit(tx, c->uid, c->verb->name, citizen, buf_str(&b));
}

static bool refuse_standing(ControlCall *c, const StoreDraw *d, const char *what)
{
        char at[TIME_TEXT_MAX];

        control_refuse(c, 409, "advisctl competition draw shows all draws", "%s at %s", what,
                       time_format_civil(d->committed_usec, at));
        return false;
}

/* May it be committed to? Two pools of one municipality at once could draw one citizen twice. */
static int may_commit(StoreTx *tx, ControlCall *c, const StoreDraw *d, bool *ret)
{
        StoreDraw other;
        int r = store_draw_find(tx, d, &other);

        *ret = true;
        if (r == 0)
                *ret = refuse_standing(c, &other,
                                       "this title has a draw: its pool was committed to");
        if (r <= 0)
                return r;
        r = store_draw_open_in(tx, d->municipality, &other);
        if (r == 0)
                *ret = refuse_standing(c, &other,
                                       "another title of that municipality waits for its value, "
                                       "and nobody is to be drawn twice; draw it first: committed");
        return r < 0 ? r : 0;
}

/* On the writer, in one transaction; touches nothing of @m that another try would miss. */
static int commit_write(StoreTx *tx, ControlCall *c, const Commit *m)
{
        _cleanup_free_ int64_t *member = calloc(m->n + 1u, sizeof(*member));
        uint8_t key[LOT_KEY_BYTES];
        StoreDraw d = m->draw;
        uint32_t n = 0;
        bool may = false;
        int r = member ? may_commit(tx, c, &d, &may) : -ENOMEM;

        if (r < 0 || !may)
                return r;
        for (uint32_t i = 0; r >= 0 && i < m->n; i++) {
                bool taken = false;

                r = store_draw_is_taken(tx, m->member[i], &taken);
                if (!taken)
                        member[n++] = m->member[i];
        }
        if (r >= 0 && n == 0) {
                control_refuse(c, 409, NULL, "nobody there enrolled within the competition");
                return 0;
        }
        if (r >= 0)
                r = secret_random(key, sizeof(key));
        if (r >= 0)
                r = store_draw_commit(tx, &d, key, member, n);
        secret_wipe(key, sizeof(key));
        if (r >= 0)
                r = audit_draw(tx, c, &d, 0);
        return r < 0 ? r : answer_file(tx, c, &d);
}

int verb_draw_commit(StoreTx *tx, ControlCall *c)
{
        Commit *m = c->state;
        bool whole;
        int r;

        if (!m) {
                r = commit_begin(tx, c);
                return r < 0 ? r : c->status != 0 ? CONTROL_DONE : CONTROL_MORE;
        }
        if (m->is_counted)
                return commit_write(tx, c, m);
        if (m->is_won) {
                r = members_slice(tx, m);
                return r < 0 ? r : m->is_counted ? CONTROL_MORE_WRITE : CONTROL_MORE;
        }
        r = contest_count(tx, &m->contest, &whole);
        if (r >= 0 && whole)
                r = winner_find(c, m);
        return r < 0 ? r : c->status != 0 ? CONTROL_DONE : CONTROL_MORE;
}

/* Drawing */

static int draw_now(StoreTx *tx, ControlCall *c, StoreDraw *d, const char *value)
{
        _cleanup_free_ LotLine *line = NULL;
        _cleanup_free_ uint32_t *index = calloc(MIN_OF(d->prizes, d->n) + 1u, sizeof(*index));
        _cleanup_buf_ Buf pool = BUF_NULL;
        uint32_t n = MIN_OF(d->prizes, d->n);
        StoreDrawn drawn = {.value = value, .n_entries = n};
        char title[TITLE_ID_MAX];
        int r = index ? pool_load(tx, d, &line) : -ENOMEM;

        if (r >= 0)
                r = lot_choose(line, d->n, title_id(d, title), value, d->prizes, index);
        for (uint32_t i = 0; r >= 0 && i < d->n; i++)
                r = buf_append(&pool, line[i].line, LOT_LINE_BYTES);
        for (uint32_t i = 0; r >= 0 && i < n; i++)
                index[i] = line[index[i]].entry;
        drawn.pool = pool.data;
        drawn.pool_bytes = pool.len;
        drawn.entry = index;
        if (r >= 0)
                r = store_draw_finish(tx, d->id, &drawn);
        if (r >= 0)
                r = audit_draw(tx, c, d, 0);
        if (r >= 0)
                r = store_draw_find(tx, d, d);
        return r > 0 ? -EUCLEAN : r;
}

int verb_draw_value(StoreTx *tx, ControlCall *c)
{
        const char *value = param_text(c, "value");
        StoreDraw d = {0};
        int r;

        if (!lot_value_is_fit(value))
                control_refuse(c, 400, "numbers with blanks between, hex digits",
                               "value: 1 to 200 printable ASCII characters");
        r = c->status != 0 ? 0 : find(tx, c, &d);
        if (r < 0 || c->status != 0)
                return r;
        if (d.drawn_usec) {
                control_refuse(c, 409, "advisctl competition draw --category … tells it again",
                               "it is drawn: a draw happens once");
                return CONTROL_DONE;
        }
        r = draw_now(tx, c, &d, value);
        return r < 0 ? r : answer_file(tx, c, &d);
}

/* Winners */

static int put_winner(StoreTx *tx, unsigned prize, int64_t citizen, Buf *b)
{
        Cpr cpr;
        int r = citizen ? store_citizen_cpr(tx, citizen, &cpr) : STORE_E_NOT_FOUND;

        if (r < 0)
                return r;
        r = buf_printf(b, "%u,%s\n", prize, r == 0 ? cpr.digits : "erased");
        secret_wipe(&cpr, sizeof(cpr));
        return r;
}

int verb_draw_winners(StoreTx *tx, ControlCall *c)
{
        _cleanup_buf_ Buf plain = BUF_NULL, envelope = BUF_NULL;
        int64_t winner[1000];
        unsigned n = 0;
        StoreDraw d = {0};
        Json *o;
        int r;

        r = find(tx, c, &d);
        if (r < 0 || c->status != 0)
                return r;
        if (!d.drawn_usec) {
                control_refuse(c, 409, "advisctl competition draw --value", "it is not drawn yet");
                return CONTROL_DONE;
        }
        r = store_draw_winners(tx, d.id, winner, ARRAY_SIZE(winner), &n);
        if (r >= 0)
                r = buf_puts(&plain, "prize,cpr\n");
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                r = put_winner(tx, i + 1, winner[i], &plain);
                if (r >= 0)
                        r = audit_draw(tx, c, &d, winner[i]);
        }
        if (r >= 0)
                r = secret_envelope(param_text(c, "certificate"), plain.data, plain.len, &envelope);
        buf_wipe(&plain);
        if (r == -EINVAL) {
                control_refuse(c, 400, "the municipality's, as PEM",
                               "certificate: none that can be sealed for");
                return CONTROL_DONE;
        }
        o = json_object_new();
        json_put_int(&r, o, "winners", n);
        json_put_text(&r, o, "envelope", buf_str(&envelope));
        return control_answer(c, o, r);
}
