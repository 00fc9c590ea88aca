/*
 * The ground that every layer stands on: bytes, time, errors, memory, numbers as text.
 *
 * Nothing here knows CoAP or LwM2M, and nothing here reads a clock, draws a random
 * number or allocates. A message is read by a cursor that remembers its first failure,
 * so that a parser reads like the message's grammar and checks once:
 *
 *     struct ln_reader in = ln_reader(datagram);
 *     uint8_t first = ln_read_u8(&in);
 *     uint16_t id = ln_read_u16(&in);
 *     struct ln_bytes token = ln_read_bytes(&in, first & 15);
 *     if (in.failed) {
 *         return LN_ERR_BAD_MESSAGE;
 *     }
 */
#ifndef LN_BASE_H
#define LN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LN_MUST_USE     __attribute__((warn_unused_result))
#define LN_NOT_INLINE   __attribute__((noinline))
#define LN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Errors: include/linnet/errors.def is the list ---- */

/* What can go wrong. Zero is success. The comment in errors.def says who is at fault. */
typedef enum ln_err {
#define LN_ERROR(name, sentence, code) name,
#include <linnet/errors.def>
#undef LN_ERROR
} ln_err;

/* The error as a sentence in plain words. Never NULL. */
const char *ln_err_text(ln_err err);

/* ---- Time ---- */

/*
 * Milliseconds on a clock that never goes back. Where it starts is the app's choice;
 * values are never negative. LN_NEVER: no time will do.
 */
typedef int64_t ln_time;

#define LN_NEVER INT64_MAX

/* The earlier of the two. */
static inline ln_time ln_time_min(ln_time a, ln_time b)
{
    return a < b ? a : b;
}

/* `now` and `wait` milliseconds more; LN_NEVER if that is beyond all time. */
ln_time ln_time_after(ln_time now, int64_t wait);

/* ---- Randomness: always the caller's ---- */

/* Fills `size` bytes at `out` with bits that an attacker cannot guess. It cannot fail. */
typedef void ln_random_fn(void *context, void *out, size_t size);

struct ln_random {
    ln_random_fn *fill;
    void *context;
};

uint32_t ln_random_u32(const struct ln_random *random);
/* Evenly spread over 0 to bound - 1; 0 if the bound is 0. */
uint32_t ln_random_below(const struct ln_random *random, uint32_t bound);

/* ---- Bytes ---- */

/* Bytes that belong to somebody else. `at` may be NULL where `len` is 0. */
struct ln_bytes {
    const uint8_t *at;
    size_t len;
};

static inline struct ln_bytes ln_bytes(const void *at, size_t len)
{
    struct ln_bytes b;

    b.at = (const uint8_t *)at;
    b.len = len;
    return b;
}

/* The bytes of a C string, without its NUL. NULL gives no bytes. */
struct ln_bytes ln_bytes_of_text(const char *text);
bool ln_bytes_equal(struct ln_bytes a, struct ln_bytes b);
/* Below, equal to or above zero as `a` sorts before, with or after `b`, byte by byte. */
int ln_bytes_compare(struct ln_bytes a, struct ln_bytes b);
/* Whether the bytes are just this C string. */
bool ln_bytes_are(struct ln_bytes bytes, const char *text);
bool ln_bytes_start_with(struct ln_bytes bytes, struct ln_bytes start);
/* Copies as much as fits and ends it with NUL. False if it had to be cut or holds a NUL. */
bool ln_bytes_to_text(struct ln_bytes bytes, char *out, size_t size);
/* Whether the bytes are well-formed UTF-8 (RFC 3629) without NUL. */
bool ln_utf8_valid(struct ln_bytes bytes);

/*
 * A reader over bytes. A read beyond the end sets `failed`, moves to the end and gives
 * zero or no bytes; so does every read after it.
 */
