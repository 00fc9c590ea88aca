/* Which paths an operation may have, in which version. */

#include <linnet/lwm2m.h>

#define DEPTH(n) (1U << (n))

/* spec: CORE-1.1.1 §6.3: the depths of path that are a target, and what later versions add. */
static const struct {
    uint8_t in_1_0;
    uint8_t from_1_1;
    uint8_t from_1_2;
} depths[] = {
    [LN_OPERATION_READ] = {DEPTH(1) | DEPTH(2) | DEPTH(3), DEPTH(4), 0},
    [LN_OPERATION_DISCOVER] = {DEPTH(1) | DEPTH(2) | DEPTH(3), 0, 0},
    [LN_OPERATION_WRITE] = {DEPTH(2) | DEPTH(3), DEPTH(4), 0},
    [LN_OPERATION_WRITE_PARTIAL] = {DEPTH(2), 0, DEPTH(3)},
    [LN_OPERATION_WRITE_ATTRIBUTES] = {DEPTH(1) | DEPTH(2) | DEPTH(3), DEPTH(4), 0},
    [LN_OPERATION_EXECUTE] = {DEPTH(3), 0, 0},
    [LN_OPERATION_CREATE] = {DEPTH(1), 0, 0},
    [LN_OPERATION_DELETE] = {DEPTH(2), 0, DEPTH(4)},
};

bool ln_operation_fits(enum ln_operation_kind kind, struct ln_path path,
                       enum ln_version version)
{
    unsigned fits = depths[kind].in_1_0;

    if (version >= LN_VERSION_1_1) {
        fits |= depths[kind].from_1_1;
    }
    if (version >= LN_VERSION_1_2) {
        fits |= depths[kind].from_1_2;
    }
    return (fits & DEPTH(path.depth)) != 0;
}
