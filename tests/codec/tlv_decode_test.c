/* Reading TLV: spec CORE-1.1.1 §7.4.3, and what peers send. */

#include "codec/support.h"

#include "codec/tlv_vectors.h"

#include <stdlib.h>

static const struct decoded *tlv(const char *base, const char *hex)
{
    return decode_hex(&ln_format_tlv, base, hex);
}

static void check_integer(const struct decoded *got, const char *at, int64_t expected)
{
    const struct ln_value expected_value = ln_value_integer(expected);

    CHECK(ln_value_equal(value_at(got, at), &expected_value));
}

static void check_text(const struct decoded *got, const char *at, const char *expected)
{
    CHECK_EQ(value_at(got, at)->type, LN_STRING);
    CHECK_TEXT(value_at(got, at)->as.bytes, expected);
}

static void check_link(const struct decoded *got, const char *at, uint16_t object,
                       uint16_t instance)
{
    const struct ln_value expected = ln_value_objlnk(object, instance);

    CHECK(ln_value_equal(value_at(got, at), &expected));
}

static void check_refused(const char *base, const char *hex)
{
    CHECK_ERR(tlv(base, hex)->err, LN_ERR_BAD_PAYLOAD);
}

static void check_device(const struct decoded *got)
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

TEST(reads_a_device)
{
    check_device(tlv("/3", DEVICE_INSTANCE));
}

TEST(takes_an_instance_with_and_without_its_entry)
{
    check_device(tlv("/3/0", DEVICE_RESOURCES));
    check_device(tlv("/3/0", DEVICE_INSTANCE));
}

TEST(refuses_an_entry_of_another_instance)
{
    check_refused("/3/1", DEVICE_INSTANCE);
    check_refused("/3/0", "0001");
    check_refused("/3/0", DEVICE_INSTANCE "0001");
}

TEST(gives_resources_right_below_an_object_the_instance_none)
{
    const struct decoded *got = tlv("/3", "C303312E308606410001410105");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 3);
    CHECK_EQ(got->records[0].path.id[1], LN_ID_NONE);
    CHECK_EQ(got->records[2].path.id[1], LN_ID_NONE);
    CHECK_EQ(got->records[2].path.depth, 4);
}

TEST(reads_several_instances)
{
    const struct decoded *got = tlv("/2", ACCESS_CONTROL);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 9);
    check_integer(got, "/2/0/0", 1);
    check_integer(got, "/2/0/2/127", 7);
    check_integer(got, "/2/2/2/127", 7);
    check_integer(got, "/2/2/2/310", 1);
    check_integer(got, "/2/2/3", 127);
}

TEST(reads_a_server_account)
{
    const struct decoded *got = tlv("/1", SERVER);
    const struct ln_value yes = ln_value_boolean(true);

    CHECK_OK(got->err);
    check_integer(got, "/1/0/0", 1);
    check_integer(got, "/1/0/1", 86400);
    CHECK(ln_value_equal(value_at(got, "/1/0/6"), &yes));
    check_text(got, "/1/0/7", "U");
}

TEST(reads_links_between_objects)
{
    const struct decoded *got = tlv("/65/0", LINKS_RESOURCES);

    CHECK_OK(got->err);
    check_link(got, "/65/0/0/0", 66, 0);
    check_link(got, "/65/0/0/1", 66, 1);
    check_link(got, "/65/0/2", 0x1234, 0x5678);
    got = tlv("/66", LINKED);
    CHECK_OK(got->err);
    check_text(got, "/66/0/1", "Internet.15.234");
    check_link(got, "/66/0/2", 67, 0);
    check_link(got, "/66/1/2", 65535, 65535);
}

TEST(reads_a_link_format_resource)
{
    const struct decoded *got = tlv("/3442", CORELNK);

    CHECK_OK(got->err);
    CHECK_EQ(value_at(got, "/3442/0/180")->type, LN_CORELNK);
    CHECK_TEXT(value_at(got, "/3442/0/180")->as.bytes,
               "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 1542 1543 11542 11543\","
               "</1>;ver=1.1,</1/0>,</2>,</3>;ver=1.1,</3/0>,</3442/0>");
}

TEST(takes_a_multiple_resource_bare_wrapped_and_in_its_instance)
{
    static const char *const texts[] = {"410001410105", "8606410001410105",
                                        "0800088606410001410105"};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        const struct decoded *got = tlv("/3/0/6", texts[i]);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, 2);
        check_integer(got, "/3/0/6/0", 1);
        check_integer(got, "/3/0/6/1", 5);
    }
}

