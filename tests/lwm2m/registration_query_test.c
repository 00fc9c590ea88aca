/* The query of a Register and Update, with the requests that other servers tripped over. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int registration_query_tests(void);

static uint8_t datagram[600];
static struct ln_registration_query query;

/* Reads a request whose query items are those between the ampersands. */
static ln_err read(const char *text, enum ln_version registered)
{
    struct ln_coap_token token = {{0}, 0};
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON, LN_COAP_POST, 1, &token);
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    struct ln_coap_message m;

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "rd");
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_QUERY, ln_read_until(&in, '&'));
    }
    CHECK_OK(ln_coap_parse(ln_bytes(datagram, ln_coap_finish(&b)), &m));
    return ln_registration_query_read(&m, registered, &query);
}

static ln_err register_(const char *text)
{
    return read(text, LN_VERSION_NONE);
}

TEST(a_full_register_is_read)
{
    CHECK_OK(register_("ep=urn:dev:1&lt=300&lwm2m=1.1&b=UT&Q&sms=33611223344"));
    CHECK(query.has_endpoint && query.has_lifetime && query.has_version && query.has_binding);
    CHECK(query.has_queue && query.has_sms);
    CHECK_TEXT(query.endpoint, "urn:dev:1");
    CHECK_EQ(query.lifetime, 300);
    CHECK_EQ(query.version, LN_VERSION_1_1);
    CHECK_EQ(query.binding, LN_BINDING_U | LN_BINDING_T | LN_BINDING_Q);
    CHECK_TEXT(query.sms, "33611223344");
    CHECK_EQ(query.extra_count, 0);
}

TEST(what_a_register_does_not_say_has_its_default)
{
    CHECK_OK(register_(""));
    CHECK(!query.has_endpoint && !query.has_lifetime && !query.has_version);
    CHECK(!query.has_binding && !query.has_queue && !query.has_sms);
    CHECK_EQ(query.version, LN_VERSION_1_0);
    CHECK_EQ(query.lifetime, 86400);
    CHECK_EQ(query.binding, LN_BINDING_U);
}

TEST(the_binding_is_read_by_a_version_that_comes_after_it)
{
    CHECK_OK(register_("b=UT&lwm2m=1.1&ep=a"));
    CHECK_ERR(register_("b=UQ&lwm2m=1.1&ep=a"), LN_ERR_BAD_REQUEST);
    CHECK_OK(register_("b=UQ&lwm2m=1.0&ep=a"));
    CHECK_EQ(query.binding, LN_BINDING_U | LN_BINDING_Q);
    CHECK_ERR(register_("b=UT&lwm2m=1.0&ep=a"), LN_ERR_BAD_REQUEST);
}

TEST(lifetimes_from_never_to_the_largest_are_taken)
{
    CHECK_OK(register_("lt=0"));
    CHECK(query.has_lifetime);
    CHECK_EQ(query.lifetime, 0);
    CHECK_OK(register_("lt=4294967295"));
    CHECK_EQ(query.lifetime, 4294967295);
    CHECK_ERR(register_("lt=4294967296"), LN_ERR_BAD_REQUEST);
}

TEST(malformed_parameters_are_refused)
{
    static const char *const texts[] = {
        "ep",
        "ep=",
        "lt",
        "lt=",
        "lt=abc",
        "lt=-1",
        "lt=1.5",
        "lt=60s",
        "lt= 60",
        "lt=99999999999999999999999",
        "b",
        "b=",
        "b=X",
        "lwm2m",
        "lwm2m=",
        "lwm2m=1",
        "lwm2m=1.0.2",
        "lwm2m=one",
        "sms",
        "sms=",
        "sms=+33611223344",
        "sms=336a",
        "lwm2m=1.1&Q=",
        "lwm2m=1.1&Q=1",
        "lwm2m=1.1&Q=true",
        "sms=1234567890123456789012345678901234567890123456789012345678901234",
        "ep=\xff\xfe",
        "foo=\xc3",
        "ep=a&\xff",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_ERR(register_(texts[i]), LN_ERR_BAD_REQUEST);
    }
}

