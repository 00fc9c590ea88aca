/* Object tables, and instances in an array. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int object_tests(void);

struct sensor {
    float celsius;
    int32_t count;
    char name[8];
    const char *maker;
    bool on;
    struct ln_bytes blob;
    LN_LIST_OF(uint16_t, 3) codes;
};

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 5500, LN_BOOLEAN, LN_READ,           LN_FIELD(struct sensor, on)      },
    { 5605, LN_NONE,    LN_EXECUTE,        LN_EXECUTE_BY(NULL)              },
    { 5700, LN_FLOAT,   LN_READ,           LN_FIELD(struct sensor, celsius) },
    { 5701, LN_STRING,  LN_READ | LN_WRITE, LN_FIELD(struct sensor, name)   },
    { 5702, LN_INTEGER, LN_READ | LN_MANY, LN_LIST(struct sensor, codes)    },
    { 5703, LN_STRING,  LN_READ,           LN_FIELD(struct sensor, maker)   },
    { 5704, LN_INTEGER, LN_READ,           LN_FIELD(struct sensor, count)   },
    { 5705, LN_OPAQUE,  LN_READ,           LN_FIELD(struct sensor, blob)    },
    /* clang-format on */
};
static const struct ln_object sensor_object = {
    .id = 3303,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
};

TEST(each_resource_is_found_by_its_id)
{
    for (size_t i = 0; i < LN_COUNT(resources); i++) {
        assert_ptr_equal(ln_object_resource(&sensor_object, resources[i].id), &resources[i]);
    }
}

TEST(ids_between_and_beyond_the_rows_are_not_found)
{
    static const uint16_t ids[] = {0, 5499, 5501, 5604, 5606, 5699, 5706, 65534};

    for (size_t i = 0; i < LN_COUNT(ids); i++) {
        assert_null(ln_object_resource(&sensor_object, ids[i]));
    }
    assert_null(ln_object_resource(&(const struct ln_object){.id = 1}, 0));
}

TEST(a_row_finds_out_how_its_member_holds_the_value)
{
    CHECK_EQ(ln_object_resource(&sensor_object, 5500)->storage, LN_IN_BOOL);
    CHECK_EQ(ln_object_resource(&sensor_object, 5700)->storage, LN_IN_FLOAT);
    CHECK_EQ(ln_object_resource(&sensor_object, 5701)->storage, LN_IN_CHARS);
    CHECK_EQ(ln_object_resource(&sensor_object, 5701)->at.field.size, 8);
    CHECK_EQ(ln_object_resource(&sensor_object, 5703)->storage, LN_IN_TEXT);
    CHECK_EQ(ln_object_resource(&sensor_object, 5704)->storage, LN_IN_SIGNED);
    CHECK_EQ(ln_object_resource(&sensor_object, 5705)->storage, LN_IN_BYTES);
    CHECK_EQ(ln_object_resource(&sensor_object, 5702)->storage, LN_IN_UNSIGNED);
    CHECK_EQ(ln_object_resource(&sensor_object, 5702)->at.list->capacity, 3);
    CHECK_EQ(ln_object_resource(&sensor_object, 5605)->place, LN_PLACE_EXECUTE);
}

/* An odd size, so that an item in the wrong place shows. */
struct item {
    uint8_t value[3];
};

static struct item items[4];
static uint16_t ids[4];
static struct ln_instances store;

static void given_instances(uint16_t a, uint16_t b)
{
    memset(items, 0xEE, sizeof(items));
    store = (struct ln_instances){items, ids, sizeof(items[0]), LN_COUNT(items), 2};
    ids[0] = a;
    ids[1] = b;
    items[0].value[0] = (uint8_t)a;
    items[1].value[0] = (uint8_t)b;
}

/* The ids in the order of a walk, and whether each item is the one of its id. */
static void check_instances(size_t count, const uint16_t *expected)
{
    uint16_t id = 0;

    for (size_t i = 0; i < count; i++) {
        struct item *item = ln_instances_calls.next(&store, &id);
        assert_non_null(item);
        CHECK_EQ(id, expected[i]);
        CHECK_EQ(item->value[0], expected[i]);
        id++;
    }
    assert_null(ln_instances_calls.next(&store, &id));
}

