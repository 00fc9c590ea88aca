/* Sessions of the server as bytes, for a planned restart. */

#include "server.h"

enum { VERSION = 1 };

static void write_address(struct ln_writer *out, const struct ln_address *address)
{
    ln_write_bytes(out, ln_bytes(address->ip, sizeof(address->ip)));
    ln_write_u32(out, address->scope);
    ln_write_u16(out, address->port);
}

static struct ln_address read_address(struct ln_reader *in)
{
    struct ln_address address = {0};
    struct ln_writer ip = ln_writer(address.ip, sizeof(address.ip));

    ln_write_bytes(&ip, ln_read_bytes(in, sizeof(address.ip)));
    address.scope = ln_read_u32(in);
    address.port = ln_read_u16(in);
    return address;
}

static size_t write_session(struct ln_dtls_session *session, void *buf, size_t size)
{
    struct ln_writer out = ln_writer(buf, size);
    size_t length = 0;

    ln_write_u8(&out, VERSION);
    ln_write_u64(&out, session->id);
    ln_write_u64(&out, session->hello);
    write_address(&out, &session->channel.path.remote);
    write_address(&out, &session->channel.path.local);
    ln_dtls_identity_write(&out, session->identity);
    if (out.failed || mbedtls_ssl_context_save(&session->channel.ssl, out.out + out.written,
                                               size - out.written, &length) != 0) {
        return 0;
    }
    return out.written + length;
}

size_t ln_dtls_server_save(struct ln_dtls_server *server, void *buf, size_t size)
{
    while (server->open.first != NULL) {
        struct ln_dtls_session *session = server->open.first;
        size_t length = write_session(session, buf, size);
        if (length == 0) { /* then its peer may know */
            ln_dtls_channel_alert(&session->channel, LN_DTLS_CLOSE_NOTIFY);
        }
        ln_dtls_session_end(session, LN_DTLS_BY_US, LN_DTLS_NO_ALERT);
        if (length > 0) {
            return length;
        }
    }
    return 0;
}

static bool is_free(const struct ln_dtls_server *server, uint64_t id)
{
    return id != 0 && ln_dtls_session_find(server, id) == NULL;
}

static ln_err open_saved(struct ln_dtls_session *session,
                         const struct ln_dtls_identity *identity, struct ln_bytes context)
{
    struct ln_dtls_server *server = session->server;

    if (mbedtls_ssl_context_load(&session->channel.ssl, context.at, context.len) != 0) {
        ln_dtls_session_end(session, LN_DTLS_FAILED, LN_DTLS_NO_ALERT);
        return LN_ERR_BAD_VALUE;
    }
    session->identity = ln_dtls_identity_copy(&server->config.allocator, identity);
    if (session->identity == NULL) {
        ln_dtls_session_end(session, LN_DTLS_NO_MEMORY, LN_DTLS_NO_ALERT);
        return LN_ERR_NO_MEMORY;
    }
    ln_dtls_channel_share_buffers(&session->channel);
    ln_dtls_session_open(session);
    return LN_OK;
}

ln_err ln_dtls_server_restore(struct ln_dtls_server *server, ln_time now, struct ln_bytes saved)
{
    struct ln_bytes names[LN_DTLS_NAMES_MAX];
    struct ln_reader in = ln_reader(saved);
    struct ln_dtls_path path;

    server->host.now = now;
    uint8_t version = ln_read_u8(&in);
    uint64_t id = ln_read_u64(&in);
    uint64_t hello = ln_read_u64(&in);
    path.remote = read_address(&in);
    path.local = read_address(&in);
    struct ln_dtls_identity identity = ln_dtls_identity_read(&in, names);
    if (in.failed || version != VERSION || !is_free(server, id)) {
        return LN_ERR_BAD_VALUE;
    }
    ln_dtls_sessions_make_room(server);
    struct ln_dtls_session *session = ln_dtls_session_new(server, &path, id);
    if (session == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    session->hello = hello;
    return open_saved(session, &identity, ln_read_rest(&in));
}
