/* The sensor objects: what was measured, the extremes, and what servers may do. */

#include "support.h"

static struct ln_sensor sensor;
static uint16_t ids[1];
static struct ln_instances sensors = {&sensor, ids, sizeof(sensor), 1, 1};
static struct ln_object_entry objects[5];

/* Room for it: a client's objects are given once. */
static void given_a_thermometer(void)
{
    given_a_registered_client(LN_VERSION_1_1);
    sensor = (struct ln_sensor){.units = "Cel", .absent = LN_SENSOR_RANGE};
    memcpy(objects, f.objects, 3 * sizeof(objects[0]));
    objects[3] = (struct ln_object_entry){&ln_temperature_object, &sensors};
    objects[4] = f.objects[3];
    f.config.objects = objects;
    f.config.object_count = 5;
}

TEST(a_sensor_reads_as_it_was_measured)
{
    given_a_thermometer();
    ln_sensor_measure(&sensor, 21.5);

    CHECK_TEXT(read_path("/3303/0/5700", LN_FORMAT_TEXT).payload, "21.5");
    CHECK_TEXT(read_path("/3303/0/5701", LN_FORMAT_TEXT).payload, "Cel");
    CHECK_EQ(read_path("/3303/0/5603", LN_FORMAT_TEXT).code, LN_COAP_4_04);
}

TEST(the_extremes_begin_with_the_first_value_and_move_with_those_beyond)
{
    given_a_thermometer();
    ln_sensor_measure(&sensor, 21.5);
    ln_sensor_measure(&sensor, 23);
    ln_sensor_measure(&sensor, 22);

    CHECK_TEXT(read_path("/3303/0/5601", LN_FORMAT_TEXT).payload, "21.5");
    CHECK_TEXT(read_path("/3303/0/5602", LN_FORMAT_TEXT).payload, "23");
    CHECK_TEXT(read_path("/3303/0/5700", LN_FORMAT_TEXT).payload, "22");
}

TEST(execute_5605_starts_the_extremes_anew)
{
    given_a_thermometer();
    ln_sensor_measure(&sensor, 25);
    ln_sensor_measure(&sensor, 15);
    ln_sensor_measure(&sensor, 20);

    CHECK_EQ(execute("/3303/0/5605", "").code, LN_COAP_2_04);
    CHECK_TEXT(read_path("/3303/0/5601", LN_FORMAT_TEXT).payload, "20");
    CHECK_TEXT(read_path("/3303/0/5602", LN_FORMAT_TEXT).payload, "20");
}

TEST(a_server_names_what_a_sensor_is_for_and_writes_nothing_else)
{
    given_a_thermometer();

    CHECK_EQ(write_text("/3303/0/5750", "kitchen").code, LN_COAP_2_04);
    CHECK_TEXT(ln_bytes_of_text(sensor.application), "kitchen");
    CHECK_EQ(write_text("/3303/0/5700", "30").code, LN_COAP_4_05);
    CHECK(sensor.value == 0);
}

TEST(a_server_neither_makes_nor_removes_a_sensor)
{
    struct question remove = {.code = LN_COAP_DELETE, .path = "/3303/0", NO_FORMAT};

    given_a_thermometer();

    CHECK_EQ(ask(&remove).code, LN_COAP_4_05);
    CHECK_EQ(post("/3303", LN_FORMAT_TLV, BYTES("\xe8\x16\x44\x00\x00\x00\x00")).code,
             LN_COAP_4_05);
    CHECK_EQ(sensors.count, 1);
}

int sensor_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sensor_reads_as_it_was_measured),
        cmocka_unit_test(the_extremes_begin_with_the_first_value_and_move_with_those_beyond),
        cmocka_unit_test(execute_5605_starts_the_extremes_anew),
        cmocka_unit_test(a_server_names_what_a_sensor_is_for_and_writes_nothing_else),
        cmocka_unit_test(a_server_neither_makes_nor_removes_a_sensor),
    };

    return RUN_TESTS(tests);
}
