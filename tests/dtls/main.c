/* Runs all tests of DTLS. */

#include "dtls_tests.h"

int main(void)
{
    return psk_tests();
}
