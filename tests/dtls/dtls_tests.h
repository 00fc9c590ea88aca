/* The groups of tests of DTLS. */
#ifndef LN_DTLS_TESTS_H
#define LN_DTLS_TESTS_H

int memory_tests(void);
int network_tests(void);
int psk_tests(void);
int queue_tests(void);
int session_tests(void);
int sha256_tests(void);
int x509_tests(void);

#endif
