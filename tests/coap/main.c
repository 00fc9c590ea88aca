/* The unit tests of src/coap. */

#include "coap_test.h"

int main(void)
{
    return arrival_tests() + block_fetcher_tests() + block_receiver_tests() +
           block_sender_tests() + block_tests() + block_transfer_tests() + builder_tests() +
           code_tests() + exchange_tests() + history_tests() + message_tests() +
           options_tests() + parameters_tests() + uri_tests();
}
