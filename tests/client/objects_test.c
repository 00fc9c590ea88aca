/* The tables of the objects against the registry of OMA, read from its XML. */

#include "support.h"

#include <linnet/firmware.h>

#include <stdio.h>
#include <stdlib.h>

/* What follows `<name>` up to the next `<`, in `in` which moves behind it; "" for `<name/>`. */
static struct ln_bytes element(struct ln_reader *in, const char *name)
{
    size_t len = strlen(name);

    while (ln_reader_left(in) > len) {
        (void)ln_read_until(in, '<');
        struct ln_reader tag = *in;
        struct ln_bytes start = ln_read_bytes(&tag, len);
        if (tag.failed || !ln_bytes_are(start, name)) {
            continue;
        }
        if (ln_read_if(&tag, '>')) {
            *in = tag;
            struct ln_bytes text = ln_read_until(&tag, '<');
            return text;
        }
        return ln_bytes(NULL, 0);
    }
    return ln_bytes(NULL, 0);
}

/* The next `<Item ID="n">` and what is in it. */
static bool next_item(struct ln_reader *in, uint16_t *id, struct ln_bytes *body)
{
    static const char start[] = "<Item ID=\"";
    static const char end[] = "</Item>";

    while (ln_reader_left(in) >= sizeof(start) - 1) {
        struct ln_reader ahead = *in;
        if (!ln_bytes_are(ln_read_bytes(&ahead, sizeof(start) - 1), start)) {
            (void)ln_read_u8(in);
            continue;
        }
        CHECK(ln_id_of_text(ln_read_until(&ahead, '"'), id));
        *in = ahead;
        while (
            !ln_bytes_start_with(ln_bytes(in->at, ln_reader_left(in)), ln_bytes_of_text(end))) {
            (void)ln_read_u8(in);
        }
        *body = ln_bytes(ahead.at, (size_t)(in->at - ahead.at));
        return true;
    }
    return false;
}

static enum ln_type type_named(struct ln_bytes name)
{
    static const struct {
        const char *name;
        enum ln_type type;
    } types[] = {
        {"", LN_NONE},           {"String", LN_STRING},   {"Integer", LN_INTEGER},
        {"Float", LN_FLOAT},     {"Boolean", LN_BOOLEAN}, {"Unsigned Integer", LN_UNSIGNED},
        {"Opaque", LN_OPAQUE},   {"Time", LN_TIME},       {"Objlnk", LN_OBJLNK},
        {"Corelnk", LN_CORELNK},
    };

    for (size_t i = 0; i < LN_COUNT(types); i++) {
        if (ln_bytes_are(name, types[i].name)) {
            return types[i].type;
        }
    }
    fail_msg("the registry has a type that is not known here");
    return LN_NONE;
}

static unsigned operations_of(struct ln_bytes body)
{
    struct ln_reader in = ln_reader(body);
    struct ln_bytes letters = element(&in, "Operations");
    unsigned operations = 0;

    for (size_t i = 0; i < letters.len; i++) {
        operations |= letters.at[i] == 'R' ? LN_READ : 0U;
        operations |= letters.at[i] == 'W' ? LN_WRITE : 0U;
        operations |= letters.at[i] == 'E' ? LN_EXECUTE : 0U;
    }
    in = ln_reader(body);
    operations |= ln_bytes_are(element(&in, "MultipleInstances"), "Multiple") ? LN_MANY : 0U;
    in = ln_reader(body);
    operations |= ln_bytes_are(element(&in, "Mandatory"), "Mandatory") ? LN_MANDATORY : 0U;
    return operations;
}

static size_t check_items(const struct ln_object *object, struct ln_bytes xml)
{
    struct ln_reader in = ln_reader(xml);
    struct ln_bytes body;
    uint16_t id;
    size_t found = 0;

    while (next_item(&in, &id, &body)) {
        const struct ln_resource *row = ln_object_resource(object, id);
        unsigned operations = operations_of(body);
        if (row == NULL) {
            CHECK((operations & LN_MANDATORY) == 0);
            continue;
        }
        struct ln_reader item = ln_reader(body);
        CHECK_EQ(row->operations & ~(LN_SAMPLED | LN_UNTOLD), operations);
        CHECK_EQ(row->type, type_named(element(&item, "Type")));
        found++;
    }
    return found;
}

