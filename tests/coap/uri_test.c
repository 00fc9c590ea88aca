/* URIs taken apart, and as options. */

#include "coap_test.h"

static struct ln_uri uri;

static bool reads(const char *text)
{
    return ln_uri_of_text(ln_bytes_of_text(text), &uri);
}

TEST(a_uri_is_taken_apart)
{
    CHECK(reads("coap://example.net:61616/a/b%20c?x=1&y"));
    CHECK_TEXT(uri.scheme, "coap");
    CHECK_TEXT(uri.host, "example.net");
    CHECK_EQ(uri.port, 61616);
    CHECK_TEXT(uri.path, "/a/b%20c");
    CHECK_TEXT(uri.query, "x=1&y");
    CHECK(!uri.is_ipv6);
}

TEST(what_is_left_out_is_empty)
{
    CHECK(reads("http://192.0.2.1"));
    CHECK_EQ(uri.port, 0);
    CHECK_TEXT(uri.path, "");
    CHECK_TEXT(uri.query, "");
    CHECK(reads("coap://host:/?"));
    CHECK_EQ(uri.port, 0);
    CHECK_TEXT(uri.path, "/");
    CHECK(reads("coap://host?q"));
    CHECK_TEXT(uri.host, "host");
    CHECK_TEXT(uri.query, "q");
}

TEST(an_ipv6_address_stands_in_brackets)
{
    CHECK(reads("coaps://[2001:db8::192.168.1.1]:5684/x"));
    CHECK_TEXT(uri.host, "2001:db8::192.168.1.1");
    CHECK(uri.is_ipv6);
    CHECK_EQ(uri.port, 5684);
    CHECK(reads("coap://[2001:db8::ff00:42:8329%25zoneid]"));
}

TEST(a_scheme_counts_the_same_in_either_case)
{
    CHECK(reads("CoAPs://host"));
    CHECK(ln_uri_has_scheme(&uri, "coaps"));
    CHECK(!ln_uri_has_scheme(&uri, "coap"));
    CHECK(!ln_uri_has_scheme(&uri, "coaps+tcp"));
}

TEST(what_is_no_uri_is_refused)
{
    static const char *const wrong[] = {
        "",
        "coap",
        "coap:",
        "coap:localhost",
        "coap:/localhost",
        "coap//host",
        "://host",
        "coap://",
        "coap:///image",
        "coap://:5683/",
        "1coap://host",
        "co_ap://host",
        "coap://host:x",
        "coap://host:0",
        "coap://host:65536",
        "coap://host:-1",
        "coap://ho st/",
        "coap://host/a b",
        "coap://host/%",
        "coap://host/%4",
        "coap://host/%4g",
        "coap://host/a#b",
        "coap://user@host/",
        "coap://[::1",
        "coap://[]/",
        "coap://[::1]x/",
        "coap://host/\xc3\xa9",
        "coap://h\"ost",
        "coap://host/<x>",
        "coap://[::1]5683",
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        if (reads(wrong[i])) {
            fail_msg("%s is taken for a URI", wrong[i]);
        }
    }
}

static struct ln_bytes as_options(const char *text)
{
    static uint8_t buffer[300];
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_GET, 0, NULL);

    CHECK(reads(text));
    ln_coap_add_uri(&b, &uri);
    size_t len = ln_coap_finish(&b);
    return len == 0 ? ln_bytes(NULL, 0) : ln_bytes(buffer + 4, len - 4);
}

/* spec: RFC 7252 §6.4 */
TEST(its_parts_are_options_of_the_request)
{
    CHECK_BYTES(as_options("coap://192.0.2.1/fw/a%2Fb?v=1&x"), "\xb2"
                                                               "fw"
                                                               "\x03"
                                                               "a/b"
                                                               "\x43"
                                                               "v=1"
                                                               "\x01"
                                                               "x");
    CHECK_BYTES(as_options("coap://fw.example/a"), "\x3a"
                                                   "fw.example"
                                                   "\x81"
                                                   "a");
    CHECK_BYTES(as_options("coap://[::1]/a/"), "\xb1"
                                               "a"
                                               "\x00");
    CHECK_BYTES(as_options("coap://192.0.2.1"), "");
    CHECK_BYTES(as_options("coap://192.0.2.1/"), "");
    CHECK_BYTES(as_options("coap://192.0.2.1//a"), "\xb0\x01"
                                                   "a");
}

TEST(an_option_has_255_bytes_at_most)
{
    char text[280];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_text(&w, "coap://192.0.2.1/");
    while (w.written < 17 + 255) {
        ln_write_u8(&w, 'a');
    }
    struct ln_writer more = w;
    ln_write_u8(&w, '\0');
    CHECK_EQ(as_options(text).len, 2 + 255);
    ln_write_text(&more, "a");
    ln_write_u8(&more, '\0');
    CHECK_EQ(as_options(text).len, 0);
}

int uri_tests(void)
{
    const struct CMUnitTest uris[] = {
        cmocka_unit_test(a_uri_is_taken_apart),
        cmocka_unit_test(what_is_left_out_is_empty),
        cmocka_unit_test(an_ipv6_address_stands_in_brackets),
        cmocka_unit_test(a_scheme_counts_the_same_in_either_case),
        cmocka_unit_test(what_is_no_uri_is_refused),
        cmocka_unit_test(its_parts_are_options_of_the_request),
        cmocka_unit_test(an_option_has_255_bytes_at_most),
    };

    return RUN_TESTS(uris);
}
