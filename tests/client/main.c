/* All unit tests of the client layer. */

#include "support.h"

int main(void)
{
    int failed = 0;

    failed += init_tests();
    failed += registration_tests();
    failed += register_tests();
    failed += exchange_tests();
    failed += read_tests();
    failed += write_tests();
    failed += create_tests();
    failed += codes_tests();
    failed += blocks_tests();
    failed += list_blocks_tests();
    failed += transfer_tests();
    failed += execute_tests();
    failed += data_tests();
    failed += observe_tests();
    failed += attributes_tests();
    failed += notify_tests();
    failed += dated_tests();
    failed += queue_mode_tests();
    failed += objects_tests();
    failed += operations_tests();
    failed += sensor_tests();
    failed += state_tests();
    failed += statistics_tests();
    failed += access_tests();
    failed += firmware_tests();
    failed += bootstrap_tests();
    failed += bootstrap_write_tests();
    failed += download_tests();
    failed += bootstrap_bad_input_tests();
    return failed == 0 ? 0 : 1;
}
