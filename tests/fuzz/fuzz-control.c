/* A verb's name, a newline, its parameters as JSON: whatever they are, there is one answer of a
 * known shape. */
#include "control/control.h"

#include "base/civil.h"
#include "base/secret.h"
#include "base/str.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Store *store;
static char dir[] = "/tmp/advisd-fuzz-XXXXXX";

static void remove_all(void)
{
        static const char *const names[] = {"advisd.db", "advisd.db-wal", "advisd.db-shm",
                                            "advisd.db.lock", "key"};
        int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        store_close(store);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                (void)unlinkat(d, names[i], 0);
        (void)close(d);
        (void)rmdir(dir);
}

static void store_make(void)
{
        static char db[64], key[64];
        const StoreParams p = {.path = db, .key = {key}, .n_keys = 1, .inline_ = true};
        char *fault = NULL;

        assert(civil_init() == 0 && mkdtemp(dir));
        (void)snprintf(db, sizeof(db), "%s/advisd.db", dir);
        (void)snprintf(key, sizeof(key), "%s/key", dir);
        assert(secret_generate_master(key) == 0);
        assert(store_open(&p, &store, &fault) == 0);
        assert(atexit(remove_all) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = memchr(data, '\n', size);
        _cleanup_(control_call_freep) ControlCall *c = NULL;
        const ControlVerb *verb;
        Json *params = NULL;
        char name[32];

        if (!store)
                store_make();
        if (!end || (size_t)(end - data) >= sizeof(name))
                return 0;
        memcpy(name, data, (size_t)(end - data));
        name[end - data] = '\0';
        verb = control_verb(name);
        if (!verb ||
            json_parse((const char *)end + 1, size - (size_t)(end + 1 - data), &params, NULL) < 0)
                return 0;
        assert(control_call_new(verb, params, 0, &c) == 0);
        c->site = json_object_new();
        control_wait(c, store);
        assert(c->status >= 200 && c->status < 600);
        assert(c->status != 500 ||
               strstr("figures reach competition", verb->name)); /* its files are not there */
        assert(json_is_object(c->answer));
        if (c->status != 200)
                assert(json_int(json_path(c->answer, "error.status")) == c->status);
        return 0;
}
