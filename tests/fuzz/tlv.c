/* TLV from any bytes: what is taken must come back the same when it is written and read again. */

#include "fuzz.h"

#include <linnet/codec.h>

enum { RECORDS_MAX = 512, ROOM = 65536 };

static struct ln_record records[RECORDS_MAX];
static uint8_t room[ROOM];

/* The resource id chooses, so that each type can be had at any place. */
static enum ln_type type_of(const void *context, struct ln_path path)
{
    (void)context;
    return (enum ln_type)(path.id[2] % (LN_CORELNK + 1));
}

static const struct ln_types types = {.of = type_of};

static struct ln_path base_of(uint8_t choice)
{
    static const struct ln_path bases[] = {
        {{3}, 1}, {{3, 0}, 2}, {{3, 0, 6}, 3}, {{3, 0, 6, 1}, 4}, {{0}, 0},
    };

    return bases[choice % LN_COUNT(bases)];
}

static bool decode(struct ln_path base, struct ln_bytes payload, struct ln_record *out,
                   size_t *count)
{
    struct ln_decoder decoder;

    *count = 0;
    ln_decoder_init(&decoder, &ln_format_tlv, base, payload, &types, NULL);
    while (*count < RECORDS_MAX && ln_decode(&decoder, &out[*count])) {
        FUZZ_CHECK(ln_path_within(out[*count].path, base));
        (*count)++;
    }
    return decoder.err == LN_OK && *count < RECORDS_MAX;
}

static bool ascending(const struct ln_record *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (ln_path_compare(list[i - 1].path, list[i].path) >= 0) {
            return false;
        }
    }
    return true;
}

static void comes_back(struct ln_path base, size_t count)
{
    static struct ln_record again[RECORDS_MAX];
    const struct ln_array array = {records, count};
    struct ln_writer w = ln_writer(room, ROOM);
    size_t second = 0;

    if (ln_encode(&ln_format_tlv, &w, base, ln_records_of(&array)) != LN_OK || w.failed) {
        FUZZ_CHECK(w.failed || base.depth == 0); /* no object has an entry in TLV */
        return;
    }
    FUZZ_CHECK(decode(base, ln_writer_bytes(&w), again, &second));
    /* An empty instance is said by no bytes where the instance was addressed. */
    FUZZ_CHECK(second == count || w.written == 0);
    for (size_t i = 0; i < second; i++) {
        FUZZ_CHECK(ln_path_equal(again[i].path, records[i].path));
        FUZZ_CHECK(ln_value_equal(&again[i].value, &records[i].value));
    }
}

/* The first byte chooses the path of the request. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    struct ln_path base = base_of(ln_read_u8(&in));
    size_t count;

    if (decode(base, ln_read_rest(&in), records, &count) && ascending(records, count)) {
        comes_back(base, count);
    }
    return 0;
}
