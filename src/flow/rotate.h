/* Rotation of the master key, as the corridor carries it. */
#ifndef ADVISD_FLOW_ROTATE_H
#define ADVISD_FLOW_ROTATE_H

#include "flow/flow-priv.h"

int rotate_new(Flow *f, Rotate **ret) _nodiscard_;
Rotate *rotate_free(Rotate *t);
void rotate_look(Rotate *t); /* the keys may be others */
void rotate_pump(Rotate *t);
bool rotate_is_idle(const Rotate *t);

#endif
