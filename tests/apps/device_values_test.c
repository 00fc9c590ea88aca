/* What linnet-device makes of the machine: routes, wireless signal, bearers, errors, and --location. */

#include "ln_test.h"

#include "device/connectivity.h"
#include "device/gps.h"
#include "device/machine.h"
#include "device/place.h"
#include "device/routes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Routes ---- */

/* One message of the kernel, as it lies in memory. */
static union {
    struct nlmsghdr header;
    uint8_t bytes[256];
} answer;

static void given_an_answer(uint16_t type, uint8_t prefix, uint8_t table)
{
    struct rtmsg *message = NLMSG_DATA(&answer.header);

    memset(&answer, 0, sizeof(answer));
    answer.header.nlmsg_type = type;
    answer.header.nlmsg_len = NLMSG_LENGTH(sizeof(*message));
    message->rtm_family = AF_INET;
    message->rtm_dst_len = prefix;
    message->rtm_table = table;
    message->rtm_type = RTN_UNICAST;
}

static void with(uint16_t type, const void *value, size_t len)
{
    struct rtattr *attribute = (void *)(answer.bytes + NLMSG_ALIGN(answer.header.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(len);
    memcpy(RTA_DATA(attribute), value, len);
    answer.header.nlmsg_len += (uint32_t)RTA_LENGTH(len);
}

TEST(a_default_route_has_a_gateway_an_interface_and_a_metric)
{
    struct routes routes = {.count = 0};

    given_an_answer(RTM_NEWROUTE, 0, RT_TABLE_MAIN);
    with(RTA_GATEWAY, "\xC0\x00\x02\x01", 4);
    with(RTA_OIF, &(uint32_t){7}, 4);
    with(RTA_PRIORITY, &(uint32_t){100}, 4);

    CHECK(routes_take(&routes, &answer, answer.header.nlmsg_len));
    CHECK_EQ(routes.count, 1);
    assert_string_equal(routes.items[0].gateway, "192.0.2.1");
    CHECK_EQ(routes.items[0].interface, 7);
    CHECK_EQ(routes.items[0].metric, 100);
}

TEST(routes_to_networks_and_of_other_tables_are_left_out)
{
    struct routes routes = {.count = 0};

    given_an_answer(RTM_NEWROUTE, 24, RT_TABLE_MAIN);
    CHECK(routes_take(&routes, &answer, answer.header.nlmsg_len));
    given_an_answer(RTM_NEWROUTE, 0, RT_TABLE_LOCAL);
    CHECK(routes_take(&routes, &answer, answer.header.nlmsg_len));
    given_an_answer(NLMSG_DONE, 0, 0);
    CHECK(!routes_take(&routes, &answer, answer.header.nlmsg_len));
    CHECK_EQ(routes.count, 0);
    CHECK(routes_best(&routes) == NULL);
}

TEST(an_answer_that_is_cut_or_wrong_adds_no_gateway)
{
    given_an_answer(RTM_NEWROUTE, 0, RT_TABLE_MAIN);
    with(RTA_GATEWAY, "\xC0\x00\x02\x01", 4);
    for (size_t len = 0; len < answer.header.nlmsg_len; len++) {
        struct routes routes = {.count = 0};
        (void)routes_take(&routes, &answer, len);
        CHECK_EQ(routes.count, 0);
    }
    given_an_answer(RTM_NEWROUTE, 0, RT_TABLE_MAIN);
    with(RTA_GATEWAY, "\xC0\x00\x02", 3);
    struct routes routes = {.count = 0};
    CHECK(routes_take(&routes, &answer, answer.header.nlmsg_len));
    assert_string_equal(routes.items[0].gateway, "");
}

TEST(the_route_of_the_least_metric_is_taken)
{
    const struct routes routes = {
        3, {{"192.0.2.1", 1, 600}, {"192.0.2.2", 2, 100}, {"192.0.2.3", 3, 200}}};

    CHECK_EQ(routes_best(&routes)->interface, 2);
}

/* ---- Wireless signal, bearers ---- */

TEST(the_signal_of_a_wireless_interface_is_found_by_its_name)
{
    static const char text[] =
        "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n"
        " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
        " wlan0: 0000   54.  -56.  -256        0      0      0      0      0        0\n"
        "wlan10: 0000   20   -90   -256        0      0      0      0      0        0\n";
    int32_t signal = 1;
    int32_t quality = 1;

    CHECK(connectivity_wireless(text, "wlan0", &signal, &quality));
    CHECK_EQ(signal, -56);
    CHECK_EQ(quality, 54);
    CHECK(connectivity_wireless(text, "wlan10", &signal, &quality));
    CHECK_EQ(signal, -90);
    CHECK_EQ(quality, 20);
    CHECK(!connectivity_wireless(text, "wlan1", &signal, &quality));
    CHECK(!connectivity_wireless(text, "", &signal, &quality));
    CHECK(!connectivity_wireless("wlan0: what", "wlan0", &signal, &quality));
}

static uint8_t bearer_of(const char *name, const char *text)
{
    char folder[] = "/tmp/linnet-interface-XXXXXX";
    char path[64];
    uint8_t bearer;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    bearer = connectivity_bearer(folder);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    return bearer;
}

TEST(the_bearer_is_what_the_kernel_says_of_the_interface)
{
    CHECK_EQ(bearer_of("uevent", "DEVTYPE=wlan\nINTERFACE=wlp3s0\n"), LN_BEARER_WLAN);
    CHECK_EQ(bearer_of("uevent", "DEVTYPE=wwan\nINTERFACE=wwan0\n"), LN_BEARER_LTE_FDD);
    CHECK_EQ(bearer_of("uevent", "DEVTYPE=bluetooth\n"), LN_BEARER_BLUETOOTH);
    CHECK_EQ(bearer_of("uevent", "INTERFACE=eth0\nIFINDEX=2\n"), LN_BEARER_ETHERNET);
    CHECK_EQ(bearer_of("type", "804\n"), LN_BEARER_802_15_4);
    CHECK_EQ(bearer_of("type", "1\n"), LN_BEARER_ETHERNET);
}

TEST(this_machine_has_a_bearer_and_an_address)
{
    struct ln_connectivity connectivity = {0};

    connectivity_read(&connectivity);
    CHECK(connectivity.bearers.count > 0);
    CHECK(connectivity.addresses.count > 0);
    CHECK_EQ(connectivity.absent & LN_CONNECTIVITY_CELLULAR, LN_CONNECTIVITY_CELLULAR);
}

/* ---- Errors ---- */

TEST(an_error_is_noted_once_and_no_more_than_there_is_room)
{
    struct ln_device device = {.binding = "U"};

    machine_error(&device, MACHINE_LOW_BATTERY);
    machine_error(&device, MACHINE_NO_CONNECTIVITY);
    machine_error(&device, MACHINE_LOW_BATTERY);
    CHECK_EQ(device.error_codes.count, 2);
    CHECK_EQ(device.error_codes.ids[1], 1);
    CHECK_EQ(device.error_codes.values[1], MACHINE_NO_CONNECTIVITY);
    for (uint8_t code = 16; code < 32; code++) {
        machine_error(&device, code);
    }
    CHECK_EQ(device.error_codes.count, LN_COUNT(device.error_codes.ids));
}

TEST(a_weak_signal_is_an_error_and_a_wire_is_none)
{
    struct ln_device device = {.binding = "U"};

    machine_signal(&device, &(struct ln_connectivity){.signal_strength = 0});
    machine_signal(&device, &(struct ln_connectivity){.signal_strength = -85});
    CHECK_EQ(device.error_codes.count, 0);
    machine_signal(&device, &(struct ln_connectivity){.signal_strength = -86});
    CHECK_EQ(device.error_codes.values[0], MACHINE_LOW_SIGNAL);
}

/* ---- Power ---- */

static char supplies[] = "/tmp/linnet-supplies-XXXXXX";

static void given_no_supplies(void)
{
    strcpy(supplies, "/tmp/linnet-supplies-XXXXXX");
    CHECK(mkdtemp(supplies) != NULL);
}

static void put(const char *supply, const char *file, const char *text)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", supplies, supply);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", supplies, supply, file);
    FILE *out = fopen(path, "w");
    CHECK(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}

static struct ln_device machine_with_supplies(void)
{
    struct ln_device device = {.binding = "U"};
    char command[128];

    machine_power(&device, supplies);
    (void)snprintf(command, sizeof(command), "rm -r %s", supplies);
    CHECK_EQ(system(command), 0);
    return device;
}

static void given_a_battery(const char *status, const char *capacity)
{
    put("BAT0", "type", "Battery\n");
    put("BAT0", "status", status);
    put("BAT0", "capacity", capacity);
    put("BAT0", "voltage_now", "12345678\n");
    put("BAT0", "current_now", "-1500000\n");
}

TEST(a_battery_says_its_level_status_voltage_and_current)
{
    given_no_supplies();
    given_a_battery("Discharging\n", "47\n");
    struct ln_device device = machine_with_supplies();

    CHECK_EQ(device.battery_percent, 47);
    CHECK_EQ(device.battery_status, 0);
    CHECK_EQ(device.power_sources.count, 1);
    CHECK_EQ(device.power_sources.values[0], 1);
    CHECK_EQ(device.voltages.values[0], 12345);
    CHECK_EQ(device.currents.values[0], -1500);
    CHECK_EQ(device.absent & (1U << 9 | 1U << 20), 0);
}

TEST(a_machine_without_supplies_has_no_battery)
{
    given_no_supplies();
    struct ln_device device = machine_with_supplies();

    CHECK_EQ(device.power_sources.count, 0);
    CHECK_EQ(device.absent & (1U << 9 | 1U << 20), 1U << 9 | 1U << 20);
    CHECK_EQ(device.error_codes.count, 0);
}

TEST(a_machine_that_lost_its_external_power_has_an_error)
{
    given_no_supplies();
    given_a_battery("Discharging\n", "47\n");
    put("AC", "type", "Mains\n");
    put("AC", "online", "0\n");
    struct ln_device device = machine_with_supplies();

    CHECK_EQ(device.error_codes.count, 1);
    CHECK_EQ(device.error_codes.values[0], MACHINE_POWER_OFF);
    given_no_supplies();
    given_a_battery("Charging\n", "47\n");
    put("AC", "type", "Mains\n");
    put("AC", "online", "1\n");
    device = machine_with_supplies();
    CHECK_EQ(device.error_codes.count, 0);
    CHECK_EQ(device.power_sources.count, 2);
    CHECK_EQ(device.battery_status, 1);
}

/* ---- Where it stands ---- */

static uint8_t velocity[GPS_VELOCITY];

static struct ln_location nowhere(void)
{
    return (struct ln_location){.absent = 0x7f};
}

TEST(a_report_of_gpsd_is_a_position)
{
    struct ln_location place = nowhere();

    CHECK(
        gps_take("{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"mode\":3,"
                 "\"time\":\"2024-05-01T12:00:00.500Z\",\"lat\":48.5,\"lon\":-2.25,"
                 "\"altHAE\":90.1,\"altMSL\":80.5,\"track\":359.6,\"speed\":10.0,\"eph\":4.5}",
                 &place, velocity));
    CHECK(place.latitude == 48.5 && place.longitude == -2.25 && place.altitude == 80.5);
    CHECK(place.radius == 4.5 && place.speed == 10);
    CHECK_EQ(place.time, 1714564800);
    CHECK_BYTES(place.velocity, "\x00\x00\x00\x24"); /* to the north, 36 km/h */
    CHECK_EQ(place.absent, 0);
}

TEST(a_report_without_altitude_speed_and_course_leaves_them_out)
{
    struct ln_location place = nowhere();

    CHECK(gps_take("{\"class\":\"TPV\",\"mode\":2,\"time\":\"2024-05-01T12:00:00Z\","
                   "\"lat\":-90,\"lon\":180,\"altMSL\":1}",
                   &place, velocity));
    CHECK_EQ(place.absent, 1U << 2 | 1U << 3 | 1U << 4 | 1U << 6);
}

TEST(what_is_no_position_changes_nothing)
{
    static const char *const lines[] = {
        "",
        "{\"class\":\"SKY\",\"mode\":3,\"time\":\"2024-05-01T12:00:00Z\",\"lat\":1,\"lon\":2}",
        "{\"class\":\"TPV\",\"mode\":1,\"time\":\"2024-05-01T12:00:00Z\",\"lat\":1,\"lon\":2}",
        "{\"class\":\"TPV\",\"mode\":3,\"lat\":1,\"lon\":2}",
        "{\"class\":\"TPV\",\"mode\":3,\"time\":\"now\",\"lat\":1,\"lon\":2}",
        "{\"class\":\"TPV\",\"mode\":3,\"time\":\"2024-05-01T12:00:00Z\",\"lat\":91,\"lon\":2}",
        ("{\"class\":\"TPV\",\"mode\":3,\"time\":\"2024-05-01T12:00:00Z\",\"lat\":\"1\","
         "\"lon\":"
         "2}"),
        "{\"class\":\"TPV\",\"mode\":3,\"time\":\"2024-05-01T12:00:00Z\",\"lat\":1",
        "\"lat\":\"lon\":\"class\":",
    };

    for (size_t i = 0; i < LN_COUNT(lines); i++) {
        struct ln_location place = nowhere();
        CHECK(!gps_take(lines[i], &place, velocity));
        CHECK_EQ(place.absent, 0x7f);
    }
}

TEST(gpsd_is_asked_where_the_word_says)
{
    struct ln_address address;

    CHECK(gps_read("gpsd", &address) == NULL);
    CHECK_EQ(address.port, 2947);
    CHECK(gps_read("gpsd:3000", &address) == NULL);
    CHECK_EQ(address.port, 3000);
    CHECK(gps_read("gpsd:127.0.0.2:3001", &address) == NULL);
    CHECK_EQ(address.port, 3001);
    CHECK_EQ(address.ip[15], 2);
    CHECK(gps_read("gpsdd", &address) != NULL);
    CHECK(gps_read("gpsd:", &address) != NULL);
    CHECK(gps_read("gpsd:x", &address) != NULL);
}

TEST(a_location_is_latitude_longitude_and_perhaps_altitude)
{
    struct ln_location place;

    CHECK(place_read("48.5,-2.25", &place) == NULL);
    CHECK(place.latitude == 48.5 && place.longitude == -2.25);
    CHECK_EQ(place.absent, 1U << 2 | 1U << 3 | 1U << 4 | 1U << 6);
    CHECK(place_read("-90,180,-430.5", &place) == NULL);
    CHECK(place.latitude == -90 && place.longitude == 180 && place.altitude == -430.5);
    CHECK_EQ(place.absent, 1U << 3 | 1U << 4 | 1U << 6);
}

TEST(what_is_no_location_is_refused)
{
    static const char *const texts[] = {
        "",        "48",   "48,",    ",2",      "48;2",  "91,0",  "0,181",   "0,-180.001",
        "north,0", "0,0,", "0,0,1,", "0,0,1,2", "nan,0", "0,inf", "0,0,2e7", "0 ,0"};
    struct ln_location place;

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        if (place_read(texts[i], &place) == NULL) {
            fail_msg("it took \"%s\"", texts[i]);
        }
    }
}

