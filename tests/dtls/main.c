/* Runs all tests of DTLS. */

#include "dtls_tests.h"

int main(void)
{
    return memory_tests() + network_tests() + psk_tests() + queue_tests() + session_tests() +
           sha256_tests() + x509_tests();
}
