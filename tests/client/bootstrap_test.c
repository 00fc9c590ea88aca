/* When a device bootstraps, how it asks, and how it ends. */

#include "bootstrap_support.h"
#include "support.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const char *query_of(const struct ln_coap_message *m, unsigned n)
{
    return option_of(m, LN_COAP_URI_QUERY, n);
}

static void given_a_started_device(enum ln_version version)
{
    given_a_device_to_bootstrap(version);
    ln_client_bootstrap_start(&bs.machine, bs.now);
}

static struct ln_coap_message given_a_request(void)
{
    struct ln_coap_message m;

    given_a_started_device(LN_VERSION_1_1);
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
    CHECK(device_sends(&m));
    return m;
}

/* The last failure's reason, once it has been told. */
static void then_told(enum ln_client_bootstrap_reason reason, uint8_t code)
{
    CHECK(device_tells(LN_CLIENT_BOOTSTRAP_FAILED));
    CHECK_EQ(bs.machine.reason, reason);
    CHECK_EQ(bs.event.code, code);
}

/* ---- How it asks ---- */

/* spec: CORE-1.1.1 §6.1.7.1 Bootstrap-Request */
TEST(a_device_without_a_server_asks_the_bootstrap_server)
{
    struct ln_coap_message m = given_a_request();

    CHECK_EQ(bs.link, LN_LINK_BOOTSTRAP);
    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_POST);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "bs");
    assert_string_equal(query_of(&m, 0), "ep=meter-7");
    assert_string_equal(query_of(&m, 1), "pct=110");
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 2);
    CHECK_EQ(bs.machine.stats.requests, 1);
}

TEST(a_device_of_1_0_names_no_format)
{
    struct ln_coap_message m;

    given_a_started_device(LN_VERSION_1_0);
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
    CHECK(device_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
}

/* spec: TRANSPORT-1.1.1 §6.4.1: 4.15, the preferred format is not supported */
TEST(a_format_that_is_refused_is_not_asked_for_again)
{
    struct ln_coap_message m = given_a_request();

    bootstrap_server_answers(&m, LN_COAP_4_15);
    CHECK(device_sends(&m));
    assert_string_equal(query_of(&m, 1), "pct=11542");
    bootstrap_server_answers(&m, LN_COAP_4_15);
    CHECK(device_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
    bootstrap_server_answers(&m, LN_COAP_4_15);
    then_told(LN_CLIENT_BOOTSTRAP_REFUSED_REASON, LN_COAP_4_15);
}

TEST(a_bootstrap_server_that_knows_no_formats_is_asked_without)
{
    struct ln_coap_message m = given_a_request();

    bootstrap_server_answers(&m, LN_COAP_4_00);
    CHECK(device_sends(&m));
    CHECK_EQ(options_of(&m, LN_COAP_URI_QUERY), 1);
    bootstrap_server_answers(&m, LN_COAP_4_00);
    then_told(LN_CLIENT_BOOTSTRAP_REFUSED_REASON, LN_COAP_4_00);
    CHECK(!device_sends(&m));
}

/* A response in a message of its own, after an empty ACK. */
TEST(a_yes_may_come_later)
{
    struct ln_coap_message m = given_a_request();
    uint8_t bytes[32];
    size_t len = ln_coap_empty(bytes, sizeof(bytes), LN_COAP_ACK, m.id);

    device_receives(LN_LINK_BOOTSTRAP, ln_bytes(bytes, len));
    struct ln_coap_builder b =
        ln_coap_start(bytes, sizeof(bytes), LN_COAP_CON, LN_COAP_2_04, 0x99, &m.token);
    device_receives(LN_LINK_BOOTSTRAP, ln_bytes(bytes, ln_coap_finish(&b)));
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPING));
    CHECK(device_sends(&m));
    CHECK_EQ(m.type, LN_COAP_ACK);
    CHECK_EQ(m.id, 0x99);
}

