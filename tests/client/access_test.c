/* Access control: who may do what, and what becomes of object 2. The servers are 101 and 102. */

#include "reporting_support.h"

enum { CONTROLS = 6, NONE = -1, R = LN_ACCESS_READ, W = LN_ACCESS_WRITE };
enum { E = LN_ACCESS_EXECUTE, D = LN_ACCESS_DELETE, C = LN_ACCESS_CREATE, ALL = R | W | E | D };

static struct ln_access_control controls[CONTROLS];
static uint16_t control_ids[CONTROLS];
static struct ln_instances store;
static struct ln_object_entry objects[6];

/* What a changed object list makes it send. */
static void settle(void)
{
    struct ln_coap_message m;
    ln_link asking = f.link;

    ln_client_changed(&f.client, f.now, (struct ln_path){.depth = 0});
    while (client_sends(&m)) {
        server_answers(&m, LN_COAP_2_04, NULL);
    }
    while (ln_client_event(&f.client, &f.event)) {
    }
    f.link = asking;
}

static struct ln_access_control *control(uint16_t object, uint16_t instance, uint16_t owner,
                                         int entry_of_102, int entry_of_all)
{
    struct ln_access_control *c = ln_access_control_add(&store, object, instance, owner);

    CHECK(c != NULL);
    CHECK(entry_of_102 == NONE || ln_access_control_grant(c, 102, (uint8_t)entry_of_102));
    CHECK(entry_of_all == NONE || ln_access_control_grant(c, 0, (uint8_t)entry_of_all));
    settle();
    return c;
}

/* 102 asks from now on. Objects 0, 1, 2, 3, 3442 and 33002; nothing is guarded. */
static void given_two_servers_and_rights(void)
{
    given_two_servers();
    store = (struct ln_instances){controls, control_ids, sizeof(controls[0]), CONTROLS, 0};
    objects[0] = f.objects[0];
    objects[1] = f.objects[1];
    objects[2] = (struct ln_object_entry){&ln_access_control_object, &store};
    objects[3] = f.objects[2];
    objects[4] = f.objects[3];
    objects[5] = f.objects[4];
    f.config.objects = objects;
    f.config.object_count = LN_COUNT(objects);
    f.config.operations = ln_client_guarded_operations;
    f.link = 1;
    settle();
}

/* The code of the answer: an Update of either server may come before it. */
static uint8_t changes_the_list(const struct question *q)
{
    uint8_t datagram[DATAGRAM];
    struct ln_coap_message m;
    uint16_t id = f.next_id++;
    ln_link asking = f.link;

    client_receives(ln_bytes(datagram, write_question(q, datagram, sizeof(datagram), id)));
    CHECK(client_sends(&m));
    while (m.type != LN_COAP_ACK) {
        server_answers(&m, LN_COAP_2_04, NULL);
        CHECK(client_sends(&m));
    }
    CHECK_EQ(m.id, id);
    CHECK_EQ(f.link, asking);
    settle();
    return m.code;
}

static uint8_t deletes(const char *path)
{
    return changes_the_list(
        &(struct question){.code = LN_COAP_DELETE, .path = path, NO_FORMAT});
}

static uint8_t discovers(const char *path)
{
    return read_path(path, LN_FORMAT_LINK).code;
}

/* What can be done to the sensor, the right that it needs, and what it is answered. */
static uint8_t reads(void)
{
    return read_path("/33002/0/1", LN_FORMAT_TEXT).code;
}
static uint8_t reads_all_of_it(void)
{
    return read_path("/33002/0", LN_FORMAT_TLV).code;
}
static uint8_t observes(void)
{
    return observe("/33002/0/1").code;
}
static uint8_t sets_attributes(void)
{
    return write_attributes("/33002/0/1", "pmin=5").code;
}
static uint8_t sets_attributes_of_the_object(void)
{
    return write_attributes("/33002", "pmin=5").code;
}
static uint8_t writes(void)
{
    return write_text("/33002/0/1", "7").code;
}
static uint8_t replaces(void)
{
    return write_path("/33002/0", LN_FORMAT_TLV, BYTES("\xC1\x01\x08")).code;
}
static uint8_t updates(void)
{
    return post("/33002/0", LN_FORMAT_TLV, BYTES("\xC1\x01\x09")).code;
}
static uint8_t executes(void)
{
    return execute("/33002/0/8", NULL).code;
}
static uint8_t removes(void)
{
    return deletes("/33002/0");
}
static uint8_t reads_the_object(void)
{
    return read_path("/33002", LN_FORMAT_TLV).code;
}
static uint8_t observes_the_object(void)
{
    accept = LN_FORMAT_TLV;
    return observe("/33002").code;
}
static uint8_t cancels(void)
{
    return cancel("/33002/0/1").code;
}
static uint8_t sets_attributes_of_the_instance(void)
{
    return write_attributes("/33002/0", "pmin=5&pmax=9").code;
}
static uint8_t begins_a_body_in_blocks(void)
{
    return ask(&(struct question){.code = LN_COAP_PUT,
                                  .path = "/33002/0/4",
                                  .accept = LN_FORMAT_NONE,
                                  .format = LN_FORMAT_TEXT,
                                  .payload = BYTES("0123456789abcdef"),
                                  .block1 = {.present = true, .more = true}})
        .code;
}
static uint8_t creates_with(struct ln_bytes payload)
{
    return changes_the_list(&(struct question){.code = LN_COAP_POST,
                                               .path = "/33002",
                                               .accept = LN_FORMAT_NONE,
                                               .format = LN_FORMAT_TLV,
                                               .payload = payload});
}
static uint8_t creates(void)
{
    return creates_with(BYTES("\xC1\x01\x15"));
}
static uint8_t discovers_it(void)
{
    return discovers("/33002/0");
}

