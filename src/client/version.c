/* The versions of the enabler that this client speaks: all, with each server its own. */

#include "client/client.h"

bool ln_client__speaks(enum ln_version version)
{
    return version >= LN_VERSION_1_0 && version <= LN_VERSION_1_2;
}

enum ln_version ln_client__version_with(const struct ln_client_server *server)
{
    return (enum ln_version)server->version;
}

ln_err ln_client__binding_of_text(struct ln_bytes text, enum ln_version version, uint8_t *out)
{
    /* "UQ" is a binding of 1.0 only, but says what is meant in all versions. */
    ln_err err = ln_binding_of_text(text, LN_VERSION_1_0, out);

    return err == LN_OK ? err : ln_binding_of_text(text, version, out);
}

void ln_client__default_version(const struct ln_client_server *server, uint16_t object,
                                uint8_t *major, uint8_t *minor)
{
    ln_object_default_version(object, ln_client__version_with(server), major, minor);
}
