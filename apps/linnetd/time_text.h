/* Points in time as RFC 3339 text, always UTC. */
#ifndef LINNETD_TIME_TEXT_H
#define LINNETD_TIME_TEXT_H

#include <linnet/base.h>

enum { TIME_TEXT_MAX = 32 };

/*
 * "2024-05-01T12:00:00Z", with milliseconds where there are any. False: before year 0 or after
 * 9999.
 */
bool time_to_text(int64_t ms, char out[TIME_TEXT_MAX]);
/* Takes fractions (cut to milliseconds) and offsets ("+02:00") too. */
LN_MUST_USE bool time_of_text(struct ln_bytes text, int64_t *ms);

#endif
