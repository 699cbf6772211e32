/* A folder that appears whole or not at all. */
#ifndef ADVISD_TOOL_FOLDER_H
#define ADVISD_TOOL_FOLDER_H

#include "base/buf.h"

typedef struct Folder Folder;

/* A new one below @parent, which exists, under a name that nobody looks at. Negative errno. */
int folder_new(const char *parent, Folder **ret) _nodiscard_;
/* A file of it, readable by everybody; "sub/name" makes the folder sub. */
int folder_put(Folder *f, const char *name, const Buf *text) _nodiscard_;
/* It is @name below the parent from now on; what was there is gone. */
int folder_publish(Folder *f, const char *name) _nodiscard_;
/* @link below the parent points to @name, in one step; not back to a lesser name. */
int folder_point(const char *parent, const char *link, const char *name) _nodiscard_;
Folder *folder_free(Folder *f); /* NULL; what was not published is removed */
static inline void folder_freep(Folder **f)
{
        folder_free(*f);
}

#endif
