/* Texts with holes: {{name}} is filled, {{#name}}…{{/name}} stays only if name is not empty. */
#ifndef ADVISD_MODEL_TEMPLATE_H
#define ADVISD_MODEL_TEMPLATE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Template Template; /* parsed once, rendered often; immutable, so any thread may */

typedef enum TemplateEscape {
        TEMPLATE_PLAIN,
        TEMPLATE_HTML,
        TEMPLATE_JSON,
        TEMPLATE_URL,
        TEMPLATE_FORM
} TemplateEscape;

typedef struct TemplateFault {
        int line;
        char text[160]; /* "unknown variable {{x}}; known are …" */
} TemplateFault;

/* @known: names allowed, NULL at the end; NULL = any. A filter after | chooses another escape for
 * one hole: {{text|json}} {{to|url}} {{secret|plain}}. 0, -EINVAL with *ret_fault, -ENOMEM. */
int template_parse(const char *text, size_t len, const char *const known[], Template **ret,
                   TemplateFault *ret_fault) _nodiscard_;
Template *template_free(Template *t); /* NULL */
static inline void template_freep(Template **t)
{
        template_free(*t);
}

/* The value of a name, or NULL for empty; borrowed until the render returns. */
typedef const char *(*TemplateLookup)(void *userdata, const char *name);
int template_render(const Template *t, TemplateEscape escape, TemplateLookup lookup, void *userdata,
                    Buf *append_to) _nodiscard_;
bool template_uses(const Template *t, const char *name);

#endif
