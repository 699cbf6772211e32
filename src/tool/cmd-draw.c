/*
 * competition draw: citizens drawn among those of a municipality that won, step by step: a pool
 * committed to, the draw by a public value, the winners for the municipality; and the check of a
 * published file, which needs no daemon and nothing but that file.
 */
#include "tool/draw.h"

#include "base/str.h"
#include "stats/lot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX        (1024 * 1024 * 1024) /* ten million lines */
#define CERTIFICATE_BYTES_MAX (64 * 1024)

static int file_read(const char *path, size_t max, Buf *ret)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        char block[65536];
        size_t n;
        int r = 0;

        if (!f)
                return -errno;
        while (r >= 0 && (n = fread(block, 1, sizeof(block), f)) > 0)
                r = ret->len + n > max ? -EFBIG : buf_append(ret, block, n);
        return r < 0 ? r : ferror(f) ? -EIO : 0;
}

static int say_unread(const char *path, int r)
{
        tool_fault(NULL, "%s: %s", path, strerror(-r));
        return TOOL_NOT_DONE;
}

static int verify(const char *path)
{
        _cleanup_buf_ Buf text = BUF_NULL, why = BUF_NULL;
        _cleanup_json_ Json *file = NULL;
        int r = file_read(path, FILE_BYTES_MAX, &text);

        if (r < 0)
                return say_unread(path, r);
        r = json_parse(text.data, text.len, &file, NULL);
        if (r == -ENOMEM)
                return tool_failed(r);
        r = r < 0 ? LOT_E_WRONG : lot_verify(file, &why);
        if (r < 0)
                return tool_failed(r);
        if (r == LOT_E_UNDRAWN)
                printf("%s: a commitment; there is nothing drawn in it to check\n", path);
        else if (r == LOT_E_WRONG)
                tool_fault(NULL, "%s: %s", path, why.len ? buf_str(&why) : "no JSON");
        else
                printf("%s: drawn as it says: %zu of %zu lines\n", path,
                       json_len(json_get(file, "chosen")), json_len(json_get(file, "pool")));
        return r == 0 ? TOOL_DONE : TOOL_NOT_DONE;
}

static int draw_list(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {"Title",     "Category", ">Pool",    ">Prizes",
                                            "Committed", "Drawn",    "Value of", NULL};
        const Json *list = json_get(answer, "draws");
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        if (json_len(list) == 0)
                return buf_puts(b, "No pool is committed to.\n");
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *d = json_at(list, i);
                char n[TEXT_MAX], prizes[TEXT_MAX], at[2][TEXT_MAX];

                TABLE_ROW(table, field(d, "title_id"), field(d, "title"),
                          text_count(count_at(d, "pool_size"), n),
                          text_count(count_at(d, "prizes"), prizes),
                          text_time(json_str(json_get(d, "committed")), at[0]),
                          text_time(json_str(json_get(d, "drawn")), at[1]), field(d, "source"));
        }
        return r < 0 ? r : table_draw(table, b);
}

/* The answer's envelope as it is: it goes into a file. */
static int put_envelope(const Json *answer)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = buf_puts(&text, field(answer, "envelope"));

        return r < 0 ? tool_failed(r) : tool_out(&text);
}

static int winners(Tool *t, const Args *a, const char *path)
{
        _cleanup_buf_ Buf certificate = BUF_NULL;
        _cleanup_json_ Json *answer = NULL;
        int r = file_read(path, CERTIFICATE_BYTES_MAX, &certificate);

        if (r < 0)
                return say_unread(path, r);
        r = tool_ask(t, "draw-winners",
                     TOOL_PARAMS("category", args_get(a, "--category"), "region",
                                 args_get(a, "--region"), "municipality",
                                 args_get(a, "--municipality"), "certificate",
                                 buf_str(&certificate), "reason", args_get(a, "--reason")),
                     &answer);
        if (r != TOOL_DONE)
                return r;
        return t->json ? tool_out_json(answer) : put_envelope(answer);
}

static int step(Tool *t, const Args *a, const char *verb)
{
        _cleanup_json_ Json *answer = NULL;
        int r = tool_ask(t, verb,
                         TOOL_PARAMS("category", args_get(a, "--category"), "region",
                                     args_get(a, "--region"), "municipality",
                                     args_get(a, "--municipality"), "source",
                                     args_get(a, "--source"), "value", args_get(a, "--value"),
                                     "reason", args_get(a, "--reason")),
                         &answer);

        return r == TOOL_DONE ? tool_out_json(answer) : r;
}

static int list(Tool *t)
{
        Json *answer = NULL;
        int r = tool_ask(t, "draws", NULL, &answer);

        return r == TOOL_DONE ? tool_show(t, answer, draw_list) : r;
}

static int run(Tool *t, const Args *a)
{
        unsigned n = (unsigned)args_has(a, "--commit") + args_has(a, "--value") +
                     args_has(a, "--verify") + args_has(a, "--winners");

        if (n > 1) {
                tool_fault("advisctl competition draw --help says more",
                           "one of --commit, --value, --winners and --verify at a time");
                return TOOL_USAGE;
        }
        if (args_has(a, "--verify"))
                return verify(args_get(a, "--verify"));
        if (n == 0 && !args_has(a, "--category"))
                return list(t);
        if (args_has(a, "--winners"))
                return winners(t, a, args_get(a, "--winners"));
        return step(t, a,
                    args_has(a, "--commit")  ? "draw-commit"
                    : args_has(a, "--value") ? "draw-value"
                                             : "draw-file");
}

const Command command_competition_draw = {
        .name = "competition draw",
        .items = "",
        .help = "Draw citizens of a municipality that won, so that all can check it",
        .more = "First --commit, and publish what it prints; then --value with the public random "
                "value, and publish that;\nthen --winners for the municipality. With a title alone "
                "what is published is printed again; with\nnothing the draws are listed.",
        .option = {{"--commit", NULL, "fix who may be drawn; wants --source and --reason", NULL},
                   {"--value", "VALUE", "draw by this public value; wants --reason", NULL},
                   {"--winners", "CERTIFICATE",
                    "who was drawn, sealed for this certificate (PEM); wants --reason", NULL},
                   {"--verify", "FILE", "draw again what a published file says was drawn", NULL},
                   {"--category", "CATEGORY", "the title: 1, 2 or 3 of competition", "1 2 3"},
                   {"--region", "REGION", "the title of a region", NULL},
                   {"--municipality", "AREA", "which one, where several share the title", NULL},
                   {"--source", "TEXT", "where the value will come from, as it is published", NULL},
                   {"--reason", "TEXT", "why; kept in the audit log", NULL}},
        .run = run,
};
