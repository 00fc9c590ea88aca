/* The operations' names, as the HTTP API and logs spell them. */

#include <linnet/lwm2m.h>

static const char *const names[] = {
    [LN_OPERATION_READ] = "read",
    [LN_OPERATION_DISCOVER] = "discover",
    [LN_OPERATION_WRITE] = "write",
    [LN_OPERATION_WRITE_PARTIAL] = "write-partial",
    [LN_OPERATION_WRITE_ATTRIBUTES] = "write-attributes",
    [LN_OPERATION_EXECUTE] = "execute",
    [LN_OPERATION_CREATE] = "create",
    [LN_OPERATION_DELETE] = "delete",
};

const char *ln_operation_name(enum ln_operation_kind kind)
{
    return names[kind];
}
