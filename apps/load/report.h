/* What linnet-load prints at the end. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "worker.h"

/* Adds a worker's figures to those of all. */
void report_merge(struct tallies *all, const struct tallies *one);
void report_print(const struct options *options, const struct tallies *all);
/* Whether all that was begun was answered well. */
bool report_is_good(const struct tallies *all);

#endif
