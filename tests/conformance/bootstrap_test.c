/* Conformance, ids 0 to 9: a device finds its servers by a bootstrap server. */

#include "conformance/bootstrap.h"
#include "conformance/secure.h"

static struct ln_record security[4];
static struct ln_record account[4];

static const struct ln_bootstrap_step sound[] = {
    WRITE_OBJECT(0, security),
    WRITE_OBJECT(1, account),
    DISCOVER_ALL,
    FINISH,
};

static void the_script_is_sound(void)
{
    account_records(0, security, account);
    the_script_is(sound, LN_COUNT(sound));
}

#define SOUND_SAYS                                                                             \
    "requested\nwrite /0 2.04\nwrite /1 2.04\ndiscover / 2.05\nfinish 2.04\ndone\n"

/* spec: ETS 1.0-int-0, 1.1-int-0 */
TEST(int_0_asks_the_bootstrap_server_and_takes_its_accounts)
{
    given_c13(LN_VERSION_1_1);
    the_script_is_sound();
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(SOUND_SAYS);
    CHECK_WIRE(
        "client to bootstrap CON POST /bs?ep=urn:dev:1&pct=112\n"
        "bootstrap ACK 2.04\n"
        "bootstrap CON PUT /0 format=110 [{\"bn\":\"/0/\",\"n\":\"0/0\",\"vs\":"
        "\"coap://192.0.2.1\"},{\"n\":\"0/1\",\"vb\":false},{\"n\":\"0/2\",\"v\":3},"
        "{\"n\":\"0/10\",\"v\":1}]\n"
        "client to bootstrap ACK 2.04\n"
        "bootstrap CON PUT /1 format=110 [{\"bn\":\"/1/\",\"n\":\"0/0\",\"v\":1},"
        "{\"n\":\"0/1\",\"v\":60},{\"n\":\"0/6\",\"vb\":false},{\"n\":\"0/7\",\"vs\":\"U\"}]\n"
        "client to bootstrap ACK 2.04\n"
        "bootstrap CON GET accept=40\n"
        "client to bootstrap ACK 2.05 format=40 </>;lwm2m=1.1,</0/0>;ssid=1;"
        "uri=\"coap://192.0.2.1\",</0/1>;uri=\"coap://192.0.2.9:5783\",</1/0>;ssid=1,</2>,</3/"
        "0>\n"
        "bootstrap CON POST /bs\n"
        "client to bootstrap ACK 2.04\n"
        "client CON POST /rd?ep=urn:dev:1&lt=60&lwm2m=1.1 format=40 </1/0>,</2>,</3/0>\n"
        "server ACK 2.01 location=/rd/*\n");
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* spec: ETS 1.0-int-0 */
TEST(int_0_client_of_1_0_asks_without_a_format)
{
    given_c13(LN_VERSION_1_0);
    the_script_is_sound();
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(SOUND_SAYS);
    CHECK(strstr(bench.wire, "client to bootstrap CON POST /bs?ep=urn:dev:1\n") != NULL);
    assert_string_equal(bootstrap_payload(),
                        "lwm2m=\"1.0\",</0/0>;ssid=1,</0/1>,</1/0>;ssid=1,</2>,</3/0>");
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* ---- Full bootstrap: the account that was written is the one that is registered with ---- */

static struct ln_record secured[7];

static struct ln_record record(uint16_t resource, struct ln_value value)
{
    return (struct ln_record){.path = ln_path_resource(0, 0, resource), .value = value};
}

static void the_account_is_secured(enum ln_security_mode mode, struct ln_bytes identity,
                                   struct ln_bytes server, struct ln_bytes secret)
{
    static const struct ln_bootstrap_step full[] = {WRITE_OBJECT(0, secured),
                                                    WRITE_OBJECT(1, account), FINISH};

    secured[0] = record(0, ln_value_string("coaps://server.example"));
    secured[1] = record(1, ln_value_boolean(false));
    secured[2] = record(2, ln_value_integer((int64_t)mode));
    secured[3] = record(3, ln_value_opaque(identity));
    secured[4] = record(4, ln_value_opaque(server));
    secured[5] = record(5, ln_value_opaque(secret));
    secured[6] = record(10, ln_value_integer(1));
    account_records(0, security, account);
    the_script_is(full, LN_COUNT(full));
}

#define FULL_SAYS "requested\nwrite /0 2.04\nwrite /1 2.04\nfinish 2.04\ndone\n"

/* spec: ETS 1.1-int-1 */
TEST(int_1_registers_by_the_key_that_was_written)
{
    given_c13(LN_VERSION_1_1);
    given_a_key_to_be_written();
    the_account_is_secured(LN_SECURITY_PSK, BYTES("urn:dev:1"), ln_bytes(NULL, 0),
                           BYTES("sixteen bytes..."));
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(FULL_SAYS);
    CHECK_EQ(secure_server_stats()->opened, 1);
    CHECK_TEXT(secure_identity(), "urn:dev:1");
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
    CHECK_SERVER_SAYS("registered\n");
}

/* spec: ETS 1.1-int-1 */
TEST(int_1_a_key_that_the_server_does_not_know_gets_no_registration)
{
    given_c13(LN_VERSION_1_1);
    given_a_key_to_be_written();
    the_account_is_secured(LN_SECURITY_PSK, BYTES("urn:dev:1"), ln_bytes(NULL, 0),
                           BYTES("another sixteen."));
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(FULL_SAYS);
    CHECK_EQ(secure_server_stats()->opened, 0);
    CHECK_SERVER_SAYS("");
}

/* spec: ETS 1.1-int-2 */
TEST(int_2_registers_by_the_certificate_that_was_written)
{
    given_c13(LN_VERSION_1_1);
    given_certificates_to_be_written();
    the_account_is_secured(LN_SECURITY_X509, secure_pem("device.pem"), secure_pem("server.pem"),
                           secure_pem("device.key"));
    the_script_is_in(LN_FORMAT_TLV); /* JSON needs room for what base64 says */
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(FULL_SAYS);
    CHECK_EQ(secure_server_stats()->opened, 1);
    CHECK_TEXT(secure_identity(), "urn:dev:ops:32473-1");
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* ---- Delete, Read ---- */

/* spec: ETS 1.1-int-4 */
TEST(int_4_delete_spares_the_bootstrap_account)
{
    static const struct ln_bootstrap_step steps[] = {
        DELETE_AT({0}, 1),         DELETE_AT({1}, 1),        DISCOVER_ALL, READ_AT({1}, 1),
        WRITE_OBJECT(0, security), WRITE_OBJECT(1, account), FINISH,
    };

    given_c13_and_a_server(LN_VERSION_1_1);
    account_records(0, security, account);
    the_script_is(steps, LN_COUNT(steps));
    the_client_starts();
    forget();
    execute("/1/0/9");
    CHECK_CODE("2.04");
    CHECK_BOOTSTRAP_SAYS("requested\ndelete /0 2.02\ndelete /1 2.02\ndiscover / 2.05\n"
                         "read /1 2.05\nwrite /0 2.04\nwrite /1 2.04\nfinish 2.04\ndone\n");
    CHECK(strstr(bench.wire,
                 "2.05 format=40 </>;lwm2m=1.1,"
                 "</0/1>;uri=\"coap://192.0.2.9:5783\",</1>,</2>,</3/0>\n") != NULL);
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* spec: ETS 1.1-int-5 */
TEST(int_5_a_server_sends_it_back_to_the_bootstrap_server)
{
    given_c13_and_a_server(LN_VERSION_1_1);
    the_script_is_sound();
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS("");
    forget();
    execute("/1/0/9");
    CHECK_CODE("2.04");
    CHECK(strncmp(bench.wire,
                  "server CON POST /1/0/9\n"
                  "client ACK 2.04\n"
                  "client to bootstrap CON POST /bs?ep=urn:dev:1&pct=112\n",
                  strlen("server CON POST /1/0/9\nclient ACK 2.04\n")) == 0);
    CHECK_BOOTSTRAP_SAYS(SOUND_SAYS);
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* spec: ETS 1.1-int-6 */
TEST(int_6_client_registers_with_whom_it_knows_before_it_bootstraps)
{
    given_c13_and_a_server(LN_VERSION_1_1);
    the_script_is_sound();
    the_client_starts();
    CHECK_WIRE(
        "client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.1 format=40 </1/0>,</2>,</3/0>\n"
        "server ACK 2.01 location=/rd/*\n");
    CHECK_BOOTSTRAP_SAYS("");
    CHECK_CLIENT_SAYS("registered\n");
}

/* spec: ETS 1.1-int-6 */
TEST(int_6_client_without_a_bootstrap_account_is_not_sent_there)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    execute("/1/0/9");
    CHECK_CODE("4.04");
}

/* spec: ETS 1.1-int-7 */
TEST(int_7_falls_back_where_its_server_is_not_there)
{
    given_c13_and_a_server(LN_VERSION_1_1);
    the_script_is_sound();
    the_server_is_gone();
    the_client_starts();
    time_passes(10 * 60 * 1000);
    CHECK_BOOTSTRAP_SAYS(SOUND_SAYS);
    CHECK(strncmp(bench.client_says,
                  "lost\nlost\nlost\nlost\nlost\nbootstrapping\nbootstrapped\n",
                  strlen("lost\nlost\nlost\nlost\nlost\nbootstrapping\nbootstrapped\n")) == 0);
}

static const struct ln_record controls[] = {
    {.path = {{2, 0, 0}, 3}, .value = {.type = LN_INTEGER, .as.integer = 3}},
    {.path = {{2, 0, 1}, 3}, .value = {.type = LN_INTEGER, .as.integer = 0}},
    {.path = {{2, 0, 2, 1}, 4}, .value = {.type = LN_INTEGER, .as.integer = 15}},
    {.path = {{2, 0, 3}, 3}, .value = {.type = LN_INTEGER, .as.integer = 1}},
};

/* spec: ETS 1.1-int-8 */
TEST(int_8_accounts_and_rights_are_read_back)
{
    static const struct ln_bootstrap_step steps[] = {
        WRITE_OBJECT(0, security), WRITE_OBJECT(1, account), WRITE_OBJECT(2, controls),
        READ_AT({1}, 1),           READ_AT({2}, 1),          FINISH,
    };

    given_c13(LN_VERSION_1_1);
    account_records(0, security, account);
    the_script_is(steps, LN_COUNT(steps));
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(
        "requested\nwrite /0 2.04\nwrite /1 2.04\nwrite /2 2.04\nread /1 2.05\n"
        "read /2 2.05\nfinish 2.04\ndone\n");
    CHECK(strstr(bench.wire, "bootstrap CON GET /2") != NULL);
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

/* ---- Consistency ---- */

static const struct ln_record disable_timeout[] = {
    {.path = {{1, 0, 5}, 3}, .value = {.type = LN_INTEGER, .as.integer = 86400}},
};
static const struct ln_bootstrap_step incomplete[] = {
    {.kind = LN_BOOTSTRAP_WRITE,
     .path = {{1, 0, 5}, 3},
     .records = disable_timeout,
     .record_count = 1},
    FINISH,
};

/* spec: ETS 1.1-int-9 */
TEST(int_9_an_incomplete_configuration_is_refused_at_finish)
{
    given_c13(LN_VERSION_1_1);
    the_script_is(incomplete, LN_COUNT(incomplete));
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS("requested\nwrite /1/0/5 2.04\nfinish 4.06\nwants 4.06\nfailed\n");
    CHECK_CLIENT_SAYS("bootstrapping\n");
    time_passes(247 * 1000);
    CHECK(strstr(bench.client_says, "bootstrap failed\n") != NULL);
    CHECK_EQ(bootstrap_machine()->reason, LN_CLIENT_BOOTSTRAP_MISSING_REASON);
}

/* spec: ETS 1.1-int-9 */
TEST(int_9_what_is_repaired_is_taken)
{
    given_c13(LN_VERSION_1_1);
    the_script_is(incomplete, LN_COUNT(incomplete));
    account_records(0, security, account);
    the_repair_is(sound, LN_COUNT(sound));
    the_client_starts();
    CHECK_BOOTSTRAP_SAYS(
        "requested\nwrite /1/0/5 2.04\nfinish 4.06\nwants 4.06\nwrite /0 2.04\n"
        "write /1 2.04\ndiscover / 2.05\nfinish 2.04\ndone\n");
    CHECK_CLIENT_SAYS("bootstrapping\nbootstrapped\nregistered\n");
}

int bootstrap_tests(void)
{
    const struct CMUnitTest bootstrap[] = {
        CONFORMANCE_TEST(int_0_asks_the_bootstrap_server_and_takes_its_accounts),
        CONFORMANCE_TEST(int_0_client_of_1_0_asks_without_a_format),
        CONFORMANCE_TEST(int_1_registers_by_the_key_that_was_written),
        CONFORMANCE_TEST(int_1_a_key_that_the_server_does_not_know_gets_no_registration),
        CONFORMANCE_TEST(int_2_registers_by_the_certificate_that_was_written),
        CONFORMANCE_TEST(int_4_delete_spares_the_bootstrap_account),
        CONFORMANCE_TEST(int_5_a_server_sends_it_back_to_the_bootstrap_server),
        CONFORMANCE_TEST(int_6_client_registers_with_whom_it_knows_before_it_bootstraps),
        CONFORMANCE_TEST(int_6_client_without_a_bootstrap_account_is_not_sent_there),
        CONFORMANCE_TEST(int_7_falls_back_where_its_server_is_not_there),
        CONFORMANCE_TEST(int_8_accounts_and_rights_are_read_back),
        CONFORMANCE_TEST(int_9_an_incomplete_configuration_is_refused_at_finish),
        CONFORMANCE_TEST(int_9_what_is_repaired_is_taken),
    };

    return RUN_TESTS(bootstrap);
}
