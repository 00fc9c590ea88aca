/* What is wrong is answered or dropped, counted, and changes nothing. spec: RFC 7252 §4.2,
 * §5.4.1 */

#include "support.h"

#include <stdio.h>

static struct ln_peer one;

/* Two devices and an operation under way: state that bad input could spoil. */
static void given_a_server_in_use(void)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(8, "eight");
    given_a_registered_device(9, "nine");
    given_a_read("eight", 1);
    then_it_sends();
}

static uint64_t counter_at(size_t offset)
{
    uint64_t value;

    memcpy(&value, (const char *)ln_server_counters(server) + offset, sizeof(value));
    return value;
}

static uint64_t sum_of_faults(void)
{
    const struct ln_server_counters *c = ln_server_counters(server);

    return c->malformed + c->bad_options + c->bad_requests + c->not_found + c->not_allowed +
           c->bad_formats + c->bad_versions + c->refused_full + c->unexpected + c->wrong_peer +
           c->incomplete + c->too_large + c->pings;
}

#define COUNTS(name) offsetof(struct ln_server_counters, name)

/* ---- Requests ---- */

static const struct bad_request {
    const char *what;
    const char *payload;
    uint16_t format;
    uint8_t code;
    size_t counter;
} bad_requests[] = {
    /* clang-format off */
    /* The query of a Register. */
    { "POST /rd",                       "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?lt=60",                 "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep",                    "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=",                   "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&ep=b",             "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=\xFF",               "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt",               "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt=",              "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt=abc",           "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt=-1",            "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt=4294967296",    "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lt=60&lt=60",      "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=",           "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=1",          "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=9.0",        "</3/0>", 40, LN_COAP_4_12, COUNTS(bad_versions) },
    { "POST /rd?ep=a&b=",               "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&b=X",              "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=1.1&b=UQ",   "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=1.0&b=UT",   "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&lwm2m=1.1&Q=1",    "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&sms",              "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a&sms=",             "</3/0>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    /* Its payload. */
    { "POST /rd?ep=a",         "",       40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "",   0xFFFF, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>", 0xFFFF, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>", 0,  LN_COAP_4_15, COUNTS(bad_formats) },
    { "POST /rd?ep=a",         "</3/0>", 11542, LN_COAP_4_15, COUNTS(bad_formats) },
    { "POST /rd?ep=a",         "empty",  40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "<>",     40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0",  40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>,", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>;", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0> ,</4>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>;ver=", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>;ver=x", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0/1>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</65535>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</>;rt=\"oma.lwm2m\"", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</a/3/0>,</b>", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    { "POST /rd?ep=a",         "</3/0>,\"", 40, LN_COAP_4_00, COUNTS(bad_requests) },
    /* Paths and methods. */
    { "GET /rd",                        "",   0xFFFF, LN_COAP_4_05, COUNTS(not_allowed) },
    { "PUT /rd?ep=a",                   "</3/0>", 40, LN_COAP_4_05, COUNTS(not_allowed) },
    { "DELETE /rd",                     "",   0xFFFF, LN_COAP_4_05, COUNTS(not_allowed) },
    { "GET /rd/AAAAAAAAAAA",            "",   0xFFFF, LN_COAP_4_05, COUNTS(not_allowed) },
    { "FETCH /rd",                      "",   0xFFFF, LN_COAP_4_05, COUNTS(not_allowed) },
    { "POST /bs?ep=a",                  "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /dp",                       "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "GET /.well-known/core",          "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /",                         "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /RD?ep=a",                  "</3/0>", 40, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /rdx?ep=a",                 "</3/0>", 40, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /rd/AAAAAAAAAAA",           "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /rd/AAAAAAAAAAA?lt=x",      "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /rd/A",                     "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "POST /rd/AAAAAAAAAAA/x",         "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "DELETE /rd/AAAAAAAAAAA",         "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    { "DELETE /rd/A/A/A/A/A/A",         "",   0xFFFF, LN_COAP_4_04, COUNTS(not_found) },
    /* clang-format on */
};

TEST(a_bad_request_is_refused_counted_and_changes_nothing)
{
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);

    for (uint16_t i = 0; i < LN_COUNT(bad_requests); i++) {
        const struct bad_request *bad = &bad_requests[i];
        struct datagram d = request(LN_COAP_CON, i, bad->what, bad->format, bad->payload);
        uint64_t count = counter_at(bad->counter);
        uint64_t faults = sum_of_faults();
        arrives(&one, &d);
        struct sent answer = then_it_sends();
        if (answer.message.code != bad->code || counter_at(bad->counter) != count + 1 ||
            sum_of_faults() != faults + 1 || ln_server_digest(server) != digest) {
            print_error("row %u: %s | %s\n", i, bad->what, bad->payload);
        }
        CHECK_EQ(answer.message.code, bad->code);
        CHECK_EQ(answer.message.type, LN_COAP_ACK);
        CHECK_EQ(counter_at(bad->counter), count + 1);
        CHECK_EQ(sum_of_faults(), faults + 1);
        CHECK_EQ(ln_server_digest(server), digest);
        then_it_is_silent();
        then_no_event();
    }
    then_all_is_given_back();
}

/* spec: RFC 7252 §4.3, §5.2.3 */
TEST(a_bad_request_that_is_non_confirmable_is_answered_non_confirmably)
{
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);
    uint16_t last = 0;

    for (uint16_t i = 0; i < LN_COUNT(bad_requests); i++) {
        const struct bad_request *bad = &bad_requests[i];
        struct datagram d = request(LN_COAP_NON, i, bad->what, bad->format, bad->payload);
        arrives(&one, &d);
        struct sent answer = then_it_answers(bad->code);
        CHECK_EQ(answer.message.type, LN_COAP_NON);
        CHECK_EQ(answer.message.token.len, 3);
        assert_true(i == 0 || answer.message.id != last);
        last = answer.message.id;
    }
    CHECK_EQ(ln_server_digest(server), digest);
    then_all_is_given_back();
}

