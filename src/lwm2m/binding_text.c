/* Writes the value of b= in a Register or Update. */

#include <linnet/lwm2m.h>

void ln_write_binding(struct ln_writer *w, uint8_t binding, enum ln_version version)
{
    bool queue = (binding & LN_BINDING_Q) != 0 && version == LN_VERSION_1_0;

    if ((binding & LN_BINDING_U) != 0) {
        ln_write_u8(w, 'U');
    }
    /* 1.0 knows "UQS" and "SQ": the Q follows the first transport. */
    if (queue && (binding & LN_BINDING_U) != 0) {
        ln_write_u8(w, 'Q');
    }
    if ((binding & LN_BINDING_T) != 0) {
        ln_write_u8(w, 'T');
    }
    if ((binding & LN_BINDING_S) != 0) {
        ln_write_u8(w, 'S');
    }
    if (queue && (binding & LN_BINDING_U) == 0) {
        ln_write_u8(w, 'Q');
    }
    if ((binding & LN_BINDING_N) != 0) {
        ln_write_u8(w, 'N');
    }
}
