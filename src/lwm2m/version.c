/* Reads version texts: "1.0" of lwm2m= in a Register, and ver= of an object. */

#include "version.h"

#include <linnet/lwm2m.h>

enum { NUMBER_MAX = 32767 };

static bool number(struct ln_bytes text, uint16_t *out)
{
    uint64_t value;

    if (!ln_unsigned_of_text(text, &value) || value > NUMBER_MAX) {
        return false;
    }
    *out = (uint16_t)value;
    return text.len == 1 || text.at[0] != '0';
}

bool ln_lwm2m__version_numbers(struct ln_bytes text, uint16_t *major, uint16_t *minor)
{
    struct ln_reader in = ln_reader(text);

    return number(ln_read_until(&in, '.'), major) && number(ln_read_rest(&in), minor);
}

bool ln_version_of_text(struct ln_bytes text, enum ln_version *out)
{
    uint16_t major;
    uint16_t minor;

    if (!ln_lwm2m__version_numbers(text, &major, &minor)) {
        return false;
    }
    *out =
        major == 1 && minor <= 2 ? (enum ln_version)(LN_VERSION_1_0 + minor) : LN_VERSION_NONE;
    return true;
}
