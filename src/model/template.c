/*
 * Texts with holes, parsed once into a flat list of pieces and rendered often.
 *
 *     {{name}}            the value of name, escaped as the rendering says
 *     {{name|json}}       … escaped as json, html, url, form or plain whatever the rendering says
 *     {{#name}}…{{/name}} stays only if name has a value; {{^name}}…{{/name}} only if it has none
 *
 * That is all: no loops, no partials, no expressions. Sections nest to SECTIONS_MAX. A template
 * never fails to render but for memory.
 */
#include "model/template.h"

#include "base/json.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#define PIECES_MAX   256
#define SECTIONS_MAX 8
#define NAME_MAX_LEN 40

typedef enum PieceKind { PIECE_TEXT, PIECE_HOLE, PIECE_IF, PIECE_UNLESS, PIECE_END } PieceKind;

typedef struct Piece {
        PieceKind kind;
        bool has_escape;
        TemplateEscape escape;
        const char *text; /* text, or the name with a NUL; inside the template's copy */
        size_t len;
        unsigned end; /* IF, UNLESS: index of its END */
} Piece;

struct Template {
        unsigned n;
        Piece piece[PIECES_MAX];
        char copy[]; /* the source, names ended with NUL */
};

typedef struct Parser {
        Template *t;
        const char *const *known;
        TemplateFault *fault;
        int line;
        unsigned open[SECTIONS_MAX], n_open;
        int open_line[SECTIONS_MAX];
} Parser;

static int fault(Parser *p, const char *fmt, ...) _printf_(2, 3);
static int fault(Parser *p, const char *fmt, ...)
{
        va_list ap;

        if (p->fault) {
                p->fault->line = p->line;
                va_start(ap, fmt);
                vsnprintf(p->fault->text, sizeof(p->fault->text), fmt, ap);
                va_end(ap);
        }
        return -EINVAL;
}

static const struct {
        const char *word;
        TemplateEscape escape;
} escapes[] = {{"plain", TEMPLATE_PLAIN},
               {"html", TEMPLATE_HTML},
               {"json", TEMPLATE_JSON},
               {"url", TEMPLATE_URL},
               {"form", TEMPLATE_FORM}};

static int escape_read(Parser *p, const char *word, Piece *ret)
{
        for (unsigned i = 0; i < ARRAY_SIZE(escapes); i++)
                if (str_eq(escapes[i].word, word)) {
                        ret->escape = escapes[i].escape;
                        ret->has_escape = true;
                        return 0;
                }
        return fault(p, "{{%s|%s}}: no such escape; known are plain, html, json, url, form",
                     ret->text, word);
}

static bool name_is_good(const char *s)
{
        size_t n = strlen(s);

        if (n == 0 || n > NAME_MAX_LEN)
                return false;
        for (; *s; s++)
                if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_')
                        return false;
        return true;
}

static int name_check(Parser *p, const char *name)
{
        char list[100] = "";
        size_t at = 0;

        if (!name_is_good(name))
                return fault(p, "a hole must be {{name}} with a-z, 0-9 and _");
        if (!p->known)
                return 0;
        for (unsigned i = 0; p->known[i]; i++) {
                int n;

                if (str_eq(p->known[i], name))
                        return 0;
                n = snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", p->known[i]);
                at = n > 0 && at + (size_t)n < sizeof(list) ? at + (size_t)n : at;
        }
        return fault(p, "unknown variable {{%s}}; known are %s", name, list);
}

static int piece_add(Parser *p, Piece piece)
{
        if (p->t->n == PIECES_MAX)
                return fault(p, "too many holes: at most %d pieces", PIECES_MAX);
        p->t->piece[p->t->n++] = piece;
        return 0;
}

static int section_open(Parser *p, Piece piece)
{
        if (p->n_open == SECTIONS_MAX)
                return fault(p, "{{#%s}}: sections nest too deep", piece.text);
        p->open_line[p->n_open] = p->line;
        p->open[p->n_open++] = p->t->n;
        return piece_add(p, piece);
}

static int section_close(Parser *p, Piece piece)
{
        Piece *open;

        if (p->n_open == 0)
                return fault(p, "{{/%s}} closes nothing", piece.text);
        open = &p->t->piece[p->open[--p->n_open]];
        if (!str_eq(open->text, piece.text))
                return fault(p, "{{/%s}} stands where {{/%s}} must", piece.text, open->text);
        open->end = p->t->n;
        return piece_add(p, piece);
}

/* @inside: between the braces, ended with NUL. */
static int hole_read(Parser *p, char *inside)
{
        Piece piece = {.kind = PIECE_HOLE};
        char *bar;
        int r;

        inside = str_strip(inside);
        if (*inside && strchr("#^/", *inside))
                piece.kind = *inside == '#' ? PIECE_IF : *inside == '^' ? PIECE_UNLESS : PIECE_END;
        piece.text = piece.kind == PIECE_HOLE ? inside : inside + 1;
        bar = strchr(inside, '|');
        if (bar)
                *bar = '\0';
        r = name_check(p, piece.text);
        if (r >= 0 && bar && piece.kind != PIECE_HOLE)
                r = fault(p, "a section takes no escape: write {{%s}}", inside);
        if (r >= 0 && bar)
                r = escape_read(p, bar + 1, &piece);
        if (r < 0)
                return r;
        if (piece.kind == PIECE_END)
                return section_close(p, piece);
        return piece.kind == PIECE_HOLE ? piece_add(p, piece) : section_open(p, piece);
}