TEST(a_register_must_be_confirmable)
{
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);
    struct datagram d = request(LN_COAP_NON, 1, "POST /rd?ep=a", LN_FORMAT_LINK, object_list);

    arrives(&one, &d);

    CHECK_EQ(then_it_answers(LN_COAP_4_00).message.type, LN_COAP_NON);
    CHECK_EQ(ln_server_digest(server), digest);
    then_all_is_given_back();
}

TEST(names_and_parameters_have_a_longest_length)
{
    char what[600];
    char long_name[257];
    given_a_server_in_use();
    memset(long_name, 'n', 256);
    long_name[256] = '\0';
    uint64_t digest = ln_server_digest(server);

    snprintf(what, sizeof(what), "POST /rd?ep=%s", long_name);
    struct datagram d = request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code / 32, 4);
    snprintf(what, sizeof(what), "POST /rd?ep=a&x=%.200s&y=%.51s", long_name, long_name);
    d = request(LN_COAP_CON, 2, what, LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code / 32, 4);
    CHECK_EQ(ln_server_digest(server), digest);

    snprintf(what, sizeof(what), "POST /rd?ep=%.252s&x=%.200s&y=%.50s", long_name, long_name,
             long_name);
    d = request(LN_COAP_CON, 3, what, LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);
    struct ln_registration *made = ln_server_find(server, ln_bytes(long_name, 252));
    struct ln_registration_view view;
    assert_non_null(made);
    ln_registration_get(made, &view);
    CHECK_EQ(view.extra.len, 2 + 200 + 1 + 2 + 50);
    then_all_is_given_back();
}

static const char *const bad_update_queries[] = {
    "lt=",  "lt=x",  "lt=1&lt=1",     "b=",     "b=UQ",      "b=X",    "Q=1",
    "sms=", "sms=x", "lt=4294967296", "ep=one", "lwm2m=1.1", "x=\xFF",
};

