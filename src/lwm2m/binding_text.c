/* Writes the value of b= in a Register or Update. */

#include <linnet/lwm2m.h>

static const struct {
    char letter;
    uint8_t binding;
} transports[] = {
    {'U', LN_BINDING_U}, {'T', LN_BINDING_T}, {'S', LN_BINDING_S}, {'N', LN_BINDING_N}};

/* 1.0 knows "UQS" and "SQ": the Q follows the first transport. */
void ln_write_binding(struct ln_writer *w, uint8_t binding, enum ln_version version)
{
    bool queue = (binding & LN_BINDING_Q) != 0 && version == LN_VERSION_1_0;

    for (size_t i = 0; i < LN_COUNT(transports); i++) {
        if ((binding & transports[i].binding) == 0) {
            continue;
        }
        ln_write_u8(w, (uint8_t)transports[i].letter);
        if (queue) {
            ln_write_u8(w, 'Q');
        }
        queue = false;
    }
}
