/*
 * Every answer that the specification lists for an operation, and what provokes it: one test for
 * each operation, one row for each code. Then which fault counts where there are two.
 * spec: TRANSPORT-1.1.1 §6.4.3, tables of response codes
 */

#include "blocks_support.h"

struct provocation {
    uint8_t expected;
    struct question question;
};

/* ---- An object whose instances are not all free to go ---- */

static struct item {
    int32_t size;
} items[2];
static uint16_t item_ids[2];
static struct ln_instances item_store = {items, item_ids, sizeof(items[0]), 2, 1};

static void *next_item(void *store, uint16_t *id)
{
    return ln_instances_calls.next(store, id);
}

static void *create_item(void *store, uint16_t id)
{
    return ln_instances_calls.create(store, id);
}

static ln_err remove_item(void *store, uint16_t id)
{
    return id == 0 ? LN_ERR_BAD_REQUEST : ln_instances_calls.remove(store, id);
}

static const struct ln_object_calls item_calls = {
    .next = next_item, .create = create_item, .remove = remove_item};
static const struct ln_resource item_resources[] = {
    {0, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, LN_FIELD(struct item, size)},
};
static const struct ln_object item_object = {
    .id = 33002,
    .resource_count = LN_COUNT(item_resources),
    .resources = item_resources,
    .calls = &item_calls,
};

static void given_a_client_to_provoke(void)
{
    static struct ln_object_entry objects[7];

    given_a_client_with_blocks();
    memcpy(objects, f.config.objects, sizeof(objects[0]) * 6);
    objects[6] = (struct ln_object_entry){&item_object, &item_store};
    item_store.count = 1;
    f.config.objects = objects;
    f.config.object_count = 7;
    given_it_is_registered();
}

static void take_events(void)
{
    while (ln_client_event(&f.client, &f.event)) {
    }
}

#define PROVOKE(rows) provoke(rows, LN_COUNT(rows))
static void provoke(const struct provocation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        given_a_client_to_provoke();
        uint8_t code = ask(&rows[i].question).code;
        if (code != rows[i].expected) {
            print_error("%s, row %zu: %d.%02d\n", rows[i].question.path, i, code >> 5,
                        code & 31);
        }
        CHECK_EQ(code, rows[i].expected);
        take_events();
    }
}

#define ASK(method, path_) .code = LN_COAP_##method, .path = (path_)
#define TLV                .accept = LN_FORMAT_NONE, .format = LN_FORMAT_TLV
#define TEXT               .accept = LN_FORMAT_NONE, .format = LN_FORMAT_TEXT
#define LINKS              .accept = LN_FORMAT_LINK, .format = LN_FORMAT_NONE
#define UNKNOWN            9999
#define PAYLOAD(literal)   .payload = {(const uint8_t *)(literal), sizeof(literal) - 1}
#define BEYOND             .block2 = {9, 0, false, true}

