/* Fetches an image over CoAP in blocks, and goes on where it was when a link or a server was gone. */

#include <linnet/download.h>

#include <assert.h>

enum {
    FIRST_WAIT_MS = 2 * 1000,
    LONGEST_WAIT_MS = 60 * 1000,
    PATIENCE_TIMES = 4, /* MAX_TRANSMIT_WAIT */
    TOKEN_LEN = 4,
};

enum state {
    IDLE,
    OPENING,  /* the app was asked for a link */
    FETCHING, /* a request is under way */
    HELD,     /* the app cannot take the block now */
    WAITING,  /* before a link is asked for again */
};

static const struct ln_coap_parameters *coap_of(const struct ln_download *d)
{
    return d->config->coap == NULL ? &ln_coap_parameters_default : d->config->coap;
}

bool ln_download_is_active(const struct ln_download *download)
{
    return download->state != IDLE && ln_firmware_fetches(download->config->firmware);
}

/* The URI of the object was found good when it was written. */
static struct ln_uri uri_of(const struct ln_download *d)
{
    struct ln_uri uri;
    bool is_one = ln_uri_of_text(ln_bytes_of_text(d->config->firmware->uri), &uri);

    assert(is_one);
    (void)is_one;
    return uri;
}

/* ---- Its states ---- */

static void stop(struct ln_download *d)
{
    d->wants_no_link = d->state == FETCHING || d->state == HELD || d->state == OPENING;
    d->wants_link = false;
    d->state = IDLE;
    d->exchange.state = LN_COAP_IDLE;
}

static void fail(struct ln_download *d, enum ln_firmware_result result)
{
    stop(d);
    ln_firmware_fail(d->config->firmware, result);
}

static void be_patient(struct ln_download *d, ln_time now)
{
    uint32_t patience = d->config->patience;

    d->attempts = 0;
    d->until = ln_time_after(now, patience > 0 ? patience
                                               : (int64_t)PATIENCE_TIMES *
                                                     ln_coap_max_transmit_wait(coap_of(d)));
}

static void open_link(struct ln_download *d)
{
    d->state = OPENING;
    d->wants_link = true;
    d->wants_no_link = false;
    d->stats.links++;
}

static void wait(struct ln_download *d, ln_time now)
{
    int64_t wait = (int64_t)FIRST_WAIT_MS << d->attempts;

    stop(d);
    d->state = WAITING;
    if (wait < LONGEST_WAIT_MS) {
        d->attempts++;
    }
    d->due = ln_time_after(now, wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS);
}

static void ask(struct ln_download *d)
{
    d->state = FETCHING;
    d->token.len = TOKEN_LEN;
    d->config->random.fill(d->config->random.context, d->token.bytes, TOKEN_LEN);
    ln_coap_exchange_start(&d->exchange, coap_of(d), &d->config->random, d->next_id++, true,
                           true);
}

/* ---- Beginning ---- */

ln_err ln_download_init(struct ln_download *download, const struct ln_download_config *config)
{
    if (config->firmware == NULL || config->random.fill == NULL) {
        return LN_ERR_BAD_CONFIG;
    }
    *download = (struct ln_download){
        .config = config,
        .next_id = (uint16_t)ln_random_u32(&config->random),
    };
    return LN_OK;
}

uint8_t ln_download_start(struct ln_download *download, ln_time now)
{
    const struct ln_download_config *config = download->config;
    uint16_t size = config->block_size;
    struct ln_uri uri;

    stop(download);
    if (!ln_uri_of_text(ln_bytes_of_text(config->firmware->uri), &uri)) {
        return LN_FIRMWARE_BAD_URI;
    }
    if (!ln_uri_has_scheme(&uri, "coap") && !ln_uri_has_scheme(&uri, "coaps")) {
        return LN_FIRMWARE_NO_PROTOCOL;
    }
    ln_coap_block_fetcher_start(&download->fetcher, UINT32_MAX,
                                size == 0 ? LN_COAP_BLOCK_LARGEST : ln_coap_block_fit(size));
    download->has_begun = false;
    be_patient(download, now);
    open_link(download);
    return LN_FIRMWARE_OK;
}

/* ---- The link ---- */