/* What comes before the yes may be of another session: the bootstrap server will say it again. */
TEST(before_the_yes_nothing_is_served)
{
    (void)given_a_request();
    CHECK_EQ(bootstrap_deletes("/"), 0);
    CHECK_EQ(bootstrap_finishes(), 0);
    CHECK(!bs.machine.is_open);
}

/* ---- When it asks ---- */

TEST(a_configured_device_registers_and_does_not_ask)
{
    struct ln_coap_message m;

    given_a_configured_device(LN_VERSION_1_1);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    CHECK(device_tells(LN_CLIENT_OPEN));
    CHECK_EQ(bs.event.link, 0);
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    CHECK_EQ(bs.link, 0);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "rd");
    CHECK_EQ(bs.machine.stats.requests, 0);
}

/* spec: CORE-1.1.1 Appendix E.1, /0/x/11 Client Hold Off Time */
TEST(it_holds_off_and_up_to_a_quarter_more)
{
    struct ln_coap_message m;

    given_a_device_to_bootstrap(LN_VERSION_1_1);
    bs.security[0].hold_off = 100;
    bs.noise = 0xff;
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    ln_time due = ln_client_bootstrap_deadline(&bs.machine);
    CHECK(due > bs.now + 100 * SECOND && due < bs.now + 125 * SECOND);
    time_passes(due - bs.now - 1);
    CHECK(!ln_client_bootstrap_event(&bs.machine, &bs.event));
    time_passes(1);
    CHECK(device_tells(LN_CLIENT_OPEN));
}

TEST(after_failures_it_waits_twice_as_long_each_time_up_to_an_hour)
{
    static const ln_time waits[] = {10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};
    struct ln_coap_message m;

    given_a_started_device(LN_VERSION_1_1);
    CHECK(!device_sends(&m));
    for (size_t i = 0; i < LN_COUNT(waits); i++) {
        CHECK(device_tells(LN_CLIENT_OPEN));
        ln_client_bootstrap_link_down(&bs.machine, bs.now, LN_LINK_BOOTSTRAP, LN_LINK_FAILED,
                                      0);
        then_told(LN_CLIENT_BOOTSTRAP_NO_LINK_REASON, 0);
        CHECK_EQ(ln_client_bootstrap_deadline(&bs.machine) - bs.now, waits[i] * SECOND);
        time_passes(waits[i] * SECOND);
    }
}

TEST(no_answer_is_a_failure_too)
{
    (void)given_a_request();
    time_passes(93 * SECOND);
    then_told(LN_CLIENT_BOOTSTRAP_NO_ANSWER_REASON, 0);
    CHECK(device_tells(LN_CLIENT_CLOSE));
    CHECK_EQ(bs.machine.stats.failed, 1);
    CHECK_EQ(bs.machine.stats.rolled_back, 0);
}

TEST(without_a_bootstrap_account_it_says_so)
{
    struct ln_coap_message m;

    given_a_device_to_bootstrap(LN_VERSION_1_1);
    bs.stores[0].count = 0;
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(!device_sends(&m));
    then_told(LN_CLIENT_BOOTSTRAP_NO_ACCOUNT_REASON, 0);
    CHECK_EQ(ln_client_bootstrap_deadline(&bs.machine), LN_NEVER);
}

/* spec: LightweightM2M-1.1-int-5 */
TEST(a_server_sends_the_device_there)
{
    given_a_bootstrap_of_a_registered_device();
    CHECK(bs.machine.is_open);
}

TEST(without_a_bootstrap_account_no_server_can_send_it_there)
{
    given_a_configured_device(LN_VERSION_1_1);
    CHECK_OK(ln_instances_calls.remove(&bs.stores[0], BS_BOOTSTRAP_INSTANCE));
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(device_tells(LN_CLIENT_OPEN));
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    struct ln_coap_message m;
    CHECK(device_sends(&m));
    server_on_link_answers(0, &m, LN_COAP_2_01, "rd/5a");
    CHECK_EQ(
        asks_by(0, LN_COAP_POST, "/1/0/9", LN_FORMAT_NONE, LN_FORMAT_NONE, ln_bytes(NULL, 0))
            .code,
        LN_COAP_4_04);
}

