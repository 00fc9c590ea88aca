/* Operations as CoAP requests: written by the server, read by the client. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int operation_tests(void);

static uint8_t datagram[400];
static struct ln_coap_message message;
static struct ln_coap_options options;
static struct ln_operation back;

static size_t write(const struct ln_operation *operation, const char *root)
{
    struct ln_coap_token token = {{0}, 0};
    struct ln_coap_builder b = ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON,
                                             ln_operation_code(operation->kind), 1, &token);

    ln_operation_write(&b, operation, ln_bytes_of_text(root));
    return ln_coap_finish(&b);
}

static ln_err read_back(size_t length)
{
    CHECK_OK(ln_coap_parse(ln_bytes(datagram, length), &message));
    CHECK_OK(ln_coap_options(&message, &options));
    return ln_operation_read(&message, &options, &back);
}

/* Everything after the message's header of four bytes. */
#define CHECK_REQUEST(operation, root, code_, literal)                                         \
    do {                                                                                       \
        size_t length_ = write(&(operation), (root));                                          \
        CHECK_EQ(datagram[1], (code_));                                                        \
        CHECK_BYTES(ln_bytes(datagram + 4, length_ - 4), literal);                             \
    } while (0)

static struct ln_operation an_operation(enum ln_operation_kind kind, struct ln_path path)
{
    return (struct ln_operation){
        .kind = kind, .path = path, .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE};
}

TEST(a_read_is_a_get_of_its_path)
{
    struct ln_operation read = an_operation(LN_OPERATION_READ, ln_path_instance(3, 0));

    CHECK_REQUEST(read, "", LN_COAP_GET,
                  "\xb1"
                  "3" /* Uri-Path */
                  "\x01"
                  "0");
    read.accept = LN_FORMAT_TLV;
    CHECK_REQUEST(read, "/lwm2m", LN_COAP_GET,
                  "\xb5"
                  "lwm2m"
                  "\x01"
                  "3"
                  "\x01"
                  "0"
                  "\x62\x2d\x16"); /* Accept 11542 */
}

TEST(a_root_path_of_several_segments_is_decoded)
{
    struct ln_operation read = an_operation(LN_OPERATION_READ, ln_path_object(3));

    CHECK_REQUEST(read, "/a%20b/c", LN_COAP_GET,
                  "\xb3"
                  "a b"
                  "\x01"
                  "c"
                  "\x01"
                  "3");
    CHECK_EQ(write(&read, "/a%2"), 0);
    CHECK_EQ(write(&read, "/a%zz"), 0);
}

TEST(a_discover_accepts_links)
{
    struct ln_operation discover = an_operation(LN_OPERATION_DISCOVER, ln_path_object(3));

    CHECK_REQUEST(discover, "", LN_COAP_GET,
                  "\xb1"
                  "3"
                  "\x61\x28");
}

TEST(a_write_puts_and_a_partial_one_posts)
{
    struct ln_operation write_ = an_operation(LN_OPERATION_WRITE, ln_path_resource(3, 0, 14));

    write_.format = LN_FORMAT_TEXT;
    write_.payload = BYTES("+02:00");
    /* Content-Format 0 has no bytes. */
    CHECK_REQUEST(write_, "", LN_COAP_PUT,
                  "\xb1"
                  "3"
                  "\x01"
                  "0"
                  "\x02"
                  "14"
                  "\x10"
                  "\xff+02:00");
    write_.kind = LN_OPERATION_WRITE_PARTIAL;
    write_.path = ln_path_instance(3, 0);
    CHECK_REQUEST(write_, "", LN_COAP_POST,
                  "\xb1"
                  "3"
                  "\x01"
                  "0"
                  "\x10"
                  "\xff+02:00");
}

TEST(attributes_are_written_in_the_query)
{
    struct ln_operation attributes =
        an_operation(LN_OPERATION_WRITE_ATTRIBUTES, ln_path_object(3));

    attributes.query = BYTES("pmin=10&gt");
    CHECK_REQUEST(attributes, "", LN_COAP_PUT,
                  "\xb1"
                  "3"
                  "\x47"
                  "pmin=10"
                  "\x02"
                  "gt");
}

TEST(an_execute_says_the_format_of_its_arguments_if_it_has_any)
{
    struct ln_operation execute = an_operation(LN_OPERATION_EXECUTE, ln_path_resource(3, 0, 4));

    CHECK_REQUEST(execute, "", LN_COAP_POST,
                  "\xb1"
                  "3"
                  "\x01"
                  "0"
                  "\x01"
                  "4");
    execute.payload = BYTES("0='x'");
    CHECK_REQUEST(execute, "", LN_COAP_POST,
                  "\xb1"
                  "3"
                  "\x01"
                  "0"
                  "\x01"
                  "4"
                  "\x10"
                  "\xff"
                  "0='x'");
}

