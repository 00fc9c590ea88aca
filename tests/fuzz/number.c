/* Numbers, base64 and UTF-8 from any bytes: what is taken must come back the same when written. */

#include "fuzz.h"

enum { ROOM = 8192 };

static uint8_t room[ROOM];
static uint8_t again[ROOM];

static void integers(struct ln_bytes text)
{
    struct ln_writer w = ln_writer(room, ROOM);
    int64_t value = 0;
    int64_t second = 0;

    if (ln_integer_of_text(text, &value)) {
        ln_write_integer_text(&w, value);
        FUZZ_CHECK(!w.failed && w.written <= LN_INTEGER_TEXT_MAX);
        FUZZ_CHECK(ln_integer_of_text(ln_writer_bytes(&w), &second) && second == value);
    }
}

static void unsigneds(struct ln_bytes text)
{
    struct ln_writer w = ln_writer(room, ROOM);
    uint64_t value = 0;
    uint64_t second = 0;

    if (ln_unsigned_of_text(text, &value)) {
        ln_write_unsigned_text(&w, value);
        FUZZ_CHECK(!w.failed && w.written <= LN_INTEGER_TEXT_MAX);
        FUZZ_CHECK(ln_unsigned_of_text(ln_writer_bytes(&w), &second) && second == value);
    }
}

static void double_comes_back(double value, void (*write)(struct ln_writer *, double),
                              size_t most)
{
    struct ln_writer w = ln_writer(room, ROOM);
    double second = 0;

    write(&w, value);
    FUZZ_CHECK(!w.failed && w.written <= most);
    FUZZ_CHECK(ln_double_of_text(ln_writer_bytes(&w), &second));
    FUZZ_CHECK(second <= value && second >= value);
}

/* The C library reads the same number from the same text. */
static void as_the_library_reads_it(struct ln_bytes text, double value)
{
    char *end = NULL;

    if (ln_bytes_to_text(text, (char *)room, ROOM)) {
        double expected = strtod((const char *)room, &end);
        FUZZ_CHECK(*end == 0 && expected <= value && expected >= value);
    }
}

static void doubles(struct ln_bytes text)
{
    double value = 0;

    if (ln_double_of_text(text, &value)) {
        as_the_library_reads_it(text, value);
        double_comes_back(value, ln_write_double_text, LN_DOUBLE_TEXT_MAX);
        double_comes_back(value, ln_write_double_short, LN_DOUBLE_SHORT_MAX);
    }
}

/* Strict base64 has one text for each value, so the text itself comes back. */
static void base64(struct ln_bytes text)
{
    struct ln_writer value = ln_writer(room, ROOM);
    struct ln_writer second = ln_writer(again, ROOM);

    if (ln_base64_decode(&value, text, false)) {
        ln_write_base64(&second, ln_writer_bytes(&value));
        FUZZ_CHECK(second.failed || ln_bytes_equal(ln_writer_bytes(&second), text));
    }
}

static void base64_lenient(struct ln_bytes text)
{
    struct ln_writer value = ln_writer(room, ROOM);
    struct ln_writer url = ln_writer(again, ROOM);
    static uint8_t last[ROOM];
    struct ln_writer second = ln_writer(last, ROOM);

    if (ln_base64_decode(&value, text, true)) {
        ln_write_base64url(&url, ln_writer_bytes(&value));
        if (!url.failed) {
            FUZZ_CHECK(ln_base64_decode(&second, ln_writer_bytes(&url), true));
            FUZZ_CHECK(ln_bytes_equal(ln_writer_bytes(&second), ln_writer_bytes(&value)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_bytes text = ln_bytes(data, size);

    integers(text);
    unsigneds(text);
    doubles(text);
    base64(text);
    base64_lenient(text);
    (void)ln_utf8_valid(text);
    return 0;
}