static const struct {
    uint8_t (*ask)(void);
    uint8_t needs;
    uint8_t done;
} deeds[] = {
    {reads, R, LN_COAP_2_05},
    {reads_all_of_it, R, LN_COAP_2_05},
    {observes, R, LN_COAP_2_05},
    {sets_attributes, R, LN_COAP_2_04},
    {sets_attributes_of_the_object, 0, LN_COAP_2_04},
    {writes, W, LN_COAP_2_04},
    {replaces, W, LN_COAP_2_04},
    {updates, W, LN_COAP_2_04},
    {executes, E, LN_COAP_2_04},
    {removes, D, LN_COAP_2_02},
    {reads_the_object, R, LN_COAP_2_05},
    {observes_the_object, R, LN_COAP_2_05},
    {cancels, R, LN_COAP_2_05},
    {sets_attributes_of_the_instance, R, LN_COAP_2_04},
    /* This client has no blocks: what it may not do is refused before that. */
    {begins_a_body_in_blocks, W, LN_COAP_4_13},
    {creates, C, LN_COAP_2_01}, /* no right to an instance allows it */
    {discovers_it, 0, LN_COAP_2_05},
};

/* The sensor's rights: owner, entry of 102, entry of all others; and what 102 may then do. */
static const struct {
    uint16_t owner;
    int entry, others;
    uint8_t rights;
} rules[] = {
    {102, NONE, NONE, ALL}, {102, NONE, R, ALL},       {102, R, NONE, R},
    {102, 0, ALL, 0},       {102, W | E, R, W | E},    {101, NONE, NONE, 0},
    {101, NONE, R, R},      {101, NONE, R | E, R | E}, {101, W, ALL, W},
    {101, ALL, NONE, ALL},  {101, 0, ALL, 0},          {101, D, NONE, D},
    {101, E, R, E},         {65535, NONE, NONE, 0},    {65535, R | W, 0, R | W},
    {65535, C, NONE, 0},
};

/* All that a refused request might have changed. */
static uint32_t digest(void)
{
    uint32_t sum = ln_checksum(ln_bytes(sensors, sizeof(sensors)));

    sum = sum * 31 + ln_checksum(ln_bytes(controls, sizeof(controls)));
    sum = sum * 31 + ln_checksum(ln_bytes(observations, sizeof(observations)));
    sum = sum * 31 + ln_checksum(ln_bytes(f.test, sizeof(f.test)));
    sum = sum * 31 + ln_checksum(ln_bytes(f.account, sizeof(f.account)));
    sum = sum * 31 + ln_checksum(ln_bytes(f.security, sizeof(f.security)));
    sum = sum * 31 +
          ln_checksum(ln_bytes(reporting.attributes, SETS * sizeof(*reporting.attributes)));
    sum = sum * 31 + ln_checksum(ln_bytes(&f.device, sizeof(f.device)));
    return sum * 31 + store.count * 7U + sensor_store.count + f.tests.count * 3U;
}