struct ln_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct ln_reader ln_reader(struct ln_bytes bytes);
static inline size_t ln_reader_left(const struct ln_reader *r)
{
    return (size_t)(r->end - r->at);
}
void ln_reader_fail(struct ln_reader *r);
uint8_t ln_read_u8(struct ln_reader *r);
uint16_t ln_read_u16(struct ln_reader *r); /* big-endian, as all that follow */
uint32_t ln_read_u24(struct ln_reader *r);
uint32_t ln_read_u32(struct ln_reader *r);
uint64_t ln_read_u64(struct ln_reader *r);
/* A number of `len` bytes, 8 at most. */
uint64_t ln_read_big_endian(struct ln_reader *r, size_t len);
/* The next byte without taking it; -1 at the end, which is no failure. */
int ln_peek_u8(const struct ln_reader *r);
/* Borrows the next `len` bytes from what is read. */
struct ln_bytes ln_read_bytes(struct ln_reader *r, size_t len);
struct ln_bytes ln_read_rest(struct ln_reader *r);
/* Takes the next byte if it is `c`. */
bool ln_read_if(struct ln_reader *r, uint8_t c);
/* Borrows up to the next `c`, which is taken too, or up to the end. */
struct ln_bytes ln_read_until(struct ln_reader *r, uint8_t c);

/*
 * A writer with a window: it counts all that is written, and keeps what falls between
 * `skip` and `skip + size`. A block of a long representation is made by writing the whole
 * through a window of one block; its length is found by writing it with a window of none.
 *
 * ln_writer() has its window at the start and fails when it overflows, since then the
 * bytes are lost to the caller; ln_writer_window() never fails from size.
 */
struct ln_writer {
    uint8_t *out;
    size_t size;    /* of the window */
    size_t skip;    /* where the window starts */
    size_t written; /* of the whole, so far */
    bool whole;     /* all that is written must fit: overflow is failure */
    bool failed;
};

struct ln_writer ln_writer(void *out, size_t size);
struct ln_writer ln_writer_window(void *out, size_t size, size_t skip);
/* What stands in the window so far. */
struct ln_bytes ln_writer_bytes(const struct ln_writer *w);
void ln_writer_fail(struct ln_writer *w);
void ln_write_u8(struct ln_writer *w, uint8_t v);
void ln_write_u16(struct ln_writer *w, uint16_t v);
void ln_write_u24(struct ln_writer *w, uint32_t v);
void ln_write_u32(struct ln_writer *w, uint32_t v);
void ln_write_u64(struct ln_writer *w, uint64_t v);
/* The low `len` bytes of it, 8 at most. */
void ln_write_big_endian(struct ln_writer *w, uint64_t v, size_t len);
void ln_write_bytes(struct ln_writer *w, struct ln_bytes bytes);
void ln_write_text(struct ln_writer *w, const char *text);
/* The shortest big-endian form; 0 has no byte (CoAP options, block numbers). */
void ln_write_uint(struct ln_writer *w, uint64_t v);
/* Reads what ln_write_uint() wrote, leading zeros allowed; fails above 8 bytes. */
uint64_t ln_uint_of(struct ln_bytes bytes, bool *failed);

/* ---- Numbers as text. Our own, so that no printf or strtod is linked ---- */

enum {
    LN_INTEGER_TEXT_MAX = 20, /* "-9223372036854775808" */
    LN_DOUBLE_TEXT_MAX = 345, /* plain decimals of the smallest double take 327 or so */
    LN_DOUBLE_SHORT_MAX = 24, /* "-2.2250738585072014e-308" */
};

void ln_write_unsigned_text(struct ln_writer *w, uint64_t v);
void ln_write_integer_text(struct ln_writer *w, int64_t v);
/*
 * The shortest decimal text that reads back as the same double, without an exponent
 * (LwM2M text and attributes know none): 0.0000000000009223372, 10000000000000000000.
 * NaN and infinities, which no LwM2M text can say, fail the writer.
 */
void ln_write_double_text(struct ln_writer *w, double v);
/* The same digits; where the plain form is longer than 21 characters, with exponent. */
void ln_write_double_short(struct ln_writer *w, double v);

/* Divides, and gives the rest: a division of 64 bits would link 750 bytes on Cortex-M. */
uint32_t ln_divide_by_ten(uint64_t *v);

