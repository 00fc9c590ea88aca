/* A configuration becomes a script, and what is wrong in it is named. */

#include "support.h"

static uint8_t memory[16384];

static struct ln_bootstrap_script built(const struct ln_bootstrap_configuration *c,
                                        uint16_t account)
{
    struct ln_arena arena = ln_arena(memory, sizeof(memory));
    struct ln_bootstrap_script script = {0};
    struct ln_bootstrap_fault fault;

    CHECK_OK(ln_bootstrap_script_build(c, account, &arena, &script, &fault));
    return script;
}

static const struct ln_record *record_at(const struct ln_bootstrap_step *step,
                                         struct ln_path path)
{
    for (size_t i = 0; i < step->record_count; i++) {
        if (ln_path_equal(step->records[i].path, path)) {
            return &step->records[i];
        }
    }
    fail_msg("no such record");
    return NULL;
}

TEST(the_order_is_deletes_then_objects_0_1_2_then_others_then_finish)
{
    struct ln_bootstrap_server server = a_server();
    struct ln_bootstrap_right right = {101, 15};
    struct ln_bootstrap_access access = {3, 0, 101, &right, 1};
    struct ln_path deletes[] = {ln_path_object(0), ln_path_object(1)};
    struct ln_record record = {.path = ln_path_resource(3, 0, 15),
                               .value = ln_value_string("UTC")};
    struct ln_bootstrap_write write = {record.path, &record, 1};
    struct ln_bootstrap_configuration c = {&server, 1, &access,      1, deletes, 2,
                                           &write,  1, LN_FORMAT_TLV};
    static const enum ln_bootstrap_step_kind kinds[] = {
        LN_BOOTSTRAP_DELETE, LN_BOOTSTRAP_DELETE, LN_BOOTSTRAP_WRITE, LN_BOOTSTRAP_WRITE,
        LN_BOOTSTRAP_WRITE,  LN_BOOTSTRAP_WRITE,  LN_BOOTSTRAP_FINISH};
    struct ln_bootstrap_script script = built(&c, 0);

    CHECK_EQ(script.count, LN_COUNT(kinds));
    CHECK_EQ(script.format, LN_FORMAT_TLV);
    for (size_t i = 0; i < script.count; i++) {
        CHECK_EQ(script.steps[i].kind, kinds[i]);
    }
    for (uint16_t object = 0; object < 3; object++) {
        CHECK(ln_path_equal(script.steps[2 + object].path, ln_path_object(object)));
    }
    CHECK(ln_path_equal(script.steps[5].path, record.path));
}

TEST(an_account_becomes_the_instances_that_the_specification_asks_for)
{
    struct ln_bootstrap_server server = a_server();
    struct ln_bootstrap_configuration c = {.servers = &server, .server_count = 1};

    server.has_default_pmin = true;
    server.default_pmin = 5;
    server.binding = LN_BINDING_U | LN_BINDING_Q;
    const struct ln_bootstrap_script script = built(&c, 0);
    const struct ln_bootstrap_step *security = &script.steps[0];
    const struct ln_bootstrap_step *account = &script.steps[1];
    CHECK_TEXT(record_at(security, ln_path_resource(0, 1, 0))->value.as.bytes,
               "coap://example.org:5683");
    CHECK_EQ(record_at(security, ln_path_resource(0, 1, 1))->value.as.boolean, false);
    CHECK_EQ(record_at(security, ln_path_resource(0, 1, 2))->value.as.integer, 3);
    CHECK_EQ(record_at(security, ln_path_resource(0, 1, 10))->value.as.integer, 101);
    CHECK_EQ(record_at(account, ln_path_resource(1, 0, 1))->value.as.integer, 300);
    CHECK_EQ(record_at(account, ln_path_resource(1, 0, 2))->value.as.integer, 5);
    CHECK_EQ(record_at(account, ln_path_resource(1, 0, 6))->value.as.boolean, true);
    CHECK_TEXT(record_at(account, ln_path_resource(1, 0, 7))->value.as.bytes, "UQ");
}

TEST(the_bootstrap_accounts_instance_is_never_written_over)
{
    static const struct {
        uint16_t account, first, second;
    } cases[] = {{0, 1, 2}, {1, 0, 2}, {2, 0, 1}, {7, 0, 1}, {LN_ID_NONE, 10, 11}};
    struct ln_bootstrap_server servers[] = {a_server(), a_server()};
    struct ln_bootstrap_configuration c = {.servers = servers, .server_count = 2};

    servers[1].short_id = 102;
    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        struct ln_bootstrap_script script = built(&c, cases[i].account);
        const struct ln_record *records = script.steps[0].records;
        CHECK_EQ(records[0].path.id[1], cases[i].first);
        CHECK_EQ(records[7].path.id[1], cases[i].second);
    }
}

