/* A link's DTLS session: from the Security object's keys, driven by the socket and the loop's time. */

#include "secure.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "saved.h"

enum { FRESH_MS = 10 * 1000 }; /* a session this quiet may be over for the server */

static struct ln_bytes bytes_of(const struct ln_buffer *buffer)
{
    return ln_bytes(buffer->at, buffer->len);
}

static bool is_address(const char *host)
{
    uint8_t ip[16];

    return inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1;
}

/* ---- Its configuration ---- */

static void configure_x509(struct ln_dtls_client_config *config, const struct account *account,
                           const struct ln_security *security)
{
    enum ln_dtls_usage usual =
        account != NULL && account->ca != NULL ? LN_DTLS_TRUST_ANCHOR : LN_DTLS_DOMAIN_ISSUED;

    config->certificates.chain = bytes_of(&security->identity);
    config->certificates.key = bytes_of(&security->secret);
    config->expected = bytes_of(&security->server_key);
    /* A bootstrap server may say how the certificate that it gives is meant. */
    config->usage = security->usage > 0 ? (enum ln_dtls_usage)(security->usage - 1) : usual;
    config->matching = security->matching > 0 ? (enum ln_dtls_matching)(security->matching - 1)
                                              : LN_DTLS_EXACT;
}

void secure_configure(const struct device *device, const struct ln_security *security,
                      const char *name, struct ln_dtls_client_config *config)
{
    const struct account *account = bootstrapping_account(device, security);

    *config = (struct ln_dtls_client_config){
        .size = sizeof(*config),
        .random = ln_random_system,
        .wall_offset = ln_clock_wall_ms() - ln_clock_now(),
        .no_connection_id = (account != NULL ? account : &device->options->all)->no_cid,
        .handshake_first = device->options->coap.ack_timeout,
    };
    if (security->mode == LN_SECURITY_X509) {
        configure_x509(config, account, security);
        config->server_name = name;
    } else {
        config->psk_identity = bytes_of(&security->identity);
        config->psk_key = bytes_of(&security->secret);
        /* A server name is no address (RFC 6066 section 3). */
        config->server_name = is_address(name) ? NULL : name;
    }
}

static bool make_ready(struct link *link, const struct ln_security *security)
{
    const struct account *account = bootstrapping_account(link->device, security);
    struct secure *secure = &link->secure;
    struct ln_dtls_client_config config;
    char host[HOST_MAX];
    uint16_t port;
    bool is_secure;

    if (!uri_split(security->uri, &is_secure, host, &port)) {
        return false;
    }
    snprintf(secure->name, sizeof(secure->name), "%s",
             account != NULL && account->server_name != NULL ? account->server_name : host);
    secure->identity = bytes_of(&security->identity);
    secure_configure(link->device, security, secure->name, &config);
    secure->is_ready = ln_dtls_client_init(&secure->dtls, &config) == LN_OK;
    return secure->is_ready;
}

static void discard(struct secure *secure)
{
    if (secure->is_ready) {
        ln_dtls_client_fini(&secure->dtls);
    }
    secure->is_ready = false;
}

bool secure_check(struct link *link, const struct ln_security *security)
{
    bool fits = make_ready(link, security);

    discard(&link->secure);
    return fits;
}

bool secure_init(struct link *link, const struct ln_security *security)
{
    struct secure *secure = &link->secure;

    if (secure->is_ready && secure->generation == link->device->bootstrapping.generation) {
        return true;
    }
    discard(secure);
    secure->generation = link->device->bootstrapping.generation;
    return make_ready(link, security);
}

/* ---- The last run's session ---- */

static void write_tag(struct ln_writer *w, const struct link *link)
{
    ln_write_text(w, link->uri);
    ln_write_u8(w, 0);
    ln_write_bytes(w, link->secure.identity);
    ln_write_u8(w, 0);
    ln_write_address(w, &link->peer);
}

/* What a session is of: another server, identity or address has no use for it. */
static struct ln_bytes tag_of(const struct link *link, uint8_t *out, size_t size)
{
    struct ln_writer w = ln_writer_window(out, size, 0);

    write_tag(&w, link);
    return ln_writer_bytes(&w);
}

static bool restore(struct link *link)
{
    const char *folder = link->device->options->state;
    uint8_t tag[SAVED_TAG_MAX];
    uint8_t session[LN_DTLS_SAVED_MAX];
    struct secure *secure = &link->secure;
    bool done;
    size_t len;

    if (folder == NULL || secure->looked) {
        return false;
    }
    secure->looked = true;
    len = saved_take(folder, link->number, tag_of(link, tag, sizeof(tag)), session,
                     sizeof(session));
    done = len > 0 && ln_dtls_client_restore(&secure->dtls, ln_clock_now(),
                                             ln_bytes(session, len)) == LN_OK;
    explicit_bzero(session, sizeof(session));
    secure->goes_on = done;
    return done;
}