/* The whole text must be the number. Leading zeros are allowed, "+", spaces and "" are not. */
LN_MUST_USE bool ln_unsigned_of_text(struct ln_bytes text, uint64_t *out);
LN_MUST_USE bool ln_integer_of_text(struct ln_bytes text, int64_t *out);
/* Correctly rounded. Takes "-1", "0.5", "1.638435E9"; refuses ".5", "5.", "inf", "0x1". */
LN_MUST_USE bool ln_double_of_text(struct ln_bytes text, double *out);

/*
 * By the bits alone (IEEE 754), for processors without arithmetic of doubles: rounded as the
 * language does; whether it is no infinity and no NaN; to and from whole numbers of 64 bits, false
 * where they are not the same number.
 */
float ln_float_of_double(double v);
double ln_double_of_float(float v);
bool ln_is_finite(double v);
LN_MUST_USE bool ln_whole_of_double(double v, uint64_t *magnitude, bool *negative);
LN_MUST_USE bool ln_double_of_whole(uint64_t magnitude, bool negative, double *out);

/* ---- Base64 (RFC 4648): section 4 with padding, or section 5 "base64url" without ---- */

size_t ln_base64_size(size_t bytes); /* with padding, without NUL */
void ln_write_base64(struct ln_writer *w, struct ln_bytes bytes);
void ln_write_base64url(struct ln_writer *w, struct ln_bytes bytes);
/*
 * Decodes into `w`. Strict: only the alphabet of section 4, padding to a multiple of
 * four, unused bits zero. `lenient` (what SenML peers send) takes both alphabets, padding
 * or none. False, and nothing promised about `w`, if the text is not that.
 */
LN_MUST_USE bool ln_base64_decode(struct ln_writer *w, struct ln_bytes text, bool lenient);

/* ---- Memory that the caller gave ---- */

/* Hands out pieces of a buffer, aligned for any type, and takes all back at once. */
struct ln_arena {
    uint8_t *at;
    size_t size;
    size_t used;
};

struct ln_arena ln_arena(void *memory, size_t size);
/* NULL if it does not fit. The bytes are not cleared. */
void *ln_arena_take(struct ln_arena *arena, size_t size);
static inline void ln_arena_reset(struct ln_arena *arena)
{
    arena->used = 0;
}

/* Equal pieces of a buffer, taken and given back one at a time, in constant time. */
struct ln_pool {
    void *free;
    size_t item_size;
    size_t capacity;
    size_t used;
};

/* `item_size` is at least a pointer's and keeps the alignment of the items. */
void ln_pool_init(struct ln_pool *pool, void *memory, size_t item_size, size_t count);
/* Cleared; NULL if all are taken. */
void *ln_pool_take(struct ln_pool *pool);
void ln_pool_give(struct ln_pool *pool, void *item);

/* For the server side only: the app's allocator. `resize` is realloc; size 0 frees. */
struct ln_allocator {
    void *(*resize)(void *context, void *memory, size_t size);
    void *context;
};

/* ---- Map: from a key inside an item to the item ---- */

/*
 * A hash table of pointers to items of the caller. The table knows neither keys nor
 * items: the caller gives the key's hash (ln_hash with a secret seed, where a peer chooses
 * keys) and tells equal keys apart. It grows a bounded number of slots at each call, so
 * that no call takes long.
 */
struct ln_map_calls {
    uint64_t (*hash)(const void *context, const void *item);
    bool (*is)(const void *item, const void *key);
};

struct ln_map_table {
    void **slots;
    size_t mask; /* slots - 1; 0 where there are none */
};

struct ln_map {
    const struct ln_map_calls *calls;
    const void *context;
    struct ln_allocator allocator;
    struct ln_map_table table;
    struct ln_map_table old;  /* being moved into `table` */
    size_t moved;             /* slots of `old` that are empty by now */
    size_t move_from;         /* the first of them */
    struct ln_map_table next; /* being cleared, to be `table` when that is full */
    size_t cleared;           /* slots of `next` */
    size_t count;
};

void ln_map_init(struct ln_map *map, const struct ln_map_calls *calls, const void *context,
                 const struct ln_allocator *allocator);
