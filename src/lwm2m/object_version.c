/* The versions of objects that a registration means where it does not say them. */

#include <linnet/lwm2m.h>

/* spec: CORE-1.1.1 Appendix E and CORE-1.2.1 table E-1. What is not here is 1.0. */
static const struct {
    enum ln_version from;
    uint8_t object;
    uint8_t major;
    uint8_t minor;
} versions[] = {
    {LN_VERSION_1_2, 0, 1, 2}, {LN_VERSION_1_2, 1, 1, 2},  {LN_VERSION_1_2, 2, 1, 1},
    {LN_VERSION_1_2, 3, 1, 2}, {LN_VERSION_1_2, 4, 1, 3},  {LN_VERSION_1_2, 5, 1, 1},
    {LN_VERSION_1_1, 0, 1, 1}, {LN_VERSION_1_1, 1, 1, 1},  {LN_VERSION_1_1, 3, 1, 1},
    {LN_VERSION_1_1, 4, 1, 2}, {LN_VERSION_1_2, 21, 2, 0},
};

void ln_object_default_version(uint16_t object, enum ln_version version, uint8_t *major,
                               uint8_t *minor)
{
    *major = 1;
    *minor = 0;
    for (size_t i = 0; i < LN_COUNT(versions); i++) {
        if (versions[i].object == object && versions[i].from <= version) {
            *major = versions[i].major;
            *minor = versions[i].minor;
            return;
        }
    }
}
