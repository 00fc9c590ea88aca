/*
 * CoAP (RFC 7252): messages, their options, and the life of a message exchange.
 *
 * Nothing here sends or receives. A message is parsed out of a datagram or written into
 * one; an exchange says when to send it again:
 *
 *     struct ln_coap_message m;
 *     struct ln_coap_options o;
 *     if (ln_coap_parse(datagram, &m) != LN_OK || ln_coap_options(&m, &o) != LN_OK) {
 *         return; // or answer as RFC 7252 §4.2 asks: ln_coap_reject()
 *     }
 *     struct ln_coap_builder b = ln_coap_answer(buffer, size, &m, LN_COAP_2_05);
 *     ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, 0);
 *     ln_coap_add_payload(&b, payload);
 *     size_t length = ln_coap_finish(&b); // 0: it did not fit
 */
#ifndef LN_COAP_H
#define LN_COAP_H

#include <linnet/base.h>
#include <linnet/codec.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ln_coap_type { LN_COAP_CON, LN_COAP_NON, LN_COAP_ACK, LN_COAP_RST };

/* Class in the upper three bits, detail in the lower five: 4.04 is LN_COAP_CODE(4, 4). */
#define LN_COAP_CODE(class_, detail) ((uint8_t)((class_) << 5 | (detail)))

enum ln_coap_code {
    LN_COAP_EMPTY = 0,
    LN_COAP_GET = 1,
    LN_COAP_POST = 2,
    LN_COAP_PUT = 3,
    LN_COAP_DELETE = 4,
    LN_COAP_FETCH = 5,
    LN_COAP_PATCH = 6,
    LN_COAP_IPATCH = 7,
    LN_COAP_2_01 = LN_COAP_CODE(2, 1),
    LN_COAP_2_02 = LN_COAP_CODE(2, 2),
    LN_COAP_2_03 = LN_COAP_CODE(2, 3),
    LN_COAP_2_04 = LN_COAP_CODE(2, 4),
    LN_COAP_2_05 = LN_COAP_CODE(2, 5),
    LN_COAP_2_31 = LN_COAP_CODE(2, 31),
    LN_COAP_4_00 = LN_COAP_CODE(4, 0),
    LN_COAP_4_01 = LN_COAP_CODE(4, 1),
    LN_COAP_4_02 = LN_COAP_CODE(4, 2),
    LN_COAP_4_03 = LN_COAP_CODE(4, 3),
    LN_COAP_4_04 = LN_COAP_CODE(4, 4),
    LN_COAP_4_05 = LN_COAP_CODE(4, 5),
    LN_COAP_4_06 = LN_COAP_CODE(4, 6),
    LN_COAP_4_08 = LN_COAP_CODE(4, 8),
    LN_COAP_4_09 = LN_COAP_CODE(4, 9),
    LN_COAP_4_12 = LN_COAP_CODE(4, 12),
    LN_COAP_4_13 = LN_COAP_CODE(4, 13),
    LN_COAP_4_15 = LN_COAP_CODE(4, 15),
    LN_COAP_5_00 = LN_COAP_CODE(5, 0),
    LN_COAP_5_01 = LN_COAP_CODE(5, 1),
    LN_COAP_5_03 = LN_COAP_CODE(5, 3),
    LN_COAP_5_05 = LN_COAP_CODE(5, 5),
};

static inline unsigned ln_coap_code_class(uint8_t code)
{
    return code >> 5;
}
static inline bool ln_coap_is_request(uint8_t code)
{
    return code >= 1 && code < 32;
}
static inline bool ln_coap_is_response(uint8_t code)
{
    return code >= 64 && code < 192;
}

/* The code that answers `err`: 4.04 for LN_ERR_NOT_FOUND; 5.00 where the table has none. */
uint8_t ln_coap_code_of(ln_err err);
/* "4.04" */
void ln_coap_write_code(struct ln_writer *w, uint8_t code);