static bool create(uint16_t id)
{
    struct item *item = ln_instances_calls.create(&store, id);

    if (item == NULL) {
        return false;
    }
    CHECK_EQ(item->value[0] | item->value[1] | item->value[2], 0);
    item->value[0] = (uint8_t)id;
    return true;
}

TEST(a_new_instance_takes_its_place_in_the_order)
{
    given_instances(2, 7);
    CHECK(create(5));
    CHECK(create(0));
    check_instances(4, (const uint16_t[]){0, 2, 5, 7});
}

TEST(an_instance_at_the_end_is_made_too)
{
    given_instances(2, 7);
    CHECK(create(9));
    check_instances(3, (const uint16_t[]){2, 7, 9});
}

TEST(no_instance_is_made_twice_or_beyond_the_capacity)
{
    given_instances(2, 7);
    CHECK(!create(7));
    CHECK(create(8) && create(9));
    CHECK(!create(1));
    check_instances(4, (const uint16_t[]){2, 7, 8, 9});
}

TEST(an_instance_is_removed_and_the_others_stay)
{
    given_instances(2, 7);
    CHECK(create(5) && create(9));
    CHECK_OK(ln_instances_calls.remove(&store, 5));
    check_instances(3, (const uint16_t[]){2, 7, 9});
    CHECK_OK(ln_instances_calls.remove(&store, 9));
    CHECK_OK(ln_instances_calls.remove(&store, 2));
    check_instances(1, (const uint16_t[]){7});
    CHECK_ERR(ln_instances_calls.remove(&store, 2), LN_ERR_NOT_FOUND);
    CHECK_OK(ln_instances_calls.remove(&store, 7));
    check_instances(0, NULL);
    CHECK_ERR(ln_instances_calls.remove(&store, 7), LN_ERR_NOT_FOUND);
}

TEST(an_app_sets_a_member_by_its_row)
{
    struct sensor sensor = {.maker = "us"};
    struct ln_value whole = ln_value_integer(21);
    struct ln_value name = ln_value_string("cellar");
    struct ln_value too_long = ln_value_string("under the roof");
    struct ln_value too_large = ln_value_integer(INT64_MAX);

    CHECK_OK(ln_resource_store(&resources[2], &sensor, &whole)); /* converted */
    CHECK(sensor.celsius == 21);
    CHECK_OK(ln_resource_store(&resources[3], &sensor, &name));
    CHECK_ERR(ln_resource_store(&resources[3], &sensor, &too_long), LN_ERR_BAD_VALUE);
    assert_string_equal(sensor.name, "cellar");
    CHECK_ERR(ln_resource_store(&resources[6], &sensor, &too_large), LN_ERR_BAD_VALUE);
    CHECK_EQ(sensor.count, 0);
    CHECK_ERR(ln_resource_store(&resources[5], &sensor, &name), LN_ERR_NOT_ALLOWED);
    CHECK_ERR(ln_resource_store(&resources[4], &sensor, &whole), LN_ERR_NOT_ALLOWED);
    assert_string_equal(sensor.maker, "us");
}

int object_tests(void)
{
    static const struct CMUnitTest objects[] = {
        cmocka_unit_test(each_resource_is_found_by_its_id),
        cmocka_unit_test(ids_between_and_beyond_the_rows_are_not_found),
        cmocka_unit_test(a_row_finds_out_how_its_member_holds_the_value),
        cmocka_unit_test(a_new_instance_takes_its_place_in_the_order),
        cmocka_unit_test(an_instance_at_the_end_is_made_too),
        cmocka_unit_test(no_instance_is_made_twice_or_beyond_the_capacity),
        cmocka_unit_test(an_app_sets_a_member_by_its_row),
        cmocka_unit_test(an_instance_is_removed_and_the_others_stay),
    };
    return RUN_TESTS(objects);
}
