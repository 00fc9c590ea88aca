/* What the fuzz targets of formats share: what is taken is written and read again, and must be the same. */
#ifndef LN_FUZZ_RECORDS_H
#define LN_FUZZ_RECORDS_H

#include "fuzz.h"

#include <linnet/codec.h>

enum { RECORDS_MAX = 512, ROOM = 65536 };

/* The resource id chooses, so that each type can be had at any place. */
static enum ln_type type_of(const void *context, struct ln_path path)
{
    (void)context;
    return (enum ln_type)(path.id[2] % (LN_CORELNK + 1));
}

static const struct ln_types types = {.of = type_of};

/* The lower bits choose the path of the request; the high one that no type is known. */
struct reading {
    const struct ln_format *format;
    struct ln_path base;
    const struct ln_types *types;
};

static inline struct reading reading_of(const struct ln_format *format, uint8_t choice)
{
    static const struct ln_path bases[] = {
        {{0}, 0}, {{3}, 1}, {{3, 0}, 2}, {{3, 0, 6}, 3}, {{3, 0, 6, 1}, 4},
    };
    struct reading reading = {format, bases[0], choice & 0x80 ? NULL : &types};

    /* One value is of the type that the choice says. */
    reading.base = format->one_value ? ln_path_resource(3, 0, choice % (LN_CORELNK + 1))
                                     : bases[choice % LN_COUNT(bases)];
    return reading;
}

static inline bool read_all(struct reading reading, struct ln_bytes payload,
                            struct ln_arena *scratch, struct ln_record *out, size_t *count)
{
    struct ln_decoder decoder;

    *count = 0;
    ln_decoder_init(&decoder, reading.format, reading.base, payload, reading.types, scratch);
    while (*count < RECORDS_MAX && ln_decode(&decoder, &out[*count])) {
        FUZZ_CHECK(ln_path_within(out[*count].path, reading.base));
        (*count)++;
    }
    return decoder.err == LN_OK && *count < RECORDS_MAX;
}

static inline bool conflict(const struct ln_record *a, const struct ln_record *b, uint8_t depth)
{
    bool same = ln_path_within(a->path, b->path) || ln_path_within(b->path, a->path);

    return (same && a->time_ns == b->time_ns) ||
           (a->path.depth == depth) != (b->path.depth == depth);
}

/*
 * Repeats far apart may pass the first reading, and then be near enough for the second. And a
 * resource that is single at one time and multiple at another has no way to be written.
 */
static inline bool hold_together(const struct ln_record *list, size_t count, uint8_t depth)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (conflict(&list[i], &list[k], depth)) {
                return false;
            }
        }
    }
    return true;
}

/* Where no type is known, a time comes back as the number that it is. */
static inline void check_same(struct ln_record *again, const struct ln_record *record)
{
    if (record->value.type == LN_TIME) {
        FUZZ_CHECK(ln_value_convert(&again->value, LN_TIME) == LN_OK);
    }
    FUZZ_CHECK(ln_path_equal(again->path, record->path));
    FUZZ_CHECK(again->time_ns == record->time_ns);
    FUZZ_CHECK(ln_value_equal(&again->value, &record->value));
}

static inline void fuzz_format(const struct ln_format *format, const uint8_t *data, size_t size)
{
    static struct ln_record records[RECORDS_MAX];
    static struct ln_record again[RECORDS_MAX];
    static uint8_t memory[2][ROOM];
    static uint8_t room[ROOM];
    struct ln_arena scratch = ln_arena(memory[0], ROOM);
    struct ln_arena second_scratch = ln_arena(memory[1], ROOM);
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    struct reading reading = reading_of(format, ln_read_u8(&in));
    struct ln_array written = {records, 0};
    struct ln_writer w = ln_writer(room, ROOM);
    size_t count;

    if (!read_all(reading, ln_read_rest(&in), &scratch, records, &written.count) ||
        !hold_together(records, written.count, reading.base.depth)) {
        return;
    }
    if (ln_encode(format, &w, reading.base, ln_records_of(&written)) != LN_OK || w.failed) {
        FUZZ_CHECK(w.failed);
        return;
    }
    FUZZ_CHECK(read_all(reading, ln_writer_bytes(&w), &second_scratch, again, &count));
    FUZZ_CHECK(count == written.count);
    for (size_t i = 0; i < count; i++) {
        check_same(&again[i], &records[i]);
    }
}

#endif