static int text_read(Parser *p, const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++)
                p->line += s[i] == '\n';
        return len ? piece_add(p, (Piece){.kind = PIECE_TEXT, .text = s, .len = len}) : 0;
}

static int parse(Parser *p, char *s)
{
        for (;;) {
                char *open = strstr(s, "{{"), *close;
                int r = text_read(p, s, open ? (size_t)(open - s) : strlen(s));

                if (r < 0)
                        return r;
                if (!open)
                        break;
                close = strstr(open, "}}");
                if (!close)
                        return fault(p, "{{ is never closed with }}");
                *close = '\0';
                for (const char *c = open; *c; c++)
                        p->line += *c == '\n';
                r = hole_read(p, open + 2);
                if (r < 0)
                        return r;
                s = close + 2;
        }
        if (p->n_open == 0)
                return 0;
        p->line = p->open_line[p->n_open - 1]; /* where it was opened: its end is nowhere */
        return fault(p, "{{#%s}} is never closed", p->t->piece[p->open[p->n_open - 1]].text);
}

int template_parse(const char *text, size_t len, const char *const known[], Template **ret,
                   TemplateFault *ret_fault)
{
        _cleanup_(template_freep) Template *t = calloc(1, sizeof(*t) + len + 1);
        Parser p = {.t = t, .known = known, .fault = ret_fault, .line = 1};
        int r;

        if (!t)
                return -ENOMEM;
        memcpy(t->copy, text, len);
        if (strlen(t->copy) != len || !utf8_valid(text, len))
                return fault(&p, "not UTF-8 text");
        r = parse(&p, t->copy);
        if (r >= 0)
                *ret = TAKE_PTR(t);
        return r;
}

Template *template_free(Template *t)
{
        free(t);
        return NULL;
}

static int put_html(const char *s, Buf *b)
{
        int r = 0;

        for (; r >= 0 && *s; s++)
                r = *s == '&'    ? buf_puts(b, "&amp;")
                    : *s == '<'  ? buf_puts(b, "&lt;")
                    : *s == '>'  ? buf_puts(b, "&gt;")
                    : *s == '"'  ? buf_puts(b, "&quot;")
                    : *s == '\'' ? buf_puts(b, "&#39;")
                                 : buf_putc(b, *s);
        return r;
}

/* Inside quotes that the template itself wrote. */
static int put_json(const char *s, Buf *b)
{
        _cleanup_buf_ Buf quoted = BUF_NULL;
        int r = json_quote(s, strlen(s), &quoted);

        return r < 0 ? r : buf_append(b, quoted.data + 1, quoted.len - 2);
}

/* RFC 3986 2.3: unreserved stand, all else is %XX; a form (WHATWG URL 5.2) writes a blank as +. */
static int put_url(const char *s, bool form, Buf *b)
{
        int r = 0;

        for (; r >= 0 && *s; s++) {
                unsigned char c = (unsigned char)*s;

                if ((c < 0x80 && isalnum(c)) || strchr("-._~", c))
                        r = buf_putc(b, *s);
                else if (form && c == ' ')
                        r = buf_putc(b, '+');
                else
                        r = buf_printf(b, "%%%02X", c);
        }
        return r;
}

static int put_value(const char *value, TemplateEscape escape, Buf *b)
{
        switch (escape) {
        case TEMPLATE_HTML:
                return put_html(value, b);
        case TEMPLATE_JSON:
                return put_json(value, b);
        case TEMPLATE_URL:
        case TEMPLATE_FORM:
                return put_url(value, escape == TEMPLATE_FORM, b);
        default:
                return buf_puts(b, value);
        }
}

int template_render(const Template *t, TemplateEscape escape, TemplateLookup lookup, void *userdata,
                    Buf *append_to)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < t->n; i++) {
                const Piece *p = &t->piece[i];
                const char *value = p->kind == PIECE_TEXT || p->kind == PIECE_END
                                            ? NULL
                                            : lookup(userdata, p->text);
                bool has = value && *value;

                if (p->kind == PIECE_TEXT)
                        r = buf_append(append_to, p->text, p->len);
                else if (p->kind == PIECE_HOLE && has)
                        r = put_value(value, p->has_escape ? p->escape : escape, append_to);
                else if ((p->kind == PIECE_IF && !has) || (p->kind == PIECE_UNLESS && has))
                        i = p->end;
        }
        return r;
}

bool template_uses(const Template *t, const char *name)
{
        for (unsigned i = 0; i < t->n; i++)
                if (t->piece[i].kind != PIECE_TEXT && str_eq(t->piece[i].text, name))
                        return true;
        return false;
}
