/* The cursors: sticky failures of the reader, the window of the writer. */

#include "base_tests.h"
#include "ln_test.h"

TEST(reads_numbers_big_endian)
{
    struct ln_reader r = ln_reader(BYTES("\x01\x02\x03\x04\x05\x06\xFF\xFE\xFD\xFC"
                                         "\x80\x01\x02\x03\x04\x05\x06\x07"));

    CHECK_EQ(ln_read_u8(&r), 0x01);
    CHECK_EQ(ln_read_u16(&r), 0x0203);
    CHECK_EQ(ln_read_u24(&r), 0x040506);
    CHECK_EQ(ln_read_u32(&r), 0xFFFEFDFC);
    CHECK(ln_read_u64(&r) == 0x8001020304050607);
    CHECK_EQ(ln_reader_left(&r), 0);
    CHECK(!r.failed);
}

TEST(fails_once_and_for_all_beyond_the_end)
{
    struct ln_reader r = ln_reader(BYTES("\x01\x02\x03"));

    CHECK_EQ(ln_read_u32(&r), 0);
    CHECK(r.failed);
    CHECK_EQ(ln_reader_left(&r), 0);
    CHECK_EQ(ln_read_u8(&r), 0);
    CHECK_EQ(ln_read_bytes(&r, 1).len, 0);
    CHECK_EQ(ln_read_rest(&r).len, 0);
    CHECK(!ln_read_if(&r, 1));
}

TEST(reads_no_more_than_there_is_however_long_the_length)
{
    struct ln_reader r = ln_reader(BYTES("abc"));

    CHECK_EQ(ln_read_bytes(&r, SIZE_MAX).len, 0);
    CHECK(r.failed);
    r = ln_reader(ln_bytes(NULL, 0));
    CHECK_EQ(ln_read_bytes(&r, 0).len, 0);
    CHECK_EQ(ln_read_rest(&r).len, 0);
    CHECK_EQ(ln_read_until(&r, ',').len, 0);
    CHECK_EQ(ln_peek_u8(&r), -1);
    CHECK(!r.failed);
    CHECK_EQ(ln_read_u8(&r), 0);
    CHECK(r.failed);
}

TEST(reads_pieces_between_separators)
{
    struct ln_reader r = ln_reader(BYTES("ab,,c"));

    CHECK_TEXT(ln_read_until(&r, ','), "ab");
    CHECK_TEXT(ln_read_until(&r, ','), "");
    CHECK_EQ(ln_peek_u8(&r), 'c');
    CHECK(!ln_read_if(&r, ','));
    CHECK_TEXT(ln_read_until(&r, ','), "c");
    CHECK_EQ(ln_peek_u8(&r), -1);
    CHECK(!r.failed);
}

TEST(takes_a_byte_only_if_it_is_the_one_asked_for)
{
    struct ln_reader r = ln_reader(BYTES("\xFF-"));

    CHECK(!ln_read_if(&r, '-'));
    CHECK(ln_read_if(&r, 0xFF));
    CHECK(ln_read_if(&r, '-'));
    CHECK(!ln_read_if(&r, 0xFF));
    CHECK(!r.failed);
}

TEST(writes_numbers_big_endian)
{
    uint8_t out[18];
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_u8(&w, 0x01);
    ln_write_u16(&w, 0x0203);
    ln_write_u24(&w, 0x040506);
    ln_write_u32(&w, 0xFFFEFDFC);
    ln_write_u64(&w, 0x8001020304050607);
    CHECK(!w.failed);
    CHECK_BYTES(ln_writer_bytes(&w), "\x01\x02\x03\x04\x05\x06\xFF\xFE\xFD\xFC"
                                     "\x80\x01\x02\x03\x04\x05\x06\x07");
}

