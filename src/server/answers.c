/* The queue of answers, and how each becomes a datagram. */

#include "engine.h"

#include <assert.h>

enum { FIRST_SIZE = 64 };

static bool grow(struct ln_server *server, struct answers *answers)
{
    size_t size = answers->size == 0 ? FIRST_SIZE : answers->size * 2;
    struct answer *ring = NULL;

    if (size <= LN_LIMIT_SERVER_ANSWERS) {
        ring = ln_server__allocate(server, size * sizeof(*ring));
    }
    if (ring == NULL) {
        return false;
    }
    for (size_t i = 0; i < answers->count; i++) {
        ring[i] = answers->ring[(answers->first + i) % answers->size];
    }
    ln_server__release(server, answers->ring);
    answers->ring = ring;
    answers->size = size;
    answers->first = 0;
    return true;
}

void ln_server__answer(struct ln_server *server, const struct answer *answer)
{
    struct answers *answers = &server->answers;

    if (answers->count == answers->size && !grow(server, answers)) {
        server->counters.answers_dropped++;
        return;
    }
    struct answer *last =
        &answers->ring[(answers->first + answers->count) & (answers->size - 1)];
    *last = *answer;
    last->to.proof = NULL; /* borrowed from the call that brought the request */
    answers->count++;
}

struct answer ln_server__answer_to(const struct ln_server *server,
                                   const struct request *request, uint16_t *message_sequence)
{
    const struct ln_coap_message *m = request->message;
    struct answer answer = {
        .to = *request->peer,
        .token = m->token,
        .type = LN_COAP_ACK,
        .id = m->id,
        .block1 = request->block1,
    };

    if (m->type == LN_COAP_NON) {
        answer.type = LN_COAP_NON;
        answer.id = ln_server__next_message(server, message_sequence);
    }
    return answer;
}

void ln_server__answer_change(struct ln_server *server, const struct request *request,
                              uint8_t code, const struct location *location,
                              uint16_t *message_sequence, uint64_t change)
{
    struct answer answer = ln_server__answer_to(server, request, message_sequence);

    answer.code = code;
    answer.depends_on = ln_server__is_kept(server, change) ? 0 : change;
    if (code == LN_COAP_4_13 && request->block1.present) {
        answer.size1 = server->max_list_body;
    }
    if (location != NULL) {
        answer.location = *location;
    }
    ln_server__answer(server, &answer);
}

void ln_server__answer_request(struct ln_server *server, const struct request *request,
                               uint8_t code, const struct location *location,
                               uint16_t *message_sequence)
{
    ln_server__answer_change(server, request, code, location, message_sequence, 0);
}

void ln_server__answer_empty(struct ln_server *server, const struct ln_peer *to,
                             enum ln_coap_type type, uint16_t id)
{
    struct answer answer = {.to = *to, .type = (uint8_t)type, .code = LN_COAP_EMPTY, .id = id};

    ln_server__answer(server, &answer);
}

static size_t write_answer(const struct answer *answer, void *buffer, size_t size)
{
    enum ln_coap_type type = (enum ln_coap_type)answer->type;

    if (answer->code == LN_COAP_EMPTY) {
        return ln_coap_empty(buffer, size, type, answer->id);
    }
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, type, answer->code, answer->id, &answer->token);
    if (answer->code == LN_COAP_2_01) {
        ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "rd");
        ln_coap_add(&b, LN_COAP_LOCATION_PATH, ln_bytes(answer->location.text, LOCATION_TEXT));
    }
    if (answer->block1.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK1, answer->block1);
    }
    if (answer->size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, answer->size1);
    }
    return ln_coap_finish(&b);
}

size_t ln_server__answers_write(struct ln_server *server, void *buffer, size_t size,
                                struct ln_server_out *out)
{
    struct answers *answers = &server->answers;

    if (answers->count == 0) {
        return 0;
    }
    const struct answer *first = &answers->ring[answers->first];
    size_t length = first->is_file ? ln_server__file_write(server, first, buffer, size)
                                   : write_answer(first, buffer, size);
    assert(length > 0); /* the caller's buffer is smaller than LN_SERVER_DATAGRAM_MAX */
    out->to = first->to;
    out->depends_on = first->depends_on;
    answers->first = (answers->first + 1) & (answers->size - 1);
    answers->count--;
    return length;
}