/* Gives the table's memory back; the items stay the caller's. Safe twice. */
void ln_map_fini(struct ln_map *map);
/* NULL if there is none. */
void *ln_map_find(const struct ln_map *map, uint64_t hash, const void *key);
/*
 * The key must not be in the map, or its item be removed before anybody is looked for by it. Items
 * stand at multiples of 8 bytes, as all that is allocated does. LN_ERR_NO_MEMORY: the map is as
 * before.
 */
LN_MUST_USE ln_err ln_map_add(struct ln_map *map, void *item);
/* The item must be in the map. */
void ln_map_remove(struct ln_map *map, void *item);
/* Walks all items: start with *at = 0, ends with NULL. The map must not change meanwhile. */
void *ln_map_next(const struct ln_map *map, size_t *at);

/* SipHash-1-3 under a 16-byte secret: nobody who does not know it can choose collisions. */
uint64_t ln_hash(const uint8_t seed[16], struct ln_bytes bytes);
/* FNV-1a, 32 bits: tells repeated datagrams apart, no defence against intent. */
#define LN_CHECKSUM_OF_NOTHING UINT32_C(0x811C9DC5)
uint32_t ln_checksum(struct ln_bytes bytes);
/* The same over numbers, one more of them. */
uint32_t ln_checksum_add(uint32_t sum, uint32_t number);

/* ---- Timer wheel: many timers, each set and cancelled in constant time ---- */

/* Embedded in what waits. All zero is a timer that is not set. */
struct ln_timer {
    struct ln_timer *next;
    struct ln_timer **link; /* what points at this one; NULL if not set */
    ln_time due;
};

enum { LN_WHEEL_LEVELS = 8, LN_WHEEL_SLOTS = 64 };

/*
 * A hierarchical wheel of milliseconds. Levels hold 64 slots each, so a timer is moved at
 * most once for each level before it fires, and empty time is jumped over. A turn that
 * enters a slot moves all timers of that slot: a slot spans 64 ms, 4 s, 4.4 minutes or
 * 4.7 hours, so with a million timers of a day one turn in 4.7 hours takes tens of
 * milliseconds.
 */
struct ln_wheel {
    ln_time now;
    size_t count;
    uint64_t filled[LN_WHEEL_LEVELS]; /* a bit for each slot that holds timers */
    struct ln_timer *slots[LN_WHEEL_LEVELS][LN_WHEEL_SLOTS];
    ln_time earliest[LN_WHEEL_LEVELS][LN_WHEEL_SLOTS]; /* no timer of the slot is due before */
};

void ln_wheel_init(struct ln_wheel *wheel, ln_time now);
/* Sets it, or moves it if it was set. Due in the past fires at the next turn. LN_NEVER unsets. */
void ln_wheel_set(struct ln_wheel *wheel, struct ln_timer *timer, ln_time due);
void ln_wheel_cancel(struct ln_wheel *wheel, struct ln_timer *timer);
static inline bool ln_timer_is_set(const struct ln_timer *timer)
{
    return timer->link != NULL;
}
/* The next timer due at `now` or before, no longer set; NULL if there is none. */
struct ln_timer *ln_wheel_turn(struct ln_wheel *wheel, ln_time now);
/* When the next timer is due; LN_NEVER if none is set. May be early, never late, after a
 * timer was cancelled or moved. */
ln_time ln_wheel_deadline(const struct ln_wheel *wheel);

/* ---- Addresses: told apart here, used by net ---- */

/* An IP address and port. IPv4 is kept as ::ffff:a.b.c.d, so that one socket serves both. */
struct ln_address {
    uint8_t ip[16];
    uint32_t scope; /* interface of a link-local address, else 0 */
    uint16_t port;
};

bool ln_address_equal(const struct ln_address *a, const struct ln_address *b);
struct ln_address ln_address_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
enum { LN_ADDRESS_TEXT_MAX = 64 };
/* "127.0.0.1:5683", "[2001:db8::1]:5683" (RFC 5952), with %scope where there is one. */
void ln_write_address(struct ln_writer *w, const struct ln_address *address);

#ifdef __cplusplus
}
#endif

#endif
