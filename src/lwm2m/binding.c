/* Reads the value of b= in a Register, and of /1/x/7. */

#include <linnet/lwm2m.h>

/* spec: CORE-1.0.2 §5.3.1.1 Register: these and no others, so "USQ" is none. */
static const struct {
    char text[4];
    uint8_t binding;
} bindings_1_0[] = {
    {"U", LN_BINDING_U},
    {"UQ", LN_BINDING_U | LN_BINDING_Q},
    {"S", LN_BINDING_S},
    {"SQ", LN_BINDING_S | LN_BINDING_Q},
    {"US", LN_BINDING_U | LN_BINDING_S},
    {"UQS", LN_BINDING_U | LN_BINDING_Q | LN_BINDING_S},
};

static ln_err read_1_0(struct ln_bytes text, uint8_t *out)
{
    for (size_t i = 0; i < LN_COUNT(bindings_1_0); i++) {
        if (ln_bytes_are(text, bindings_1_0[i].text)) {
            *out = bindings_1_0[i].binding;
            return LN_OK;
        }
    }
    return LN_ERR_BAD_REQUEST;
}

static uint8_t transport(uint8_t letter)
{
    switch (letter) {
    case 'U':
        return LN_BINDING_U;
    case 'S':
        return LN_BINDING_S;
    case 'T':
        return LN_BINDING_T;
    case 'N':
        return LN_BINDING_N;
    default:
        return 0;
    }
}

ln_err ln_binding_of_text(struct ln_bytes text, enum ln_version version, uint8_t *out)
{
    uint8_t binding = 0;

    if (version == LN_VERSION_1_0) {
        return read_1_0(text, out);
    }
    /* spec: CORE-1.1.1 §6.2.1.2 Register: a set of transports in any order. */
    for (size_t i = 0; i < text.len; i++) {
        uint8_t one = transport(text.at[i]);
        if (one == 0 || (binding & one) != 0) {
            return LN_ERR_BAD_REQUEST;
        }
        binding |= one;
    }
    if (binding == 0) {
        return LN_ERR_BAD_REQUEST;
    }
    *out = binding;
    return LN_OK;
}
