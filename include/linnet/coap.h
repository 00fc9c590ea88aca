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
/* What stands in it as %41 is added as the byte that it means (RFC 7252 §6.4). */
void ln_coap_add_escaped(struct ln_coap_builder *b, uint16_t number, struct ln_bytes value);
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

/* What a datagram is, to one who is asked and asks. */
enum ln_coap_arrival {
    LN_COAP_IS_NOTHING, /* malformed, and not answered */
    LN_COAP_IS_REFUSED, /* malformed: a Reset of `id` is due */
    LN_COAP_IS_PING,    /* an empty CON: the same */
    LN_COAP_IS_EMPTY,   /* an ACK or a Reset */
    LN_COAP_IS_REQUEST,
    LN_COAP_IS_RESPONSE,
};
/* Parses it, and says so. Of what is malformed only `m->id` is of use, where a Reset is due. */
enum ln_coap_arrival ln_coap_arrival(struct ln_bytes datagram, struct ln_coap_message *m);

/* ---- URIs (RFC 3986 with an authority; RFC 7252 §6) ---- */

/* The parts of a URI, as they stand in it. */
struct ln_uri {
    struct ln_bytes scheme;
    struct ln_bytes host;  /* without the brackets of an IPv6 address */
    struct ln_bytes path;  /* "" or "/a/b" */
    struct ln_bytes query; /* what follows the ?; no bytes where there is none */
    uint16_t port;         /* 0: the scheme's own */
    bool is_ipv6;          /* the host stands in brackets */
};
/* "coap://host:5683/a?b". False: it is not of that form, or has a user or a fragment. */
LN_MUST_USE bool ln_uri_of_text(struct ln_bytes text, struct ln_uri *out);
/* Letters count the same in either case. */
bool ln_uri_has_scheme(const struct ln_uri *uri, const char *scheme);
/* Uri-Host where it is a name, Uri-Path and Uri-Query of a request to it. */
void ln_coap_add_uri(struct ln_coap_builder *b, const struct ln_uri *uri);

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

/* ---- Block-wise (RFC 7959): a body that is longer than a datagram ---- */

/*
 * Four machines, one for each end of the two directions. None holds a byte of the body: they say
 * which block is due, at which byte of the body, and what an answer means. All zero is valid for
 * the receiver; the other two begin with a start function.
 *
 *                 we ask (and keep time by an exchange)   we answer
 *     Block1      ln_coap_block_sender                    ln_coap_block_receiver
 *     Block2      ln_coap_block_fetcher                   ln_coap_block_window(), which keeps nothing
 *
 * Offsets and sizes are bytes of the body. Sizes of blocks are exponents: 16 << exponent bytes.
 */
enum {
    LN_COAP_BLOCK_LARGEST = 6, /* exponent: 1024 bytes */
    LN_COAP_BLOCK_NUMBER_MAX = 0xfffff,
    LN_COAP_BLOCK_AGAIN = 4,       /* a block that got no answer is sent again so often */
    LN_COAP_BLOCK_FETCH_AGAIN = 3, /* a body that changes while it is fetched, likewise */
};
#define LN_COAP_BODY_UNKNOWN UINT32_MAX /* the size of a body whose end is not in sight */

static inline uint32_t ln_coap_block_size(struct ln_coap_block block)
{
    return UINT32_C(16) << block.size_exponent;
}
static inline uint32_t ln_coap_block_offset(struct ln_coap_block block)
{
    return block.number << (block.size_exponent + 4);
}
/* The largest exponent of a block that fits into `room` bytes; 0 where none does. */
uint8_t ln_coap_block_fit(size_t room);

/*
 * A number that tells bodies of one peer apart: a checksum over method and options, all but those
 * of the blocks themselves, those marked NoCacheKey (RFC 7252 §5.4.6) and Observe. Request-Tag
 * counts. The payload does not.
 */
uint32_t ln_coap_block_key(const struct ln_coap_message *request);

/* What is to be done after an answer to a block that we sent or asked for. */
enum ln_coap_block_step {
    LN_COAP_BLOCK_NEXT,    /* go on with the next block, or the same one again */
    LN_COAP_BLOCK_RESTART, /* go on with the first block of the body */
    LN_COAP_BLOCK_END,     /* all blocks are through: the answer is the last one */
    LN_COAP_BLOCK_REFUSED, /* the answer is an error, which ends the transfer */
    LN_COAP_BLOCK_FAILED,  /* no answer, or one that does not fit: the transfer is over */
};

/* We send a body by Block1: each block in an exchange of its own, with a new message id. */
struct ln_coap_block_sender {
    uint32_t total;  /* of the body; LN_COAP_BODY_UNKNOWN: set it once its end is in sight */
    uint32_t offset; /* of the block that is due */
    uint8_t exponent;
    uint8_t given_up; /* times that this block was */
    bool restarted;
};

void ln_coap_block_sender_start(struct ln_coap_block_sender *s, uint32_t total,
                                uint8_t exponent);
/*
 * The option of the block that is due. Its bytes begin at s->offset: ln_coap_block_size() of them,
 * fewer where the body ends before.
 */
struct ln_coap_block ln_coap_block_sender_next(const struct ln_coap_block_sender *s);
/*
 * Takes the answer to the block that is due. 2.31 moves on, with smaller blocks if the answer says
 * so (the offset stays, the number does not). Once for each body it begins again: after 4.08, and
 * after a 4.13 that asks for smaller blocks, or whose Size1 has room for the body.
 */