int device_values_tests(void);

int device_values_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(a_default_route_has_a_gateway_an_interface_and_a_metric),
        cmocka_unit_test(routes_to_networks_and_of_other_tables_are_left_out),
        cmocka_unit_test(an_answer_that_is_cut_or_wrong_adds_no_gateway),
        cmocka_unit_test(the_route_of_the_least_metric_is_taken),
        cmocka_unit_test(the_signal_of_a_wireless_interface_is_found_by_its_name),
        cmocka_unit_test(the_bearer_is_what_the_kernel_says_of_the_interface),
        cmocka_unit_test(this_machine_has_a_bearer_and_an_address),
        cmocka_unit_test(an_error_is_noted_once_and_no_more_than_there_is_room),
        cmocka_unit_test(a_weak_signal_is_an_error_and_a_wire_is_none),
        cmocka_unit_test(a_battery_says_its_level_status_voltage_and_current),
        cmocka_unit_test(a_machine_without_supplies_has_no_battery),
        cmocka_unit_test(a_machine_that_lost_its_external_power_has_an_error),
        cmocka_unit_test(a_report_of_gpsd_is_a_position),
        cmocka_unit_test(a_report_without_altitude_speed_and_course_leaves_them_out),
        cmocka_unit_test(what_is_no_position_changes_nothing),
        cmocka_unit_test(gpsd_is_asked_where_the_word_says),
        cmocka_unit_test(a_location_is_latitude_longitude_and_perhaps_altitude),
        cmocka_unit_test(what_is_no_location_is_refused),
    };
    return RUN_TESTS(group);
}
