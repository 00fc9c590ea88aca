/* Every way in which a row can hold a value. */

#include "client/data.h"

#include "support.h"

static uint8_t buffer_memory[8];
static uint8_t buffers_memory[3][8];

static struct every {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool flag;
    float single;
    double twice;
    char chars[4];
    const char *text;
    struct ln_bytes bytes;
    struct ln_buffer buffer;
    struct ln_objlnk link;
    LN_LIST_OF(struct ln_buffer, 3) buffers;
    uint8_t streamed[16];
    size_t streamed_len;
    bool streamed_whole;
} every;

static ln_err stream_begin(void *instance, size_t size)
{
    struct every *e = instance;

    e->streamed_len = 0;
    e->streamed_whole = false;
    return size > sizeof(e->streamed) ? LN_ERR_TOO_LARGE : LN_OK;
}

static ln_err stream_chunk(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct every *e = instance;

    memcpy(e->streamed + offset, bytes.at, bytes.len);
    e->streamed_len += bytes.len;
    return LN_OK;
}

static ln_err stream_end(void *instance, bool complete)
{
    struct every *e = instance;

    e->streamed_whole = complete;
    return LN_OK;
}

enum { RW = LN_READ | LN_WRITE };

#define FIELD(member) LN_FIELD(struct every, member)

static const struct ln_resource rows[] = {
    {0, LN_INTEGER, RW, FIELD(i8)},
    {1, LN_INTEGER, RW, FIELD(i16)},
    {2, LN_INTEGER, RW, FIELD(i32)},
    {3, LN_INTEGER, RW, FIELD(i64)},
    {4, LN_INTEGER, RW, FIELD(u8)},
    {5, LN_INTEGER, RW, FIELD(u16)},
    {6, LN_INTEGER, RW, FIELD(u32)},
    {7, LN_UNSIGNED, RW, FIELD(u64)},
    {8, LN_BOOLEAN, RW, FIELD(flag)},
    {9, LN_FLOAT, RW, FIELD(single)},
    {10, LN_FLOAT, RW, FIELD(twice)},
    {11, LN_STRING, RW, FIELD(chars)},
    {12, LN_STRING, LN_READ, FIELD(text)},
    {13, LN_OPAQUE, LN_READ, FIELD(bytes)},
    {14, LN_OPAQUE, RW, FIELD(buffer)},
    {15, LN_OBJLNK, RW, FIELD(link)},
    {16, LN_OPAQUE, RW | LN_MANY, LN_LIST(struct every, buffers)},
    {17, LN_OPAQUE, LN_WRITE, LN_STREAM(stream_begin, stream_chunk, stream_end)},
    {18, LN_TIME, RW, FIELD(i64)},
    {19, LN_FLOAT, RW, FIELD(i32)},
};

static const struct ln_object every_object = {
    .id = 4002,
    .version_major = 1,
    .resource_count = LN_COUNT(rows),
    .resources = rows,
};

static void given_every_row(void)
{
    every = (struct every){
        .buffer = {buffer_memory, sizeof(buffer_memory), 0},
        .text = "text",
        .bytes = BYTES("\xAB\xCD"),
    };
    for (size_t i = 0; i < 3; i++) {
        every.buffers.values[i] = (struct ln_buffer){buffers_memory[i], 8, 0};
    }
    given_a_registered_client(LN_VERSION_1_1);
    f.objects[4] = (struct ln_object_entry){&every_object, &every};
    f.config.object_count = 5;
}