TEST(what_is_built_can_be_begun)
{
    struct ln_bootstrap_server server = a_server();
    struct ln_bootstrap_configuration c = {
        .servers = &server, .server_count = 1, .format = LN_FORMAT_NONE};
    uint64_t session = given_a_session();
    struct ln_bootstrap_script script = built(&c, 0);
    struct sent sent;

    CHECK_OK(ln_bootstrap_begin(bootstrap, now, session, &script));
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "PUT /0");
    CHECK_EQ(sent.m.payload.at[0], 0x08); /* an object instance, its length in one byte */
    CHECK_EQ(sent.m.payload.at[1], 1);
    then_all_is_given_back();
}

/* ---- Faults ---- */

/* All that a configuration may have, sound; a row of the table spoils one thing. */
struct whole {
    struct ln_bootstrap_server servers[2];
    struct ln_bootstrap_right rights[2];
    struct ln_bootstrap_access access[2];
    struct ln_path deletes[1];
    struct ln_record record;
    struct ln_bootstrap_write write;
    struct ln_bootstrap_configuration c;
};

static void make_sound(struct whole *w)
{
    *w = (struct whole){
        .servers = {a_server(), a_server()},
        .rights = {{0, 1}, {101, 15}},
        .access = {{3, 0, 101, w->rights, 2}, {4, 0, LN_ID_NONE, NULL, 0}},
        .deletes = {ln_path_object(0)},
        .record = {.path = ln_path_resource(3, 0, 15), .value = ln_value_string("UTC")},
        .write = {ln_path_resource(3, 0, 15), &w->record, 1}};
    w->servers[1].short_id = 102;
    w->servers[1].uri = ln_bytes_of_text("coaps://[2001:db8::1]:5684");
    w->servers[1].mode = LN_BOOTSTRAP_PSK;
    w->servers[1].identity = BYTES("meter-1");
    w->servers[1].key = BYTES("0123456789abcdef");
    w->c = (struct ln_bootstrap_configuration){w->servers, 2, w->access,     2, w->deletes, 1,
                                               &w->write,  1, LN_FORMAT_NONE};
}

static void no_servers(struct whole *w)
{
    w->c.server_count = 0;
}
static void same_short_id(struct whole *w)
{
    w->servers[1].short_id = 101;
}
static void short_id_0(struct whole *w)
{
    w->servers[0].short_id = 0;
}
static void short_id_65535(struct whole *w)
{
    w->servers[1].short_id = 65535;
}
static void pmax_below_pmin(struct whole *w)
{
    w->servers[0].has_default_pmin = true;
    w->servers[0].has_default_pmax = true;
    w->servers[0].default_pmin = 2;
    w->servers[0].default_pmax = 1;
}
static void no_scheme(struct whole *w)
{
    w->servers[0].uri = BYTES("http://example.org");
}
static void no_host(struct whole *w)
{
    w->servers[0].uri = BYTES("coap://:5683");
}
static void no_port(struct whole *w)
{
    w->servers[0].uri = BYTES("coap://example.org:");
}
static void large_port(struct whole *w)
{
    w->servers[0].uri = BYTES("coap://example.org:65536");
}
static void open_literal(struct whole *w)
{
    w->servers[1].uri = BYTES("coaps://[2001:db8::1");
}
static void coaps_without_security(struct whole *w)
{
    w->servers[0].uri = BYTES("coaps://example.org");
}
static void coap_with_psk(struct whole *w)
{
    w->servers[1].uri = BYTES("coap://example.org");
}
static void no_binding(struct whole *w)
{
    w->servers[0].binding = LN_BINDING_T;
}
static void no_identity(struct whole *w)
{
    w->servers[1].identity = BYTES("");
}
static void no_key(struct whole *w)
{
    w->servers[1].key = BYTES("");
}
static void long_key(struct whole *w)
{
    static const uint8_t key[65];

    w->servers[1].key = ln_bytes(key, sizeof(key));
}
static void server_key_with_psk(struct whole *w)
{
    w->servers[1].server_key = BYTES("x");
}
static void key_without_security(struct whole *w)
{
    w->servers[0].key = BYTES("x");
}
static void no_certificate(struct whole *w)
{
    w->servers[1].mode = LN_BOOTSTRAP_X509;
    w->servers[1].identity = BYTES("");
}
static void no_server_certificate(struct whole *w)
{
    w->servers[1].mode = LN_BOOTSTRAP_X509;
}
static void no_private_key(struct whole *w)
{
    w->servers[1].mode = LN_BOOTSTRAP_RPK;
    w->servers[1].key = BYTES("");
}
static void access_to_security(struct whole *w)
{
    w->access[0].object = 0;
}
static void unknown_owner(struct whole *w)
{
    w->access[0].owner = 7;
}
static void same_access(struct whole *w)
{
    w->access[1].object = 3;
}
static void unknown_right(struct whole *w)
{
    w->rights[1].rights = 32;
}
static void right_of_nobody(struct whole *w)
{
    w->rights[1].short_id = 7;
}
static void rights_out_of_order(struct whole *w)
{
    w->rights[1].short_id = 0;
}
static void delete_of_resource(struct whole *w)
{
    w->deletes[0] = ln_path_resource(3, 0, 1);
}
static void write_of_security(struct whole *w)
{
    w->write.path = ln_path_object(0);
}
static void write_of_root(struct whole *w)
{
    w->write.path = ln_path_root();
}
static void value_elsewhere(struct whole *w)
{
    w->record.path.id[2] = 16;
}
static void delete_of_account(struct whole *w)
{
    w->deletes[0] = ln_path_instance(0, 5);
}