TEST(takes_a_single_resource_bare_and_in_its_instance)
{
    check_integer(tlv("/3/0/9", "C10964"), "/3/0/9", 100);
    check_integer(tlv("/3/0/9", "0300C10964"), "/3/0/9", 100);
    check_refused("/3/0/9", "0301C10964");
    check_refused("/3/0/9", "C10A64");
    check_refused("/3/0/9", "0300C10A64");
    check_refused("/3/0/9", "C10964C10A0F");
}

TEST(takes_a_resource_instance_bare_and_wrapped)
{
    check_integer(tlv("/2/2/2/310", "61013601"), "/2/2/2/310", 1);
    check_integer(tlv("/2/2/2/310", "840261013601"), "/2/2/2/310", 1);
    check_refused("/2/2/2/310", "61013701");
    check_refused("/2/2/2/310", "C10201");
    check_refused("/2/2/2/310", "840361013601");
}

TEST(says_what_is_there_and_empty)
{
    static const struct {
        const char *base;
        const char *hex;
        const char *at;
    } rows[] = {
        {"/3", "0000", "/3/0"},       {"/3/0", "0000", "/3/0"},     {"/3/0", "8006", "/3/0/6"},
        {"/3/0/6", "8006", "/3/0/6"}, {"/3", "02008006", "/3/0/6"}, {"/3", "080000", "/3/0"},
        {"/3/0", "880600", "/3/0/6"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        const struct decoded *got = tlv(rows[i].base, rows[i].hex);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, 1);
        CHECK_EQ(value_at(got, rows[i].at)->type, LN_NONE);
    }
}

TEST(takes_an_empty_payload_as_no_records)
{
    static const char *const bases[] = {"/3", "/3/0", "/3/0/6"};

    for (size_t i = 0; i < LN_COUNT(bases); i++) {
        CHECK_OK(tlv(bases[i], "")->err);
        CHECK_EQ(tlv(bases[i], "")->count, 0);
    }
}

TEST(refuses_what_is_not_nested_as_lwm2m_is)
{
    check_refused("/", DEVICE_INSTANCE);           /* an object has no entry */
    check_refused("/3", "0011223344556677889900"); /* not TLV */
    check_refused("/3", "0202"
                        "0000"); /* instance in an instance */
    check_refused("/3", "0300"
                        "410001"); /* resource instance in an instance */
    check_refused("/3/0", "8306"
                          "C10001"); /* resource in a resource */
    check_refused("/3/0", "8206"
                          "8000");   /* multiple resource in a multiple resource */
    check_refused("/3/0", "410001"); /* of which resource? */
    check_refused("/3", "410001");
    check_refused("/3", "0000"
                        "C10001"); /* instances and resources side by side */
    check_refused("/3", "C10001"
                        "0000");
    check_refused("/3/0/6", "410001"
                            "8006");
    check_refused("/3/0", "C10001"
                          "0000");
    check_refused("/3/0", "E1FFFF01"); /* reserved ids */
    check_refused("/3", "20FFFF");
}

TEST(refuses_ids_that_occur_twice)
{
    check_refused("/3", "00000000");
    check_refused("/3", "0300C100010300C10101");
    check_refused("/3", "0000"
                        "0001"
                        "0000");
    check_refused("/3/0", "C10901C10902");
    check_refused("/3/0", "C10901C10A01C10902");
    check_refused("/3/0", "C10A01C10901C10A02");
    check_refused("/3/0", "8306410001C10601");
    check_refused("/3/0", "C106018306410001");
    check_refused("/3/0", "83064100018306410101");
    check_refused("/3/0", "8606410001410005");
    check_refused("/3/0/6", "410001410005");
    check_refused("/3/0", "8906"
                          "410101410001410101");
}

TEST(takes_ids_in_any_order)
{
    const struct decoded *got = tlv("/3/0", "C10A0FC10964C303312E30"
                                            "8606410105410001"
                                            "C11055");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 6);
    check_integer(got, "/3/0/6/0", 1);
}