/* False: it has to end. */
static bool keep(struct link *link)
{
    const struct device *device = link->device;
    struct secure *secure = &link->secure;
    uint8_t tag[SAVED_TAG_MAX];
    uint8_t session[LN_DTLS_SAVED_MAX];
    size_t len;
    bool done;

    if (device->options->state == NULL || !(device->ends || device->again) || device->resets ||
        !secure->has_cid || ln_clock_now() - secure->heard > FRESH_MS) {
        return false;
    }
    len = ln_dtls_client_save(&secure->dtls, session, sizeof(session));
    done = len > 0 && saved_put(device->options->state, link->number,
                                tag_of(link, tag, sizeof(tag)), ln_bytes(session, len));
    explicit_bzero(session, sizeof(session));
    return done;
}

/* ---- Its life ---- */

static void pump(struct link *link)
{
    uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
    size_t len;

    while ((len = ln_dtls_client_send(&link->secure.dtls, ln_clock_now(), datagram,
                                      sizeof(datagram))) > 0) {
        link_transmit(link, datagram, len);
    }
}

static void opened(struct link *link, const struct ln_dtls_event *event)
{
    link->secure.has_cid = event->connection_id;
    link->secure.heard = ln_clock_now();
    device_log(link->device, "link %u: %s DTLS session with %s, %s a Connection ID",
               link->number, link->secure.goes_on ? "goes on with the" : "a new", link->uri,
               event->connection_id ? "with" : "without");
    link->secure.goes_on = false;
    ln_client_bootstrap_link_up_anew(&link->device->bootstrapping.machine, ln_clock_now(),
                                     link->number);
}

static void closed(struct link *link, const struct ln_dtls_event *event)
{
    static const char *const reasons[] = {
        [LN_DTLS_BY_US] = "closed",
        [LN_DTLS_BY_PEER] = "ended by the server",
        [LN_DTLS_FAILED] = "the server did not prove who it is, or broke a rule",
        [LN_DTLS_TIMED_OUT] = "no answer",
        [LN_DTLS_REPLACED] = "replaced",
        [LN_DTLS_CROWDED] = "no room",
        [LN_DTLS_NO_MEMORY] = "no memory",
    };
    enum ln_link_reason reason = LN_LINK_FAILED;
    uint8_t alert = 0;

    if (event->reason == LN_DTLS_BY_US) {
        return;
    }
    if (event->reason == LN_DTLS_BY_PEER && event->alert != LN_DTLS_NO_ALERT) {
        reason = LN_LINK_REFUSED;
        alert = (uint8_t)event->alert;
    } else if (event->reason == LN_DTLS_FAILED && event->alert >= 42) {
        reason = LN_LINK_UNTRUSTED; /* our alert is about its certificate */
    }
    device_log(link->device, "link %u: the DTLS session with %s: %s (alert %d)", link->number,
               link->uri, reasons[event->reason], event->alert);
    link_fail(link, reason, alert);
}

void secure_turn(struct link *link)
{
    struct ln_dtls_event event;

    if (!link->secure.is_ready || link->udp.fd < 0) {
        return;
    }
    pump(link);
    while (ln_dtls_client_event(&link->secure.dtls, &event)) {
        if (event.kind == LN_DTLS_OPENED) {
            opened(link, &event);
        } else if (event.kind == LN_DTLS_CLOSED) {
            closed(link, &event);
        }
    }
}

void secure_begin(struct link *link)
{
    struct secure *secure = &link->secure;
    ln_time now = ln_clock_now();

    if (secure->is_ready && ln_dtls_client_is_open(&secure->dtls)) {
        ln_client_bootstrap_link_up(&link->device->bootstrapping.machine, now, link->number);
        return;
    }
    if (!restore(link)) {
        ln_dtls_client_connect(&secure->dtls, now);
    }
    secure_turn(link);
}

void secure_receive(struct link *link, struct ln_bytes datagram)
{
    struct secure *secure = &link->secure;
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    size_t len;

    if (!secure->is_ready) {
        return;
    }
    ln_dtls_client_recv(&secure->dtls, ln_clock_now(), datagram);
    secure_turn(link);
    while ((len = ln_dtls_client_read(&secure->dtls, ln_clock_now(), plain, sizeof(plain))) >
           0) {
        secure->heard = ln_clock_now();
        device_receive(link->device, link->number, ln_bytes(plain, len));
    }
    secure_turn(link);
}

void secure_send(struct link *link, struct ln_bytes plaintext)
{
    if (link->secure.is_ready) {
        /* What is lost is sent again by the client. */
        (void)!ln_dtls_client_write(&link->secure.dtls, ln_clock_now(), plaintext);
        pump(link);
    }
}

ln_time secure_deadline(const struct link *link)
{
    return link->secure.is_ready && link->udp.fd >= 0
               ? ln_dtls_client_deadline(&link->secure.dtls)
               : LN_NEVER;
}

bool secure_can_move(const struct link *link)
{
    return link->secure.is_ready && link->secure.has_cid &&
           ln_dtls_client_is_open(&link->secure.dtls);
}

void secure_close(struct link *link)
{
    struct ln_dtls_event event;

    if (!link->secure.is_ready) {
        return;
    }
    if (!keep(link)) {
        ln_dtls_client_close(&link->secure.dtls, ln_clock_now());
        pump(link);
    }
    while (ln_dtls_client_event(&link->secure.dtls, &event)) {
        continue; /* whoever closes it knows */
    }
}
