/* Conformance, ids 101 to 107: the registration interface. */

#include "conformance/bench.h"

/* The wire's text begins with this one. */
#define CHECK_WIRE_BEGINS(text) assert_memory_equal(bench.wire, text, sizeof(text) - 1)

/* spec: ETS 1.0-int-101, 1.1-int-101 */
TEST(int_101_registers_with_the_list_of_its_objects)
{
    given_c1(LN_VERSION_1_0);
    the_client_starts();
    CHECK_WIRE("client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.0 format=40 "
               "</1/0>,</3/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    CHECK_CLIENT_SAYS("registered\n");
    CHECK_SERVER_SAYS("registered\n");
    CHECK_EQ(registration().version, LN_VERSION_1_0);

    given_c1(LN_VERSION_1_1);
    the_client_starts();
    CHECK_WIRE("client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.1 format=40 "
               "</1/0>,</3/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    CHECK_EQ(registration().version, LN_VERSION_1_1);
}

/* spec: ETS 1.1-int-101: what the server keeps of the list, and where it says that it is */
TEST(int_101_server_stores_what_a_register_says)
{
    given_c3(LN_VERSION_1_1);
    given_object(&ln_location_object, &bench.models.location);
    given_object(&cellular_object_1_1, &bench.models.cellular);
    the_client_starts();

    struct ln_registration_view view = registration();
    CHECK_TEXT(view.endpoint, "urn:dev:1");
    CHECK_EQ(view.lifetime, LIFETIME);
    CHECK_EQ(view.binding, LN_BINDING_U);
    CHECK_EQ(view.expires_at, bench.now + (ln_time)LIFETIME * 1000);
    CHECK_EQ(view.object_count, 5);
    CHECK_EQ(view.objects[0].object, 1);
    CHECK_EQ(view.objects[1].object, 3);
    CHECK_EQ(view.objects[1].instance, 0);
    CHECK_EQ(view.objects[2].object, 6);
    CHECK_EQ(view.objects[3].object, 10);
    CHECK_EQ(view.objects[3].instance, LN_ID_NONE);
    CHECK_EQ(view.objects[3].version_minor, 1);
    CHECK_EQ(view.objects[4].instance, 0);
    CHECK(ln_server_find_location(bench.server, view.location) != NULL);
}

/* spec: ETS 1.0-int-102, 1.1-int-102 */
TEST(int_102_updates_the_registration_when_its_lifetime_is_written)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        write_text("/1/0/1", "20");
        CHECK_WIRE("server CON PUT /1/0/1 format=0 20\n"
                   "client ACK 2.04\n"
                   "client CON POST /rd/*?lt=20\n"
                   "server ACK 2.04\n");
        CHECK_CLIENT_SAYS("written /1/0/1\nupdated\n");
        CHECK_SERVER_SAYS("result answered 2.04\nupdated lifetime\n");
        CHECK_EQ(registration().lifetime, 20);
        CHECK_EQ(registration().expires_at, bench.now + 20000);
    }
}

/* spec: ETS 1.1-int-102: an Update without parameters before the lifetime ends */
TEST(int_102_refreshes_before_the_lifetime_ends)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    write_text("/1/0/1", "20");
    forget();

    time_passes(19999);
    CHECK_WIRE_BEGINS("client CON POST /rd/*\n"
                      "server ACK 2.04\n");
    CHECK(registration().expires_at > bench.now);
}

/* spec: ETS 1.1-int-102: who does not update within 20 s is removed */
TEST(int_102_server_removes_who_does_not_update)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    write_text("/1/0/1", "20");
    forget();

    bench.wire_is_cut = true;
    time_passes(19999);
    CHECK_EQ(ln_server_registration_count(bench.server), 1);
    time_passes(1);
    CHECK_EQ(ln_server_registration_count(bench.server), 0);
    CHECK_SERVER_SAYS("expired\n");
}

