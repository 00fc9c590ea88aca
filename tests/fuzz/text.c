/* Plain text and octet streams from any bytes, as each type; what is taken must come back the same. */

#include "fuzz.h"

#include <linnet/codec.h>

enum { ROOM = 8192 };

static enum ln_type type_of(const void *context, struct ln_path path)
{
    (void)context;
    return (enum ln_type)path.id[2];
}

static const struct ln_types types = {.of = type_of};

static bool decode(const struct ln_format *format, struct ln_path base, struct ln_bytes payload,
                   struct ln_arena *scratch, struct ln_record *out)
{
    struct ln_decoder decoder;
    struct ln_record none;

    ln_decoder_init(&decoder, format, base, payload, &types, scratch);
    if (!ln_decode(&decoder, out)) {
        FUZZ_CHECK(decoder.err != LN_OK);
        return false;
    }
    FUZZ_CHECK(!ln_decode(&decoder, &none) && decoder.err == LN_OK);
    return true;
}

static void try_format(const struct ln_format *format, struct ln_path base,
                       struct ln_bytes text)
{
    static uint8_t memory[2][ROOM];
    static uint8_t room[ROOM];
    struct ln_arena first_scratch = ln_arena(memory[0], ROOM);
    struct ln_arena second_scratch = ln_arena(memory[1], ROOM);
    struct ln_writer w = ln_writer(room, ROOM);
    struct ln_record record;
    struct ln_record again;
    const struct ln_array array = {&record, 1};

    if (!decode(format, base, text, &first_scratch, &record)) {
        return;
    }
    FUZZ_CHECK(ln_encode(format, &w, base, ln_records_of(&array)) == LN_OK);
    if (w.failed) {
        return;
    }
    FUZZ_CHECK(decode(format, base, ln_writer_bytes(&w), &second_scratch, &again));
    FUZZ_CHECK(ln_value_equal(&record.value, &again.value));
}

/* The first byte chooses the type, and by its high bit a path that is no resource. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    uint8_t choice = ln_read_u8(&in);
    struct ln_path base = ln_path_resource(3442, 0, choice % (LN_CORELNK + 1));
    struct ln_bytes text = ln_read_rest(&in);

    base = choice & 0x80 ? ln_path_up(base, 2) : base;
    try_format(&ln_format_text, base, text);
    try_format(&ln_format_opaque, base, text);
    return 0;
}