/* Resources from 199 down, then 150 again: it stands among the first 64, so it is found. */
TEST(looks_for_an_id_out_of_order_among_the_first_entries)
{
    uint8_t payload[3 * 101];
    struct ln_writer w = ln_writer(payload, sizeof(payload));

    for (uint8_t id = 199; id >= 100; id--) {
        ln_write_u8(&w, 0xC1);
        ln_write_u8(&w, id);
        ln_write_u8(&w, 1);
    }
    const struct decoded *got = decode_bytes(&ln_format_tlv, "/9999/0", ln_writer_bytes(&w));
    CHECK_OK(got->err);
    CHECK_EQ(got->count, 100);
    ln_write_u8(&w, 0xC1);
    ln_write_u8(&w, 150);
    ln_write_u8(&w, 1);
    got = decode_bytes(&ln_format_tlv, "/9999/0", ln_writer_bytes(&w));
    CHECK_ERR(got->err, LN_ERR_BAD_PAYLOAD);
}

TEST(reads_all_forms_of_id_and_length)
{
    static const char *const rows[] = {
        "C1F405",       /* neither: id 244, not known, as opaque */
        "E100F405",     /* 16-bit id that needs none */
        "C8F40105",     /* 8-bit length that needs none */
        "CFF40105",     /* the low bits have no meaning then */
        "D0F4000105",   /* 16-bit */
        "D8F400000105", /* 24-bit */
        "F800F400000105",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        const struct decoded *got = tlv("/3/0", rows[i]);
        CHECK_OK(got->err);
        CHECK_EQ(value_at(got, "/3/0/244")->type, LN_OPAQUE);
        CHECK_BYTES(value_at(got, "/3/0/244")->as.bytes, "\x05");
    }
}

TEST(reads_integers_of_1_2_4_and_8_bytes)
{
    static const struct {
        const char *hex;
        int64_t value;
    } rows[] = {
        {"C17800", 0},
        {"C1787F", 127},
        {"C17880", -128},
        {"C2787FFF", 32767},
        {"C2788000", -32768},
        {"C2780001", 1},
        {"C4787FFFFFFF", INT32_MAX},
        {"C47880000000", INT32_MIN},
        {"C878087FFFFFFFFFFFFFFF", INT64_MAX},
        {"C878088000000000000000", INT64_MIN},
        {"C87808FFFFFFFFFFFFFFFF", -1},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_integer(tlv("/3442/0", rows[i].hex), "/3442/0/120", rows[i].value);
    }
}

TEST(reads_the_other_types)
{
    static const struct {
        const char *hex;
        const char *at;
        struct ln_value value;
    } rows[] = {
        {"C17DFF", "/3442/0/125", {LN_UNSIGNED, .as.unsigned_integer = 255}},
        {"C27DFFFF", "/3442/0/125", {LN_UNSIGNED, .as.unsigned_integer = 65535}},
        {"C47DFFFFFFFF", "/3442/0/125", {LN_UNSIGNED, .as.unsigned_integer = UINT32_MAX}},
        {"C87D08FFFFFFFFFFFFFFFF",
         "/3442/0/125",
         {LN_UNSIGNED, .as.unsigned_integer = UINT64_MAX}},
        {"C4823FC00000", "/3442/0/130", {LN_FLOAT, .as.number = 1.5}},
        {"C88208BFF8000000000000", "/3442/0/130", {LN_FLOAT, .as.number = -1.5}},
        {"C18C00", "/3442/0/140", {LN_BOOLEAN, .as.boolean = false}},
        {"C18C01", "/3442/0/140", {LN_BOOLEAN, .as.boolean = true}},
        {"C28C0001", "/3442/0/140", {LN_BOOLEAN, .as.boolean = true}}, /* Zephyr */
        {"C28C0000", "/3442/0/140", {LN_BOOLEAN, .as.boolean = false}},
        {"C2A0FFFF", "/3442/0/160", {LN_TIME, .as.integer = -1}},
        {"C4AA00420001", "/3442/0/170", {LN_OBJLNK, .as.link = {66, 1}}},
        {"C06E", "/3442/0/110", {LN_STRING, .as.bytes = {NULL, 0}}},
        {"C096", "/3442/0/150", {LN_OPAQUE, .as.bytes = {NULL, 0}}},
        {"C064", "/3442/0/100", {LN_OPAQUE, .as.bytes = {NULL, 0}}},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        const struct decoded *got = tlv("/3442/0", rows[i].hex);
        CHECK_OK(got->err);
        CHECK(ln_value_equal(value_at(got, rows[i].at), &rows[i].value));
    }
}