/* spec: ETS 1.0-int-103, 1.1-int-103 */
TEST(int_103_leaves_when_disable_is_executed)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        execute("/1/0/4");
        CHECK_WIRE("server CON POST /1/0/4\n"
                   "client ACK 2.04\n"
                   "client CON DELETE /rd/*\n"
                   "server ACK 2.02\n");
        CHECK_CLIENT_SAYS("left\n");
        CHECK_SERVER_SAYS("result answered 2.04\nleft\n");
        CHECK_EQ(ln_server_registration_count(bench.server), 0);
    }
}

/* spec: ETS 1.0-int-104, 1.1-int-104 */
TEST(int_104_updates_when_the_trigger_is_executed)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        time_passes(60000);
        execute("/1/0/8");
        CHECK_WIRE("server CON POST /1/0/8\n"
                   "client ACK 2.04\n"
                   "client CON POST /rd/*\n"
                   "server ACK 2.04\n");
        CHECK_SERVER_SAYS("result answered 2.04\nupdated\n");
        CHECK_EQ(registration().expires_at, bench.now + (ln_time)LIFETIME * 1000);
    }
}

/* spec: ETS 1.1-int-105 */
TEST(int_105_registers_anew_when_the_server_has_discarded_it)
{
    given_c1(LN_VERSION_1_1);
    given_it_is_registered();
    ln_server_forget(bench.server, bench.now,
                     ln_server_find(bench.server, ln_bytes_of_text("urn:dev:1")));
    ln_client_update(&bench.client, bench.now);

    time_passes(0);
    CHECK_WIRE("client CON POST /rd/*\n"
               "server ACK 4.04\n"
               "client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.1 format=40 "
               "</1/0>,</3/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    CHECK_CLIENT_SAYS("registered\n");
    CHECK_SERVER_SAYS("left\nregistered\n");
}

/* spec: ETS 1.1-int-107 */
TEST(int_107_a_longer_lifetime_is_told_at_once_and_kept)
{
    given_c1(LN_VERSION_1_1);
    bench.account[0].lifetime = 20;
    given_it_is_registered();
    write_text("/1/0/1", "120");
    CHECK_WIRE("server CON PUT /1/0/1 format=0 120\n"
               "client ACK 2.04\n"
               "client CON POST /rd/*?lt=120\n"
               "server ACK 2.04\n");
    CHECK_EQ(registration().lifetime, 120);
    forget();

    /* Not as often as before, but within the lifetime. */
    time_passes(20000);
    CHECK_WIRE("");
    time_passes(99999);
    CHECK_WIRE("client CON POST /rd/*\n"
               "server ACK 2.04\n");
    CHECK_SERVER_SAYS("updated\n");
}

/* spec: ETS 1.1-int-108 */
TEST(int_108_says_that_it_sleeps)
{
    given_c1(LN_VERSION_1_1);
    bench.config.queue_mode = &ln_client_queue_mode;
    the_client_starts();
    CHECK_WIRE("client CON POST /rd?ep=urn:dev:1&lt=86400&lwm2m=1.1&Q format=40 </1/0>,</3/0>\n"
               "server ACK 2.01 location=/rd/*\n");
    CHECK_EQ(registration().binding, LN_BINDING_U | LN_BINDING_Q);
}

int registration_tests(void)
{
    const struct CMUnitTest registration_interface[] = {
        CONFORMANCE_TEST(int_101_registers_with_the_list_of_its_objects),
        CONFORMANCE_TEST(int_101_server_stores_what_a_register_says),
        CONFORMANCE_TEST(int_102_updates_the_registration_when_its_lifetime_is_written),
        CONFORMANCE_TEST(int_102_refreshes_before_the_lifetime_ends),
        CONFORMANCE_TEST(int_102_server_removes_who_does_not_update),
        CONFORMANCE_TEST(int_103_leaves_when_disable_is_executed),
        CONFORMANCE_TEST(int_104_updates_when_the_trigger_is_executed),
        CONFORMANCE_TEST(int_105_registers_anew_when_the_server_has_discarded_it),
        CONFORMANCE_TEST(int_107_a_longer_lifetime_is_told_at_once_and_kept),
        CONFORMANCE_TEST(int_108_says_that_it_sleeps),
    };

    return RUN_TESTS(registration_interface);
}
