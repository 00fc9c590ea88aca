/* What the tests of formats share. */

#include "codec/support.h"

#include "codec/senml_vectors.h"

#include <stdlib.h>

struct row {
    uint16_t object;
    uint16_t first;
    uint16_t last;
    enum ln_type type;
};

static const struct row rows[] = {
    /* clang-format off */
    {    1,   0,   5, LN_INTEGER  },
    {    1,   6,   6, LN_BOOLEAN  },
    {    1,   7,   7, LN_STRING   },
    {    2,   0,   3, LN_INTEGER  },
    {    3,   0,   3, LN_STRING   },
    {    3,   6,  11, LN_INTEGER  },
    {    3,  13,  13, LN_TIME     },
    {    3,  14,  16, LN_STRING   },
    {   65,   0,   0, LN_OBJLNK   },
    {   65,   1,   1, LN_STRING   },
    {   65,   2,   2, LN_OBJLNK   },
    {   66,   0,   1, LN_STRING   },
    {   66,   2,   2, LN_OBJLNK   },
    { 3442, 110, 110, LN_STRING   },
    { 3442, 120, 120, LN_INTEGER  },
    { 3442, 125, 125, LN_UNSIGNED },
    { 3442, 130, 130, LN_FLOAT    },
    { 3442, 140, 140, LN_BOOLEAN  },
    { 3442, 150, 150, LN_OPAQUE   },
    { 3442, 160, 160, LN_TIME     },
    { 3442, 170, 170, LN_OBJLNK   },
    { 3442, 180, 180, LN_CORELNK  },
    { 3442, 500, 500, LN_INTEGER  },
    /* clang-format on */
};

static enum ln_type type_of(const void *context, struct ln_path at)
{
    (void)context;
    if (at.id[0] >= 40000) {
        return (enum ln_type)(LN_STRING + at.id[2] % LN_CORELNK);
    }
    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        if (at.id[0] == rows[i].object && at.id[2] >= rows[i].first &&
            at.id[2] <= rows[i].last) {
            return rows[i].type;
        }
    }
    return LN_NONE;
}

const struct ln_types test_types = {.of = type_of};

static uint8_t hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

    CHECK(found != NULL && *found != '\0');
    return (uint8_t)(found - digits);
}

uint8_t *bytes_of_hex(const char *hex, size_t *len)
{
    uint8_t *bytes;

    CHECK_EQ(strlen(hex) % 2, 0);
    *len = strlen(hex) / 2;
    bytes = malloc(*len == 0 ? 1 : *len);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < *len; i++) {
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    }
    return bytes;
}

struct ln_path path(const char *text)
{
    struct ln_path out = ln_path_root();

    CHECK(ln_path_of_text(ln_bytes_of_text(text), &out));
    return out;
}

/* Takes the block. */
static const struct decoded *decode_block(const struct ln_format *format, const char *base,
                                          uint8_t *block, size_t len)
{
    static struct decoded decoded;
    struct ln_arena scratch = ln_arena(decoded.scratch, sizeof(decoded.scratch));
    struct ln_decoder decoder;

    free(decoded.payload);
    decoded.payload = block;
    decoded.payload_len = len;
    decoded.count = 0;
    ln_decoder_init(&decoder, format, path(base), ln_bytes(block, len), &test_types, &scratch);
    while (decoded.count < RECORDS_MAX &&
           ln_decode(&decoder, &decoded.records[decoded.count])) {
        decoded.count++;
    }
    decoded.err = decoder.err;
    return &decoded;
}

const struct decoded *decode_bytes(const struct ln_format *format, const char *base,
                                   struct ln_bytes payload)
{
    uint8_t *block = malloc(payload.len == 0 ? 1 : payload.len);

    CHECK(block != NULL);
    if (payload.len > 0) {
        memcpy(block, payload.at, payload.len);
    }
    return decode_block(format, base, block, payload.len);
}

const struct decoded *decode_hex(const struct ln_format *format, const char *base,
                                 const char *hex)
{
    size_t len;
    uint8_t *block = bytes_of_hex(hex, &len);

    return decode_block(format, base, block, len);
}

const struct ln_value *value_at(const struct decoded *decoded, const char *text)
{
    for (size_t i = 0; i < decoded->count; i++) {
        if (ln_path_equal(decoded->records[i].path, path(text))) {
            return &decoded->records[i].value;
        }
    }
    fail_msg("no record at %s", text);
    return NULL;
}

ln_err encode(const struct ln_format *format, const char *base, const struct ln_record *records,
              size_t count, struct ln_bytes *out)
{
    static uint8_t buffer[65536];
    const struct ln_array array = {records, count};
    struct ln_writer w = ln_writer(buffer, sizeof(buffer));
    ln_err err = ln_encode(format, &w, path(base), ln_records_of(&array));

    CHECK(!w.failed);
    *out = ln_writer_bytes(&w);
    return err;
}

uint32_t test_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void check_text(const struct decoded *got, const char *at, const char *expected)
{
    CHECK_EQ(value_at(got, at)->type, LN_STRING);
    CHECK_TEXT(value_at(got, at)->as.bytes, expected);
}

static void check_integer(const struct decoded *got, const char *at, int64_t expected)
{
    CHECK_EQ(value_at(got, at)->type, LN_INTEGER);
    CHECK_EQ(value_at(got, at)->as.integer, expected);
}

void check_senml_device(const struct decoded *got)
{
    const struct ln_value time = ln_value_time(1367491215);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 16);
    check_text(got, "/3/0/0", "Open Mobile Alliance");
    check_text(got, "/3/0/1", "Lightweight M2M Client");
    check_text(got, "/3/0/2", "345000123");
    check_text(got, "/3/0/3", "1.0");
    check_integer(got, "/3/0/6/0", 1);
    check_integer(got, "/3/0/6/1", 5);
    check_integer(got, "/3/0/7/0", 3800);
    check_integer(got, "/3/0/7/1", 5000);
    check_integer(got, "/3/0/8/0", 125);
    check_integer(got, "/3/0/8/1", 900);
    check_integer(got, "/3/0/9", 100);
    check_integer(got, "/3/0/10", 15);
    check_integer(got, "/3/0/11/0", 0);
    CHECK(ln_value_equal(value_at(got, "/3/0/13"), &time));
    check_text(got, "/3/0/14", "+02:00");
    check_text(got, "/3/0/16", "U");
}