/* clang-format off */
static const struct provocation creates[] = {
    {LN_COAP_2_01, {ASK(POST, "/33002"), TLV, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_00, {ASK(POST, "/33002"), TLV, PAYLOAD("\x03\x00\xC1\x00\x05")}}, /* is there */
    {LN_COAP_4_00, {ASK(POST, "/33002"), TLV, PAYLOAD("\xC1\x01\x05")}}, /* a mandatory one missing */
    {LN_COAP_4_00, {ASK(POST, "/33002"), NO_FORMAT, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_01, {ASK(POST, "/0"), TLV, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_04, {ASK(POST, "/99"), TLV, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_05, {ASK(POST, "/3"), TLV, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_06, {ASK(POST, "/33002"), .accept = UNKNOWN, .format = LN_FORMAT_TLV,
                    PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_15, {ASK(POST, "/33002"), .accept = LN_FORMAT_NONE, .format = UNKNOWN,
                    PAYLOAD("\xC1\x00\x05")}},
};
static const struct provocation reads[] = {
    {LN_COAP_2_05, {ASK(GET, "/3/0/0"), NO_FORMAT}},
    {LN_COAP_4_00, {ASK(GET, "/3/0/0"), NO_FORMAT, BEYOND}},
    {LN_COAP_4_01, {ASK(GET, "/0/0/0"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(GET, "/3/0/99"), NO_FORMAT}},
    {LN_COAP_4_05, {ASK(GET, "/3/0/4"), NO_FORMAT}},
    {LN_COAP_4_06, {ASK(GET, "/3/0"), .accept = UNKNOWN, .format = LN_FORMAT_NONE}},
};
static const struct provocation writes[] = {
    {LN_COAP_2_04, {ASK(PUT, "/1/0/2"), TEXT, PAYLOAD("5")}},
    {LN_COAP_2_04, {ASK(POST, "/1/0"), TLV, PAYLOAD("\xC1\x02\x05")}},
    {LN_COAP_2_31, {ASK(PUT, "/33000/0/1"), .accept = LN_FORMAT_NONE, .format = LN_FORMAT_OPAQUE,
                    .block1 = {0, 0, true, true}, PAYLOAD("0123456789abcdef")}},
    {LN_COAP_4_00, {ASK(PUT, "/1/0/2"), TEXT, PAYLOAD("x")}},
    {LN_COAP_4_00, {ASK(POST, "/1/0"), TLV, PAYLOAD("\xC1\x02")}},
    {LN_COAP_4_00, {ASK(PUT, "/1/0/2"), NO_FORMAT, PAYLOAD("5")}},
    {LN_COAP_4_01, {ASK(PUT, "/0/0/0"), TEXT, PAYLOAD("5")}},
    {LN_COAP_4_04, {ASK(PUT, "/1/9/2"), TEXT, PAYLOAD("5")}},
    {LN_COAP_4_05, {ASK(PUT, "/1/0/0"), TEXT, PAYLOAD("5")}},
    {LN_COAP_4_05, {ASK(POST, "/1/0"), TLV, PAYLOAD("\xC1\x00\x05")}},
    {LN_COAP_4_06, {ASK(PUT, "/1/0/2"), .accept = UNKNOWN, .format = LN_FORMAT_TEXT,
                    PAYLOAD("5")}},
    {LN_COAP_4_08, {ASK(PUT, "/33000/0/1"), .accept = LN_FORMAT_NONE, .format = LN_FORMAT_OPAQUE,
                    .block1 = {1, 0, true, true}, PAYLOAD("0123456789abcdef")}},
    {LN_COAP_4_13, {ASK(PUT, "/33000/0/1"), .accept = LN_FORMAT_NONE, .format = LN_FORMAT_OPAQUE,
                    .block1 = {0, 0, true, true}, .size1 = BODY + 1,
                    PAYLOAD("0123456789abcdef")}},
    {LN_COAP_4_15, {ASK(PUT, "/1/0/2"), .accept = LN_FORMAT_NONE, .format = UNKNOWN,
                    PAYLOAD("5")}},
};
static const struct provocation deletes[] = {
    {LN_COAP_2_02, {ASK(DELETE, "/3442/0"), NO_FORMAT}},
    {LN_COAP_4_00, {ASK(DELETE, "/33002/0"), NO_FORMAT}}, /* the object does not let it go */
    {LN_COAP_4_01, {ASK(DELETE, "/0/0"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(DELETE, "/3442/9"), NO_FORMAT}},
    {LN_COAP_4_05, {ASK(DELETE, "/3/0"), NO_FORMAT}},
    {LN_COAP_4_05, {ASK(DELETE, "/3442"), NO_FORMAT}},
};
static const struct provocation executes[] = {
    {LN_COAP_2_04, {ASK(POST, "/3/0/4"), NO_FORMAT}},
    {LN_COAP_2_04, {ASK(POST, "/3442/0/3"), TEXT, PAYLOAD("0='a',1")}},
    {LN_COAP_4_00, {ASK(POST, "/3442/0/3"), TEXT, PAYLOAD("a")}},
    {LN_COAP_4_01, {ASK(POST, "/0/0/0"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(POST, "/3/1/4"), NO_FORMAT}},
    {LN_COAP_4_05, {ASK(POST, "/3/0/0"), NO_FORMAT}},
};
static const struct provocation discovers[] = {
    {LN_COAP_2_05, {ASK(GET, "/3"), LINKS}},
    {LN_COAP_4_00, {ASK(GET, "/3"), LINKS, .block2 = {99, 6, false, true}}},
    {LN_COAP_4_01, {ASK(GET, "/0"), LINKS}},
    {LN_COAP_4_04, {ASK(GET, "/3/0/99"), LINKS}},
    {LN_COAP_4_05, {ASK(GET, "/3/0/11/0"), LINKS}},
};
/* 5.01 is in no table: it stands for what the client cannot do yet. */
static const struct provocation attributes[] = {
    {LN_COAP_5_01, {ASK(PUT, "/3/0"), NO_FORMAT, .query = "pmin=1"}},
    {LN_COAP_4_01, {ASK(PUT, "/0"), NO_FORMAT, .query = "pmin=1"}},
    {LN_COAP_4_04, {ASK(PUT, "/3/1"), NO_FORMAT, .query = "pmin=1"}},
    {LN_COAP_4_05, {ASK(PUT, "/3/0/0/0"), NO_FORMAT, .query = "pmin=1"}},
};
static const struct provocation composites[] = {
    {LN_COAP_4_05, {ASK(FETCH, "/"), TLV, PAYLOAD("")}},
    {LN_COAP_4_05, {ASK(IPATCH, "/"), TLV, PAYLOAD("")}},
};
/* clang-format on */

/* spec: TRANSPORT-1.1.1 §6.4.3 Create */
TEST(a_create_is_answered_as_its_table_says)
{
    PROVOKE(creates);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Read */
TEST(a_read_is_answered_as_its_table_says)
{
    PROVOKE(reads);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Write */
TEST(a_write_is_answered_as_its_table_says)
{
    PROVOKE(writes);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Delete */
TEST(a_delete_is_answered_as_its_table_says)
{
    PROVOKE(deletes);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Execute */
TEST(an_execute_is_answered_as_its_table_says)
{
    PROVOKE(executes);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Discover */
TEST(a_discover_is_answered_as_its_table_says)
{
    PROVOKE(discovers);
}

/* spec: TRANSPORT-1.1.1 §6.4.3 Write-Attributes */
TEST(write_attributes_are_answered_as_their_table_says_without_that_part_too)
{
    PROVOKE(attributes);
}

/* spec: TRANSPORT-1.1.1 §6.4.3: support of composite operations is the client's choice */
TEST(composite_operations_are_not_allowed)
{
    PROVOKE(composites);
}

/* Each with two faults: the one that comes first in the order of checks is answered. */
/* clang-format off */
static const struct provocation orders[] = {
    /* Security and its like before all that there is or is not. */
    {LN_COAP_4_01, {ASK(GET, "/0/99"), NO_FORMAT}},
    {LN_COAP_4_01, {ASK(PUT, "/21/0/0"), TEXT, PAYLOAD("x")}},
    {LN_COAP_4_01, {ASK(POST, "/23"), NO_FORMAT, PAYLOAD("x")}},
    {LN_COAP_4_01, {ASK(DELETE, "/0"), NO_FORMAT}},
    {LN_COAP_4_01, {ASK(GET, "/0/0/0/0"), LINKS}},
    /* What is not there before what cannot be done with it. */
    {LN_COAP_4_04, {ASK(GET, "/3/1/4"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(DELETE, "/99"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(POST, "/3/0/99/0"), NO_FORMAT}},
    {LN_COAP_4_04, {ASK(PUT, "/3/0/99"), TEXT, PAYLOAD("x")}},
    {LN_COAP_4_04, {ASK(PUT, "/99"), NO_FORMAT, .query = "pmin=x"}},
    /* What cannot be done before how it is said. */
    {LN_COAP_4_05, {ASK(GET, "/3/0/4"), .accept = UNKNOWN, .format = LN_FORMAT_NONE}},
    {LN_COAP_4_05, {ASK(PUT, "/3/0/0"), .accept = UNKNOWN, .format = UNKNOWN, PAYLOAD("x")}},
    {LN_COAP_4_05, {ASK(POST, "/3"), .accept = UNKNOWN, .format = UNKNOWN, PAYLOAD("x")}},
    {LN_COAP_4_05, {ASK(POST, "/3/0/0"), TLV, PAYLOAD("a")}},
    /* One resource that cannot be written before a bad value after it. */
    {LN_COAP_4_05, {ASK(POST, "/1/0"), TLV, PAYLOAD("\xC1\x00\x05\xC3\x02\x01\x01\x01")}},
};
/* clang-format on */

/* spec: TRANSPORT-1.1.1 §6.4.3 */
TEST(of_two_faults_the_first_in_the_order_of_checks_is_answered)
{
    PROVOKE(orders);
}

int codes_tests(void)
{
    const struct CMUnitTest codes[] = {
        cmocka_unit_test(a_create_is_answered_as_its_table_says),
        cmocka_unit_test(a_read_is_answered_as_its_table_says),
        cmocka_unit_test(a_write_is_answered_as_its_table_says),
        cmocka_unit_test(a_delete_is_answered_as_its_table_says),
        cmocka_unit_test(an_execute_is_answered_as_its_table_says),
        cmocka_unit_test(a_discover_is_answered_as_its_table_says),
        cmocka_unit_test(
            write_attributes_are_answered_as_their_table_says_without_that_part_too),
        cmocka_unit_test(composite_operations_are_not_allowed),
        cmocka_unit_test(of_two_faults_the_first_in_the_order_of_checks_is_answered),
    };

    return RUN_TESTS(codes);
}