static char *read_registry(unsigned id)
{
    static char text[65536];
    char name[256];

    (void)snprintf(name, sizeof(name), "%s/registry/%u.xml", LN_SHARED_DIR, id);
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        print_message("skipped: there is no %s\n", name);
        return NULL;
    }
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    return text;
}

static void check_against_registry(const struct ln_object *object)
{
    char *xml = read_registry(object->id);

    for (size_t i = 1; i < object->resource_count; i++) {
        CHECK(object->resources[i - 1].id < object->resources[i].id);
    }
    if (xml == NULL) {
        skip();
    }
    CHECK_EQ(check_items(object, ln_bytes_of_text(xml)), object->resource_count);
    struct ln_reader in = ln_reader(ln_bytes_of_text(xml));
    CHECK(ln_bytes_are(element(&in, "MultipleInstances"), "Single") ==
          ln_object_is_single(object));
}

TEST(security_is_as_registered)
{
    check_against_registry(&ln_security_object);
    CHECK_EQ(ln_security_object.resource_count, 11);
}

TEST(server_is_as_registered)
{
    check_against_registry(&ln_server_object);
    CHECK_EQ(ln_server_object.resource_count, 10);
}

TEST(access_control_is_as_registered_and_whole)
{
    check_against_registry(&ln_access_control_object);
    CHECK_EQ(ln_access_control_object.resource_count, 4);
}

TEST(device_is_as_registered_and_whole)
{
    check_against_registry(&ln_device_object);
    CHECK_EQ(ln_device_object.resource_count, 23);
}

TEST(connectivity_monitoring_is_as_registered)
{
    check_against_registry(&ln_connectivity_object);
    CHECK_EQ(ln_connectivity_object.resource_count, 11);
}

TEST(firmware_update_is_as_registered)
{
    check_against_registry(&ln_firmware_object);
    CHECK_EQ(ln_firmware_object.resource_count, 9);
}

TEST(location_is_as_registered_and_whole)
{
    check_against_registry(&ln_location_object);
    CHECK_EQ(ln_location_object.resource_count, 7);
}

TEST(connectivity_statistics_is_as_registered_and_whole)
{
    check_against_registry(&ln_statistics_object);
    CHECK_EQ(ln_statistics_object.resource_count, 9);
}

TEST(the_basic_device_is_as_registered)
{
    check_against_registry(&ln_basic_device_object);
    CHECK_EQ(ln_basic_device_object.resource_count, 7);
}

TEST(the_basic_device_holds_its_values_where_the_whole_one_does)
{
    for (size_t i = 0; i < ln_basic_device_object.resource_count; i++) {
        const struct ln_resource *basic = &ln_basic_device_object.resources[i];
        const struct ln_resource *row = ln_object_resource(&ln_device_object, basic->id);
        CHECK(row != NULL);
        CHECK_EQ(basic->type, row->type);
        CHECK_EQ(basic->operations, row->operations);
        CHECK_EQ(basic->place, row->place);
        CHECK(basic->place != LN_PLACE_FIELD || basic->at.field.offset == row->at.field.offset);
    }
}

TEST(the_test_object_is_as_registered_and_whole)
{
    check_against_registry(&ln_test_object);
    CHECK_EQ(ln_test_object.resource_count, 25);
}

