/* "major.minor" as numbers, for the enabler's versions and those of objects. */
#ifndef LN_LWM2M_VERSION_H
#define LN_LWM2M_VERSION_H

#include <linnet/base.h>

/* Each number without leading zeros and at most 32767, as the peers in the field have it. */
LN_MUST_USE bool ln_lwm2m__version_numbers(struct ln_bytes text, uint16_t *major,
                                           uint16_t *minor);

#endif