/* Written as text and read back the same. */
TEST(each_type_takes_its_whole_range_and_no_more)
{
    static const struct {
        const char *path;
        const char *least, *most;
        const char *below, *above;
    } ranges[] = {
        {"/4002/0/0", "-128", "127", "-129", "128"},
        {"/4002/0/1", "-32768", "32767", "-32769", "32768"},
        {"/4002/0/2", "-2147483648", "2147483647", "-2147483649", "2147483648"},
        {"/4002/0/3", "-9223372036854775808", "9223372036854775807", "-9223372036854775809",
         "9223372036854775808"},
        {"/4002/0/4", "0", "255", "-1", "256"},
        {"/4002/0/5", "0", "65535", "-1", "65536"},
        {"/4002/0/6", "0", "4294967295", "-1", "4294967296"},
        {"/4002/0/7", "0", "18446744073709551615", "-1", "18446744073709551616"},
        {"/4002/0/8", "0", "1", "-1", "2"},
        {"/4002/0/11", "", "abc", "\xff", "abcd"},
        {"/4002/0/14", "", "MDEyMzQ1Njc=", "MDEyMzQ1Njc", "MDEyMzQ1Njc4"},
        {"/4002/0/15", "0:65535", "65535:65535", "-1:0", "3:65536"},
        {"/4002/0/19", "-2147483648", "2147483647", "-2147483649", "0.5"},
    };

    given_every_row();
    for (size_t i = 0; i < LN_COUNT(ranges); i++) {
        CHECK_EQ(write_text(ranges[i].path, ranges[i].least).code, LN_COAP_2_04);
        CHECK_TEXT(read_path(ranges[i].path, LN_FORMAT_TEXT).payload, ranges[i].least);
        CHECK_EQ(write_text(ranges[i].path, ranges[i].most).code, LN_COAP_2_04);
        CHECK_EQ(write_text(ranges[i].path, ranges[i].below).code, LN_COAP_4_00);
        CHECK_EQ(write_text(ranges[i].path, ranges[i].above).code, LN_COAP_4_00);
        CHECK_TEXT(read_path(ranges[i].path, LN_FORMAT_TEXT).payload, ranges[i].most);
        while (ln_client_event(&f.client, &f.event)) {
        }
    }
}

