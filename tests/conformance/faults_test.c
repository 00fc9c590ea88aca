/*
 * What peers have got wrong in the field, said to the client in every format: refused whole, and
 * nothing changed.
 */

#include "conformance/bench.h"

struct fault {
    uint16_t format;
    const char *path;
    const char *payload;
    size_t len;
};

#define TEXT_FAULT(format, path, text)                                                         \
    {                                                                                          \
        format, path, text, sizeof(text) - 1                                                   \
    }
#define CLOSE_25 "]]]]]]]]]]]]]]]]]]]]]]]]]"

/* clang-format off */
static const struct fault another_instance[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x08\x01\x07\x85\x00\x42\x00No"),
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"bn\":\"/16/1/\",\"e\":[{\"n\":\"0/0\",\"sv\":\"No\"}]}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/1/0/0\",\"vs\":\"No\"}]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x81\xA2\x00\x69/16/1/0/0\x03\x62No"),
};
static const struct fault another_in_the_midst[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x03\x00\x83\x00\x41\x00N\x03\x01\x83\x00\x41\x00N"),
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"e\":[{\"n\":\"/16/0/0/0\",\"sv\":\"N\"},"
                                              "{\"n\":\"/16/1/0/0\",\"sv\":\"N\"}]}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\"},"
                                              "{\"n\":\"/16/1/0/0\",\"vs\":\"N\"}]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x82\xA2\x00\x69/16/0/0/0\x03\x61N"
                                              "\xA2\x00\x69/16/1/0/0\x03\x61N"),
};
static const struct fault parent_and_child[] = {
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"bn\":\"/16/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"N\"},"
                                              "{\"n\":\"0/0\",\"sv\":\"N\"}]}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\"},"
                                              "{\"n\":\"/16/0/0\",\"vs\":\"N\"}]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x82\xA2\x00\x67/16/0/0\x03\x61N"
                                              "\xA2\x00\x69/16/0/0/0\x03\x61N"),
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\xC1\x00N\x83\x00\x41\x00N"),
};
static const struct fault beyond_the_end[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x98\x00\xFF\xFF\xFF\x41\x00N"),
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x88\x00\x08\x58\x00\xFF\xFF\xFF\x41\x00N"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x81\xA2\x00\x69/16/0/0/0\x03\x7A\x00\xFF\xFF\xFFN"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x9A\x00\xFF\xFF\xFF\xA2\x00\x69/16/0/0/0\x03\x61N"),
    TEXT_FAULT(LN_FORMAT_CBOR,       "/16/0/0/0", "\x7A\x00\xFF\xFF\xFFN"),
};
static const struct fault nested_deeply[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x86\x00\x84\x00\x82\x00\x41\x00"),
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"e\":[],\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[" CLOSE_25 "}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\",\"x\":"
                                              "[[[[[[[[[[[[[[[[[[[[[[[[[" CLOSE_25 "}]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x81\xA3\x00\x69/16/0/0/0\x03\x61N\x61x"
                                              "\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"
                                              "\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"),
};
static const struct fault after_the_end[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x83\x00\x41\x00N\x00"),
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"e\":[{\"n\":\"/16/0/0/0\",\"sv\":\"N\"}]}}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\"}],"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\"}][]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x81\xA2\x00\x69/16/0/0/0\x03\x61N\x00"),
    TEXT_FAULT(LN_FORMAT_CBOR,       "/16/0/0/0", "\x61NN"),
};
static const struct fault twice[] = {
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x86\x00\x41\x00N\x41\x00N"),
    TEXT_FAULT(LN_FORMAT_TLV,        "/16/0", "\x83\x00\x41\x00N\x83\x00\x41\x01N"),
    TEXT_FAULT(LN_FORMAT_JSON,       "/16/0", "{\"bn\":\"/16/0/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"N\"},"
                                              "{\"n\":\"1\",\"sv\":\"N\"},{\"n\":\"0\",\"sv\":\"N\"}]}"),
    TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0", "[{\"n\":\"/16/0/0/0\",\"vs\":\"N\"},"
                                              "{\"n\":\"/16/0/0/0\",\"vs\":\"N\"}]"),
    TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x82\xA2\x00\x69/16/0/0/0\x03\x61N"
                                              "\xA2\x00\x69/16/0/0/0\x03\x61N"),
};
/* clang-format on */

#define PORTFOLIO                                                                              \
    "/16/0/0/0 Host Device ID #1\n"                                                            \
    "/16/0/0/1 Host Device Manufacturer #1\n"                                                  \
    "/16/0/0/2 Host Device Model #1\n"                                                         \
    "/16/0/0/3 Host Device Software Version #1\n"

/* A partial Write of an instance, a Write of anything else. */
static void write_fault(const struct fault *fault)
{
    struct ln_path path;

    CHECK(ln_path_of_text(ln_bytes_of_text(fault->path), &path));
    operate(&(struct ln_operation){.kind = path.depth == 2 ? LN_OPERATION_WRITE_PARTIAL
                                                           : LN_OPERATION_WRITE,
                                   .path = path,
                                   .accept = LN_FORMAT_NONE,
                                   .format = fault->format,
                                   .payload = ln_bytes(fault->payload, fault->len)});
}

