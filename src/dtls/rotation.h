/* When two keys take turns: the newer one is used, the older one still good. */
#ifndef LN_DTLS_ROTATION_H
#define LN_DTLS_ROTATION_H

#include <linnet/base.h>

enum { LN_DTLS_ROTATING = 2 };

/* What a key made is good for one to two periods. */
struct ln_dtls_rotation {
    ln_time period;
    ln_time due;
    uint8_t newer; /* which of the two */
};

struct ln_dtls_rotation ln_dtls_rotation(ln_time now, ln_time period);
/* How many keys are to be drawn anew by now: after a long silence both. */
size_t ln_dtls_rotation_due(struct ln_dtls_rotation *rotation, ln_time now);
/* The next of them, from now on the newer one. */
uint8_t ln_dtls_rotation_next(struct ln_dtls_rotation *rotation);

#endif
