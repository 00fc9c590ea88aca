/* The groups of tests of DTLS. */
#ifndef LN_DTLS_TESTS_H
#define LN_DTLS_TESTS_H

int psk_tests(void);

#endif