TEST(a_bad_update_of_a_known_location_changes_nothing)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    one = device(1);
    struct ln_peer elsewhere = device(2);
    uint64_t digest = ln_server_digest(server);
    char what[64];
    uint16_t id = 0;

    for (size_t i = 0; i < LN_COUNT(bad_update_queries); i++) {
        struct datagram d = update(id++, &place, bad_update_queries[i]);
        arrives(&elsewhere, &d);
        then_it_answers(LN_COAP_4_00);
        CHECK_EQ(ln_server_digest(server), digest);
    }
    snprintf(what, sizeof(what), "POST /%s", place.text);
    for (size_t i = 0; i < LN_COUNT(bad_requests); i++) {
        const struct bad_request *bad = &bad_requests[i];
        if (strcmp(bad->what, "POST /rd?ep=a") != 0 || bad->payload[0] == '\0') {
            continue;
        }
        struct datagram d = request(LN_COAP_CON, id++, what, bad->format, bad->payload);
        arrives(&elsewhere, &d);
        then_it_answers(bad->code);
        CHECK_EQ(ln_server_digest(server), digest);
    }
    then_no_event();
    then_all_is_given_back();
}

/* ---- Options ---- */

static struct datagram register_with_option(enum ln_coap_type type, uint16_t id,
                                            uint16_t number, struct ln_bytes value)
{
    static const struct {
        uint16_t number;
        const char *value;
    } own[] = {{LN_COAP_URI_PATH, "rd"},
               {LN_COAP_CONTENT_FORMAT, "\x28"},
               {LN_COAP_URI_QUERY, "ep=a"}};
    struct datagram d;
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), type, LN_COAP_POST, id, NULL);
    bool added = false;

    for (size_t i = 0; i < LN_COUNT(own); i++) {
        if (!added && number < own[i].number) {
            ln_coap_add(&b, number, value);
            added = true;
        }
        ln_coap_add_text(&b, own[i].number, own[i].value);
    }
    if (!added) {
        ln_coap_add(&b, number, value);
    }
    ln_coap_add_payload(&b, BYTES("</3/0>"));
    d.length = ln_coap_finish(&b);
    return d;
}

TEST(an_unknown_critical_option_is_refused_and_of_a_non_confirmable_dropped)
{
    static const uint16_t numbers[] = {
        LN_COAP_IF_MATCH, LN_COAP_IF_NONE_MATCH, 9, 13, 99, 2049, 65535};
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);

    for (uint16_t i = 0; i < LN_COUNT(numbers); i++) {
        struct datagram d = register_with_option(LN_COAP_CON, i, numbers[i], BYTES("x"));
        arrives(&one, &d);
        then_it_answers(LN_COAP_4_02);
        d = register_with_option(LN_COAP_NON, (uint16_t)(100 + i), numbers[i], BYTES("x"));
        arrives(&one, &d);
        then_it_is_silent();
        CHECK_EQ(ln_server_counters(server)->bad_options, 2 * (i + 1U));
        CHECK_EQ(ln_server_digest(server), digest);
    }
    then_all_is_given_back();
}

TEST(an_option_that_is_too_long_or_reserved_or_twice_is_refused)
{
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);
    const struct {
        uint16_t number;
        struct ln_bytes value;
        uint8_t code;
    } rows[] = {
        {LN_COAP_ACCEPT, BYTES("123"), LN_COAP_4_02},
        {LN_COAP_URI_PORT, BYTES("123"), LN_COAP_4_02},
        {LN_COAP_BLOCK1, BYTES("1234"), LN_COAP_4_02},
        {LN_COAP_BLOCK1, BYTES("\x07"), LN_COAP_4_00},
        {LN_COAP_BLOCK1, BYTES("\x0E"), LN_COAP_4_00}, /* the first of more, but not full */
        {LN_COAP_BLOCK1, BYTES("\x16"), LN_COAP_4_08}, /* the second, without the first */
        {LN_COAP_PROXY_URI, BYTES("coap://x"), LN_COAP_CODE(5, 5)},
        {LN_COAP_PROXY_SCHEME, BYTES("coap"), LN_COAP_CODE(5, 5)},
    };

    for (uint16_t i = 0; i < LN_COUNT(rows); i++) {
        struct datagram d = register_with_option(LN_COAP_CON, i, rows[i].number, rows[i].value);
        uint64_t faults = sum_of_faults();
        arrives(&one, &d);
        then_it_answers(rows[i].code);
        CHECK_EQ(sum_of_faults(), faults + 1);
        CHECK_EQ(ln_server_digest(server), digest);
    }
    then_all_is_given_back();
}

