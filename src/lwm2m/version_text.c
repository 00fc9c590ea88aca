/* Writes the enabler's versions: apart from reading them, for a device only writes. */

#include <linnet/lwm2m.h>

const char *ln_version_text(enum ln_version version)
{
    switch (version) {
    case LN_VERSION_1_0:
        return "1.0";
    case LN_VERSION_1_1:
        return "1.1";
    case LN_VERSION_1_2:
        return "1.2";
    case LN_VERSION_NONE:
        break;
    }
    return "";
}
