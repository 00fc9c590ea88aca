/* Conformance, ids 241, 651, 652, 680 and 685: the Device object. */

#include "conformance/bench.h"

/* spec: ETS 1.0-int-241, 1.1-int-241 */
TEST(int_241_answers_a_reboot_then_reboots_and_registers_again)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_it_is_registered();
        execute("/3/0/4");
        /* The event comes once the answer has left, and nothing else is sent before it. */
        CHECK_WIRE("server CON POST /3/0/4\n"
                   "client ACK 2.04\n");
        CHECK_CLIENT_SAYS("executed /3/0/4\n");
        CHECK_SERVER_SAYS("result answered 2.04\n");
        forget();

        the_device_reboots();
        CHECK_CLIENT_SAYS("registered\n");
        CHECK_SERVER_SAYS("replaced\nregistered\n");
        CHECK_EQ(ln_server_registration_count(bench.server), 1);
    }
}

/* spec: ETS 1.0-int-651, 1.1-int-651 */
TEST(int_651_sets_time_offset_and_timezone)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_a_clock();
        given_it_is_registered();
        update_at("/3/0", LN_FORMAT_TLV,
                  BYTES("\xC4\x0D\x51\x82\x42\x8F"
                        "\xC6\x0E+02:00"
                        "\xC8\x0F\x0C"
                        "Europe/Paris"));
        CHECK_WIRE("server CON POST /3/0 format=11542 C40D5182428FC60E2B30323A3030"
                   "C80F0C4575726F70652F5061726973\n"
                   "client ACK 2.04\n");
        CHECK_CLIENT_SAYS("written /3/0\n");
        read_as("/3/0", LN_FORMAT_TLV);
        CHECK_VALUES("/3/0/0 Open Mobile Alliance\n/3/0/1 Lightweight M2M Client\n"
                     "/3/0/2 345000123\n/3/0/3 1.0\n/3/0/11/0 0\n/3/0/13 1367491215\n"
                     "/3/0/14 +02:00\n/3/0/15 Europe/Paris\n/3/0/16 U\n");

        write_at("/3/0", LN_FORMAT_TLV,
                 BYTES("\xC4\x0D\x50\x00\x00\x00"
                       "\xC6\x0E+01:00"
                       "\xC8\x0F\x0D"
                       "Europe/Berlin"));
        CHECK_CODE("2.04");
        read_as("/3/0", LN_FORMAT_TLV);
        CHECK_VALUES("/3/0/0 Open Mobile Alliance\n/3/0/1 Lightweight M2M Client\n"
                     "/3/0/2 345000123\n/3/0/3 1.0\n/3/0/11/0 0\n/3/0/13 1342177280\n"
                     "/3/0/14 +01:00\n/3/0/15 Europe/Berlin\n/3/0/16 U\n");
    }
}

/* spec: ETS 1.0-int-652, 1.1-int-652 */
TEST(int_652_reads_the_firmware_version)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        read_as("/3/0/3", LN_FORMAT_NONE);
        CHECK_CODE("2.05");
        CHECK_VALUES("/3/0/3 1.0\n");
        CHECK_SERVER_SAYS("result answered 2.05\n");
    }
}

/* spec: ETS 1.0-int-680, 1.1-int-680 */
TEST(int_680_refuses_to_create_a_second_device)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        create_at("/3", LN_FORMAT_TLV, BYTES("\xC1\x0EZ"));
        create_at("/3", LN_FORMAT_TLV, BYTES("\x03\x01\xC1\x0EZ"));
        CHECK_WIRE("server CON POST /3 format=11542 C10E5A\n"
                   "client ACK 4.05\n"
                   "server CON POST /3 format=11542 0301C10E5A\n"
                   "client ACK 4.05\n");
        CHECK_SERVER_SAYS("result answered 4.05\nresult answered 4.05\n");
        CHECK_CLIENT_SAYS("");
    }
}

/* spec: ETS 1.0-int-685, 1.1-int-685 */
TEST(int_685_refuses_to_delete_the_device)
{
    EACH_VERSION(v)
    {
        given_c3(v);
        given_it_is_registered();
        delete_at("/3/0");
        CHECK_WIRE("server CON DELETE /3/0\n"
                   "client ACK 4.05\n");
        CHECK_SERVER_SAYS("result answered 4.05\n");
        read_as("/3/0/0", LN_FORMAT_TEXT);
        CHECK_CODE("2.05");
    }
}

int device_tests(void)
{
    const struct CMUnitTest device[] = {
        CONFORMANCE_TEST(int_241_answers_a_reboot_then_reboots_and_registers_again),
        CONFORMANCE_TEST(int_651_sets_time_offset_and_timezone),
        CONFORMANCE_TEST(int_652_reads_the_firmware_version),
        CONFORMANCE_TEST(int_680_refuses_to_create_a_second_device),
        CONFORMANCE_TEST(int_685_refuses_to_delete_the_device),
    };

    return RUN_TESTS(device);
}