TEST(sensors_are_as_registered)
{
    static const struct ln_object *const sensors[] = {
        &ln_generic_sensor_object, &ln_illuminance_object,  &ln_temperature_object,
        &ln_humidity_object,       &ln_barometer_object,    &ln_voltage_object,
        &ln_current_object,        &ln_frequency_object,    &ln_depth_object,
        &ln_percentage_object,     &ln_altitude_object,     &ln_load_object,
        &ln_pressure_object,       &ln_loudness_object,     &ln_concentration_object,
        &ln_acidity_object,        &ln_conductivity_object, &ln_power_object,
        &ln_distance_object,       &ln_rate_object,
    };

    for (size_t i = 0; i < LN_COUNT(sensors); i++) {
        CHECK(i == 0 || sensors[i - 1]->id < sensors[i]->id);
        CHECK_EQ(sensors[i]->resource_count, 8);
        check_against_registry(sensors[i]);
    }
}

/* ---- The values that the definition of 3442 names ---- */

TEST(the_test_object_starts_with_the_values_of_its_definition)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_TEXT(read_path("/3442/0/110", LN_FORMAT_TEXT).payload, "initial value");
    CHECK_TEXT(read_path("/3442/0/120", LN_FORMAT_TEXT).payload, "1024");
    CHECK_TEXT(read_path("/3442/0/125", LN_FORMAT_TEXT).payload, "9223372036854775808");
    CHECK_TEXT(read_path("/3442/0/130", LN_FORMAT_TEXT).payload, "3.14159");
    CHECK_TEXT(read_path("/3442/0/140", LN_FORMAT_TEXT).payload, "1");
    CHECK_BYTES(read_path("/3442/0/150", LN_FORMAT_OPAQUE).payload,
                "\x01\x23\x45\x67\x89\xab\xcd\xef");
    CHECK_TEXT(read_path("/3442/0/160", LN_FORMAT_TEXT).payload, "946684800");
    CHECK_TEXT(read_path("/3442/0/170", LN_FORMAT_TEXT).payload, "3:0");
    CHECK_TEXT(read_path("/3442/0/180", LN_FORMAT_TEXT).payload, "</3442>");
    CHECK_TEXT(read_path("/3442/0/1110/0", LN_FORMAT_TEXT).payload, "initial value");
    CHECK_BYTES(read_path("/3442/0/1150/0", LN_FORMAT_OPAQUE).payload,
                "\x01\x23\x45\x67\x89\xab\xcd\xef");
    CHECK_TEXT(read_path("/3442/0/1180/0", LN_FORMAT_TEXT).payload, "</3442>");
}

TEST(the_test_object_holds_several_opaque_values)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(
        write_path("/3442/0/1150", LN_FORMAT_TLV, BYTES("\xA6\x04\x7E\x41\x05\x07\x41\x02\x08"))
            .code,
        LN_COAP_2_04);
    CHECK_BYTES(read_path("/3442/0/1150", LN_FORMAT_TLV).payload,
                "\xA6\x04\x7E\x41\x02\x08\x41\x05\x07");
    CHECK_EQ(write_path("/3442/0/150", LN_FORMAT_OPAQUE, BYTES("\x00\x01")).code, LN_COAP_2_04);
    CHECK_BYTES(read_path("/3442/0/150", LN_FORMAT_OPAQUE).payload, "\x00\x01");
}

int objects_tests(void)
{
    const struct CMUnitTest objects[] = {
        cmocka_unit_test(security_is_as_registered),
        cmocka_unit_test(server_is_as_registered),
        cmocka_unit_test(access_control_is_as_registered_and_whole),
        cmocka_unit_test(device_is_as_registered_and_whole),
        cmocka_unit_test(connectivity_monitoring_is_as_registered),
        cmocka_unit_test(firmware_update_is_as_registered),
        cmocka_unit_test(location_is_as_registered_and_whole),
        cmocka_unit_test(connectivity_statistics_is_as_registered_and_whole),
        cmocka_unit_test(the_basic_device_is_as_registered),
        cmocka_unit_test(the_basic_device_holds_its_values_where_the_whole_one_does),
        cmocka_unit_test(the_test_object_is_as_registered_and_whole),
        cmocka_unit_test(sensors_are_as_registered),
        cmocka_unit_test(the_test_object_starts_with_the_values_of_its_definition),
        cmocka_unit_test(the_test_object_holds_several_opaque_values),
    };

    return RUN_TESTS(objects);
}