#define ALL_REFUSED(rows) all_refused(rows, LN_COUNT(rows))
static void all_refused(const struct fault *rows, size_t count)
{
    given_c3(LN_VERSION_1_1);
    given_object(&portfolio_object, &bench.models.portfolio_store);
    bench.models.portfolio_store.count = 2;
    bench.models.portfolio_ids[1] = 1;
    given_it_is_registered();
    for (size_t i = 0; i < count; i++) {
        write_fault(&rows[i]);
        if (bench.code != LN_COAP_4_00) {
            print_error("row %zu, format %u\n", i, rows[i].format);
        }
        CHECK_CODE("4.00");
    }
    CHECK_CLIENT_SAYS("");
    CHECK_EQ(bench.models.portfolios[1].identity.count, 0);
    read_as("/16/0/0", LN_FORMAT_TLV);
    CHECK_VALUES(PORTFOLIO);
}

TEST(the_payload_of_another_instance_is_refused)
{
    ALL_REFUSED(another_instance);
}

TEST(another_instance_amid_the_right_one_is_refused)
{
    ALL_REFUSED(another_in_the_midst);
}

TEST(a_value_at_a_path_and_below_it_is_refused)
{
    ALL_REFUSED(parent_and_child);
}

/* The device has no memory to allocate: 16 MiB are found to be beyond the payload's end. */
TEST(a_length_beyond_the_end_is_refused)
{
    ALL_REFUSED(beyond_the_end);
}

TEST(deep_nesting_is_refused)
{
    ALL_REFUSED(nested_deeply);
}

TEST(bytes_after_the_end_are_refused)
{
    ALL_REFUSED(after_the_end);
}

TEST(a_path_that_occurs_twice_is_refused)
{
    ALL_REFUSED(twice);
}

/* What the rows above leave out, said right: so it is the faults that are refused. */
TEST(the_same_without_its_fault_is_taken)
{
    static const struct fault right[] = {
        TEXT_FAULT(LN_FORMAT_TLV, "/16/0", "\x83\x00\x41\x02N"),
        TEXT_FAULT(LN_FORMAT_JSON, "/16/0", "{\"e\":[{\"n\":\"/16/0/0/2\",\"sv\":\"N\"}]}"),
        TEXT_FAULT(LN_FORMAT_SENML_JSON, "/16/0",
                   "[{\"n\":\"/16/0/0/2\",\"vs\":\"N\",\"x\":[[1]]}]"),
        TEXT_FAULT(LN_FORMAT_SENML_CBOR, "/16/0", "\x81\xA2\x00\x69/16/0/0/2\x03\x61N"),
        TEXT_FAULT(LN_FORMAT_CBOR, "/16/0/0/2", "\x61N"),
    };

    for (size_t i = 0; i < LN_COUNT(right); i++) {
        given_c3(LN_VERSION_1_1);
        given_object(&portfolio_object, &bench.models.portfolio_store);
        given_it_is_registered();
        write_fault(&right[i]);
        CHECK_CODE("2.04");
        assert_string_equal(bench.models.portfolios[0].identity.values[2], "N");
    }
}

/* The ids of instances are kept as they are, gaps and all, in each format. */
TEST(ids_of_instances_are_kept)
{
    static const uint16_t formats[] = {LN_FORMAT_TLV, LN_FORMAT_JSON, LN_FORMAT_SENML_JSON,
                                       LN_FORMAT_SENML_CBOR};
    struct portfolio *p = bench.models.portfolios;

    for (size_t i = 0; i < LN_COUNT(formats); i++) {
        given_c3(LN_VERSION_1_1);
        given_object(&portfolio_object, &bench.models.portfolio_store);
        bench.models.portfolio_store.count = 2;
        bench.models.portfolio_ids[0] = 3;
        bench.models.portfolio_ids[1] = 700;
        for (int k = 0; k < 2; k++) {
            p[k].identity.count = 1;
            p[k].identity.ids[0] = (uint16_t)(k == 0 ? 9 : 65534);
            CHECK(ln_bytes_to_text(BYTES("x"), p[k].identity.values[0], MODEL_TEXT));
        }
        given_it_is_registered();
        read_as("/16", formats[i]);
        CHECK_VALUES("/16/3/0/9 x\n/16/3/3 0\n/16/700/0/65534 x\n/16/700/3 0\n");
    }
}

int faults_tests(void)
{
    const struct CMUnitTest faults[] = {
        CONFORMANCE_TEST(the_payload_of_another_instance_is_refused),
        CONFORMANCE_TEST(another_instance_amid_the_right_one_is_refused),
        CONFORMANCE_TEST(a_value_at_a_path_and_below_it_is_refused),
        CONFORMANCE_TEST(a_length_beyond_the_end_is_refused),
        CONFORMANCE_TEST(deep_nesting_is_refused),
        CONFORMANCE_TEST(bytes_after_the_end_are_refused),
        CONFORMANCE_TEST(a_path_that_occurs_twice_is_refused),
        CONFORMANCE_TEST(the_same_without_its_fault_is_taken),
        CONFORMANCE_TEST(ids_of_instances_are_kept),
    };

    return RUN_TESTS(faults);
}