TEST(what_is_wrong_is_named)
{
    static const struct {
        void (*spoil)(struct whole *w);
        const char *member;
    } cases[] = {
        {no_servers, "servers[0]"},
        {same_short_id, "servers[1].short_id"},
        {short_id_0, "servers[0].short_id"},
        {short_id_65535, "servers[1].short_id"},
        {pmax_below_pmin, "servers[0].default_pmax"},
        {no_scheme, "servers[0].uri"},
        {no_host, "servers[0].uri"},
        {no_port, "servers[0].uri"},
        {large_port, "servers[0].uri"},
        {open_literal, "servers[1].uri"},
        {coaps_without_security, "servers[0].uri"},
        {coap_with_psk, "servers[1].uri"},
        {no_binding, "servers[0].binding"},
        {no_identity, "servers[1].security.identity"},
        {no_key, "servers[1].security.key"},
        {long_key, "servers[1].security.key"},
        {server_key_with_psk, "servers[1].security.server_public_key"},
        {key_without_security, "servers[0].security"},
        {no_certificate, "servers[1].security.certificate"},
        {no_server_certificate, "servers[1].security.server_public_key"},
        {no_private_key, "servers[1].security.private_key"},
        {access_to_security, "access[0].object"},
        {unknown_owner, "access[0].owner"},
        {same_access, "access[1].instance"},
        {unknown_right, "access[0].acl"},
        {right_of_nobody, "access[0].acl"},
        {rights_out_of_order, "access[0].acl"},
        {delete_of_resource, "delete[0]"},
        {write_of_security, "write[0].path"},
        {write_of_root, "write[0].path"},
        {value_elsewhere, "write[0].value"},
        {delete_of_account, "delete[0]"},
    };
    struct ln_bootstrap_script script = {0};
    struct ln_bootstrap_fault fault;
    struct whole w;

    make_sound(&w);
    CHECK_OK(ln_bootstrap_check(&w.c, &fault));
    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        struct ln_arena arena = ln_arena(memory, sizeof(memory));
        make_sound(&w);
        cases[i].spoil(&w);
        CHECK_ERR(ln_bootstrap_script_build(&w.c, 5, &arena, &script, &fault),
                  LN_ERR_BAD_CONFIG);
        assert_string_equal(fault.member, cases[i].member);
        CHECK(strlen(fault.why) > 10);
    }
}

TEST(an_arena_that_is_too_small_is_told)
{
    struct ln_bootstrap_server server = a_server();
    struct ln_bootstrap_configuration c = {.servers = &server, .server_count = 1};
    struct ln_bootstrap_script script = {0};
    struct ln_bootstrap_fault fault;

    struct ln_arena whole = ln_arena(memory, sizeof(memory));
    CHECK_OK(ln_bootstrap_script_build(&c, 0, &whole, &script, &fault));
    for (size_t size = 0; size < whole.used; size += 32) {
        struct ln_arena arena = ln_arena(memory, size);
        CHECK_ERR(ln_bootstrap_script_build(&c, 0, &arena, &script, &fault), LN_ERR_NO_SPACE);
    }
}

TEST(the_account_is_the_instance_without_a_short_id)
{
    static const struct {
        const char *links;
        uint16_t account;
    } cases[] = {
        {"</>;lwm2m=1.1,</0/0>;ssid=1;uri=\"coap://a\",</0/1>,</1/0>;ssid=1,</3/0>", 1},
        {"lwm2m=\"1.0\",</0/0>;ssid=1,</0/4>", 4},
        {"</0/0>;uri=\"coap://host:1\",</1>", 0},
        {"</0/0>;ssid=1", LN_ID_NONE},
        {"</0/0>,</0/1>", LN_ID_NONE},
        {"", LN_ID_NONE},
    };
    uint16_t account;

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK_OK(ln_bootstrap_account(ln_bytes_of_text(cases[i].links), &account));
        CHECK_EQ(account, cases[i].account);
    }
    CHECK_ERR(ln_bootstrap_account(BYTES("</0/0"), &account), LN_ERR_BAD_PAYLOAD);
}

int build_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_deletes_then_objects_0_1_2_then_others_then_finish),
        cmocka_unit_test(an_account_becomes_the_instances_that_the_specification_asks_for),
        cmocka_unit_test(the_bootstrap_accounts_instance_is_never_written_over),
        cmocka_unit_test(what_is_built_can_be_begun),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(an_arena_that_is_too_small_is_told),
        cmocka_unit_test(the_account_is_the_instance_without_a_short_id),
    };

    return RUN_TESTS(tests);
}
