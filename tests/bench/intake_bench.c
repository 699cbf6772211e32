/* What reading costs: µs of CPU a line, a document, a megabyte. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "intake/ndjson.h"

#include <assert.h>
#include <string.h>

#define N 300000

static const char message[] =
        "{\"type\":\"message\",\"id\":\"8c2ea15d-61fb-4ba9-9366-42f8b194c114\",\"cpr\":"
        "\"6108701234\",\"kind\":\"digitalpost\",\"sender\":{\"cvr\":\"12345678\",\"label\":"
        "\"SKAT\"},\"notification\":\"Du har f\xC3\xA5"
        "et ny post\",\"mandatory\":false,\"legal\":false,\"deliver_from\":\"2014-08-25\","
        "\"reply_by\":\"2014-09-25T12:00:00Z\",\"available\":\"2014-08-24T08:00:00+02:00\"}";
static const char access_line[] =
        "{\"type\":\"access\",\"mailbox\":\"6108701234\",\"reader\":\"6208701234\",\"sms\":{"
        "\"number\":\"20123456\",\"verified\":\"2014-01-02T03:04:05Z\",\"anytime\":false},"
        "\"emails\":[{\"address\":\"a@example.dk\",\"verified\":\"2014-01-02T03:04:05Z\","
        "\"anytime\":true},{\"address\":\"b@b\xC3\xA6k.example\",\"verified\":null}],\"language\":"
        "\"da\",\"opted_out\":null,\"until\":null,\"at\":\"2014-08-24T10:00:00+02:00\",\"rev\":1}";

static void tell(const char *what, MonoUsec begin, unsigned n)
{
        printf("%-36s %8.3f us\n", what, (double)clock_mono_since_usec(begin) / n);
}

static void bench_line(const char *what, const char *line)
{
        static const IntakeRules rules = {.max_segments = 3};
        size_t len = strlen(line);
        MonoUsec begin = clock_mono();

        for (int i = 0; i < N; i++) {
                Event *e = NULL;
                Reject reject;
                int r = ndjson_parse(line, len, &rules, &e, &reject);

                if (r != 0)
                        printf("%s\n", reject.reason);
                assert(r == 0);
                free(e);
        }
        tell(what, begin, N);
        begin = clock_mono();
        for (int i = 0; i < N; i++) {
                Json *j = NULL;
                int r = json_parse(line, len, &j, NULL);

                assert(r == 0);
                json_free(j);
        }
        tell("  the same into a tree, base/json", begin, N);
}

int main(void)
{
        bench_line("message line into an event", message);
        bench_line("access line into an event", access_line);
        return 0;
}