TEST(numbers_that_are_not_whole_keep_the_precision_of_their_member)
{
    given_every_row();

    CHECK_EQ(write_text("/4002/0/10", "-0.1").code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/4002/0/10", LN_FORMAT_TEXT).payload, "-0.1");
    CHECK_EQ(write_text("/4002/0/9", "0.5").code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/4002/0/9", LN_FORMAT_TEXT).payload, "0.5");
    CHECK_EQ(write_text("/4002/0/9", "1000000000000000000000000000000000000000").code,
             LN_COAP_4_00);
    CHECK_EQ(write_text("/4002/0/10", "1000000000000000000000000000000000000000").code,
             LN_COAP_2_04);
}

TEST(what_belongs_to_the_app_is_read_only)
{
    given_every_row();

    CHECK_TEXT(read_path("/4002/0/12", LN_FORMAT_TEXT).payload, "text");
    CHECK_BYTES(read_path("/4002/0/13", LN_FORMAT_OPAQUE).payload, "\xAB\xCD");
    CHECK_EQ(write_text("/4002/0/12", "x").code, LN_COAP_4_05);
    every.text = NULL;
    CHECK_EQ(read_path("/4002/0/12", LN_FORMAT_TEXT).code, LN_COAP_4_04);
}

/* Each buffer keeps memory of its own, wherever in the list it comes to stand. */
TEST(buffers_in_a_list_do_not_share_memory)
{
    given_every_row();

    CHECK_EQ(post("/4002/0", LN_FORMAT_TLV, BYTES("\x84\x10\x42\x07zz")).code, LN_COAP_2_04);
    CHECK_EQ(post("/4002/0", LN_FORMAT_TLV, BYTES("\x84\x10\x42\x03yy")).code, LN_COAP_2_04);
    CHECK_EQ(post("/4002/0", LN_FORMAT_TLV, BYTES("\x84\x10\x42\x01xx")).code, LN_COAP_2_04);
    CHECK_BYTES(read_path("/4002/0/16", LN_FORMAT_TLV).payload,
                "\x88\x10\x0C\x42\x01xx\x42\x03yy\x42\x07zz");
    CHECK_EQ(post("/4002/0", LN_FORMAT_TLV, BYTES("\x84\x10\x42\x05xx")).code, LN_COAP_5_00);
}

TEST(a_stream_gets_its_value_as_it_comes)
{
    given_every_row();

    CHECK_EQ(write_path("/4002/0/17", LN_FORMAT_OPAQUE, BYTES("image")).code, LN_COAP_2_04);
    CHECK_TEXT(ln_bytes(every.streamed, every.streamed_len), "image");
    CHECK(every.streamed_whole);
    CHECK_EQ(write_path("/4002/0/17", LN_FORMAT_OPAQUE, BYTES("an image too large")).code,
             LN_COAP_4_13);
    CHECK_EQ(read_path("/4002/0/17", LN_FORMAT_NONE).code, LN_COAP_4_05);
}

/* ---- Walking ---- */

static size_t count_records(struct ln_path path)
{
    struct ln_client__scope scope = {&f.config, path};
    struct ln_records records = ln_client__records(&scope);
    struct ln_record record;
    struct ln_path before = ln_path_root();
    size_t count = 0;

    while (records.next(&records, &record)) {
        CHECK(ln_path_within(record.path, path));
        CHECK(ln_path_compare(before, record.path) < 0);
        before = record.path;
        count++;
    }
    CHECK(!records.next(&records, &record));
    return count;
}

TEST(a_walk_goes_through_all_that_can_be_read_in_order)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(count_records(ln_path_object(3)), 7);
    CHECK_EQ(count_records(ln_path_instance(3, 0)), 7);
    CHECK_EQ(count_records(ln_path_resource(3, 0, 11)), 1);
    CHECK_EQ(count_records(ln_path_resource(3, 0, 9)), 0);
    CHECK_EQ(count_records(ln_path_object(9)), 0);
    /* Of the security object nothing can be read; that an instance is there can be said. */
    CHECK_EQ(count_records(ln_path_object(0)), 1);
    CHECK_EQ(count_records(ln_path_object(3442)), 19);
}

TEST(a_copy_of_a_walk_goes_the_same_way_once_more)
{
    struct ln_client__scope scope;
    struct ln_record a;
    struct ln_record b;

    given_a_registered_client(LN_VERSION_1_1);
    scope = (struct ln_client__scope){&f.config, ln_path_object(3442)};
    struct ln_records records = ln_client__records(&scope);
    while (records.next(&records, &a)) {
        struct ln_records copy = records;
        struct ln_records original = records;
        bool more = original.next(&original, &a);
        CHECK_EQ(copy.next(&copy, &b), more);
        CHECK(ln_path_equal(a.path, b.path));
    }
}

TEST(ids_up_to_the_highest_are_walked)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.test_ids[0] = LN_ID_MAX;
    f.test[0].integers.ids[0] = LN_ID_MAX;

    CHECK_EQ(count_records(ln_path_object(3442)), 19);
    CHECK_TEXT(read_path("/3442/65534/1120/65534", LN_FORMAT_TEXT).payload, "1024");
    CHECK_EQ(read_path("/3442/65533", LN_FORMAT_NONE).code, LN_COAP_4_04);
    CHECK_EQ(read_path("/3442", LN_FORMAT_LINK).code, LN_COAP_2_05);
}

int data_tests(void)
{
    const struct CMUnitTest data[] = {
        cmocka_unit_test(each_type_takes_its_whole_range_and_no_more),
        cmocka_unit_test(numbers_that_are_not_whole_keep_the_precision_of_their_member),
        cmocka_unit_test(what_belongs_to_the_app_is_read_only),
        cmocka_unit_test(buffers_in_a_list_do_not_share_memory),
        cmocka_unit_test(a_stream_gets_its_value_as_it_comes),
        cmocka_unit_test(a_walk_goes_through_all_that_can_be_read_in_order),
        cmocka_unit_test(a_copy_of_a_walk_goes_the_same_way_once_more),
        cmocka_unit_test(ids_up_to_the_highest_are_walked),
    };

    return RUN_TESTS(data);
}
