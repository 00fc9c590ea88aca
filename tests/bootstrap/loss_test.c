/*
 * A device that plays its part by hand, over a network that loses and doubles datagrams or is cut
 * after any one of them: the session always ends, and a later attempt succeeds.
 */

#include "support.h"

enum { FLIGHTS = 64, REMEMBERED = 32, DELAY_MS = 50 };

struct flight {
    ln_time at;
    bool to_device;
    size_t len;
    uint8_t bytes[LN_BOOTSTRAP_DATAGRAM_MAX];
};

/* What the network does, and what has come of it. */
struct world {
    struct flight flights[FLIGHTS];
    size_t count;
    size_t messages;        /* that anybody sent */
    size_t cut;             /* those from here on are lost */
    unsigned loss, doubles; /* percent */
    uint64_t dice;
    /* the device */
    uint16_t request_id;
    ln_time ask_at;
    ln_time wait;
    unsigned asked;
    bool heard;
    bool finished;
    size_t writes;
    uint16_t seen[REMEMBERED]; /* the answer to a repeat is made anew: it is the same */
    size_t seen_count;
    /* the app */
    size_t ends;
    enum ln_bootstrap_end end;
};

static struct world world;

static unsigned dice(unsigned sides)
{
    world.dice = world.dice * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(world.dice >> 33) % sides;
}

static void launch(bool to_device, struct ln_bytes bytes, ln_time delay)
{
    assert_true(world.count < FLIGHTS);
    struct flight *f = &world.flights[world.count++];
    struct ln_writer w = ln_writer(f->bytes, sizeof(f->bytes));

    ln_write_bytes(&w, bytes);
    f->at = now + delay;
    f->to_device = to_device;
    f->len = bytes.len;
}

static void transmit(bool to_device, struct ln_bytes bytes)
{
    bool lost = world.messages++ >= world.cut || dice(100) < world.loss;

    if (!lost) {
        launch(to_device, bytes, DELAY_MS);
    }
    if (!lost && dice(100) < world.doubles) {
        launch(to_device, bytes, DELAY_MS + dice(4000));
    }
}

/* ---- The device ---- */

static void device_asks(void)
{
    uint8_t buffer[128];
    size_t length = write_request_text(buffer, sizeof(buffer), LN_COAP_CON, world.request_id,
                                       "POST /bs?ep=meter-1&pct=112");

    world.asked++;
    world.wait = world.wait == 0 ? 2500 : world.wait * 2;
    world.ask_at = world.asked > 4 ? LN_NEVER : now + world.wait;
    transmit(false, ln_bytes(buffer, length));
}

static bool is_repeat(uint16_t id)
{
    for (size_t i = 0; i < world.seen_count; i++) {
        if (world.seen[i] == id) {
            return true;
        }
    }
    assert_true(world.seen_count < REMEMBERED);
    world.seen[world.seen_count++] = id;
    return false;
}

static void device_answers(const struct ln_coap_message *m)
{
    static const uint8_t codes[] = {0, LN_COAP_2_05, LN_COAP_2_04, LN_COAP_2_04, LN_COAP_2_02};
    uint8_t buffer[256];
    struct ln_coap_builder b = ln_coap_answer(buffer, sizeof(buffer), m, codes[m->code], 0);

    if (m->code == LN_COAP_GET) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
        ln_coap_add_payload(&b, BYTES("</>;lwm2m=1.1,</0/0>,</1>,</3/0>"));
    }
    transmit(false, ln_bytes(buffer, ln_coap_finish(&b)));
}

static void device_takes(struct ln_bytes datagram)
{
    struct ln_coap_message m;

    CHECK_OK(ln_coap_parse(datagram, &m));
    if (ln_coap_is_response(m.code)) {
        CHECK_EQ(m.code, LN_COAP_2_04);
        world.heard = true;
        world.ask_at = LN_NEVER;
    } else if (ln_coap_is_request(m.code)) {
        if (!is_repeat(m.id)) {
            world.writes += m.code == LN_COAP_PUT;
            world.finished = world.finished || m.code == LN_COAP_POST;
        }
        device_answers(&m);
    }
}

/* ---- The app: Discover first, then what is built on it ---- */

static void give_script(uint64_t session, uint16_t account)
{
    static uint8_t memory[8192];
    struct ln_arena arena = ln_arena(memory, sizeof(memory));
    struct ln_bootstrap_server server = a_server();
    struct ln_path all = ln_path_root();
    struct ln_bootstrap_configuration c = {.servers = &server,
                                           .server_count = 1,
                                           .deletes = &all,
                                           .delete_count = 1,
                                           .format = LN_FORMAT_NONE};
    struct ln_bootstrap_script script;
    struct ln_bootstrap_fault fault;

    CHECK_OK(ln_bootstrap_script_build(&c, account, &arena, &script, &fault));
    CHECK_OK(ln_bootstrap_begin(bootstrap, now, session, &script));
}