TEST(a_known_parameter_may_stand_once)
{
    CHECK_ERR(register_("ep=a&ep=a"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("lt=60&ep=a&lt=60"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("lwm2m=1.0&lwm2m=1.1"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("b=U&b=S"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("sms=1&sms=2"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("lwm2m=1.1&Q&Q"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("lwm2m=1.1&Q&q"), LN_ERR_BAD_REQUEST);
}

TEST(versions_that_are_not_ours_have_an_error_of_their_own)
{
    CHECK_ERR(register_("ep=a&lwm2m=1.2"), LN_ERR_VERSION);
    CHECK_ERR(register_("ep=a&lwm2m=2.0"), LN_ERR_VERSION);
    CHECK_ERR(register_("ep=a&lwm2m=0.9"), LN_ERR_VERSION);
    /* What else it says is of that version too, so it is not looked at. */
    CHECK_ERR(register_("ep=a&b=UMH&lwm2m=1.2"), LN_ERR_VERSION);
}

TEST(the_queue_parameter_is_of_1_1)
{
    CHECK_OK(register_("lwm2m=1.1&Q"));
    CHECK_EQ(query.binding, LN_BINDING_U | LN_BINDING_Q);
    CHECK_OK(register_("lwm2m=1.1&q"));
    CHECK_EQ(query.binding, LN_BINDING_U | LN_BINDING_Q);
    CHECK_ERR(register_("lwm2m=1.0&Q"), LN_ERR_BAD_REQUEST);
    CHECK_ERR(register_("lwm2m=1.0&b=UQ&Q"), LN_ERR_BAD_REQUEST);
}

TEST(unknown_parameters_are_counted_and_kept)
{
    CHECK_OK(register_("ep=a&et=sensor&foo&lt=60&EP=b&foo&q=1&pid=6:27354b9a"));
    CHECK_EQ(query.extra_count, 6);
    CHECK_TEXT(query.endpoint, "a");
    CHECK(ln_registration_parameter_known(BYTES("ep=a")));
    CHECK(ln_registration_parameter_known(BYTES("lwm2m")));
    CHECK(ln_registration_parameter_known(BYTES("Q")));
    CHECK(ln_registration_parameter_known(BYTES("q")));
    CHECK(!ln_registration_parameter_known(BYTES("q=1")));
    CHECK(!ln_registration_parameter_known(BYTES("EP=a")));
    CHECK(!ln_registration_parameter_known(BYTES("e=p")));
    CHECK(!ln_registration_parameter_known(BYTES("")));
}

TEST(values_are_bytes_and_not_percent_coded)
{
    CHECK_OK(register_("ep=a%20b=c"));
    CHECK_TEXT(query.endpoint, "a%20b=c");
}

TEST(an_endpoint_name_may_fill_its_option)
{
    char text[3 + 252 + 1] = "ep=";

    memset(text + 3, 'x', 252);
    CHECK_OK(register_(text));
    CHECK_EQ(query.endpoint.len, 252);
}

TEST(an_update_says_only_what_changed)
{
    CHECK_OK(read("", LN_VERSION_1_1));
    CHECK(!query.has_lifetime && !query.has_binding && !query.has_sms && !query.has_queue);
    CHECK_EQ(query.version, LN_VERSION_1_1);
    CHECK_OK(read("lt=20&b=UT&Q&sms=12&foo=bar", LN_VERSION_1_1));
    CHECK_EQ(query.lifetime, 20);
    CHECK_EQ(query.binding, LN_BINDING_U | LN_BINDING_T | LN_BINDING_Q);
    CHECK_TEXT(query.sms, "12");
    CHECK_EQ(query.extra_count, 1);
}

TEST(an_update_is_read_by_the_version_that_was_registered)
{
    CHECK_OK(read("b=UQ", LN_VERSION_1_0));
    CHECK_ERR(read("b=UQ", LN_VERSION_1_1), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read("b=UT", LN_VERSION_1_0), LN_ERR_BAD_REQUEST);
}

TEST(an_update_cannot_change_name_or_version)
{
    CHECK_ERR(read("ep=a", LN_VERSION_1_1), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read("lwm2m=1.1", LN_VERSION_1_1), LN_ERR_BAD_REQUEST);
}

TEST(an_update_with_a_malformed_parameter_is_refused)
{
    static const char *const texts[] = {"lt=", "lt=abc", "Q=1", "sms", "b=", "lt=1&lt=1"};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_ERR(read(texts[i], LN_VERSION_1_1), LN_ERR_BAD_REQUEST);
    }
}

int registration_query_tests(void)
{
    static const struct CMUnitTest registration_queries[] = {
        cmocka_unit_test(a_full_register_is_read),
        cmocka_unit_test(what_a_register_does_not_say_has_its_default),
        cmocka_unit_test(the_binding_is_read_by_a_version_that_comes_after_it),
        cmocka_unit_test(lifetimes_from_never_to_the_largest_are_taken),
        cmocka_unit_test(malformed_parameters_are_refused),
        cmocka_unit_test(a_known_parameter_may_stand_once),
        cmocka_unit_test(versions_that_are_not_ours_have_an_error_of_their_own),
        cmocka_unit_test(the_queue_parameter_is_of_1_1),
        cmocka_unit_test(unknown_parameters_are_counted_and_kept),
        cmocka_unit_test(values_are_bytes_and_not_percent_coded),
        cmocka_unit_test(an_endpoint_name_may_fill_its_option),
        cmocka_unit_test(an_update_says_only_what_changed),
        cmocka_unit_test(an_update_is_read_by_the_version_that_was_registered),
        cmocka_unit_test(an_update_cannot_change_name_or_version),
        cmocka_unit_test(an_update_with_a_malformed_parameter_is_refused),
    };
    return RUN_TESTS(registration_queries);
}
