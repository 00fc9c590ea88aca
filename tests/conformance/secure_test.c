/* Conformance, ids 401 to 403: the channel is protected by a key, or by certificates. */

#include "conformance/bench.h"
#include "conformance/secure.h"

/* spec: ETS 1.0-int-401, 1.1-int-401 */
TEST(int_401_registers_and_answers_over_dtls_with_a_key)
{
    EACH_VERSION(v)
    {
        given_c1(v);
        given_a_key();
        the_client_starts();
        CHECK_CLIENT_SAYS("registered\n");
        CHECK_SERVER_SAYS("registered\n");
        CHECK_EQ(secure_server_stats()->opened, 1);
        CHECK_TEXT(secure_identity(), "urn:dev:1");
        read_as("/3/0", LN_FORMAT_TLV);
        CHECK_CODE("2.05");
        CHECK_EQ(bench.format, LN_FORMAT_TLV);
        CHECK(strstr(bench.values, "/3/0/0 Open Mobile Alliance\n") != NULL);
    }
}

/* spec: ETS 1.1-int-402 */
TEST(int_402_registers_and_answers_over_dtls_with_certificates)
{
    given_c1(LN_VERSION_1_1);
    given_certificates("server.example");
    the_client_starts();
    CHECK_CLIENT_SAYS("registered\n");
    CHECK_SERVER_SAYS("registered\n");
    CHECK_TEXT(secure_identity(), "urn:dev:ops:32473-1");
    read_as("/3/0", LN_FORMAT_TLV);
    CHECK_CODE("2.05");
    CHECK(strstr(bench.values, "/3/0/0 Open Mobile Alliance\n") != NULL);
}

/* spec: ETS 1.1-int-403 */
TEST(int_403_a_certificate_of_another_host_ends_the_handshake)
{
    given_c1(LN_VERSION_1_1);
    given_certificates("other.example");
    the_client_starts();
    CHECK_EQ(secure_client_stats()->wrong_name_certificate, 1);
    CHECK_EQ(secure_client_stats()->opened, 0);
    CHECK_EQ(secure_server_stats()->opened, 0);
    CHECK_EQ(secure_server_stats()->alerts_received, 1);
    CHECK_WIRE(""); /* nothing was said, in clear or not */
    CHECK_CLIENT_SAYS("refused\n");
    CHECK_SERVER_SAYS("");
    CHECK_EQ(ln_server_registration_count(bench.server), 0);
}

int secure_tests(void)
{
    const struct CMUnitTest secure[] = {
        CONFORMANCE_TEST(int_401_registers_and_answers_over_dtls_with_a_key),
        CONFORMANCE_TEST(int_402_registers_and_answers_over_dtls_with_certificates),
        CONFORMANCE_TEST(int_403_a_certificate_of_another_host_ends_the_handshake),
    };

    return RUN_TESTS(secure);
}
