/* In the place of version.c: a client of 1.0 alone. What later versions add is not linked then. */

#include "client/client.h"

bool ln_client__speaks(enum ln_version version)
{
    return version == LN_VERSION_1_0;
}

enum ln_version ln_client__version_with(const struct ln_client_server *server)
{
    (void)server;
    return LN_VERSION_1_0;
}

ln_err ln_client__binding_of_text(struct ln_bytes text, enum ln_version version, uint8_t *out)
{
    (void)version;
    return ln_binding_of_text(text, LN_VERSION_1_0, out);
}

void ln_client__default_version(const struct ln_client_server *server, uint16_t object,
                                uint8_t *major, uint8_t *minor)
{
    (void)server;
    (void)object;
    *major = 1;
    *minor = 0;
}