/* RFC 7252 §5.10 and the RFCs that extend it. Odd numbers are critical. */
enum ln_coap_option {
    LN_COAP_IF_MATCH = 1,
    LN_COAP_URI_HOST = 3,
    LN_COAP_ETAG = 4,
    LN_COAP_IF_NONE_MATCH = 5,
    LN_COAP_OBSERVE = 6,
    LN_COAP_URI_PORT = 7,
    LN_COAP_LOCATION_PATH = 8,
    LN_COAP_URI_PATH = 11,
    LN_COAP_CONTENT_FORMAT = 12,
    LN_COAP_MAX_AGE = 14,
    LN_COAP_URI_QUERY = 15,
    LN_COAP_ACCEPT = 17,
    LN_COAP_LOCATION_QUERY = 20,
    LN_COAP_BLOCK2 = 23,
    LN_COAP_BLOCK1 = 27,
    LN_COAP_SIZE2 = 28,
    LN_COAP_PROXY_URI = 35,
    LN_COAP_PROXY_SCHEME = 39,
    LN_COAP_SIZE1 = 60,
    LN_COAP_ECHO = 252,
    LN_COAP_NO_RESPONSE = 258,
    LN_COAP_REQUEST_TAG = 292,
};

enum { LN_COAP_TOKEN_MAX = 8, LN_COAP_EMPTY_SIZE = 4 };

struct ln_coap_token {
    uint8_t bytes[LN_COAP_TOKEN_MAX];
    uint8_t len;
};

bool ln_coap_token_equal(const struct ln_coap_token *a, const struct ln_coap_token *b);

/* A message as it stands in a datagram. `options` and `payload` point into the datagram. */
struct ln_coap_message {
    enum ln_coap_type type;
    uint8_t code;
    uint16_t id;
    struct ln_coap_token token;
    struct ln_bytes options; /* well formed: read them with ln_coap_option_next() */
    struct ln_bytes payload;
    bool has_payload;
};

/*
 * LN_ERR_BAD_MESSAGE: a message format error (RFC 7252 §3), a reserved class of code, or a
 * code that the type may not carry (a request in an ACK, anything but 0.00 in a Reset). Then
 * type, code and id are set if the first four bytes could be read; ln_coap_reject() says what
 * to answer.
 */
LN_MUST_USE ln_err ln_coap_parse(struct ln_bytes datagram, struct ln_coap_message *m);

/* One option of a message. Start with a reader over `m->options` and number 0. */
struct ln_coap_option_cursor {
    struct ln_reader in;
    uint16_t number;
    struct ln_bytes value;
};
struct ln_coap_option_cursor ln_coap_option_first(const struct ln_coap_message *m);
LN_MUST_USE bool ln_coap_option_next(struct ln_coap_option_cursor *cursor);
/*
 * The next option of that number, the options before it left out. False if there is none: the
 * cursor then stands before all options of a higher number.
 */
LN_MUST_USE bool ln_coap_option_find(struct ln_coap_option_cursor *cursor, uint16_t number);

/* A Block1 or Block2 option (RFC 7959 §2.2). The size of a block is 16 << size_exponent. */
struct ln_coap_block {
    uint32_t number;
    uint8_t size_exponent; /* 0 to 6 */
    bool more;
    bool present;
};

/* The single-valued options of a message, sorted out. */
struct ln_coap_options {
    uint16_t content_format; /* LN_FORMAT_NONE where there is none */
    uint16_t accept;         /* LN_FORMAT_NONE where there is none */
    struct ln_coap_block block1;
    struct ln_coap_block block2;
    uint32_t size1; /* 0 where there is none */
    uint32_t size2;
    uint32_t max_age; /* 60 where there is none */
    uint32_t observe; /* where has_observe */
    bool has_observe;
    struct ln_bytes etag; /* the first; no bytes where there is none */
    uint8_t path_count;   /* of Uri-Path segments */
    uint8_t query_count;
};

