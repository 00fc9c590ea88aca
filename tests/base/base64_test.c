/* Base64: the vectors of RFC 4648 section 10, and what strict and lenient refuse. */

#include "base_tests.h"
#include "ln_test.h"

static const struct {
    const char *bytes;
    const char *text;
    const char *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xFB\xFF\xFE", "+//+", "-__-"},
    {"\xFB\xFF", "+/8=", "-_8"},
};

static uint8_t out[600];

static bool decodes(const char *text, bool lenient, const char *expected)
{
    struct ln_writer w = ln_writer(out, sizeof(out));

    return ln_base64_decode(&w, ln_bytes_of_text(text), lenient) &&
           ln_bytes_are(ln_writer_bytes(&w), expected);
}

TEST(writes_the_vectors_of_rfc_4648)
{
    for (size_t i = 0; i < LN_COUNT(vectors); i++) {
        struct ln_writer w = ln_writer(out, sizeof(out));
        ln_write_base64(&w, ln_bytes_of_text(vectors[i].bytes));
        CHECK_TEXT(ln_writer_bytes(&w), vectors[i].text);
        CHECK_EQ(ln_base64_size(strlen(vectors[i].bytes)), strlen(vectors[i].text));
        w = ln_writer(out, sizeof(out));
        ln_write_base64url(&w, ln_bytes_of_text(vectors[i].bytes));
        CHECK_TEXT(ln_writer_bytes(&w), vectors[i].url);
    }
}

TEST(reads_the_vectors_of_rfc_4648)
{
    for (size_t i = 0; i < LN_COUNT(vectors); i++) {
        CHECK(decodes(vectors[i].text, false, vectors[i].bytes));
        CHECK(decodes(vectors[i].text, true, vectors[i].bytes));
        CHECK(decodes(vectors[i].url, true, vectors[i].bytes));
        bool is_the_same = strcmp(vectors[i].url, vectors[i].text) == 0;
        CHECK_EQ(decodes(vectors[i].url, false, vectors[i].bytes), is_the_same);
    }
    CHECK(decodes("+_8", true, "\xFB\xFF"));
}

TEST(refuses_in_both_ways_what_is_not_base64)
{
    static const char *const wrong[] = {
        "=",     "==",       "====",     "A",    "A===", "AA=",     "Zg===",
        "Zm8==", "Zm9v=",    "Zm9v====", "Zh==", "Zm9=", "Z g==",   "Zg==\n",
        "Zg=A",  "Zg==Zg==", "Zm9vY",    "Zm.v", "Z=g=", "\x80mm9",
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        struct ln_writer w = ln_writer(out, sizeof(out));
        CHECK(!ln_base64_decode(&w, ln_bytes_of_text(wrong[i]), false));
        w = ln_writer(out, sizeof(out));
        CHECK(!ln_base64_decode(&w, ln_bytes_of_text(wrong[i]), true));
    }
}

TEST(reads_back_all_byte_values_at_all_lengths)
{
    uint8_t bytes[256];
    uint8_t text[400];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(255 - i);
    }
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct ln_writer w = ln_writer(text, sizeof(text));
        ln_write_base64(&w, ln_bytes(bytes, len));
        struct ln_writer back = ln_writer(out, sizeof(out));
        CHECK(ln_base64_decode(&back, ln_writer_bytes(&w), false));
        CHECK(ln_bytes_equal(ln_writer_bytes(&back), ln_bytes(bytes, len)));
    }
}

int base64_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_vectors_of_rfc_4648),
        cmocka_unit_test(reads_the_vectors_of_rfc_4648),
        cmocka_unit_test(refuses_in_both_ways_what_is_not_base64),
        cmocka_unit_test(reads_back_all_byte_values_at_all_lengths),
    };

    return RUN_TESTS(tests);
}
