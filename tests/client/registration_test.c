/* The registration machine, without CoAP. */

#include "client/registration.h"

#include "support.h"

enum { REFRESH = 207 * 1000, SILENCE = 86400 * 1000 };

static ln_time now;
static struct ln_client_server server;
static uint8_t noise_byte;

static void noise(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, noise_byte, size);
}

static const struct ln_random random_source = {noise, NULL};

static int then(ln_time wait, enum ln_registration_event event)
{
    const struct ln_registration_waits waits = {REFRESH, SILENCE, &random_source};

    now += wait;
    const struct ln_registration_transition *t =
        ln_client__registration_step(&server, now, event, &waits);
    return t == NULL ? -1 : t->action;
}

static void given_an_idle_server(void)
{
    now = 1000;
    noise_byte = 0;
    server = (struct ln_client_server){.due = LN_NEVER};
}

static void given_a_registered_server(void)
{
    given_an_idle_server();
    CHECK_EQ(then(0, LN_ON_START), LN_DO_OPEN);
    CHECK_EQ(then(5, LN_ON_LINK_UP), LN_DO_REGISTER);
    CHECK_EQ(then(50, LN_ON_ACCEPTED), LN_DO_NOTHING);
    CHECK_EQ(server.due, now + REFRESH);
}

TEST(updates_when_due_and_not_before)
{
    given_a_registered_server();

    CHECK_EQ(then(REFRESH - 1, LN_ON_TIME), -1);
    CHECK_EQ(then(1, LN_ON_TIME), LN_DO_UPDATE);
    CHECK_EQ(server.due, LN_NEVER); /* the answer is CoAP's to time */
}

TEST(registers_anew_when_an_update_is_denied)
{
    given_a_registered_server();

    CHECK_EQ(then(REFRESH, LN_ON_TIME), LN_DO_UPDATE);
    CHECK_EQ(then(50, LN_ON_DENIED), LN_DO_REGISTER);
}

static void check_waits(enum ln_registration_event failure, const ln_time *seconds,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(then(0, LN_ON_START) == LN_DO_OPEN || i > 0);
        CHECK_EQ(then(0, LN_ON_LINK_UP), LN_DO_REGISTER);
        CHECK_EQ(then(0, failure), LN_DO_CLOSE);
        CHECK_EQ(server.due - now, seconds[i] * 1000);
        CHECK_EQ(then(server.due - now, LN_ON_TIME), LN_DO_OPEN);
    }
}

TEST(waits_twice_as_long_after_each_loss_up_to_a_quarter_of_an_hour)
{
    static const ln_time seconds[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};

    given_an_idle_server();
    check_waits(LN_ON_LOST, seconds, LN_COUNT(seconds));
}

TEST(waits_twice_as_long_after_each_refusal_up_to_a_day)
{
    static const ln_time seconds[] = {60,   120,   240,   480,   960,   1920, 3840,
                                      7680, 15360, 30720, 61440, 86400, 86400};

    given_an_idle_server();
    check_waits(LN_ON_DENIED, seconds, LN_COUNT(seconds));
}

TEST(begins_with_the_shortest_wait_again_after_it_was_registered)
{
    static const ln_time seconds[] = {2, 4, 8};

    given_an_idle_server();
    check_waits(LN_ON_LOST, seconds, LN_COUNT(seconds));
    CHECK_EQ(then(0, LN_ON_LINK_UP), LN_DO_REGISTER);
    CHECK_EQ(then(0, LN_ON_ACCEPTED), LN_DO_NOTHING);
    CHECK_EQ(then(0, LN_ON_LINK_DOWN), LN_DO_NOTHING);
    CHECK_EQ(server.due - now, 2000);
}

TEST(devices_that_failed_together_do_not_come_back_together)
{
    given_an_idle_server();
    noise_byte = 0x55;

    (void)then(0, LN_ON_START);
    (void)then(0, LN_ON_LINK_DOWN);
    CHECK(server.due - now > 2000);
    CHECK(server.due - now < 2500);
}