TEST(an_unknown_elective_option_does_not_matter)
{
    static const uint16_t numbers[] = {2, 10, 20, 100, 2048, 65000};
    given_a_server();
    one = device(1);

    for (uint16_t i = 0; i < LN_COUNT(numbers); i++) {
        struct datagram d = register_with_option(LN_COAP_CON, i, numbers[i], BYTES("x"));
        arrives(&one, &d);
        then_it_answers(LN_COAP_2_01);
    }
    then_all_is_given_back();
}

TEST(a_body_of_one_block_is_a_whole_one)
{
    given_a_server();
    one = device(1);
    struct datagram d = register_with_option(LN_COAP_CON, 1, LN_COAP_BLOCK1, BYTES("\x06"));

    arrives(&one, &d);

    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

/* ---- Datagrams that are no message ---- */

TEST(what_is_no_message_gets_a_reset_if_it_is_confirmable_and_else_silence)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool reset;
    } rows[] = {
        {"", 0, false},
        {"\x40", 1, false},
        {"\x40\x02\x12", 3, false},
        {"\x00\x02\x12\x34", 4, false}, /* version 0 */
        {"\x80\x02\x12\x34", 4, false}, /* version 2 */
        {"\xC0\x02\x12\x34", 4, false}, /* version 3 */
        {"\x49\x02\x12\x34"
         "123456789",
         13, true}, /* a token of 9 bytes */
        {"\x4F\x02\x12\x34"
         "123456789012345",
         19, true},
        {"\x44\x02\x12\x34"
         "123",
         7, true}, /* a token cut off */
        {"\x54\x02\x12\x34"
         "123",
         7, false},
        {"\x64\x44\x12\x34"
         "123",
         7, false}, /* an ACK */
        {"\x41\x00\x12\x34"
         "1",
         5, true}, /* empty, with a token */
        {"\x40\x00\x12\x34"
         "\xFF",
         5, true},                         /* empty, with a marker */
        {"\x50\x00\x12\x34", 4, false},    /* an empty NON */
        {"\x70\x02\x12\x34", 4, false},    /* a Reset with a code */
        {"\x40\x02\x12\x34\xFF", 5, true}, /* a marker and no payload */
        {"\x40\x02\x12\x34\xB3"
         "rd",
         7, true}, /* an option cut off */
        {"\x40\x02\x12\x34\xF1"
         "x",
         6, true}, /* reserved delta */
        {"\x40\x02\x12\x34\x1F"
         "x",
         6, true},                         /* reserved length */
        {"\x40\x02\x12\x34\xD0", 5, true}, /* extended delta cut off */
        {"\x40\x02\x12\x34\xE0\x01", 6, true},
        {"\x40\x02\x12\x34\xE0\xFF\xFF", 7, true}, /* number above 65535 */
        {"\x40\x20\x12\x34", 4, true},             /* class 1 is reserved */
        {"\x40\xC0\x12\x34", 4, true},             /* class 6 */
        {"\x40\xE1\x12\x34", 4, true},             /* class 7: signals are TCP's */
        {"\x60\x02\x12\x34", 4, false},            /* a request in an ACK */
    };
    given_a_server_in_use();
    uint64_t digest = ln_server_digest(server);

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        bytes_arrive(&one, ln_bytes(rows[i].bytes, rows[i].length));
        if (rows[i].reset) {
            struct sent sent = then_it_answers(LN_COAP_EMPTY);
            CHECK_EQ(sent.message.type, LN_COAP_RST);
            CHECK_EQ(sent.message.id, 0x1234);
        }
        then_it_is_silent();
        CHECK_EQ(ln_server_counters(server)->malformed, i + 1);
        CHECK_EQ(sum_of_faults(), i + 1);
        CHECK_EQ(ln_server_digest(server), digest);
    }
    then_no_event();
    then_all_is_given_back();
}

