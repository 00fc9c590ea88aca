/* A hash over the state that must survive: for tests, which compare it before and after. */

#include "engine.h"

/* Each thing is written as bytes, so that padding and pointers play no part. */
enum { RECORD_MAX = 4096 };

struct record {
    uint8_t bytes[RECORD_MAX];
    struct ln_writer w;
};

static void put_bytes(struct ln_writer *w, struct ln_bytes bytes)
{
    ln_write_u32(w, (uint32_t)bytes.len);
    ln_write_bytes(w, bytes);
}

static void put_peer(struct ln_writer *w, const struct ln_peer *peer)
{
    const struct ln_address *both[] = {&peer->remote, &peer->local};

    for (size_t i = 0; i < LN_COUNT(both); i++) {
        ln_write_bytes(w, ln_bytes(both[i]->ip, sizeof(both[i]->ip)));
        ln_write_u32(w, both[i]->scope);
        ln_write_u16(w, both[i]->port);
    }
    ln_write_u64(w, peer->session);
}

static void put_registration(struct ln_writer *w, const struct ln_registration *registration)
{
    struct ln_peer peer = ln_server__peer_of(registration);

    put_bytes(w, ln_server__endpoint_of(registration));
    put_bytes(w, ln_server__sms_of(registration));
    put_bytes(w, ln_server__extra_of(registration));
    put_bytes(w, ln_bytes(registration->location.text, LOCATION_TEXT));
    put_peer(w, &peer);
    put_bytes(w, ln_server__identity_of(registration));
    ln_write_u8(w, registration->proof_mode);
    ln_write_u64(w, registration->objects->hash);
    ln_write_u64(w, (uint64_t)registration->registered_at);
    ln_write_u64(w, (uint64_t)registration->updated_at);
    ln_write_u32(w, registration->lifetime);
    ln_write_u8(w, registration->presence);
    ln_write_u32(w, registration->register_print);
    ln_write_u16(w, registration->register_id);
    for (size_t i = 0; i < registration->update_count; i++) {
        ln_write_u32(w, registration->update_print[i]);
        ln_write_u16(w, registration->update_id[i]);
    }
    ln_write_u8(w, registration->version);
    ln_write_u8(w, registration->binding);
}

static void put_transfer(struct ln_writer *w, const struct transfer *t)
{
    if (t == NULL) {
        return;
    }
    ln_write_u32(w, t->out.offset);
    ln_write_u32(w, t->in.offset);
    ln_write_u32(w, t->start);
    ln_write_u8(w, (uint8_t)(t->sends << 1 | t->waits));
    ln_write_u32(w, ln_checksum(ln_bytes(t->bytes, t->length)));
}

static void put_operation(struct ln_writer *w, const struct operation *operation)
{
    ln_write_u64(w, operation->id);
    ln_write_u64(w, operation->tag);
    ln_write_u32(w, operation->secret);
    ln_write_u8(w, operation->started);
    ln_write_u8(w, operation->exchange.state);
    ln_write_u8(w, operation->exchange.copies);
    put_transfer(w, operation->transfer);
    ln_write_u8(w, operation->is_sent);
    ln_write_u8(w, operation->phase);
    ln_write_u64(w, (uint64_t)operation->terms.expires_at);
    put_bytes(w, ln_server__name_of(operation->endpoint));
    put_bytes(w, operation->what.payload);
    put_bytes(w, operation->what.query);
}

static uint64_t digest_of_registrations(const struct ln_server *server)
{
    const struct ln_registration *registration;
    struct record record;
    uint64_t digest = server->by_endpoint.count;
    size_t at = 0;

    /* A sum: the order of the index is no state. */
    while ((registration = ln_map_next(&server->by_endpoint, &at)) != NULL) {
        record.w = ln_writer(record.bytes, sizeof(record.bytes));
        put_registration(&record.w, registration);
        digest += ln_hash(server->seed, ln_writer_bytes(&record.w));
    }
    return digest;
}

static uint64_t digest_of_list_bodies(const struct ln_server *server)
{
    const struct list_body *body = server->list_bodies.oldest;
    struct record record;
    uint64_t digest = 0;

    for (; body != NULL; body = body->newer) {
        struct ln_peer peer = {.remote = body->remote, .session = body->session};

        record.w = ln_writer(record.bytes, sizeof(record.bytes));
        put_peer(&record.w, &peer);
        ln_write_u32(&record.w, body->in.key);
        ln_write_u32(&record.w, body->in.offset);
        ln_write_u32(&record.w, body->in.last_checksum);
        digest += ln_hash(server->seed, ln_writer_bytes(&record.w));
    }
    return digest;
}

static void put_observation(struct ln_writer *w, const struct ln_observation *observation)
{
    put_bytes(w, ln_server__name_of(observation->endpoint));
    put_bytes(w, ln_server__attributes_of(observation));
    ln_write_u64(w, observation->token);
    ln_write_u32(w, observation->sequence);
    ln_write_u32(w, observation->notifications);
    ln_write_u16(w, observation->message);
    ln_write_u8(w, observation->state);
    ln_write_u8(w, observation->code);
    ln_write_u8(w, observation->is_due);
}

static uint64_t digest_of_observations(const struct ln_server *server)
{
    const struct ln_observation *observation;
    struct record record;
    uint64_t digest = 0;
    size_t at = 0;

    while ((observation = ln_map_next(&server->observations, &at)) != NULL) {
        record.w = ln_writer(record.bytes, sizeof(record.bytes));
        put_observation(&record.w, observation);
        digest += ln_hash(server->seed, ln_writer_bytes(&record.w));
    }
    return digest;
}

uint64_t ln_server_digest(const struct ln_server *server)
{
    struct record record;
    uint64_t digest = digest_of_registrations(server) + digest_of_list_bodies(server) +
                      digest_of_observations(server);

    for (uint32_t i = 0; i < server->operations.size; i++) {
        const struct operation *operation = server->operations.slots[i].operation;
        if (operation != NULL) {
            record.w = ln_writer(record.bytes, sizeof(record.bytes));
            put_operation(&record.w, operation);
            digest += ln_hash(server->seed, ln_writer_bytes(&record.w));
        }
    }
    return digest;
}
