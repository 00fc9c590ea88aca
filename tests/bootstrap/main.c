/* All unit tests of the bootstrap layer. */

#include "support.h"

int main(void)
{
    int failed = 0;

    failed += request_tests();
    failed += steps_tests();
    failed += blocks_tests();
    failed += build_tests();
    failed += bad_input_tests();
    failed += loss_tests();
    return failed == 0 ? 0 : 1;
}