TEST(each_operation_reads_back_as_it_was_written)
{
    static const struct {
        enum ln_operation_kind kind;
        struct ln_path path;
        uint16_t format;
        const char *payload;
        const char *query;
    } operations[] = {
        {LN_OPERATION_READ, {{3}, 1}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_READ, {{3, 0}, 2}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_READ, {{3, 0, 1}, 3}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_READ, {{3, 0, 6, 1}, 4}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_DISCOVER, {{3}, 1}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_DISCOVER, {{3, 0}, 2}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_DISCOVER, {{3, 0, 1}, 3}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_WRITE, {{1, 0}, 2}, LN_FORMAT_TLV, "x", ""},
        {LN_OPERATION_WRITE, {{1, 0, 1}, 3}, LN_FORMAT_TEXT, "60", ""},
        {LN_OPERATION_WRITE, {{3, 0, 15}, 3}, LN_FORMAT_TEXT, "", ""},
        {LN_OPERATION_WRITE, {{3, 0, 6, 1}, 4}, LN_FORMAT_TEXT, "1", ""},
        {LN_OPERATION_WRITE_PARTIAL, {{1, 0}, 2}, LN_FORMAT_TLV, "x", ""},
        {LN_OPERATION_WRITE_ATTRIBUTES, {{1, 0}, 2}, LN_FORMAT_NONE, "", "pmin=1"},
        {LN_OPERATION_EXECUTE, {{3, 0, 4}, 3}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_EXECUTE, {{3, 0, 4}, 3}, LN_FORMAT_TEXT, "0", ""},
        {LN_OPERATION_CREATE, {{3303}, 1}, LN_FORMAT_TLV, "x", ""},
        {LN_OPERATION_CREATE, {{3303}, 1}, LN_FORMAT_NONE, "", ""},
        {LN_OPERATION_DELETE, {{3303, 1}, 2}, LN_FORMAT_NONE, "", ""},
    };

    for (size_t i = 0; i < LN_COUNT(operations); i++) {
        struct ln_operation operation = an_operation(operations[i].kind, operations[i].path);
        operation.format = operations[i].format;
        operation.payload = ln_bytes_of_text(operations[i].payload);
        operation.query = ln_bytes_of_text(operations[i].query);
        CHECK(ln_operation_fits(operation.kind, operation.path, LN_VERSION_1_1));
        CHECK_OK(read_back(write(&operation, "")));
        CHECK_EQ(back.kind, operation.kind);
        CHECK(ln_path_equal(back.path, operation.path));
        CHECK_EQ(back.format, operation.format);
        CHECK(ln_bytes_equal(back.payload, operation.payload));
    }
}

/* A request by hand: method, path, and where they are wanted a format and a payload. */
static ln_err read_request(uint8_t method, const char *path, int format, const char *payload)
{
    struct ln_coap_token token = {{0}, 0};
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON, method, 1, &token);
    struct ln_reader in = ln_reader(ln_bytes_of_text(path));

    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_PATH, ln_read_until(&in, '/'));
    }
    if (format >= 0) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, (uint32_t)format);
    }
    ln_coap_add_payload(&b, ln_bytes_of_text(payload));
    return read_back(ln_coap_finish(&b));
}

TEST(paths_that_are_none_of_lwm2m_are_not_found)
{
    CHECK_ERR(read_request(LN_COAP_GET, "rd", -1, ""), LN_ERR_NOT_FOUND);
    CHECK_ERR(read_request(LN_COAP_GET, "3/x", -1, ""), LN_ERR_NOT_FOUND);
    CHECK_ERR(read_request(LN_COAP_GET, "65535", -1, ""), LN_ERR_NOT_FOUND);
    CHECK_ERR(read_request(LN_COAP_GET, "3/0/6/1/0", -1, ""), LN_ERR_NOT_FOUND);
    CHECK_ERR(read_request(LN_COAP_GET, "3//0", -1, ""), LN_ERR_NOT_FOUND);
}

TEST(methods_that_a_path_does_not_have_are_not_allowed)
{
    CHECK_ERR(read_request(LN_COAP_GET, "", -1, ""), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_PUT, "3", LN_FORMAT_TLV, "x"), LN_ERR_NOT_ALLOWED);
    struct ln_operation discover =
        an_operation(LN_OPERATION_DISCOVER, ln_path_add(ln_path_resource(3, 0, 6), 1));
    CHECK_ERR(read_back(write(&discover, "")), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_POST, "", -1, ""), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_POST, "3/0/6/1", -1, ""), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_DELETE, "3", -1, ""), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_DELETE, "3/0/1", -1, ""), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_FETCH, "3", 112, "x"), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_PATCH, "3/0", 112, "x"), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(LN_COAP_IPATCH, "3/0", 112, "x"), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(read_request(9, "3/0", -1, ""), LN_ERR_NOT_ALLOWED);
}