/* spec: LightweightM2M-1.1-int-7 */
TEST(a_device_that_is_refused_by_its_only_server_bootstraps)
{
    struct ln_coap_message m;

    given_a_configured_device(LN_VERSION_1_1);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    CHECK(device_tells(LN_CLIENT_OPEN));
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    server_on_link_answers(0, &m, LN_COAP_4_03, NULL);
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
    CHECK(device_sends(&m));
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 0), "bs");
}

static void link_of_server_fails(void)
{
    struct ln_client_event event;

    while (ln_client_bootstrap_event(&bs.machine, &event)) {
        if (event.kind == LN_CLIENT_OPEN) {
            CHECK_EQ(event.link, 0);
            ln_client_bootstrap_link_down(&bs.machine, bs.now, 0, LN_LINK_FAILED, 0);
        }
    }
}

TEST(a_server_that_is_not_there_is_tried_five_times_first)
{
    struct ln_coap_message m;

    given_a_configured_device(LN_VERSION_1_1);
    ln_client_bootstrap_start(&bs.machine, bs.now);
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(bs.machine.state, LN_CLIENT_BOOTSTRAP_WATCHING);
        link_of_server_fails();
        if (i < 4) {
            time_passes(ln_client_bootstrap_deadline(&bs.machine) - bs.now);
        }
    }
    CHECK(!device_sends(&m));
    bootstrap_link_goes_up();
}

TEST(a_server_that_comes_back_makes_it_needless)
{
    struct ln_coap_message m;

    given_a_configured_device(LN_VERSION_1_1);
    bs.security[1].hold_off = 1000;
    ln_client_bootstrap_start(&bs.machine, bs.now);
    for (int i = 0; i < 5; i++) {
        link_of_server_fails();
        time_passes(2 * MINUTE);
    }
    CHECK_EQ(bs.machine.state, LN_CLIENT_BOOTSTRAP_HOLDING);
    CHECK(device_tells(LN_CLIENT_OPEN));
    ln_client_bootstrap_link_up(&bs.machine, bs.now, 0);
    CHECK(device_sends(&m));
    server_on_link_answers(0, &m, LN_COAP_2_01, "rd/5a");
    CHECK(!device_sends(&m));
    CHECK_EQ(bs.machine.state, LN_CLIENT_BOOTSTRAP_WATCHING);
}

/* ---- Meanwhile ---- */

TEST(other_servers_are_held_off)
{
    given_a_bootstrap_of_a_registered_device();
    CHECK_EQ(
        asks_by(0, LN_COAP_GET, "/3/0/0", LN_FORMAT_NONE, LN_FORMAT_NONE, ln_bytes(NULL, 0))
            .code,
        0);
    CHECK_EQ(bs.machine.stats.held_off, 1);
    ln_client_update(&bs.client, bs.now);
    struct ln_coap_message m;
    CHECK(!device_sends(&m));
}

TEST(a_failed_bootstrap_lets_them_go_on)
{
    struct ln_coap_message m;

    given_a_bootstrap_of_a_registered_device();
    bootstrap_writes_server(0, 77);
    ln_client_update(&bs.client, bs.now);
    ln_client_bootstrap_link_down(&bs.machine, bs.now, LN_LINK_BOOTSTRAP, LN_LINK_FAILED, 0);
    then_it_failed(LN_CLIENT_BOOTSTRAP_LINK_LOST_REASON, "/");
    CHECK(device_sends(&m));
    CHECK_EQ(bs.link, 0);
    assert_string_equal(option_of(&m, LN_COAP_URI_PATH, 1), "5a");
}

/* ---- How it ends ---- */

TEST(without_a_finish_in_time_all_is_as_before)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    time_passes(247 * SECOND - 1);
    CHECK(bs.machine.is_open);
    then_it_failed(LN_CLIENT_BOOTSTRAP_NO_FINISH_REASON, "/");
    CHECK_EQ(bs.stores[1].count, 0);
}