TEST(a_ping_gets_a_reset)
{
    given_a_server_in_use();
    struct datagram d = empty(LN_COAP_CON, 0x4711);

    arrives(&one, &d);

    struct sent sent = then_it_answers(LN_COAP_EMPTY);
    CHECK_EQ(sent.message.type, LN_COAP_RST);
    CHECK_EQ(sent.message.id, 0x4711);
    CHECK_EQ(sent.datagram.length, 4);
    CHECK_EQ(ln_server_counters(server)->pings, 1);
    then_all_is_given_back();
}

/* A list of one link: cut anywhere it is none. */
TEST(every_truncation_of_a_register_changes_nothing)
{
    given_a_server_in_use();
    struct datagram d = request(LN_COAP_CON, 7, "POST /rd?ep=abc&lt=300&lwm2m=1.1&b=U&et=x",
                                LN_FORMAT_LINK, "</3/0>");
    uint64_t digest = ln_server_digest(server);

    for (size_t length = 0; length < d.length; length++) {
        uint64_t faults = sum_of_faults();
        bytes_arrive(&one, ln_bytes(d.bytes, length));
        CHECK_EQ(sum_of_faults(), faults + 1);
        CHECK_EQ(ln_server_digest(server), digest);
        struct sent sent;
        if (next_sent(&sent)) {
            assert_true(length >= 4);
            unsigned class = ln_coap_code_class(sent.message.code);
            assert_true(class == 4 || sent.message.type == LN_COAP_RST);
        } else {
            assert_true(length < 4);
        }
        then_it_is_silent();
    }
    then_no_event();
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

/* Whatever a flipped bit makes of it: the other registrations and the operation stay. */
TEST(no_flipped_bit_of_a_register_harms_others)
{
    given_a_server_in_use();
    struct ln_peer eight = device(8);
    struct datagram good = request(LN_COAP_CON, 7, "POST /rd?ep=abc&lt=300&lwm2m=1.1&b=U&et=x",
                                   LN_FORMAT_LINK, "</3/0>");

    for (size_t bit = 0; bit < good.length * 8; bit++) {
        struct datagram d = good;
        struct sent sent;
        d.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        arrives(&one, &d);
        while (next_sent(&sent)) {
            assert_true(ln_address_equal(&sent.to.remote, &one.remote));
        }
        struct ln_registration_view view;
        struct ln_registration *registration = ln_server_find(server, BYTES("eight"));
        assert_non_null(registration);
        ln_registration_get(registration, &view);
        CHECK_EQ(view.operations, 1);
        assert_true(ln_address_equal(&view.peer.remote, &eight.remote));
        assert_non_null(ln_server_find(server, BYTES("nine")));
    }
    then_all_is_given_back();
}

int bad_input_tests(void)
{
    const struct CMUnitTest bad_input_group[] = {
        cmocka_unit_test(a_bad_request_is_refused_counted_and_changes_nothing),
        cmocka_unit_test(a_bad_request_that_is_non_confirmable_is_answered_non_confirmably),
        cmocka_unit_test(a_register_must_be_confirmable),
        cmocka_unit_test(names_and_parameters_have_a_longest_length),
        cmocka_unit_test(a_bad_update_of_a_known_location_changes_nothing),
        cmocka_unit_test(
            an_unknown_critical_option_is_refused_and_of_a_non_confirmable_dropped),
        cmocka_unit_test(an_option_that_is_too_long_or_reserved_or_twice_is_refused),
        cmocka_unit_test(an_unknown_elective_option_does_not_matter),
        cmocka_unit_test(a_body_of_one_block_is_a_whole_one),
        cmocka_unit_test(what_is_no_message_gets_a_reset_if_it_is_confirmable_and_else_silence),
        cmocka_unit_test(a_ping_gets_a_reset),
        cmocka_unit_test(every_truncation_of_a_register_changes_nothing),
        cmocka_unit_test(no_flipped_bit_of_a_register_harms_others),
    };

    return RUN_TESTS(bad_input_group);
}
