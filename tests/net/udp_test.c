/* UDP over loopback, on ports that the system says are free. */

#include "ln_test.h"

#include <linnet/net.h>

#include <poll.h>

static struct ln_udp here, there;
static uint8_t buffers[LN_UDP_BATCH][64];
static struct ln_packet got[LN_UDP_BATCH];

static void given_two_sockets(const struct ln_address *a, const struct ln_address *b)
{
    CHECK_OK(ln_udp_open(&here, a, 0));
    CHECK_OK(ln_udp_open(&there, b, 0));
    for (size_t i = 0; i < LN_UDP_BATCH; i++) {
        got[i] = (struct ln_packet){.bytes = buffers[i], .size = sizeof(buffers[i])};
    }
}

static void close_both(void)
{
    ln_udp_close(&here);
    ln_udp_close(&there);
}

static void send_text(struct ln_udp *from, struct ln_address to, struct ln_address local,
                      const char *text)
{
    struct ln_packet packet = {
        .remote = to, .local = local, .bytes = (uint8_t *)(uintptr_t)text, .len = strlen(text)};

    CHECK_EQ(ln_udp_send(from, &packet, 1), 1);
}

TEST(takes_a_free_port_and_tells_which)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);

    given_two_sockets(&any, &any);
    CHECK(here.bound.port != 0);
    CHECK(there.bound.port != here.bound.port);
    close_both();
}

TEST(carries_a_batch_both_ways)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);
    struct ln_packet out[LN_UDP_BATCH];
    uint8_t bytes[] = {1, 2};

    given_two_sockets(&any, &any);
    for (size_t i = 0; i < LN_UDP_BATCH; i++) {
        out[i] =
            (struct ln_packet){.remote = there.bound, .bytes = bytes, .len = sizeof(bytes)};
    }
    CHECK_EQ(ln_udp_send(&here, out, LN_UDP_BATCH), LN_UDP_BATCH);
    CHECK_EQ(ln_udp_recv(&there, got, LN_UDP_BATCH), LN_UDP_BATCH);
    CHECK_BYTES(ln_bytes(got[0].bytes, got[0].len), "\x01\x02");
    CHECK(ln_address_equal(&got[0].remote, &here.bound));
    CHECK_EQ(ln_udp_recv(&there, got, LN_UDP_BATCH), 0);
    close_both();
}

/* 127.0.0.2 is the machine too: the answer must come from there, or the peer drops it. */
static void check_answers_from(const struct ln_address *listen)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);
    struct ln_address second = ln_address_ipv4(127, 0, 0, 2, 0);

    given_two_sockets(&any, listen);
    second.port = there.bound.port;
    send_text(&here, second, (struct ln_address){.port = 0}, "hello");
    CHECK_EQ(ln_udp_recv(&there, got, 1), 1);
    CHECK_EQ(got[0].local.port, there.bound.port);
    CHECK(ln_address_equal(&got[0].local, &second));
    send_text(&there, got[0].remote, got[0].local, "back");
    CHECK_EQ(ln_udp_recv(&here, got, 1), 1);
    CHECK(ln_address_equal(&got[0].remote, &second));
    close_both();
}

TEST(answers_from_the_address_that_the_request_came_to)
{
    struct ln_address any = ln_address_ipv4(0, 0, 0, 0, 0);

    check_answers_from(&any);
}

TEST(answers_from_the_address_that_the_request_came_to_on_a_dual_stack_socket)
{
    struct ln_address any = {.port = 0};

    check_answers_from(&any);
}

TEST(tells_the_true_length_of_a_datagram_that_was_cut)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);

    given_two_sockets(&any, &any);
    send_text(&here, there.bound, here.bound, "twelve bytes");
    got[0].size = 4;
    CHECK_EQ(ln_udp_recv(&there, got, 1), 1);
    CHECK_EQ(got[0].len, 12);
    close_both();
}

TEST(leaves_out_a_datagram_that_the_system_refuses_and_sends_the_others)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);
    struct ln_packet out[3];
    uint8_t seven = 7;

    given_two_sockets(&any, &any);
    for (size_t i = 0; i < 3; i++) {
        out[i] = (struct ln_packet){.remote = there.bound, .bytes = &seven, .len = 1};
    }
    out[1].local = ln_address_ipv4(192, 0, 2, 1, 0); /* an address of nobody */
    CHECK_EQ(ln_udp_send(&here, out, 3), 2);
    CHECK_EQ(ln_udp_recv(&there, got, 3), 2);
    close_both();
}

TEST(shares_a_port_only_where_asked)
{
    struct ln_address any = ln_address_ipv4(127, 0, 0, 1, 0);

    CHECK_OK(ln_udp_open(&here, &any, LN_UDP_SHARED));
    CHECK_ERR(ln_udp_open(&there, &here.bound, 0), LN_ERR_SYSTEM);
    CHECK_OK(ln_udp_open(&there, &here.bound, LN_UDP_SHARED));
    close_both();
    close_both();
}

/* By ICMP, which takes its way. */
static bool hears_refused(struct ln_udp *udp)
{
    for (int i = 0; i < 100; i++) {
        struct pollfd wait = {.fd = udp->fd, .events = POLLIN};
        (void)poll(&wait, 1, 10);
        if (ln_udp_refused(udp)) {
            return true;
        }
    }
    return false;
}

TEST(hears_that_nobody_listens_at_a_port_of_either_family)
{
    struct ln_address loopback = ln_address_ipv4(127, 0, 0, 1, 0);
    struct ln_address any = {.port = 0};
    const struct ln_address *mine[] = {&loopback, &any};

    for (size_t i = 0; i < LN_COUNT(mine); i++) {
        CHECK_OK(ln_udp_open(&here, mine[i], LN_UDP_REFUSED));
        CHECK_OK(ln_udp_open(&there, &loopback, 0));
        struct ln_address closed = there.bound;
        send_text(&here, closed, any, "to somebody");
        CHECK(!ln_udp_refused(&here));
        ln_udp_close(&there);
        send_text(&here, closed, any, "to nobody");
        CHECK(hears_refused(&here));
        CHECK(!ln_udp_refused(&here));
        ln_udp_close(&here);
    }
}

int udp_tests(void);

int udp_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(takes_a_free_port_and_tells_which),
        cmocka_unit_test(carries_a_batch_both_ways),
        cmocka_unit_test(answers_from_the_address_that_the_request_came_to),
        cmocka_unit_test(
            answers_from_the_address_that_the_request_came_to_on_a_dual_stack_socket),
        cmocka_unit_test(tells_the_true_length_of_a_datagram_that_was_cut),
        cmocka_unit_test(leaves_out_a_datagram_that_the_system_refuses_and_sends_the_others),
        cmocka_unit_test(shares_a_port_only_where_asked),
        cmocka_unit_test(hears_that_nobody_listens_at_a_port_of_either_family),
    };
    return RUN_TESTS(group);
}