TEST(each_request_gives_it_time_again)
{
    given_a_bootstrap(LN_VERSION_1_1);
    for (int i = 0; i < 3; i++) {
        time_passes(200 * SECOND);
        CHECK_EQ(bootstrap_deletes("/1"), LN_COAP_2_02);
    }
    CHECK(bs.machine.is_open);
}

TEST(a_stop_undoes_it)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    ln_client_bootstrap_stop(&bs.machine, bs.now);
    then_it_failed(LN_CLIENT_BOOTSTRAP_STOPPED_REASON, "/");
    CHECK(ln_client_bootstrap_is_idle(&bs.machine));
    CHECK_EQ(ln_client_bootstrap_deadline(&bs.machine), LN_NEVER);
}

static void given_a_bootstrapped_device(void)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPED));
}

TEST(a_finish_that_comes_again_is_answered_again)
{
    struct ln_coap_message m;

    given_a_bootstrapped_device();
    bs.next_id--;
    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    CHECK_EQ(bs.machine.stats.bootstrapped, 1);
    CHECK(device_tells(LN_CLIENT_OPEN)); /* the server's, once */
    time_passes(93 * SECOND);
    CHECK(!device_sends(&m));
    CHECK(device_tells(LN_CLIENT_CLOSE));
    CHECK_EQ(bs.event.link, LN_LINK_BOOTSTRAP);
    CHECK_EQ(bs.machine.state, LN_CLIENT_BOOTSTRAP_WATCHING);
}

/* spec: CORE-1.1.1 Appendix E.1, /0/x/12 Bootstrap-Server Account Timeout */
TEST(the_bootstrap_account_goes_when_its_time_is_over)
{
    struct ln_coap_message m;

    given_a_device_to_bootstrap(LN_VERSION_1_1);
    bs.security[0].bootstrap_timeout = 600;
    ln_client_bootstrap_start(&bs.machine, bs.now);
    bootstrap_begins();
    bootstrap_writes_server(0, 1);
    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    time_passes(599 * SECOND);
    CHECK_EQ(bs.stores[0].count, 2);
    time_passes(SECOND);
    CHECK(!device_sends(&m));
    CHECK_EQ(bs.stores[0].count, 1);
    CHECK(!bs.security[0].is_bootstrap);
    CHECK_EQ(bs.machine.stats.purged, 1);
}

/* ---- Who may ---- */

TEST(without_security_nothing_is_taken_unasked)
{
    given_a_bootstrapped_device();
    bs.before = ln_client_bootstrap_digest(&bs.machine);
    CHECK_EQ(bootstrap_deletes("/"), LN_COAP_4_01);
    CHECK_EQ(bootstrap_finishes(), LN_COAP_4_01);
    CHECK_EQ(bs.machine.stats.unasked, 2);
    CHECK_EQ(ln_client_bootstrap_digest(&bs.machine), bs.before);
}

/* spec: CORE-1.0.2 §5.2.2 Server Initiated Bootstrap */
TEST(who_has_proved_itself_may_write_unasked)
{
    given_a_bootstrapped_device();
    bs.security[1].mode = LN_SECURITY_PSK;
    CHECK_EQ(bootstrap_deletes("/1"), LN_COAP_2_02);
    CHECK(bs.machine.is_open);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPING));
}

TEST(without_security_too_if_the_app_says_so)
{
    given_a_bootstrapped_device();
    bs.config.unasked_without_security = true;
    CHECK_EQ(bootstrap_deletes("/1"), LN_COAP_2_02);
    CHECK(bs.machine.is_open);
}