enum ln_coap_block_step ln_coap_block_sender_answered(struct ln_coap_block_sender *s,
                                                      uint8_t code,
                                                      const struct ln_coap_options *o);
/* Its exchange was given up: NEXT, up to LN_COAP_BLOCK_AGAIN times, else FAILED. */
enum ln_coap_block_step ln_coap_block_sender_given_up(struct ln_coap_block_sender *s);

/* We take a body by Block1, one at a time for each receiver. */
struct ln_coap_block_receiver {
    uint32_t largest; /* bytes of a body; more is answered 4.13. Set by the owner */
    uint8_t exponent; /* of the largest blocks that we ask for. Set by the owner */
    uint8_t code;     /* the answer to the block taken last; 0: it was not answered yet */
    bool whole;       /* the last block has been taken */
    ln_time until;    /* then the body is forgotten; in the past or 0: there is none */
    uint32_t key;
    uint32_t offset;           /* bytes taken */
    struct ln_coap_block last; /* the block taken last */
    uint32_t last_checksum;
};

enum ln_coap_received {
    LN_COAP_RECEIVED_BLOCK, /* take the payload, answer `code` (2.31) */
    LN_COAP_RECEIVED_LAST,  /* take the payload: the body is whole, the answer is yours */
    LN_COAP_RECEIVED_REPEAT, /* of the block taken last: answer `code` as then; 0: not answered */
    LN_COAP_RECEIVED_REFUSED, /* answer `code`: 4.00, 4.08 or 4.13 */
};

struct ln_coap_block_received {
    enum ln_coap_received what;
    uint8_t code;
    bool begins;     /* this is the first block: whatever was taken before it is of no use */
    uint32_t offset; /* where the payload belongs */
    struct ln_coap_block block; /* the Block1 option of the answer, of a final one too */
    uint32_t size1;             /* the Size1 option of the answer; 0: none */
};

/*
 * Takes a request with a Block1 option. Blocks must come in order (else 4.08) and be full (else
 * 4.00). A first block replaces what was unfinished. A block with the number and the bytes of the
 * one before is a repeat under a new message id: it is not to be taken again. The body lives for
 * EXCHANGE_LIFETIME after its last block.
 */
struct ln_coap_block_received ln_coap_block_receive(struct ln_coap_block_receiver *r,
                                                    const struct ln_coap_parameters *p,
                                                    ln_time now,
                                                    const struct ln_coap_message *request,
                                                    const struct ln_coap_options *o);
/* Whether a body is unfinished. */
bool ln_coap_block_receiver_is_open(const struct ln_coap_block_receiver *r, ln_time now);
/* The code that answered the last block: kept for a repeat of it. */
void ln_coap_block_receiver_answered(struct ln_coap_block_receiver *r, uint8_t code);
/* Forgets the body: its next block is answered 4.08. */
void ln_coap_block_receiver_drop(struct ln_coap_block_receiver *r);

/* We fetch a body by Block2: each block by a request of its own. */
struct ln_coap_block_fetcher {
    uint32_t offset;  /* bytes taken */
    uint32_t largest; /* bytes of a body */
    uint32_t size2;   /* what the peer says the body has; 0: nothing */
    uint8_t exponent;
    uint8_t given_up;  /* times that this block was */
    uint8_t restarted; /* times */
    bool asks;         /* for a size of blocks in the first request */
    uint8_t etag_len;
    uint8_t etag[8];
};

/*
 * `exponent` LN_COAP_BLOCK_ANY: the first request holds no Block2 option and the peer chooses;
 * else the peer's blocks are that large or smaller.
 */
enum { LN_COAP_BLOCK_ANY = 255 };
void ln_coap_block_fetcher_start(struct ln_coap_block_fetcher *f, uint32_t largest,
                                 uint8_t exponent);
/* The option to ask for the next block with; not `present` where there is to be none. */
struct ln_coap_block ln_coap_block_fetcher_next(const struct ln_coap_block_fetcher *f);
/*
 * Takes the answer. NEXT and END: append its payload to the body. RESTART: the body has changed
 * (another ETag, or 4.08), throw away all of it. FAILED: a block that was not asked for, one that is
 * not full, or a body beyond `largest`.
 */
enum ln_coap_block_step ln_coap_block_fetcher_answered(struct ln_coap_block_fetcher *f,
                                                       const struct ln_coap_message *answer,
                                                       const struct ln_coap_options *o);
enum ln_coap_block_step ln_coap_block_fetcher_given_up(struct ln_coap_block_fetcher *f);

/*
 * We answer with a body by Block2: write it through ln_writer_window() into a window of
 * ln_coap_block_size() bytes at ln_coap_block_offset(). `asked` is the request's option, present or
 * not; `largest` the exponent of our largest block; `total` the body's size. `block` is the
 * option of the answer; it is not present where a body that was not asked for in blocks fits into
 * one. An answer that is one of many holds an ETag too, and its first block a Size2.
 * LN_ERR_BAD_REQUEST: the body ends before that block (the RFC gives no code).
 */
LN_MUST_USE ln_err ln_coap_block_window(struct ln_coap_block asked, uint8_t largest,
                                        uint32_t total, struct ln_coap_block *block);

#ifdef __cplusplus
}
#endif

#endif