TEST(writes_the_shortest_number_and_reads_it_back)
{
    static const struct {
        uint64_t v;
        size_t len;
    } cases[] = {{0, 0},
                 {1, 1},
                 {255, 1},
                 {256, 2},
                 {0x10000, 3},
                 {UINT32_MAX, 4},
                 {(uint64_t)1 << 32, 5},
                 {(uint64_t)1 << 56, 8},
                 {UINT64_MAX, 8}};

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        uint8_t out[8];
        bool failed = false;
        struct ln_writer w = ln_writer(out, sizeof(out));
        ln_write_uint(&w, cases[i].v);
        CHECK_EQ(w.written, cases[i].len);
        CHECK(ln_uint_of(ln_writer_bytes(&w), &failed) == cases[i].v);
        CHECK(!failed);
    }
}

TEST(reads_numbers_with_leading_zeros_up_to_eight_bytes)
{
    bool failed = false;

    CHECK_EQ(ln_uint_of(BYTES("\0\0\x05"), &failed), 5);
    CHECK(!failed);
    CHECK_EQ(ln_uint_of(BYTES("\0\0\0\0\0\0\0\0\x05"), &failed), 0);
    CHECK(failed);
}

TEST(fails_on_overflow_and_writes_nothing_beyond)
{
    uint8_t out[4] = {0, 0, 0, 0xAA};
    struct ln_writer w = ln_writer(out, 3);

    ln_write_text(&w, "ab");
    ln_write_u16(&w, 0x6364);
    CHECK(w.failed);
    ln_write_u8(&w, 'c');
    CHECK_TEXT(ln_writer_bytes(&w), "ab");
    CHECK_BYTES(ln_bytes(out, sizeof(out)), "ab\0\xAA");
}

TEST(writes_nothing_after_it_was_failed)
{
    uint8_t out[4];
    struct ln_writer w = ln_writer_window(out, sizeof(out), 0);

    ln_writer_fail(&w);
    ln_write_u8(&w, 1);
    CHECK_EQ(w.written, 0);
}

TEST(measures_with_a_window_of_none)
{
    struct ln_writer w = ln_writer_window(NULL, 0, 0);

    ln_write_text(&w, "hello");
    ln_write_u64(&w, 1);
    ln_write_bytes(&w, ln_bytes(NULL, 0));
    CHECK(!w.failed);
    CHECK_EQ(w.written, 13);
    CHECK_EQ(ln_writer_bytes(&w).len, 0);
}

/* Each window on a text that is written in pieces shows what a cut of the whole would. */
TEST(keeps_just_what_falls_into_the_window)
{
    static const char whole[] = "abcdefghijklmno";

    for (size_t skip = 0; skip < 20; skip++) {
        for (size_t size = 0; size < 20; size++) {
            uint8_t out[21];
            memset(out, '#', sizeof(out));
            struct ln_writer w = ln_writer_window(out, size, skip);
            ln_write_text(&w, "abc");
            ln_write_u8(&w, 'd');
            ln_write_text(&w, "efghijklm");
            ln_write_u16(&w, 0x6E6F);
            size_t left = skip < 15 ? 15 - skip : 0;
            size_t expected = left < size ? left : size;
            CHECK(!w.failed);
            CHECK_EQ(w.written, 15);
            CHECK_EQ(ln_writer_bytes(&w).len, expected);
            CHECK(memcmp(out, whole + (skip < 15 ? skip : 15), expected) == 0);
            CHECK_EQ(out[expected], '#');
        }
    }
}

int cursor_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers_big_endian),
        cmocka_unit_test(fails_once_and_for_all_beyond_the_end),
        cmocka_unit_test(reads_no_more_than_there_is_however_long_the_length),
        cmocka_unit_test(reads_pieces_between_separators),
        cmocka_unit_test(takes_a_byte_only_if_it_is_the_one_asked_for),
        cmocka_unit_test(writes_numbers_big_endian),
        cmocka_unit_test(writes_the_shortest_number_and_reads_it_back),
        cmocka_unit_test(reads_numbers_with_leading_zeros_up_to_eight_bytes),
        cmocka_unit_test(fails_on_overflow_and_writes_nothing_beyond),
        cmocka_unit_test(writes_nothing_after_it_was_failed),
        cmocka_unit_test(measures_with_a_window_of_none),
        cmocka_unit_test(keeps_just_what_falls_into_the_window),
    };

    return RUN_TESTS(tests);
}