static void check_deed(size_t rule, size_t deed)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, rules[rule].owner, rules[rule].entry, rules[rule].others);
    bool may = (rules[rule].rights & deeds[deed].needs) == deeds[deed].needs;
    uint32_t refused = f.client.stats.refused_requests;
    uint32_t before = digest();
    uint8_t code = deeds[deed].ask();

    if (code != (may ? deeds[deed].done : LN_COAP_4_01)) {
        fail_msg("rule %zu, deed %zu: %u.%02u", rule, deed, code >> 5, code & 31U);
    }
    if (!may) {
        CHECK_EQ(digest(), before);
        CHECK_EQ(f.client.stats.refused_requests, refused + 1);
        no_more_events();
        client_is_silent();
    }
}

/* spec: CORE-1.1.1 §7.3.1 Obtaining Access Right, §7.3.2 Authorization */
TEST(each_server_may_do_what_its_rights_say_and_nothing_else)
{
    for (size_t rule = 0; rule < LN_COUNT(rules); rule++) {
        for (size_t deed = 0; deed < LN_COUNT(deeds); deed++) {
            check_deed(rule, deed);
        }
    }
}

TEST(what_nothing_guards_no_server_may_touch)
{
    given_two_servers_and_rights();
    for (size_t deed = 0; deed < LN_COUNT(deeds); deed++) {
        CHECK_EQ(deeds[deed].ask(), deeds[deed].needs == 0 ? deeds[deed].done : LN_COAP_4_01);
    }
}

TEST(a_single_server_may_do_everything)
{
    for (size_t deed = 0; deed < LN_COUNT(deeds); deed++) {
        given_two_servers_and_rights();
        (void)control(33002, 0, 102, NONE, 0);
        f.link = 0;
        f.accounts.count = 1;
        CHECK_EQ(deeds[deed].ask(), deeds[deed].done);
    }
}

TEST(without_object_2_all_servers_may_do_everything)
{
    for (size_t deed = 0; deed < LN_COUNT(deeds); deed++) {
        given_two_servers();
        f.config.operations = ln_client_guarded_operations;
        f.link = 1;
        CHECK_EQ(deeds[deed].ask(), deeds[deed].done);
    }
}

/* ---- Create ---- */

TEST(only_the_objects_own_entry_lets_a_server_create)
{
    static const struct {
        uint16_t instance, owner;
        int entry, others;
        uint8_t code;
    } cases[] = {
        {LN_ID_NONE, 65535, C, NONE, LN_COAP_2_01},
        {LN_ID_NONE, 65535, NONE, C, LN_COAP_2_01},
        {LN_ID_NONE, 65535, ALL, C, LN_COAP_4_01},
        {LN_ID_NONE, 65535, 0, C, LN_COAP_4_01},
        {LN_ID_NONE, 65535, NONE, NONE, LN_COAP_4_01},
        {LN_ID_NONE, 102, NONE, NONE, LN_COAP_4_01},
        {0, 102, C | ALL, C, LN_COAP_4_01},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        given_two_servers_and_rights();
        (void)control(33002, cases[i].instance, cases[i].owner, cases[i].entry,
                      cases[i].others);
        uint32_t before = digest();
        CHECK_EQ(creates(), cases[i].code);
        CHECK(cases[i].code == LN_COAP_2_01 || digest() == before);
    }
}

/* spec: CORE-1.1.1 §7.1.1: who creates an instance owns it */
TEST(what_a_server_creates_is_its_own_and_guarded)
{
    given_two_servers_and_rights();
    (void)control(33002, LN_ID_NONE, 65535, C, NONE);
    CHECK_EQ(creates(), LN_COAP_2_01);
    settle();

    CHECK_EQ(store.count, 2);
    CHECK_TEXT(read_path("/2/1/0", LN_FORMAT_TEXT).payload, "33002");
    CHECK_TEXT(read_path("/2/1/1", LN_FORMAT_TEXT).payload, "1");
    CHECK_TEXT(read_path("/2/1/3", LN_FORMAT_TEXT).payload, "102");
    CHECK_EQ(controls[1].acl.count, 0);
    CHECK_TEXT(read_path("/33002/1/1", LN_FORMAT_TEXT).payload, "21");
    f.link = 0;
    CHECK_EQ(read_path("/33002/1/1", LN_FORMAT_TEXT).code, LN_COAP_4_01);
}

TEST(nothing_is_created_that_could_not_be_guarded)
{
    given_two_servers_and_rights();
    (void)control(33002, LN_ID_NONE, 65535, C, NONE);
    store.capacity = 1;
    uint32_t before = digest();
    CHECK_EQ(creates(), LN_COAP_5_00);
    CHECK_EQ(digest(), before);
}

