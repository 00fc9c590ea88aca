/* Operations in the store: there again in their last state. */

#include "ln_test.h"
#include "store_harness.h"

#include <string.h>

int store_operation_tests(void);

static void put_operation(enum store_kind kind, uint64_t number,
                          const struct store_operation *operation)
{
    struct store_change change = {.kind = kind, .number = number, .operation = operation};

    store_batch_put(&batch, &change);
}

static struct store_operation queued(uint64_t id, const char *payload)
{
    return (struct store_operation){
        .id = id,
        .endpoint = BYTES("urn:dev:1"),
        .operation = {.kind = LN_OPERATION_EXECUTE,
                      .path = ln_path_resource(3, 0, 4),
                      .accept = LN_FORMAT_NONE,
                      .format = LN_FORMAT_TEXT,
                      .payload = ln_bytes_of_text(payload)},
        .retry = id == 7,
        .created_at = 1700000000000,
        .expires_at = INT64_MAX,
    };
}

static struct {
    struct store_operation at[4];
    char payload[4][8];
    char result[4][8];
    size_t count;
} found;

static bool take_operation(void *context, const struct store_operation *operation)
{
    size_t i = found.count++;

    (void)context;
    assert_true(i < LN_COUNT(found.at));
    CHECK_TEXT(operation->endpoint, "urn:dev:1");
    found.at[i] = *operation;
    (void)ln_bytes_to_text(operation->operation.payload, found.payload[i], 8);
    (void)ln_bytes_to_text(operation->result, found.result[i], 8);
    return true;
}

static void queue_and_die(void)
{
    struct store_operation first = queued(7, "0");
    struct store_operation second = queued(8, "1");
    struct store_operation third = queued(9, "2");

    given_a_running_store();
    put_operation(STORE_OPERATION, 1, &first);
    put_operation(STORE_OPERATION, 2, &second);
    put_operation(STORE_OPERATION, 3, &third);
    put_operation(STORE_OPERATION_SENT, 4, &second);
    first.state = LN_OPERATION_DONE;
    first.operation.payload = ln_bytes(NULL, 0);
    first.ended_at = 1700000005000;
    first.code = LN_COAP_2_04;
    first.result = BYTES("yes");
    put_operation(STORE_OPERATION, 5, &first);
    put_operation(STORE_OPERATION_FORGOTTEN, 0, &third);
    submit(0);
    until_committed(0, 5);
}

TEST(operations_are_there_after_a_kill_in_their_last_state)
{
    given_a_folder();
    killed_after(queue_and_die);

    given_a_running_store();
    found.count = 0;
    assert_true(store_restore_operations(store, take_operation, NULL, why));
    CHECK_EQ(found.count, 2);
    CHECK_EQ(found.at[0].id, 7);
    CHECK_EQ(found.at[0].state, LN_OPERATION_DONE);
    CHECK_EQ(found.at[0].ended_at, 1700000005000);
    CHECK_EQ(found.at[0].code, LN_COAP_2_04);
    assert_string_equal(found.result[0], "yes");
    CHECK_EQ(found.at[1].id, 8);
    CHECK_EQ(found.at[1].state, LN_OPERATION_SENT);
    CHECK_EQ(found.at[1].operation.kind, LN_OPERATION_EXECUTE);
    CHECK_EQ(found.at[1].operation.format, LN_FORMAT_TEXT);
    assert_true(ln_path_equal(found.at[1].operation.path, ln_path_resource(3, 0, 4)));
    assert_string_equal(found.payload[1], "1");
    assert_false(found.at[1].retry);
    closed();
    remove_folder();
}

TEST(a_row_that_is_no_operation_ends_the_start_and_is_named)
{
    given_a_folder();
    killed_after(queue_and_die);
    run_sql("UPDATE operations SET kind=99 WHERE id=8");

    given_an_open_store();
    found.count = 0;
    assert_false(store_restore_operations(store, take_operation, NULL, why));
    assert_non_null(strstr(why, "row 8 is no operation"));
    closed();
    remove_folder();
}

int store_operation_tests(void)
{
    const struct CMUnitTest store_operation_group[] = {
        cmocka_unit_test(operations_are_there_after_a_kill_in_their_last_state),
        cmocka_unit_test(a_row_that_is_no_operation_ends_the_start_and_is_named),
    };

    return RUN_TESTS(store_operation_group);
}
