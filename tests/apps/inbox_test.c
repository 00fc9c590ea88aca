/* What other threads hand a shard: in order, bounded, never asleep while something waits. */

#include "ln_test.h"

#include "linnetd/http.h"
#include "linnetd/inbox.h"

static struct inbox inbox;
static struct ln_loop *loop;
static int woken;

static void note_wake(void *context)
{
    (void)context;
    woken++;
}

static void given_an_inbox(void)
{
    loop = ln_loop_new();
    CHECK(loop != NULL);
    CHECK(inbox_init(&inbox, loop));
    ln_loop_on_wake(loop, note_wake, NULL);
    woken = 0;
}

static int wakes(void)
{
    woken = 0;
    ln_loop_wait(loop, 0);
    return woken;
}

static void end(void)
{
    inbox_fini(&inbox);
    ln_loop_free(loop);
}

static void put(const char *text)
{
    struct ln_peer peer = {.session = 7};

    inbox_put(&inbox, INBOX_COAP, &peer, ln_bytes_of_text(text));
}

TEST(hands_out_calls_in_order_and_wakes_once)
{
    struct call a = {.run = NULL};
    struct call b = {.run = NULL};

    given_an_inbox();
    CHECK(inbox_put_call(&inbox, &a));
    CHECK(inbox_put_call(&inbox, &b));
    CHECK_EQ(wakes(), 1);
    CHECK(inbox_take_calls(&inbox) == &a);
    CHECK(a.next == &b);
    CHECK(b.next == NULL);
    CHECK(inbox_take_calls(&inbox) == NULL);
    CHECK(inbox_put_call(&inbox, &b));
    CHECK_EQ(wakes(), 1);
    end();
}

TEST(says_that_there_is_more_until_both_kinds_are_taken)
{
    struct inbox_datagram *datagrams;
    struct call call = {.run = NULL};

    given_an_inbox();
    put("one");
    CHECK_EQ(wakes(), 1);
    CHECK(inbox_put_call(&inbox, &call)); /* no second wake-up: who reads must look again */
    CHECK_EQ(inbox_datagrams(&inbox, &datagrams), 1);
    inbox_done(&inbox, 1);
    CHECK(inbox_has_more(&inbox));
    CHECK(inbox_take_calls(&inbox) == &call);
    CHECK(!inbox_has_more(&inbox));
    end();
}

TEST(keeps_the_bytes_and_the_peer_of_a_datagram)
{
    struct inbox_datagram *datagrams;

    given_an_inbox();
    put("one");
    put("two");
    CHECK_EQ(inbox_datagrams(&inbox, &datagrams), 2);
    CHECK_TEXT(ln_bytes(datagrams[1].bytes, datagrams[1].len), "two");
    CHECK_EQ(datagrams[1].peer.session, 7);
    end();
}

TEST(drops_and_counts_datagrams_that_do_not_fit)
{
    struct inbox_datagram *datagrams;

    given_an_inbox();
    for (int i = 0; i < INBOX_DATAGRAMS + 3; i++) {
        put("x");
    }
    CHECK_EQ(inbox_dropped(&inbox), 3);
    CHECK_EQ(inbox_datagrams(&inbox, &datagrams), INBOX_DATAGRAMS);
    inbox_done(&inbox, 10);
    put("y");
    CHECK_EQ(inbox_dropped(&inbox), 3);
    CHECK_EQ(inbox_datagrams(&inbox, &datagrams),
             INBOX_DATAGRAMS - 10); /* up to the end of the ring */
    inbox_done(&inbox, INBOX_DATAGRAMS - 10);
    CHECK_EQ(inbox_datagrams(&inbox, &datagrams), 1);
    CHECK_TEXT(ln_bytes(datagrams[0].bytes, datagrams[0].len), "y");
    end();
}

TEST(takes_no_calls_once_it_is_closed_and_keeps_those_that_wait)
{
    struct call a = {.run = NULL};
    struct call b = {.run = NULL};

    given_an_inbox();
    CHECK(inbox_put_call(&inbox, &a));
    inbox_close(&inbox);
    CHECK(!inbox_put_call(&inbox, &b));
    CHECK(inbox_take_calls(&inbox) == &a);
    CHECK(a.next == NULL);
    end();
}

int inbox_tests(void);

int inbox_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(hands_out_calls_in_order_and_wakes_once),
        cmocka_unit_test(says_that_there_is_more_until_both_kinds_are_taken),
        cmocka_unit_test(keeps_the_bytes_and_the_peer_of_a_datagram),
        cmocka_unit_test(drops_and_counts_datagrams_that_do_not_fit),
        cmocka_unit_test(takes_no_calls_once_it_is_closed_and_keeps_those_that_wait),
    };
    return RUN_TESTS(group);
}
