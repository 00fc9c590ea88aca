/* Addresses: equality, and their text as RFC 5952 asks. */

#include "base_tests.h"
#include "ln_test.h"

static char out[LN_ADDRESS_TEXT_MAX];

static struct ln_bytes text_of(const struct ln_address *address)
{
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_address(&w, address);
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

TEST(writes_ipv4_addresses)
{
    struct ln_address address = ln_address_ipv4(127, 0, 0, 1, 5683);

    CHECK_TEXT(text_of(&address), "127.0.0.1:5683");
    address = ln_address_ipv4(255, 255, 255, 255, 65535);
    CHECK_TEXT(text_of(&address), "255.255.255.255:65535");
}

TEST(writes_ipv6_addresses_in_their_one_short_form)
{
    static const struct {
        uint16_t groups[8];
        const char *text;
    } cases[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0}, "[::]:0"},
        {{0, 0, 0, 0, 0, 0, 0, 1}, "[::1]:0"},
        {{0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, "[2001:db8::1]:0"},
        {{0x2001, 0xdb8, 0, 0, 0, 0, 0, 0}, "[2001:db8::]:0"},
        {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "[2001:db8:0:1:1:1:1:1]:0"}, /* one group stays */
        {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "[2001:0:0:1::1]:0"},            /* the longest run */
        {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "[2001:db8::1:0:0:1]:0"},    /* the first of two */
        {{0, 0, 1, 2, 3, 4, 5, 0x10}, "[::1:2:3:4:5:10]:0"},
        {{0xfedc, 0xba98, 0x7654, 0x3210, 0xfff, 0xa0, 0xb, 0xc00d},
         "[fedc:ba98:7654:3210:fff:a0:b:c00d]:0"},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        struct ln_address address = {.port = 0};
        struct ln_writer w = ln_writer(address.ip, sizeof(address.ip));
        for (size_t group = 0; group < 8; group++) {
            ln_write_u16(&w, cases[i].groups[group]);
        }
        CHECK_TEXT(text_of(&address), cases[i].text);
    }
}

TEST(writes_the_scope_of_a_link_local_address)
{
    struct ln_address address = {.ip = {0xFE, 0x80, [15] = 1}, .scope = 2, .port = 5684};

    CHECK_TEXT(text_of(&address), "[fe80::1%2]:5684");
}

TEST(has_room_for_the_longest_text)
{
    struct ln_address address = {.scope = UINT32_MAX, .port = 65535};

    memset(address.ip, 0xFF, sizeof(address.ip));
    CHECK_TEXT(text_of(&address), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

TEST(tells_addresses_apart_by_ip_port_and_scope)
{
    struct ln_address a = ln_address_ipv4(10, 0, 0, 1, 5683);
    struct ln_address b = a;

    CHECK(ln_address_equal(&a, &b));
    b.port++;
    CHECK(!ln_address_equal(&a, &b));
    b = ln_address_ipv4(10, 0, 0, 2, 5683);
    CHECK(!ln_address_equal(&a, &b));
    b = a;
    b.scope = 1;
    CHECK(!ln_address_equal(&a, &b));
}

int address_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_ipv4_addresses),
        cmocka_unit_test(writes_ipv6_addresses_in_their_one_short_form),
        cmocka_unit_test(writes_the_scope_of_a_link_local_address),
        cmocka_unit_test(has_room_for_the_longest_text),
        cmocka_unit_test(tells_addresses_apart_by_ip_port_and_scope),
    };

    return RUN_TESTS(tests);
}