TEST(ignores_an_answer_that_comes_after_it_left)
{
    given_a_registered_server();

    CHECK_EQ(then(0, LN_ON_STOP), LN_DO_DEREGISTER);
    CHECK_EQ(then(0, LN_ON_LOST), LN_DO_CLOSE);
    CHECK_EQ(then(0, LN_ON_ACCEPTED), -1);
    CHECK_EQ(server.state, LN_REGISTRATION_IDLE);
}

TEST(a_disabled_server_is_silent_and_then_registers)
{
    given_a_registered_server();

    CHECK_EQ(then(0, LN_ON_DISABLE), LN_DO_DEREGISTER);
    CHECK_EQ(then(10, LN_ON_ACCEPTED), LN_DO_CLOSE);
    CHECK_EQ(then(SILENCE - 1, LN_ON_TIME), -1);
    CHECK_EQ(then(1, LN_ON_TIME), LN_DO_OPEN);
}

TEST(refreshes_at_half_of_the_lifetime_or_so_late_that_one_update_can_be_lost)
{
    CHECK_EQ(ln_client__registration_refresh(20, 93000), 10 * 1000);
    CHECK_EQ(ln_client__registration_refresh(186, 93000), 93 * 1000);
    CHECK_EQ(ln_client__registration_refresh(300, 93000), 207 * 1000);
    CHECK_EQ(ln_client__registration_refresh(86400, 93000), 86307 * 1000);
    CHECK_EQ(ln_client__registration_refresh(UINT32_MAX, 93000), INT64_C(4294967202) * 1000);
    CHECK_EQ(ln_client__registration_refresh(0, 93000), LN_NEVER);
}

/* Whatever happens, in whatever order: it is due only in the states that wait for time. */
TEST(never_waits_for_time_and_an_answer_at_once)
{
    uint32_t seed = 1;

    given_an_idle_server();
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        (void)then(seed >> 20,
                   (enum ln_registration_event)((seed >> 8) % LN_REGISTRATION_EVENTS));
        bool waits = server.state == LN_REGISTRATION_REGISTERED ||
                     server.state == LN_REGISTRATION_WAITING ||
                     server.state == LN_REGISTRATION_REFUSED ||
                     server.state == LN_REGISTRATION_DISABLED ||
                     server.state == LN_REGISTRATION_ASLEEP;
        CHECK_EQ(server.due != LN_NEVER, waits);
    }
}

/* From every state a stop ends in idle, if only time or an answer follows. */
TEST(can_be_stopped_in_every_state)
{
    for (int state = LN_REGISTRATION_IDLE; state <= LN_REGISTRATION_PARTING; state++) {
        given_an_idle_server();
        server.state = (uint8_t)state;
        (void)then(0, LN_ON_STOP);
        (void)then(0, server.state == LN_REGISTRATION_PARTING ? LN_ON_LINK_DOWN : LN_ON_LOST);
        CHECK_EQ(server.state, LN_REGISTRATION_IDLE);
    }
}

int registration_tests(void)
{
    const struct CMUnitTest registration[] = {
        cmocka_unit_test(updates_when_due_and_not_before),
        cmocka_unit_test(registers_anew_when_an_update_is_denied),
        cmocka_unit_test(waits_twice_as_long_after_each_loss_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(waits_twice_as_long_after_each_refusal_up_to_a_day),
        cmocka_unit_test(begins_with_the_shortest_wait_again_after_it_was_registered),
        cmocka_unit_test(devices_that_failed_together_do_not_come_back_together),
        cmocka_unit_test(ignores_an_answer_that_comes_after_it_left),
        cmocka_unit_test(a_disabled_server_is_silent_and_then_registers),
        cmocka_unit_test(
            refreshes_at_half_of_the_lifetime_or_so_late_that_one_update_can_be_lost),
        cmocka_unit_test(never_waits_for_time_and_an_answer_at_once),
        cmocka_unit_test(can_be_stopped_in_every_state),
    };

    return RUN_TESTS(registration);
}
