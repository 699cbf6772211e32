/* The version that every program of the house tells. */
#ifndef ADVISD_BASE_VERSION_H
#define ADVISD_BASE_VERSION_H

#define ADVISD_VERSION "0.1.0"

#endif