TEST(a_create_that_fails_leaves_object_2_as_it_was)
{
    given_two_servers_and_rights();
    (void)control(33002, LN_ID_NONE, 65535, C, NONE);
    CHECK_EQ(creates_with(BYTES("\xC3\x01xyz")), LN_COAP_4_00);
    CHECK_EQ(store.count, 1);
    CHECK_EQ(sensor_store.count, 1);
}

/* ---- Delete ---- */

TEST(what_is_deleted_is_not_guarded_any_more)
{
    given_two_servers_and_rights();
    (void)control(3, 0, 101, R, NONE);
    (void)control(33002, 0, 102, NONE, NONE);
    (void)control(33002, LN_ID_NONE, 65535, NONE, NONE);
    CHECK_EQ(deletes("/33002/0"), LN_COAP_2_02);

    CHECK_EQ(store.count, 2);
    CHECK(ln_access_control_find(&store, 33002, 0) == NULL);
    CHECK(ln_access_control_find(&store, 33002, LN_ID_NONE) != NULL);
    CHECK(ln_access_control_find(&store, 3, 0) != NULL);
}

/* ---- Object 2 itself ---- */

TEST(every_server_reads_object_2_and_only_the_owner_writes_it)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, 101, NONE, NONE);
    CHECK_TEXT(read_path("/2/0/3", LN_FORMAT_TEXT).payload, "101");
    CHECK_EQ(read_path("/2", LN_FORMAT_TLV).code, LN_COAP_2_05);
    uint32_t before = digest();
    CHECK_EQ(write_path("/2/0/2", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x66\x0F")).code,
             LN_COAP_4_01);
    CHECK_EQ(write_text("/2/0/3", "102").code, LN_COAP_4_01);
    CHECK_EQ(digest(), before);

    f.link = 0;
    CHECK_EQ(write_path("/2/0/2", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x66\x03")).code,
             LN_COAP_2_04);
    f.link = 1;
    CHECK_EQ(reads(), LN_COAP_2_05);
    CHECK_EQ(writes(), LN_COAP_2_04);
    CHECK_EQ(executes(), LN_COAP_4_01);
}

TEST(an_owner_hands_over_what_it_owns)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, 102, NONE, NONE);
    CHECK_EQ(write_text("/2/0/3", "101").code, LN_COAP_2_04);
    CHECK_EQ(reads(), LN_COAP_4_01);
    CHECK_EQ(write_text("/2/0/3", "102").code, LN_COAP_4_01);
    f.link = 0;
    CHECK_EQ(reads(), LN_COAP_2_05);
}

TEST(rights_that_there_are_not_are_refused)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, 102, NONE, NONE);
    uint32_t before = digest();
    CHECK_EQ(write_path("/2/0/2", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x66\x20")).code,
             LN_COAP_4_00);
    CHECK_EQ(write_path("/2/0/2", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x66\xFF")).code,
             LN_COAP_4_00);
    CHECK_EQ(digest(), before);
}

TEST(no_server_makes_or_removes_an_instance_of_object_2)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, 102, NONE, NONE);
    CHECK_EQ(deletes("/2/0"), LN_COAP_4_05);
    CHECK_EQ(post("/2", LN_FORMAT_TLV, BYTES("\xC2\x03\x00\x66")).code, LN_COAP_4_05);
    CHECK_EQ(store.count, 1);
}

/* ---- Servers' own accounts, whole objects ---- */

TEST(a_server_disables_another_only_where_it_may)
{
    given_two_servers_and_rights();
    (void)control(1, 0, 101, NONE, NONE);
    (void)control(1, 1, 102, NONE, NONE);
    CHECK_EQ(execute("/1/0/4", NULL).code, LN_COAP_4_01);
    CHECK_EQ(write_text("/1/0/1", "20").code, LN_COAP_4_01);
    CHECK_EQ(read_path("/0/0/0", LN_FORMAT_TEXT).code, LN_COAP_4_01);
    CHECK_EQ(f.servers[0].state, LN_REGISTRATION_REGISTERED);
    CHECK(!f.servers[0].wants_disable);
    CHECK_EQ(write_text("/1/1/2", "20").code, LN_COAP_2_04);
}

TEST(a_whole_object_shows_what_of_it_may_be_read)
{
    given_two_servers_and_rights();
    (void)control(1, 0, 101, NONE, NONE);
    (void)control(1, 1, 102, NONE, NONE);
    struct ln_coap_message m = read_path("/1", LN_FORMAT_TLV);

    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(m.payload.at[0] & 0xC0, 0x00);        /* an instance, */
    CHECK_EQ(m.payload.at[1], 1);                  /* of this id, */
    CHECK_EQ(m.payload.at[2] + 3U, m.payload.len); /* and no other */
    ln_access_control_remove(&store, 1, 1);
    settle();
    CHECK_EQ(read_path("/1", LN_FORMAT_TLV).code, LN_COAP_4_01);
}

