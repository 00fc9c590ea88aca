/* All unit tests of the lwm2m layer. */

int arguments_tests(void);
int attributes_tests(void);
int binding_tests(void);
int object_list_tests(void);
int object_tests(void);
int operation_tests(void);
int registration_query_tests(void);
int version_tests(void);

int main(void)
{
    int failed = 0;

    failed += arguments_tests();
    failed += attributes_tests();
    failed += binding_tests();
    failed += object_list_tests();
    failed += object_tests();
    failed += operation_tests();
    failed += registration_query_tests();
    failed += version_tests();
    return failed == 0 ? 0 : 1;
}
