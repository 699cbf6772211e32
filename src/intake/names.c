/*
 * The files of new/ that are known, by name: a table with open addressing.
 *
 * There may be a hundred thousand, and each is looked up when it comes, when it is handed out and
 * when it goes. Seeded, so that nobody can choose names that fall into one place.
 */
#include "base/secret.h"
#include "intake/spool-priv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define SLOTS_MIN 64

/* FNV-1a, begun with the seed; and a finaliser, because the low bits choose the slot. */
static uint64_t hash(const Names *names, const char *name)
{
        uint64_t h = UINT64_C(0xcbf29ce484222325) ^ names->seed;

        for (; *name; name++)
                h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
        h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
        return h ^ h >> 33;
}

static size_t home_of(const Names *names, const char *name)
{
        return (size_t)hash(names, name) & (names->n_slots - 1);
}

int names_init(Names *names)
{
        *names = (Names){.n_slots = SLOTS_MIN};
        names->slot = calloc(names->n_slots, sizeof(Entry *));
        return names->slot ? secret_random(&names->seed, sizeof(names->seed)) : -ENOMEM;
}

/* The slot where it is, or where it would be. */
static size_t slot_of(const Names *names, const char *name)
{
        size_t i = home_of(names, name);

        while (names->slot[i] && strcmp(names->slot[i]->name, name) != 0)
                i = (i + 1) & (names->n_slots - 1);
        return i;
}

Entry *names_find(const Names *names, const char *name)
{
        return names->slot[slot_of(names, name)];
}

static int grow(Names *names)
{
        Names more = {.n_slots = names->n_slots * 2, .n = names->n, .seed = names->seed};

        more.slot = calloc(more.n_slots, sizeof(Entry *));
        if (!more.slot)
                return -ENOMEM;
        for (size_t i = 0; i < names->n_slots; i++)
                if (names->slot[i])
                        more.slot[slot_of(&more, names->slot[i]->name)] = names->slot[i];
        free(names->slot);
        *names = more;
        return 0;
}

int names_add(Names *names, const char *name, Entry **ret)
{
        size_t len = strlen(name) + 1;
        Entry *e;

        if (names->n * 2 >= names->n_slots && grow(names) < 0)
                return -ENOMEM;
        e = calloc(1, sizeof(*e) + len);
        if (!e)
                return -ENOMEM;
        memcpy(e->name, name, len);
        assert(!names_find(names, name));
        names->slot[slot_of(names, name)] = e;
        names->n++;
        *ret = e;
        return 0;
}

/* Moves back what had been pushed on, so that no search ends early. */
void names_remove(Names *names, Entry *e)
{
        size_t hole = slot_of(names, e->name), mask = names->n_slots - 1;

        assert(names->slot[hole] == e);
        names->slot[hole] = NULL;
        names->n--;
        for (size_t i = (hole + 1) & mask; names->slot[i]; i = (i + 1) & mask) {
                size_t home = home_of(names, names->slot[i]->name);

                if (((i - home) & mask) >= ((i - hole) & mask)) {
                        names->slot[hole] = names->slot[i];
                        names->slot[i] = NULL;
                        hole = i;
                }
        }
}

void names_done(Names *names)
{
        for (size_t i = 0; i < names->n_slots && names->slot; i++)
                free(names->slot[i]);
        free(names->slot);
        *names = (Names){0};
}