bool ln_download_event(struct ln_download *download, struct ln_download_event *event)
{
    *event = (struct ln_download_event){.kind = LN_DOWNLOAD_CLOSE};
    if (download->wants_no_link) {
        download->wants_no_link = false;
        return true;
    }
    if (!download->wants_link || !ln_download_is_active(download)) {
        return false;
    }
    download->wants_link = false;
    event->kind = LN_DOWNLOAD_OPEN;
    event->uri = uri_of(download);
    event->is_secure = ln_uri_has_scheme(&event->uri, "coaps");
    return true;
}

void ln_download_link_up(struct ln_download *download, ln_time now)
{
    (void)now;
    if (download->state == OPENING) {
        download->wants_link = false;
        ask(download);
    }
}

void ln_download_link_down(struct ln_download *download, ln_time now,
                           enum ln_link_reason reason)
{
    bool nothing_came = download->fetcher.offset == 0;

    if (download->state == IDLE || download->state == WAITING) {
        return;
    }
    if (reason == LN_LINK_NO_NAME && nothing_came) {
        fail(download, LN_FIRMWARE_BAD_URI);
    } else if (reason == LN_LINK_UNTRUSTED || reason == LN_LINK_REFUSED) {
        fail(download, LN_FIRMWARE_CONNECTION_LOST);
    } else {
        wait(download, now);
    }
    download->wants_no_link = false; /* it is gone already */
}

/* ---- Answers ---- */

/* Gives the block to the object; `before` is how far it was before it came. */
static void take_block(struct ln_download *d, ln_time now, struct ln_bytes block,
                       const struct ln_coap_block_fetcher *before, bool is_last)
{
    struct ln_firmware *firmware = d->config->firmware;
    ln_err err = LN_OK;

    if (!d->has_begun) {
        d->has_begun = true;
        d->stats.begun++;
        err = ln_firmware_begin(firmware, d->fetcher.size2);
    }
    if (err == LN_OK && block.len > 0) {
        err = ln_firmware_chunk(firmware, before->offset, block);
    }
    if (err == LN_ERR_BUSY) {
        d->fetcher = *before;
        d->state = HELD;
        return;
    }
    if (err == LN_OK && is_last) {
        err = ln_firmware_end(firmware);
        stop(d);
        return;
    }
    if (err != LN_OK) {
        stop(d); /* the object has its result */
        return;
    }
    be_patient(d, now);
    ask(d);
}

/* spec: RFC 7252 §5.9: what the server has nothing to do with, and what may pass. */
static void take_refusal(struct ln_download *d, ln_time now, uint8_t code)
{
    enum { TOO_MANY_REQUESTS = LN_COAP_CODE(4, 29) };

    if (ln_coap_code_class(code) == 5 || code == TOO_MANY_REQUESTS) {
        wait(d, now);
    } else {
        fail(d, LN_FIRMWARE_BAD_URI);
    }
}

static void take_answer(struct ln_download *d, ln_time now, const struct ln_coap_message *m,
                        const struct ln_coap_options *options)
{
    const struct ln_coap_block_fetcher before = d->fetcher;

    if (ln_coap_code_class(m->code) == 2 && m->code != LN_COAP_2_05) {
        fail(d, LN_FIRMWARE_BAD_URI);
        return;
    }
    switch (ln_coap_block_fetcher_answered(&d->fetcher, m, options)) {
    case LN_COAP_BLOCK_NEXT:
        take_block(d, now, m->payload, &before, false);
        break;
    case LN_COAP_BLOCK_END:
        take_block(d, now, m->payload, &before, true);
        break;
    case LN_COAP_BLOCK_RESTART:
        d->has_begun = false;
        ask(d);
        break;
    case LN_COAP_BLOCK_REFUSED:
        take_refusal(d, now, m->code);
        break;
    case LN_COAP_BLOCK_FAILED:
        fail(d, LN_FIRMWARE_CONNECTION_LOST);
        break;
    }
}

/* ---- Datagrams in ---- */

static void send_empty(struct ln_download *d, enum ln_coap_type type, uint16_t id)
{
    d->empty = (uint8_t)(1 + type);
    d->empty_id = id;
}

static void take_empty(struct ln_download *d, ln_time now, const struct ln_coap_message *m)
{
    enum ln_coap_exchange_event event =
        m->type == LN_COAP_ACK ? LN_COAP_ON_ACK : LN_COAP_ON_RST;

    if (m->type == LN_COAP_CON) {
        send_empty(d, LN_COAP_RST, m->id); /* a ping */
    } else if (d->state == FETCHING && d->exchange.id == m->id &&
               ln_coap_exchange_step(&d->exchange, coap_of(d), now, event)) {
        wait(d, now);
    }
}