/*
 * Reads them. LN_ERR_BAD_OPTION: there is a critical option that is unknown, twice where it
 * may stand once, or of a length that it cannot have; elective ones of these are ignored
 * (RFC 7252 §5.4). LN_ERR_NO_PROXY: it asks for a proxy. LN_ERR_BAD_REQUEST: a block option
 * with the reserved size. The message has been parsed; `out` is of no use after an error.
 */
LN_MUST_USE ln_err ln_coap_options(const struct ln_coap_message *m,
                                   struct ln_coap_options *out);

/*
 * Writes a message: header, then options in ascending order of number, then payload. What does
 * not fit is noticed at the end, by ln_coap_finish().
 */
struct ln_coap_builder {
    struct ln_writer out;
    uint16_t number; /* of the last option written */
};

/* `token` NULL is the token of no bytes. */
struct ln_coap_builder ln_coap_start(void *buffer, size_t size, enum ln_coap_type type,
                                     uint8_t code, uint16_t id,
                                     const struct ln_coap_token *token);
/*
 * The start of the answer to a request: piggybacked on the ACK of a CON (same id), NON for a
 * NON, whose id is then `non_id`; the request's token in both.
 */
struct ln_coap_builder ln_coap_answer(void *buffer, size_t size,
                                      const struct ln_coap_message *request, uint8_t code,
                                      uint16_t non_id);
/* `number` must not be below the option before, nor may a payload be there already: asserts. */
void ln_coap_add(struct ln_coap_builder *b, uint16_t number, struct ln_bytes value);
void ln_coap_add_text(struct ln_coap_builder *b, uint16_t number, const char *value);
void ln_coap_add_uint(struct ln_coap_builder *b, uint16_t number, uint32_t value);
void ln_coap_add_block(struct ln_coap_builder *b, uint16_t number, struct ln_coap_block block);
/* Uri-Path or Location-Path segments of a path. The root adds none. */
void ln_coap_add_path(struct ln_coap_builder *b, uint16_t number, struct ln_path path);
/* Marker and bytes; nothing where there are no bytes. */
void ln_coap_add_payload(struct ln_coap_builder *b, struct ln_bytes payload);
/*
 * To write a payload in place: the writer of what is left of the buffer after the marker; then
 * ln_coap_payload_end() with it. A payload of no bytes takes the marker back.
 */
struct ln_writer ln_coap_payload_begin(struct ln_coap_builder *b);
void ln_coap_payload_end(struct ln_coap_builder *b, const struct ln_writer *payload);
/* The length of the message; 0 if it did not fit. */
size_t ln_coap_finish(const struct ln_coap_builder *b);

/* An empty ACK or RST. Returns 4, or 0 if `size` is below. */
size_t ln_coap_empty(void *buffer, size_t size, enum ln_coap_type type, uint16_t id);

/*
 * What becomes of a datagram that ln_coap_parse() refused, or of a message that is neither a
 * known request nor expected here: a Reset for a CON (also for a ping, the empty CON), silence
 * for all else: ACKs and Resets are never answered. True: answer `id` with
 * ln_coap_empty(LN_COAP_RST).
 */
bool ln_coap_reject(struct ln_bytes datagram, uint16_t *id);

/* ---- The exchange: one message of ours under way to a peer ---- */

/* RFC 7252 §4.8. All zero is not valid: start with ln_coap_parameters_default. */
struct ln_coap_parameters {
    uint32_t ack_timeout;      /* ms; 2000 */
    uint16_t random_percent;   /* the first wait is up to this, of ack_timeout; 150 */
    uint8_t max_retransmit;    /* 4 */
    uint32_t response_timeout; /* ms from the empty ACK to the separate response; 93000 */
};

extern const struct ln_coap_parameters ln_coap_parameters_default;

/* Derived times in ms (RFC 7252 §4.8.2). */
uint32_t ln_coap_max_transmit_wait(const struct ln_coap_parameters *p);
uint32_t ln_coap_exchange_lifetime(const struct ln_coap_parameters *p);