static void app_acts(void)
{
    struct ln_bootstrap_event event;
    uint16_t account = LN_ID_NONE;

    while (ln_bootstrap_event(bootstrap, &event)) {
        if (event.kind == LN_BOOTSTRAP_REQUESTED) {
            when_begun(event.session, &discover_all, 1);
        } else if (event.kind == LN_BOOTSTRAP_STEPPED && event.step == LN_BOOTSTRAP_DISCOVER) {
            CHECK_OK(ln_bootstrap_account(event.payload, &account));
            CHECK_EQ(account, 0);
        } else if (event.kind == LN_BOOTSTRAP_WANTS) {
            give_script(event.session, 0);
        } else if (event.kind == LN_BOOTSTRAP_ENDED) {
            world.ends++;
            world.end = event.end;
        }
    }
}

/* ---- The world ---- */

static void land(size_t at)
{
    struct flight flight = world.flights[at];
    struct ln_peer from = device(1);

    world.flights[at] = world.flights[--world.count];
    if (flight.to_device) {
        device_takes(ln_bytes(flight.bytes, flight.len));
    } else {
        ln_bootstrap_recv(bootstrap, now, &from, ln_bytes(flight.bytes, flight.len));
    }
}

static ln_time next_time(size_t *first)
{
    ln_time due = ln_time_min(world.ask_at, ln_bootstrap_deadline(bootstrap));

    *first = FLIGHTS;
    for (size_t i = 0; i < world.count; i++) {
        if (world.flights[i].at < due) {
            due = world.flights[i].at;
            *first = i;
        }
    }
    return due;
}

static void attempt(uint16_t request_id)
{
    struct sent sent;
    size_t first;
    size_t turns = 0;

    world.request_id = request_id;
    world.ask_at = now;
    world.wait = 0;
    world.asked = 0;
    world.heard = false;
    world.finished = false;
    world.writes = 0;
    for (ln_time due = next_time(&first); due != LN_NEVER; due = next_time(&first)) {
        assert_true(turns++ < 10000);
        now = due > now ? due : now;
        if (first < FLIGHTS) {
            land(first);
        } else if (world.ask_at <= now) {
            device_asks();
        }
        app_acts();
        while (next_sent(&sent)) {
            transmit(true, ln_bytes(sent.bytes, sent.len));
        }
    }
}

static void given_a_world(void)
{
    given_a_bootstrap_server();
    world = (struct world){.cut = SIZE_MAX, .dice = 1, .ask_at = LN_NEVER};
}

static void then_the_device_is_configured(void)
{
    CHECK_EQ(world.end, LN_BOOTSTRAP_DONE);
    CHECK(world.heard);
    CHECK(world.finished);
    CHECK_EQ(world.writes, 2);
}

TEST(over_a_good_network_a_device_is_configured)
{
    given_a_world();
    attempt(1);
    CHECK_EQ(world.ends, 1);
    CHECK_EQ(world.messages, 12); /* request, Discover, Delete, two Writes, Finish */
    then_the_device_is_configured();
    then_all_is_given_back();
}

static void cut_after(size_t messages, unsigned loss, uint64_t seed)
{
    given_a_world();
    world.cut = messages;
    world.loss = loss;
    world.doubles = loss / 2;
    world.dice = seed;
    attempt(1);
    CHECK_EQ(world.ends, ln_bootstrap_counters(bootstrap)->requests);
    CHECK_EQ(ln_bootstrap_session_count(bootstrap), 0);
    if (world.end == LN_BOOTSTRAP_DONE) {
        CHECK(world.finished);
    }
    world.cut = SIZE_MAX;
    world.loss = 0;
    size_t ends = world.ends;
    attempt(2);
    CHECK_EQ(world.ends, ends + 1);
    then_the_device_is_configured();
    then_all_is_given_back();
}

TEST(cut_after_any_message_the_session_ends_and_a_later_attempt_succeeds)
{
    for (size_t messages = 0; messages <= 12; messages++) {
        cut_after(messages, 0, 1);
        CHECK_EQ(world.ends, messages == 0 ? 1 : 2);
    }
}

TEST(with_loss_and_doubles_too)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        for (size_t messages = 1; messages <= 16; messages++) {
            cut_after(messages, 20, seed);
        }
    }
}

TEST(most_survive_a_network_that_loses_a_fifth)
{
    size_t done = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        given_a_world();
        world.loss = 20;
        world.doubles = 10;
        world.dice = seed;
        attempt(1);
        done += world.ends == 1 && world.end == LN_BOOTSTRAP_DONE;
        then_all_is_given_back();
    }
    CHECK(done >= 180);
}

int loss_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_good_network_a_device_is_configured),
        cmocka_unit_test(cut_after_any_message_the_session_ends_and_a_later_attempt_succeeds),
        cmocka_unit_test(with_loss_and_doubles_too),
        cmocka_unit_test(most_survive_a_network_that_loses_a_fifth),
    };

    return RUN_TESTS(tests);
}
