/* The unit tests of src/coap. */

#include "coap_test.h"

int main(void)
{
    return builder_tests() + code_tests() + exchange_tests() + history_tests() +
           message_tests() + options_tests() + parameters_tests();
}
