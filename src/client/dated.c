/* Notifications that wait for the link with the time of what they tell: that of resource /3/0/13.
 * spec: CORE-1.1.1 §6.4.2 Notify, /1/x/6 */

#include "client/data.h"
#include "client/reporting.h"

/* 0: it does not tell, or its clock was never set. */
static int64_t seconds_of_device(const struct ln_client *client)
{
    struct ln_client__scope scope = {client->config, ln_path_resource(3, 0, 13)};
    struct ln_records clock = ln_client__records(&scope);
    struct ln_record record;
    bool tells = clock.next(&clock, &record) && record.value.type == LN_TIME &&
                 record.value.as.integer >= LN_TIME_ABSOLUTE / 1000000000;

    return tells ? record.value.as.integer : 0;
}

/* The first block of a long one has no room: what it says belongs to the blocks that follow. */
static bool is_whole(struct ln_bytes datagram, struct ln_coap_message *m)
{
    struct ln_coap_options options;

    return ln_coap_parse(datagram, m) == LN_OK && ln_coap_options(m, &options) == LN_OK &&
           !options.block2.more && m->payload.len > 0;
}

static bool date(const struct ln_client *client, const struct ln_client_observation *o,
                 struct ln_bytes datagram, struct ln_writer *w)
{
    int64_t seconds = seconds_of_device(client);
    struct ln_coap_message m;

    if (seconds == 0 || !is_whole(datagram, &m)) {
        return false;
    }
    ln_write_bytes(w, ln_bytes(datagram.at, datagram.len - m.payload.len));
    return ln_write_dated(w, o->format, m.payload, seconds) && !w->failed;
}

/* Dated where it can be and has room to be sent, else as it is. */
static void put(const struct ln_client *client, const struct ln_client_observation *o,
                struct ln_bytes datagram, struct ln_writer *w)
{
    size_t largest = ln_client__datagram_size(client);
    struct ln_writer dated = ln_writer(w->out, w->size < largest ? w->size : largest);

    if (date(client, o, datagram, &dated)) {
        *w = dated;
    } else {
        ln_write_bytes(w, datagram);
    }
}

const struct ln_client_storing_calls ln_client_dated_storing_calls = {
    .init = ln_client__stored_init,
    .send = ln_client__stored_send,
    .deadline = ln_client__stored_deadline,
    .drop = ln_client__stored_drop,
    .put = put,
};
