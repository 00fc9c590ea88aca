/* conformance_test: the cases of the OMA's Enabler Test Specification, by their numbers. */

#include "conformance/bench.h"

int main(void)
{
    return registration_tests() + reading_tests() + writing_tests() + device_tests() +
           objects_tests() + faults_tests() + observing_tests() + reporting_tests() +
           two_servers_tests() + secure_tests() + bootstrap_tests() + firmware_tests();
}
