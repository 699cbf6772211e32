/* Any bytes as a template: parsed or refused with a line, rendered with hostile values in every
 * escape without a byte that breaks out of it. */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/str.h"
#include "model/template.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *hostile(_unused_ void *userdata, const char *name)
{
        return str_eq(name, "empty") ? NULL : "<a href=\"x\">'&\\\n\x01 \xC3\xA6%+\xF0\x9F\x98\x80";
}

static const char *nothing(_unused_ void *userdata, _unused_ const char *name)
{
        return NULL;
}

static void render(const Template *t, TemplateEscape escape, TemplateLookup lookup)
{
        _cleanup_buf_ Buf out = BUF_NULL;
        int r = template_render(t, escape, lookup, NULL, &out);

        assert(r == 0);
}

/* One hole alone, of which the whole text is the value. */
static void check_escapes(void)
{
        static const char hole[] = "{{x}}";
        _cleanup_(template_freep) Template *t = NULL;
        TemplateFault fault;
        int r = template_parse(hole, strlen(hole), NULL, &t, &fault);

        assert(r == 0);
        for (TemplateEscape e = TEMPLATE_HTML; e <= TEMPLATE_FORM; e++) {
                _cleanup_buf_ Buf out = BUF_NULL;

                r = template_render(t, e, hostile, NULL, &out);
                assert(r == 0 && !strpbrk(buf_str(&out), e == TEMPLATE_JSON ? "\n\x01" : "<>\""));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const known[] = {"to", "text", "empty", "sender", NULL};
        static bool checked;
        TemplateFault fault = {0};

        if (!checked)
                check_escapes();
        checked = true;
        for (unsigned any = 0; any < 2; any++) {
                _cleanup_(template_freep) Template *t = NULL;
                int r = template_parse((const char *)data, size, any ? NULL : known, &t, &fault);

                assert(r == 0 || r == -EINVAL);
                assert((r == 0) == (t != NULL));
                if (r < 0) {
                        assert(fault.line >= 1 && fault.text[0]);
                        assert(utf8_valid(fault.text, strlen(fault.text)));
                        continue;
                }
                for (TemplateEscape e = TEMPLATE_PLAIN; e <= TEMPLATE_FORM; e++) {
                        render(t, e, hostile);
                        render(t, e, nothing);
                }
                (void)template_uses(t, "text");
        }
        return 0;
}