TEST(refuses_values_of_another_size_or_content)
{
    static const char *const rows[] = {
        "C078",
        "C378000001",
        "C578FFFFFFFFFF",
        "C87809000000000000000001", /* integer */
        "C07D",
        "C37D000001",
        "C87D09000000000000000001", /* unsigned */
        "C082",
        "C2823C00",
        "C88210FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", /* float */
        "C08C",
        "C18C02",
        "C18C31",
        "C28C0100",
        "C38C000001", /* boolean */
        "C0A0",
        "C3A0000001", /* time */
        "C0AA",
        "C2AA0042",
        "C5AA0042000100", /* objlnk */
        "C16EFF",
        "C1B4FF", /* UTF-8 */
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(tlv("/3442/0", rows[i])->err, LN_ERR_BAD_VALUE);
    }
}

TEST(is_bounded_by_the_payload_not_by_the_length_it_declares)
{
    check_refused("/3/0", "D800FFFFFF41");
    check_refused("/3", "1800FFFFFFC10001");
    check_refused("/3", "0500C10001"); /* the instance goes on, the payload does not */
    check_refused("/3", "0300C20001"
                        "00"); /* the resource goes beyond its instance */
    check_refused("/3/0", "C1");
    check_refused("/3/0", "E101");
    check_refused("/3/0", "D80000");
}

TEST(reads_every_vector)
{
    for (size_t i = 0; i < LN_COUNT(tlv_vectors); i++) {
        const struct decoded *got = tlv(tlv_vectors[i].base, tlv_vectors[i].hex);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, tlv_vectors[i].records);
    }
}

/* All records that come out before a cut are those of the whole. */
static void check_cut(const char *base, struct ln_bytes cut, const struct decoded *whole)
{
    const struct decoded *got = decode_bytes(&ln_format_tlv, base, cut);

    CHECK(got->count <= whole->count);
    for (size_t i = 0; i < got->count; i++) {
        CHECK(ln_path_equal(got->records[i].path, whole->records[i].path));
    }
}

TEST(survives_every_truncation)
{
    static struct decoded whole;
    static uint8_t payload[512];

    for (size_t i = 0; i < LN_COUNT(tlv_vectors); i++) {
        const struct decoded *got = tlv(tlv_vectors[i].base, tlv_vectors[i].hex);
        CHECK(got->payload_len <= sizeof(payload));
        memcpy(payload, got->payload, got->payload_len);
        whole = *got;
        whole.payload = payload;
        for (size_t len = 0; len < whole.payload_len; len++) {
            check_cut(tlv_vectors[i].base, ln_bytes(payload, len), &whole);
        }
    }
}

TEST(refuses_every_truncation_of_a_single_entry)
{
    size_t len;
    uint8_t *payload = bytes_of_hex(DEVICE_INSTANCE, &len);

    for (size_t cut = 1; cut < len; cut++) {
        CHECK_ERR(decode_bytes(&ln_format_tlv, "/3", ln_bytes(payload, cut))->err,
                  LN_ERR_BAD_PAYLOAD);
    }
    free(payload);
}

int tlv_decode_tests(void);

int tlv_decode_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_a_device),
        cmocka_unit_test(takes_an_instance_with_and_without_its_entry),
        cmocka_unit_test(refuses_an_entry_of_another_instance),
        cmocka_unit_test(gives_resources_right_below_an_object_the_instance_none),
        cmocka_unit_test(reads_several_instances),
        cmocka_unit_test(reads_a_server_account),
        cmocka_unit_test(reads_links_between_objects),
        cmocka_unit_test(reads_a_link_format_resource),
        cmocka_unit_test(takes_a_multiple_resource_bare_wrapped_and_in_its_instance),
        cmocka_unit_test(takes_a_single_resource_bare_and_in_its_instance),
        cmocka_unit_test(takes_a_resource_instance_bare_and_wrapped),
        cmocka_unit_test(says_what_is_there_and_empty),
        cmocka_unit_test(takes_an_empty_payload_as_no_records),
        cmocka_unit_test(refuses_what_is_not_nested_as_lwm2m_is),
        cmocka_unit_test(refuses_ids_that_occur_twice),
        cmocka_unit_test(takes_ids_in_any_order),
        cmocka_unit_test(looks_for_an_id_out_of_order_among_the_first_entries),
        cmocka_unit_test(reads_all_forms_of_id_and_length),
        cmocka_unit_test(reads_integers_of_1_2_4_and_8_bytes),
        cmocka_unit_test(reads_the_other_types),
        cmocka_unit_test(refuses_values_of_another_size_or_content),
        cmocka_unit_test(is_bounded_by_the_payload_not_by_the_length_it_declares),
        cmocka_unit_test(reads_every_vector),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses_every_truncation_of_a_single_entry),
    };
    return RUN_TESTS(group);
}
