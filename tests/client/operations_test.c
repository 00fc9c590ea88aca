/* Rows of operations that a device leaves out. */

#include "support.h"

static const struct ln_client_operation *const none[] = {NULL};
static const struct ln_client_operation *const only_read[] = {&ln_client_read, NULL};

TEST(an_operation_without_a_row_is_not_implemented)
{
    given_a_registered_client(LN_VERSION_1_0);
    f.config.operations = only_read;

    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TLV).code, LN_COAP_2_05);
    CHECK_EQ(read_path("/3", LN_FORMAT_LINK).code, LN_COAP_5_01);
    CHECK_EQ(execute("/3/0/4", NULL).code, LN_COAP_5_01);
    CHECK_EQ(write_text("/1/0/1", "60").code, LN_COAP_5_01);
    no_more_events();
}

/* RFC 7252 §4.2: who cannot do anything with a CON rejects it. */
TEST(a_client_without_operations_answers_requests_with_a_reset)
{
    struct question q = {LN_COAP_GET, "/3/0/0", NO_FORMAT};
    uint8_t datagram[64];
    struct ln_coap_message m;

    given_a_registered_client(LN_VERSION_1_0);
    f.config.operations = none;
    client_receives(ln_bytes(datagram, write_question(&q, datagram, sizeof(datagram), 7)));
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_RST);
    CHECK_EQ(m.id, 7);
    f.config.operations = NULL;
    client_receives(ln_bytes(datagram, write_question(&q, datagram, sizeof(datagram), 8)));
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_RST);
    CHECK_EQ(m.id, 8);
    CHECK(!client_sends(&m));
}

TEST(a_client_that_serves_nothing_needs_no_format)
{
    given_a_client(LN_VERSION_1_0);
    f.config.formats = NULL;
    CHECK_EQ(ln_client_init(&f.client, sizeof(f.client), &f.config), LN_ERR_BAD_CONFIG);
    f.config.operations = NULL;
    CHECK_EQ(ln_client_init(&f.client, sizeof(f.client), &f.config), LN_OK);
}

struct counts {
    LN_LIST_OF(uint8_t, 2) all;
};

/* A table that says otherwise than its list: what would write the list is not linked. */
static const struct ln_resource counts_resources[] = {
    {0, LN_INTEGER, LN_READ | LN_WRITE | LN_MANY, LN_LIST_TO_READ(struct counts, all)},
};
static const struct ln_object counts_object = {
    .id = 4000, .version_major = 1, .resource_count = 1, .resources = counts_resources};

TEST(a_list_that_is_only_read_is_not_written_to)
{
    struct counts counts = {.all = {1, {0}, {7}}};

    given_a_registered_client(LN_VERSION_1_1);
    f.objects[4] = (struct ln_object_entry){&counts_object, &counts};
    f.config.object_count = 5;

    CHECK_EQ(write_path("/4000/0/0", LN_FORMAT_TLV, BYTES("\x41\x00\x09")).code, LN_COAP_4_05);
    CHECK_BYTES(read_path("/4000/0/0", LN_FORMAT_TLV).payload, "\x83\x00\x41\x00\x07");
}

int operations_tests(void)
{
    const struct CMUnitTest rows[] = {
        cmocka_unit_test(an_operation_without_a_row_is_not_implemented),
        cmocka_unit_test(a_client_without_operations_answers_requests_with_a_reset),
        cmocka_unit_test(a_client_that_serves_nothing_needs_no_format),
        cmocka_unit_test(a_list_that_is_only_read_is_not_written_to),
    };
    return RUN_TESTS(rows);
}