enum ln_coap_exchange_state {
    LN_COAP_IDLE,    /* nothing under way */
    LN_COAP_SENDING, /* a copy is to be sent now */
    LN_COAP_WAITING, /* sent, neither ACK nor response has come */
    LN_COAP_ACKED,   /* the peer has it and will respond in a message of its own */
    LN_COAP_DONE,    /* over: `outcome` says how */
};

enum ln_coap_outcome {
    LN_COAP_NO_OUTCOME,            /* not over; or a NON that wants no response has left */
    LN_COAP_ANSWERED,              /* a response came, or the ACK where no response is wanted */
    LN_COAP_RESET,                 /* the peer sent a Reset */
    LN_COAP_NO_ANSWER,             /* nothing came, all copies sent */
    LN_COAP_NO_RESPONSE_AFTER_ACK, /* it was acknowledged, but no response followed */
};

enum ln_coap_exchange_event {
    LN_COAP_ON_SENT,     /* a copy has left */
    LN_COAP_ON_ACK,      /* an empty ACK with its message id */
    LN_COAP_ON_RST,      /* a Reset with its message id */
    LN_COAP_ON_RESPONSE, /* a response with its token, in whatever message */
    LN_COAP_ON_TIME,     /* its deadline has passed */
};

/*
 * The machine of one message. It says when a copy is due and how it ended; it holds no bytes:
 * whoever owns it keeps or makes the datagram again, which must be the same each time.
 */
struct ln_coap_exchange {
    uint8_t state;   /* enum ln_coap_exchange_state */
    uint8_t outcome; /* enum ln_coap_outcome */
    uint8_t copies;  /* sent so far */
    bool confirmable;
    bool wants_response; /* a request; a CON response or notification is over with the ACK */
    uint16_t id;
    uint32_t wait; /* ms until the next copy */
    ln_time due;
};

/*
 * Begins: the state is LN_COAP_SENDING. A NON request waits for its response only, for
 * `response_timeout`; any other NON is over as soon as it was sent.
 */
void ln_coap_exchange_start(struct ln_coap_exchange *x, const struct ln_coap_parameters *p,
                            const struct ln_random *random, uint16_t id, bool confirmable,
                            bool wants_response);
/*
 * Takes an event; returns true if the exchange is over by it (LN_COAP_DONE). What does not fit
 * the state changes nothing: a late ACK, LN_COAP_ON_TIME before its time, an answer before the
 * first copy.
 */
bool ln_coap_exchange_step(struct ln_coap_exchange *x, const struct ln_coap_parameters *p,
                           ln_time now, enum ln_coap_exchange_event event);
/* When LN_COAP_ON_TIME is due; 0 while a copy is to be sent; LN_NEVER if idle or done. */
ln_time ln_coap_exchange_deadline(const struct ln_coap_exchange *x);

/* ---- De-duplication (RFC 7252 §4.5) ---- */

/*
 * The last messages of one peer, as a client keeps them for each server: the same id with the
 * same bytes within EXCHANGE_LIFETIME is a repeat. Zero is valid: nothing seen yet.
 */
enum { LN_COAP_HISTORY = 8 };
struct ln_coap_history {
    struct {
        ln_time until;
        uint32_t checksum;
        uint16_t id;
    } seen[LN_COAP_HISTORY];
    uint8_t next;
};

enum ln_coap_seen {
    LN_COAP_NEW,
    LN_COAP_REPEAT_LAST, /* of the newest message: its answer is at hand */
    LN_COAP_REPEAT_OLD,  /* of an earlier one: the answer is gone, it must not run again */
};

/* Looks the message up and, if it is new, notes it, forgetting the oldest. */
enum ln_coap_seen ln_coap_history_note(struct ln_coap_history *history,
                                       const struct ln_coap_parameters *p, ln_time now,
                                       uint16_t id, uint32_t checksum);

#ifdef __cplusplus
}
#endif

#endif
