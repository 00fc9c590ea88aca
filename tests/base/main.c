/* All unit tests of the base layer. */

#include "base_tests.h"

int main(void)
{
    return address_tests() + base64_tests() + bytes_tests() + cursor_tests() + double_tests() +
           float_tests() + hash_tests() + map_tests() + memory_tests() + number_tests() +
           wheel_tests();
}