TEST(a_server_is_no_bootstrap_server)
{
    static const struct {
        uint8_t method;
        const char *path;
        uint8_t code;
    } asked[] = {
        {LN_COAP_POST, "/bs", LN_COAP_4_04},   {LN_COAP_DELETE, "/", LN_COAP_4_05},
        {LN_COAP_DELETE, "/0", LN_COAP_4_01},  {LN_COAP_DELETE, "/0/1", LN_COAP_4_01},
        {LN_COAP_PUT, "/0", LN_COAP_4_01},     {LN_COAP_PUT, "/0/0", LN_COAP_4_01},
        {LN_COAP_PUT, "/1", LN_COAP_4_05},     {LN_COAP_DELETE, "/1/0", LN_COAP_4_05},
        {LN_COAP_PUT, "/0/1/0", LN_COAP_4_01},
    };

    given_a_registered_device(LN_VERSION_1_1);
    bs.before = ln_client_bootstrap_digest(&bs.machine);
    for (size_t i = 0; i < LN_COUNT(asked); i++) {
        uint16_t format = asked[i].method == LN_COAP_PUT ? LN_FORMAT_TLV : LN_FORMAT_NONE;
        CHECK_EQ(asks_by(0, asked[i].method, asked[i].path, LN_FORMAT_NONE, format,
                         ln_bytes(NULL, 0))
                     .code,
                 asked[i].code);
        CHECK_EQ(bs.client.stats.refused_requests, i + 1);
    }
    CHECK_EQ(ln_client_bootstrap_digest(&bs.machine), bs.before);
}

/* ---- Configuration ---- */

static ln_err init(void)
{
    return ln_client_bootstrap_init(&bs.machine, sizeof(bs.machine), &bs.config);
}

TEST(a_configuration_that_does_not_fit_is_refused)
{
    given_a_device_to_bootstrap(LN_VERSION_1_1);
    CHECK_ERR(ln_client_bootstrap_init(&bs.machine, sizeof(bs.machine) - 1, &bs.config),
              LN_ERR_BAD_CONFIG);
    bs.copies[0].capacity--;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
    bs.copies[0].capacity++;
    bs.config.views = NULL;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
    bs.config.views = bs.views;
    bs.config.memory_size--;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
    bs.config.memory_size++;
    bs.changeable[4].calls = NULL;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
    bs.config.object_count = 4;
    CHECK_OK(init());
    bs.config.object_count = 1;
    CHECK_ERR(init(), LN_ERR_BAD_CONFIG);
}

int bootstrap_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_without_a_server_asks_the_bootstrap_server),
        cmocka_unit_test(a_device_of_1_0_names_no_format),
        cmocka_unit_test(a_format_that_is_refused_is_not_asked_for_again),
        cmocka_unit_test(a_bootstrap_server_that_knows_no_formats_is_asked_without),
        cmocka_unit_test(a_yes_may_come_later),
        cmocka_unit_test(before_the_yes_nothing_is_served),
        cmocka_unit_test(a_configured_device_registers_and_does_not_ask),
        cmocka_unit_test(it_holds_off_and_up_to_a_quarter_more),
        cmocka_unit_test(after_failures_it_waits_twice_as_long_each_time_up_to_an_hour),
        cmocka_unit_test(no_answer_is_a_failure_too),
        cmocka_unit_test(without_a_bootstrap_account_it_says_so),
        cmocka_unit_test(a_server_sends_the_device_there),
        cmocka_unit_test(without_a_bootstrap_account_no_server_can_send_it_there),
        cmocka_unit_test(a_device_that_is_refused_by_its_only_server_bootstraps),
        cmocka_unit_test(a_server_that_is_not_there_is_tried_five_times_first),
        cmocka_unit_test(a_server_that_comes_back_makes_it_needless),
        cmocka_unit_test(other_servers_are_held_off),
        cmocka_unit_test(a_failed_bootstrap_lets_them_go_on),
        cmocka_unit_test(without_a_finish_in_time_all_is_as_before),
        cmocka_unit_test(each_request_gives_it_time_again),
        cmocka_unit_test(a_stop_undoes_it),
        cmocka_unit_test(a_finish_that_comes_again_is_answered_again),
        cmocka_unit_test(the_bootstrap_account_goes_when_its_time_is_over),
        cmocka_unit_test(without_security_nothing_is_taken_unasked),
        cmocka_unit_test(who_has_proved_itself_may_write_unasked),
        cmocka_unit_test(without_security_too_if_the_app_says_so),
        cmocka_unit_test(a_server_is_no_bootstrap_server),
        cmocka_unit_test(a_configuration_that_does_not_fit_is_refused),
    };

    return RUN_TESTS(tests);
}