TEST(a_write_or_create_must_say_its_format)
{
    CHECK_ERR(read_request(LN_COAP_PUT, "3/0/14", -1, "x"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read_request(LN_COAP_PUT, "3/0/14", -1, ""), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read_request(LN_COAP_POST, "3/0", -1, "x"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read_request(LN_COAP_POST, "3/0", -1, ""), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read_request(LN_COAP_POST, "3303", -1, "x"), LN_ERR_BAD_REQUEST);
}

TEST(resource_instances_are_targets_from_1_1_on)
{
    struct ln_path path = ln_path_add(ln_path_resource(3, 0, 6), 0);

    CHECK(!ln_operation_fits(LN_OPERATION_READ, path, LN_VERSION_1_0));
    CHECK(ln_operation_fits(LN_OPERATION_READ, path, LN_VERSION_1_1));
    CHECK(!ln_operation_fits(LN_OPERATION_WRITE, path, LN_VERSION_1_0));
    CHECK(ln_operation_fits(LN_OPERATION_WRITE, path, LN_VERSION_1_1));
    CHECK(ln_operation_fits(LN_OPERATION_WRITE_ATTRIBUTES, path, LN_VERSION_1_1));
    CHECK(!ln_operation_fits(LN_OPERATION_DELETE, path, LN_VERSION_1_1));
    CHECK(ln_operation_fits(LN_OPERATION_DELETE, path, LN_VERSION_1_2));
}

TEST(a_path_of_the_wrong_depth_is_no_target)
{
    for (int kind = LN_OPERATION_READ; kind <= LN_OPERATION_DELETE; kind++) {
        CHECK(!ln_operation_fits((enum ln_operation_kind)kind, ln_path_root(), LN_VERSION_1_2));
    }
    CHECK(!ln_operation_fits(LN_OPERATION_WRITE, ln_path_object(3), LN_VERSION_1_2));
    CHECK(!ln_operation_fits(LN_OPERATION_EXECUTE, ln_path_instance(3, 0), LN_VERSION_1_2));
    CHECK(!ln_operation_fits(LN_OPERATION_CREATE, ln_path_instance(3, 0), LN_VERSION_1_2));
    CHECK(!ln_operation_fits(LN_OPERATION_DELETE, ln_path_object(3), LN_VERSION_1_2));
    CHECK(!ln_operation_fits(LN_OPERATION_DELETE, ln_path_resource(3, 0, 1), LN_VERSION_1_2));
    CHECK(!ln_operation_fits(LN_OPERATION_WRITE_PARTIAL, ln_path_resource(3, 0, 6),
                             LN_VERSION_1_1));
    CHECK(ln_operation_fits(LN_OPERATION_WRITE_PARTIAL, ln_path_resource(3, 0, 6),
                            LN_VERSION_1_2));
}

TEST(operations_have_names)
{
    assert_string_equal(ln_operation_name(LN_OPERATION_READ), "read");
    assert_string_equal(ln_operation_name(LN_OPERATION_WRITE_ATTRIBUTES), "write-attributes");
    assert_string_equal(ln_operation_name(LN_OPERATION_DELETE), "delete");
}

int operation_tests(void)
{
    static const struct CMUnitTest operations[] = {
        cmocka_unit_test(a_read_is_a_get_of_its_path),
        cmocka_unit_test(a_root_path_of_several_segments_is_decoded),
        cmocka_unit_test(a_discover_accepts_links),
        cmocka_unit_test(a_write_puts_and_a_partial_one_posts),
        cmocka_unit_test(attributes_are_written_in_the_query),
        cmocka_unit_test(an_execute_says_the_format_of_its_arguments_if_it_has_any),
        cmocka_unit_test(each_operation_reads_back_as_it_was_written),
        cmocka_unit_test(paths_that_are_none_of_lwm2m_are_not_found),
        cmocka_unit_test(methods_that_a_path_does_not_have_are_not_allowed),
        cmocka_unit_test(a_write_or_create_must_say_its_format),
        cmocka_unit_test(resource_instances_are_targets_from_1_1_on),
        cmocka_unit_test(a_path_of_the_wrong_depth_is_no_target),
        cmocka_unit_test(operations_have_names),
    };
    return RUN_TESTS(operations);
}
