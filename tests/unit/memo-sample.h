/* MeMo documents made by tests: a valid one after the schema, and what can be done to it. */
#ifndef ADVISD_TESTS_UNIT_MEMO_SAMPLE_H
#define ADVISD_TESTS_UNIT_MEMO_SAMPLE_H

#include "base/buf.h"
#include "base/str.h"

#include <assert.h>

#define MEMO_NS   "https://DigitalPost.dk/MeMo-1"
#define MEMO_UUID "8c2ea15d-61fb-4ba9-9366-42f8b194c114"

/* Every leaf and container of a header, in order; NULL text = left out. */
typedef struct SampleNode {
        const char *name, *text; /* the text is XML: may hold entities, comments, elements */
        const char *attributes;  /* " a='b'" */
} SampleNode;

#define SAMPLE_NODES_MAX 40
typedef struct Sample {
        SampleNode node[SAMPLE_NODES_MAX]; /* the header's; Sender and Recipient are made of: */
        unsigned n;
        SampleNode sender[8], recipient[8];
        unsigned n_sender, n_recipient;
        const char *version, *prefix; /* "memo:" */
        const char *before_root, *between, *after_header;
} Sample;

static inline void sample_add(SampleNode *nodes, unsigned *n, const char *name, const char *text)
{
        nodes[(*n)++] = (SampleNode){name, text, ""};
}

/* The least that the schema asks for. */
static inline Sample sample_new(void)
{
        Sample s = {.version = "1.1",
                    .prefix = "memo:",
                    .before_root = "",
                    .between = "",
                    .after_header = ""};

        sample_add(s.node, &s.n, "messageType", "DIGITALPOST");
        sample_add(s.node, &s.n, "messageUUID", MEMO_UUID);
        sample_add(s.node, &s.n, "label", "Pladsanvisning");
        sample_add(s.node, &s.n, "mandatory", "false");
        sample_add(s.node, &s.n, "legalNotification", "false");
        sample_add(s.node, &s.n, "Sender", NULL);
        sample_add(s.node, &s.n, "Recipient", NULL);
        sample_add(s.sender, &s.n_sender, "senderID", "12345678");
        sample_add(s.sender, &s.n_sender, "idType", "CVR");
        sample_add(s.sender, &s.n_sender, "label", "Kommunen");
        sample_add(s.recipient, &s.n_recipient, "recipientID", "6108701234");
        sample_add(s.recipient, &s.n_recipient, "idType", "CPR");
        return s;
}

static inline SampleNode *sample_find(SampleNode *nodes, unsigned n, const char *name)
{
        for (unsigned i = 0; i < n; i++)
                if (str_eq(nodes[i].name, name))
                        return &nodes[i];
        return NULL;
}

/* Behind @after, which is there. */
static inline void sample_insert(Sample *s, const char *after, const char *name, const char *text)
{
        SampleNode *at = sample_find(s->node, s->n, after);

        assert(at && s->n < SAMPLE_NODES_MAX);
        memmove(at + 2, at + 1, (size_t)(s->node + s->n - at - 1) * sizeof(*at));
        at[1] = (SampleNode){name, text, ""};
        s->n++;
}

static inline void sample_put(Buf *b, const char *text)
{
        int r = buf_puts(b, text);

        assert(r == 0);
}

static inline void sample_node(Buf *b, const char *prefix, const SampleNode *node)
{
        int r = buf_printf(b, "<%s%s%s>%s</%s%s>", prefix, node->name, node->attributes, node->text,
                           prefix, node->name);

        assert(r == 0);
}

static inline void sample_write(const Sample *s, Buf *b)
{
        char xmlns[16] = "xmlns";

        if (*s->prefix)
                (void)snprintf(xmlns, sizeof(xmlns), "xmlns:%.*s", (int)strlen(s->prefix) - 1,
                               s->prefix);
        sample_put(b, s->before_root);
        assert(buf_printf(b,
                          "<%sMessage %s=\"" MEMO_NS
                          "\" memoVersion=\"%s\" memoSchVersion=\"1.1.0\">",
                          s->prefix, xmlns, s->version) == 0);
        assert(buf_printf(b, "<%sMessageHeader>", s->prefix) == 0);
        for (unsigned i = 0; i < s->n; i++) {
                bool is_sender = str_eq(s->node[i].name, "Sender");

                if (s->node[i].text) {
                        sample_node(b, s->prefix, &s->node[i]);
                } else {
                        assert(buf_printf(b, "<%s%s%s>", s->prefix, s->node[i].name,
                                          s->node[i].attributes) == 0);
                        for (unsigned k = 0; k < (is_sender ? s->n_sender : s->n_recipient); k++)
                                sample_node(b, s->prefix,
                                            is_sender ? &s->sender[k] : &s->recipient[k]);
                        assert(buf_printf(b, "</%s%s>", s->prefix, s->node[i].name) == 0);
                }
                sample_put(b, s->between);
        }
        assert(buf_printf(b, "</%sMessageHeader>%s</%sMessage>", s->prefix, s->after_header,
                          s->prefix) == 0);
}

#endif
