/* The groups of tests of the base layer; each gives the number of tests that failed. */
#ifndef LN_BASE_TESTS_H
#define LN_BASE_TESTS_H

int address_tests(void);
int base64_tests(void);
int bytes_tests(void);
int cursor_tests(void);
int double_tests(void);
int float_tests(void);
int hash_tests(void);
int map_tests(void);
int memory_tests(void);
int number_tests(void);
int wheel_tests(void);

#endif
