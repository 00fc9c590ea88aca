/* All unit tests of the server layer. */

#include "blocks_support.h"
#include "waiting_support.h"

int main(void)
{
    int failed = 0;

    failed += register_tests();
    failed += update_tests();
    failed += lifetime_tests();
    failed += repeats_tests();
    failed += recent_tests();
    failed += operations_tests();
    failed += responses_tests();
    failed += request_blocks_tests();
    failed += answer_blocks_tests();
    failed += stream_tests();
    failed += source_tests();
    failed += files_tests();
    failed += list_blocks_tests();
    failed += events_tests();
    failed += journal_tests();
    failed += answers_tests();
    failed += bad_input_tests();
    failed += queue_tests();
    failed += queue_mode_tests();
    failed += observe_tests();
    failed += owner_tests();
    failed += sessions_tests();
    failed += scale_tests();
    return failed == 0 ? 0 : 1;
}
