/* "host:port" as people write it. No name is looked up here but numbers and localhost. */

#include "ln_test.h"

#include <linnet/net.h>

static void check_gives(const char *text, const char *expected)
{
    struct ln_address address;
    uint8_t buffer[LN_ADDRESS_TEXT_MAX];
    struct ln_writer w = ln_writer(buffer, sizeof(buffer));

    CHECK_OK(ln_address_of_text(text, 5683, true, &address));
    ln_write_address(&w, &address);
    CHECK_TEXT(ln_writer_bytes(&w), expected);
}

TEST(reads_addresses_with_and_without_port)
{
    check_gives("127.0.0.1:80", "127.0.0.1:80");
    check_gives("127.0.0.1", "127.0.0.1:5683");
    check_gives("[::1]:0", "[::1]:0");
    check_gives("[2001:db8::1]", "[2001:db8::1]:5683");
    check_gives("[::]:5684", "[::]:5684");
    check_gives(":65535", "[::]:65535");
}

TEST(refuses_what_is_not_of_that_form)
{
    static const char *const wrong[] = {
        "",        "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "[::1", "[]:80",
        "[::1]80", "::1",        "host:1:2",
    };
    struct ln_address address;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_ERR(ln_address_of_text(wrong[i], 1, true, &address), LN_ERR_BAD_CONFIG);
    }
    CHECK_ERR(ln_address_of_text(":80", 1, false, &address), LN_ERR_BAD_CONFIG);
}

TEST(gives_every_address_of_a_host_the_port)
{
    struct ln_address found[8];
    size_t count = ln_address_resolve("localhost", 42, found, LN_COUNT(found));

    CHECK(count >= 1);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(found[i].port, 42);
    }
}

int resolve_tests(void);

int resolve_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_addresses_with_and_without_port),
        cmocka_unit_test(refuses_what_is_not_of_that_form),
        cmocka_unit_test(gives_every_address_of_a_host_the_port),
    };
    return RUN_TESTS(group);
}
