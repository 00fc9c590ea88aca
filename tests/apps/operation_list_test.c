/* The operations of a shard that have an id: order, what is found, what is forgotten first. */

#include "linnetd/operation_list.h"

#include "ln_test.h"

#include <stdlib.h>

int operation_list_tests(void);

static struct operation_list operations;

static struct listed *add(const char *endpoint, uint64_t number)
{
    struct operation_call op = {.number = number};
    struct listed *listed = operation_list_add(&operations, ln_bytes_of_text(endpoint), &op);

    assert_non_null(listed);
    return listed;
}

static struct listed *ended_with(uint64_t number, size_t bytes)
{
    struct listed *listed = add("a", number);

    listed->op.payload = bytes > 0 ? malloc(bytes) : NULL;
    listed->op.payload_len = bytes;
    operation_list_keep(&operations, listed);
    return listed;
}

TEST(those_of_an_endpoint_stand_in_order_and_are_found_by_number)
{
    operation_list_init(&operations);
    struct listed *first = add("a", 1);
    struct listed *other = add("b", 2);
    struct listed *second = add("a", 3);

    assert_ptr_equal(operation_list_first(&operations, BYTES("a")), first);
    assert_ptr_equal(first->next, second);
    assert_ptr_equal(operation_list_find(&operations, 2), other);
    assert_null(operation_list_find(&operations, 4));
    operation_list_remove(&operations, first);
    assert_ptr_equal(operation_list_first(&operations, BYTES("a")), second);
    operation_list_remove(&operations, other);
    assert_null(operation_list_first(&operations, BYTES("b")));
    CHECK_EQ(operation_list_waiting(&operations), 1);
    operation_list_fini(&operations);
}

TEST(of_too_many_that_are_over_the_oldest_is_surplus)
{
    operation_list_init(&operations);
    (void)add("a", 1);
    struct listed *oldest = ended_with(2, 0);
    for (uint64_t number = 3; number < 2 + OPERATIONS_OVER_MAX / 10; number++) {
        (void)ended_with(number, 0);
    }
    assert_null(operation_list_surplus(&operations, 10));

    (void)ended_with(100000, 0);
    assert_ptr_equal(operation_list_surplus(&operations, 10), oldest);
    operation_list_remove(&operations, oldest);
    assert_null(operation_list_surplus(&operations, 10));
    CHECK_EQ(operation_list_waiting(&operations), 1);
    operation_list_fini(&operations);
}

TEST(results_that_are_too_large_together_push_the_oldest_out)
{
    enum { HALF = OPERATIONS_OVER_BYTES / 64 / 2 };

    operation_list_init(&operations);
    struct listed *oldest = ended_with(1, HALF);
    (void)ended_with(2, HALF);
    assert_null(operation_list_surplus(&operations, 64));
    (void)ended_with(3, 1);
    assert_ptr_equal(operation_list_surplus(&operations, 64), oldest);
    operation_list_fini(&operations);
}

TEST(an_id_is_read_as_it_is_written_and_nothing_else_is)
{
    char text[OPERATION_ID_TEXT];
    uint64_t number;

    operation_id_text(0x6b0643c200001, text);
    assert_true(operation_id_of_text(ln_bytes_of_text(text), &number));
    CHECK_EQ(number, 0x6b0643c200001);
    assert_false(operation_id_of_text(BYTES(""), &number));
    assert_false(operation_id_of_text(BYTES("0"), &number));
    assert_false(operation_id_of_text(BYTES("6B"), &number));
    assert_false(operation_id_of_text(BYTES("1234567890123456"), &number));
}

int operation_list_tests(void)
{
    const struct CMUnitTest operation_list_group[] = {
        cmocka_unit_test(those_of_an_endpoint_stand_in_order_and_are_found_by_number),
        cmocka_unit_test(of_too_many_that_are_over_the_oldest_is_surplus),
        cmocka_unit_test(results_that_are_too_large_together_push_the_oldest_out),
        cmocka_unit_test(an_id_is_read_as_it_is_written_and_nothing_else_is),
    };

    return RUN_TESTS(operation_list_group);
}
