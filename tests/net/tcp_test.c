/* Listening for TCP on loopback. */

#include "ln_test.h"

#include <linnet/net.h>

#include <sys/socket.h>
#include <unistd.h>

TEST(listens_at_a_free_port_and_tells_which)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);
    struct ln_address bound, second;
    int fd = ln_tcp_listen(&any, &bound);

    CHECK(fd >= 0);
    CHECK(bound.port != 0);
    CHECK(ln_address_is_loopback(&bound));
    CHECK_EQ(ln_tcp_listen(&bound, &second), -1);
    close(fd);
}

TEST(tells_loopback_from_all_else)
{
    struct ln_address v4 = ln_address_ipv4(127, 9, 9, 9, 1);
    struct ln_address any4 = ln_address_ipv4(0, 0, 0, 0, 1);
    struct ln_address v6 = {.ip = {[15] = 1}};
    struct ln_address any6 = {.port = 1};

    CHECK(ln_address_is_loopback(&v4));
    CHECK(ln_address_is_loopback(&v6));
    CHECK(!ln_address_is_loopback(&any4));
    CHECK(!ln_address_is_loopback(&any6));
}

int tcp_tests(void);

int tcp_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(listens_at_a_free_port_and_tells_which),
        cmocka_unit_test(tells_loopback_from_all_else),
    };
    return RUN_TESTS(group);
}
