/*
 * What became of each file of the spool: for whoever handed it in and waits for the commit.
 *
 * Kept in memory only, for the file under way and the last few that ended; what must survive stands
 * in the store. A file that resumes after a crash is told from where it went on.
 */
#include "flow/flow-priv.h"

#include "base/str.h"
#include "model/cpr.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

struct Report {
        Flow *flow;
        bool is_open; /* file[next] is under way */
        unsigned next;
        FlowFile file[FLOW_FILES_KEPT];
};

int report_new(Flow *f, Report **ret)
{
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        (*ret)->flow = f;
        return 0;
}

Report *report_free(Report *r)
{
        free(r);
        return NULL;
}

/* A file's name may be anything, a person's number too: what the journal says is safe to say. */
void report_show_name(const char *name, char ret[64])
{
        size_t n = 0;

        if (cpr_looks_like(name) || strchr(name, '@')) {
                snprintf(ret, 64, "(name withheld)");
                return;
        }
        for (const char *c = name; *c && n < 63; c++)
                ret[n++] = isgraph((unsigned char)*c) ? *c : '?';
        ret[n] = '\0';
}

void report_begin(Report *r, const char *name)
{
        r->is_open = true;
        r->file[r->next] = (FlowFile){0};
        (void)snprintf(r->file[r->next].name, sizeof(r->file[0].name), "%s", name);
}

void report_add(Report *r, const FlowFile *more)
{
        FlowFile *f = &r->file[r->next];

        if (!r->is_open)
                return;
        f->items += more->items;
        f->rejected += more->rejected;
        f->duplicates += more->duplicates;
        f->messages += more->messages;
        f->register_events += more->register_events;
        for (unsigned i = 0; i < more->n_faults && f->n_faults < FLOW_FAULTS_MAX; i++)
                f->faults[f->n_faults++] = more->faults[i];
}

void report_end(Report *r, const char *fault)
{
        FlowFile *f = &r->file[r->next];

        if (!r->is_open)
                return;
        f->is_done = true;
        (void)snprintf(f->fault, sizeof(f->fault), "%s", fault ? fault : "");
        r->is_open = false;
        r->next = (r->next + 1) % FLOW_FILES_KEPT;
        if (r->flow->p.on_file)
                r->flow->p.on_file(r->flow->p.userdata, f);
}

bool flow_file(const Flow *f, const char *name, FlowFile *ret)
{
        const Report *r = f->report;

        for (unsigned i = 0; i < FLOW_FILES_KEPT; i++) {
                unsigned k =
                        (r->next + FLOW_FILES_KEPT - i) % FLOW_FILES_KEPT; /* the newest first */

                if (!str_eq(r->file[k].name, name) ||
                    (!r->file[k].is_done && !(k == r->next && r->is_open)))
                        continue;
                *ret = r->file[k];
                return true;
        }
        return false;
}

/* A reject of one item, inside the transaction: remembered for the report. */
void report_fault(FlowFile *f, uint64_t item, const char *field, const char *reason)
{
        FlowFault *k = &f->faults[f->n_faults];

        f->rejected++;
        if (f->n_faults == FLOW_FAULTS_MAX)
                return;
        k->item = item;
        (void)snprintf(k->field, sizeof(k->field), "%s", field);
        (void)snprintf(k->reason, sizeof(k->reason), "%s", reason);
        f->n_faults++;
}