TEST(an_object_without_instances_can_be_read)
{
    given_two_servers_and_rights();
    sensor_store.count = 0;
    settle();
    CHECK_EQ(read_path("/33002", LN_FORMAT_TLV).code, LN_COAP_2_05);
}

/* ---- Notifications ---- */

TEST(an_observation_ends_when_the_right_to_read_has_gone)
{
    struct notification n;

    given_two_servers_and_rights();
    struct ln_access_control *c = control(33002, 0, 101, R, NONE);
    CHECK_EQ(observe("/33002/0/1").code, LN_COAP_2_05);
    integer_becomes(21);
    client_notifies_text("21");
    CHECK(ln_access_control_grant(c, 102, W));
    integer_becomes(22);

    CHECK(client_notifies(&n));
    CHECK_EQ(n.message.code, LN_COAP_4_01);
    CHECK_EQ(n.message.payload.len, 0);
    CHECK(!n.options.has_observe);
    server_confirms(&n.message);
    integer_becomes(23);
    client_is_silent();
    CHECK(!observations[0].in_use);
}

TEST(a_body_in_blocks_is_refused_with_its_first)
{
    given_two_servers_and_rights();
    (void)control(33002, 0, 101, R, NONE);
    struct question q = {.code = LN_COAP_PUT,
                         .path = "/33002/0/4",
                         .accept = LN_FORMAT_NONE,
                         .format = LN_FORMAT_TEXT,
                         .payload = BYTES("0123456789abcdef"),
                         .block1 = {.present = true, .more = true}};
    uint32_t before = digest();
    CHECK_EQ(ask(&q).code, LN_COAP_4_01);
    CHECK_EQ(digest(), before);
}

TEST(an_app_grants_to_as_many_as_there_is_room_for)
{
    given_two_servers_and_rights();
    struct ln_access_control *c = control(33002, 0, 101, NONE, NONE);

    for (uint16_t id = 0; id < LN_ACCESS_ENTRIES; id++) {
        CHECK(ln_access_control_grant(c, (uint16_t)(200 - id), R));
    }
    CHECK(!ln_access_control_grant(c, 300, R));
    CHECK(ln_access_control_grant(c, 200, ALL));
    CHECK_EQ(ln_access_control_rights(c, 200), ALL);
    CHECK_EQ(ln_access_control_rights(c, 199), R);
    CHECK_EQ(ln_access_control_rights(c, 300), 0);
    for (uint16_t i = 1; i < CONTROLS; i++) {
        CHECK(ln_access_control_add(&store, 3, i, 101) != NULL);
    }
    CHECK(ln_access_control_add(&store, 3, 99, 101) == NULL);
    CHECK(ln_access_control_add(&store, 3, 1, 102) != NULL); /* in the place of the old one */
}

int access_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_may_do_what_its_rights_say_and_nothing_else),
        cmocka_unit_test(what_nothing_guards_no_server_may_touch),
        cmocka_unit_test(a_single_server_may_do_everything),
        cmocka_unit_test(without_object_2_all_servers_may_do_everything),
        cmocka_unit_test(only_the_objects_own_entry_lets_a_server_create),
        cmocka_unit_test(what_a_server_creates_is_its_own_and_guarded),
        cmocka_unit_test(nothing_is_created_that_could_not_be_guarded),
        cmocka_unit_test(a_create_that_fails_leaves_object_2_as_it_was),
        cmocka_unit_test(what_is_deleted_is_not_guarded_any_more),
        cmocka_unit_test(every_server_reads_object_2_and_only_the_owner_writes_it),
        cmocka_unit_test(an_owner_hands_over_what_it_owns),
        cmocka_unit_test(rights_that_there_are_not_are_refused),
        cmocka_unit_test(no_server_makes_or_removes_an_instance_of_object_2),
        cmocka_unit_test(a_server_disables_another_only_where_it_may),
        cmocka_unit_test(a_whole_object_shows_what_of_it_may_be_read),
        cmocka_unit_test(an_object_without_instances_can_be_read),
        cmocka_unit_test(an_observation_ends_when_the_right_to_read_has_gone),
        cmocka_unit_test(a_body_in_blocks_is_refused_with_its_first),
        cmocka_unit_test(an_app_grants_to_as_many_as_there_is_room_for),
    };

    return RUN_TESTS(tests);
}
