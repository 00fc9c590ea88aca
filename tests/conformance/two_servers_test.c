/* Conformance, ids 950 and 951: a client of two servers, as in configuration C.14. */

#include "conformance/bench.h"

/* spec: ETS 1.0-int-950, 1.1-int-950 */
TEST(int_950_registers_with_each_server_by_its_own_account)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_a_second_server();
        bench.account[1].lifetime = 3600;
        the_client_starts();
        CHECK_CLIENT_SAYS("registered\nregistered\n");
        CHECK_SERVER_SAYS("registered\nregistered\n");
        for (size_t i = 0; i < BENCH_SERVERS; i++) {
            asks(i);
            CHECK_EQ(ln_server_registration_count(bench.server), 1);
            CHECK_EQ(registration().lifetime, i == 0 ? LIFETIME : 3600);
            CHECK_EQ(registration().object_count, 6); /* 1/0, 1/1, 2/0 to 2/2, 3/0 */
        }
    }
}

/* spec: ETS 1.1-int-950: what one server may not touch of the other's */
TEST(int_950_each_server_has_its_rights)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_a_second_server();
        the_client_starts();
        for (size_t i = 0; i < BENCH_SERVERS; i++) {
            asks(i);
            read_as("/3/0/0", LN_FORMAT_TEXT);
            CHECK_CODE("2.05");
            write_text(i == 0 ? "/1/0/2" : "/1/1/2", "5");
            CHECK_CODE("2.04");
            write_text(i == 0 ? "/1/1/2" : "/1/0/2", "9");
            CHECK_CODE("4.01");
            read_as("/2/0", LN_FORMAT_TLV);
            CHECK_CODE("2.05");
        }
        CHECK_EQ(bench.account[0].min_period, 5);
        CHECK_EQ(bench.account[1].min_period, 5);
    }
}

static void check_periods(size_t server, const char *attributes)
{
    forget();
    asks(server);
    discover("/3/0");
    CHECK_CODE("2.05");
    CHECK(strstr(bench.wire, attributes) != NULL);
}

/* spec: ETS 1.0-int-951, 1.1-int-951 */
TEST(int_951_each_server_sees_its_own_attributes)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_reports();
        given_a_second_server();
        the_client_starts();
        write_attributes("/3/0", "pmin=2&pmax=10");
        CHECK_CODE("2.04");
        asks(1);
        write_attributes("/3/0", "pmin=15&pmax=50");
        CHECK_CODE("2.04");
        check_periods(0, "</3/0>;pmin=2;pmax=10,");
        check_periods(1, "</3/0>;pmin=15;pmax=50,");
        CHECK(strstr(bench.wire, "pmin=2;") == NULL);
    }
}

int two_servers_tests(void)
{
    const struct CMUnitTest two_servers[] = {
        CONFORMANCE_TEST(int_950_registers_with_each_server_by_its_own_account),
        CONFORMANCE_TEST(int_950_each_server_has_its_rights),
        CONFORMANCE_TEST(int_951_each_server_sees_its_own_attributes),
    };

    return RUN_TESTS(two_servers);
}