static void take_response(struct ln_download *d, ln_time now, const struct ln_coap_message *m)
{
    bool ours = d->state == FETCHING && ln_coap_token_equal(&m->token, &d->token) &&
                (m->type != LN_COAP_ACK || m->id == d->exchange.id);
    struct ln_coap_options options;

    if (!ours || ln_coap_options(m, &options) != LN_OK) {
        if (m->type == LN_COAP_CON) {
            send_empty(d, LN_COAP_RST, m->id);
        }
        return;
    }
    if (m->type == LN_COAP_CON) {
        send_empty(d, LN_COAP_ACK, m->id);
    }
    if (ln_coap_exchange_step(&d->exchange, coap_of(d), now, LN_COAP_ON_RESPONSE)) {
        d->exchange.state = LN_COAP_IDLE;
        take_answer(d, now, m, &options);
    }
}

void ln_download_recv(struct ln_download *download, ln_time now, struct ln_bytes datagram)
{
    struct ln_coap_message m;
    uint16_t id;

    if (download->state != FETCHING && download->state != HELD) {
        return;
    }
    download->stats.received++;
    if (ln_coap_parse(datagram, &m) != LN_OK || ln_coap_is_request(m.code)) {
        download->stats.malformed++;
        if (ln_coap_reject(datagram, &id)) {
            send_empty(download, LN_COAP_RST, id);
        }
    } else if (m.code == LN_COAP_EMPTY) {
        take_empty(download, now, &m);
    } else {
        take_response(download, now, &m);
    }
}

/* ---- Datagrams out ---- */

static size_t write_request(const struct ln_download *d, void *buffer, size_t size)
{
    struct ln_coap_block block = ln_coap_block_fetcher_next(&d->fetcher);
    struct ln_uri uri = uri_of(d);
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, LN_COAP_CON, LN_COAP_GET, d->exchange.id, &d->token);

    ln_coap_add_uri(&b, &uri);
    if (block.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    }
    return ln_coap_finish(&b);
}

/* What time has made due. */
static void pursue(struct ln_download *d, ln_time now)
{
    if (d->state != IDLE && !ln_firmware_fetches(d->config->firmware)) {
        stop(d); /* taken back */
    }
    if (d->state == IDLE || d->state == HELD) {
        return;
    }
    if (now >= d->until) {
        fail(d, LN_FIRMWARE_CONNECTION_LOST);
    } else if (d->state == WAITING && now >= d->due) {
        open_link(d);
    } else if (d->state == FETCHING &&
               ln_coap_exchange_step(&d->exchange, coap_of(d), now, LN_COAP_ON_TIME)) {
        wait(d, now);
    }
}

size_t ln_download_send(struct ln_download *download, ln_time now, void *buffer, size_t size)
{
    size_t len = 0;

    pursue(download, now);
    if (download->empty != 0) {
        enum ln_coap_type type = (enum ln_coap_type)(download->empty - 1);
        download->empty = 0;
        len = ln_coap_empty(buffer, size, type, download->empty_id);
    } else if (download->state == FETCHING && download->exchange.state == LN_COAP_SENDING) {
        download->stats.retransmitted += download->exchange.copies > 0;
        (void)ln_coap_exchange_step(&download->exchange, coap_of(download), now,
                                    LN_COAP_ON_SENT);
        len = write_request(download, buffer, size);
    }
    download->stats.sent += len > 0;
    return len;
}

ln_time ln_download_deadline(const struct ln_download *download)
{
    bool taken_back =
        download->state != IDLE && !ln_firmware_fetches(download->config->firmware);

    if (download->empty != 0 || taken_back) {
        return 0;
    }
    switch (download->state) {
    case OPENING:
        return download->until;
    case FETCHING:
        return ln_time_min(download->until, ln_coap_exchange_deadline(&download->exchange));
    case WAITING:
        return ln_time_min(download->until, download->due);
    default:
        return LN_NEVER;
    }
}

void ln_download_resume(struct ln_download *download, ln_time now)
{
    if (download->state == HELD) {
        be_patient(download, now);
        ask(download);
    }
}
