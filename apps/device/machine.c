/* The Device object's values, from DMI, the device tree, /etc/os-release, /proc and /sys. */

#include "machine.h"

#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
    FRESH_MS = 1000,
    MEMORY_PARTS = 50, /* less than one of them is free: out of memory */
    LOW_SIGNAL_DBM = -85,
};

/* Power sources of /3/0/6. */
enum { SOURCE_INTERNAL_BATTERY = 1, SOURCE_USB = 5, SOURCE_AC = 6 };

/* Battery states of /3/0/20. */
enum { BATTERY_NORMAL, BATTERY_CHARGING, BATTERY_FULL, BATTERY_LOW = 4, BATTERY_UNKNOWN = 6 };

/* NAME="value" of /etc/os-release. */
static bool read_os_release(const char *name, char *out, size_t size)
{
    char file[FILE_MAX];
    char *rest = file;
    size_t len = strlen(name);

    if (!read_file("/etc/os-release", file, sizeof(file)) &&
        !read_file("/usr/lib/os-release", file, sizeof(file))) {
        return false;
    }
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            char *value = line + len + 1;

            value += value[0] == '"' || value[0] == '\'';
            value[strcspn(value, "\"'")] = '\0';
            snprintf(out, size, "%s", value);
            return out[0] != '\0' && ln_utf8_valid(ln_bytes_of_text(out));
        }
    }
    return false;
}

/* "raspberrypi,4-model-b" is made by raspberrypi. */
static bool read_tree_vendor(char *out, size_t size)
{
    if (!read_line("/proc/device-tree/compatible", out, size) || strchr(out, ',') == NULL) {
        return false;
    }
    out[strcspn(out, ",")] = '\0';
    return true;
}

/* "x86_64" */
static bool read_architecture(char *out, size_t size)
{
    struct utsname name;

    return uname(&name) == 0 && snprintf(out, size, "%s", name.machine) > 0;
}

/* "Linux 6.1.0" */
static bool read_kernel(char *out, size_t size)
{
    struct utsname name;

    return uname(&name) == 0 && snprintf(out, size, "%s %s", name.sysname, name.release) > 0;
}

static void read_names(struct machine *m, struct ln_device *d)
{
    if (read_line("/sys/class/dmi/id/sys_vendor", m->manufacturer, MACHINE_TEXT) ||
        read_tree_vendor(m->manufacturer, MACHINE_TEXT) ||
        read_os_release("NAME", m->manufacturer, MACHINE_TEXT)) {
        d->manufacturer = m->manufacturer;
    }
    if (read_line("/sys/class/dmi/id/product_name", m->model, MACHINE_TEXT) ||
        read_line("/proc/device-tree/model", m->model, MACHINE_TEXT) ||
        read_architecture(m->model, MACHINE_TEXT)) {
        d->model = m->model;
    }
    if (read_line("/sys/class/dmi/id/product_serial", m->serial, MACHINE_TEXT) ||
        read_line("/proc/device-tree/serial-number", m->serial, MACHINE_TEXT)) {
        d->serial = m->serial;
    }
    if (read_os_release("PRETTY_NAME", m->firmware, MACHINE_TEXT)) {
        d->firmware = m->firmware;
    }
    if (read_line("/sys/class/dmi/id/product_version", m->hardware, MACHINE_TEXT)) {
        d->hardware = m->hardware;
    }
    if (read_kernel(m->software, MACHINE_TEXT)) {
        d->software = m->software;
    }
}

/* /3/0/15: an IANA name, as TZ, /etc/timezone or the target of /etc/localtime say it. */
static void read_timezone(struct ln_device *d)
{
    const char *zone = getenv("TZ");
    char target[256];
    ssize_t len;
    char *name;

    if (zone != NULL && zone[0] != '\0' && zone[0] != ':' &&
        strlen(zone) < sizeof(d->timezone)) {
        snprintf(d->timezone, sizeof(d->timezone), "%s", zone);
        return;
    }
    if (read_line("/etc/timezone", d->timezone, sizeof(d->timezone))) {
        return;
    }
    len = readlink("/etc/localtime", target, sizeof(target) - 1);
    target[len > 0 ? len : 0] = '\0';
    name = strstr(target, "zoneinfo/");
    snprintf(d->timezone, sizeof(d->timezone), "%s",
             name != NULL ? name + strlen("zoneinfo/") : "UTC");
}

/* /3/0/14 like "+02:00". */
static void read_utc_offset(struct ln_device *d)
{
    time_t now = time(NULL);
    struct tm local;
    char text[8];

    if (localtime_r(&now, &local) != NULL && strftime(text, sizeof(text), "%z", &local) == 5) {
        snprintf(d->utc_offset, sizeof(d->utc_offset), "%.3s:%.2s", text, text + 3);
    }
}

/* A line of /proc/meminfo, in kB of 1000 bytes as object 3 counts. */
static bool read_memory(const char *file, const char *name, uint32_t *out)
{
    const char *line = strstr(file, name);
    unsigned long long kib;

    if (line == NULL || sscanf(line + strlen(name), " %llu", &kib) != 1) {
        return false;
    }
    kib = kib * 1024 / 1000;
    *out = kib > UINT32_MAX ? UINT32_MAX : (uint32_t)kib;
    return true;
}

/* Marks a resource as there or not, by its row in the Device object's table. */
static void set_present(struct ln_device *d, uint16_t resource, bool present)
{
    const struct ln_resource *row = ln_object_resource(&ln_device_object, resource);
    uint32_t bit = (uint32_t)1 << (row - ln_device_object.resources);

    d->absent = present ? d->absent & ~bit : d->absent | bit;
}

static void read_memories(struct ln_device *d)
{
    char file[FILE_MAX];
    bool there = read_file("/proc/meminfo", file, sizeof(file));

    set_present(d, 10, there && read_memory(file, "MemAvailable:", &d->memory_free));
    set_present(d, 21, there && read_memory(file, "MemTotal:", &d->memory_total));
}

static uint8_t battery_status(const char *text, uint8_t percent)
{
    if (strcmp(text, "Charging") == 0) {
        return BATTERY_CHARGING;
    }
    if (strcmp(text, "Full") == 0) {
        return BATTERY_FULL;
    }
    if (strcmp(text, "Discharging") == 0 || strcmp(text, "Not charging") == 0) {
        return percent < 10 ? BATTERY_LOW : BATTERY_NORMAL;
    }
    return BATTERY_UNKNOWN;
}

struct supply {
    char folder[300];
    uint16_t id; /* of the resource instances in 6, 7 and 8 */
};

static bool supply_number(const struct supply *supply, const char *file, long long *out)
{
    char path[400];

    snprintf(path, sizeof(path), "%s/%s", supply->folder, file);
    return read_number(path, out);
}

static void read_battery(const struct supply *supply, struct ln_device *d)
{
    char path[400];
    char status[32] = "";
    long long number;

    snprintf(path, sizeof(path), "%s/status", supply->folder);
    read_line(path, status, sizeof(status));
    if (supply_number(supply, "capacity", &number) && number >= 0 && number <= 100) {
        d->battery_percent = (uint8_t)number;
        set_present(d, 9, true);
    }
    d->battery_status = battery_status(status, d->battery_percent);
    set_present(d, 20, true);
    if (supply_number(supply, "voltage_now", &number)) {
        d->voltages.ids[d->voltages.count] = supply->id;
        d->voltages.values[d->voltages.count++] = (int32_t)(number / 1000);
    }
    if (supply_number(supply, "current_now", &number)) {
        d->currents.ids[d->currents.count] = supply->id;
        d->currents.values[d->currents.count++] = (int32_t)(number / 1000);
    }
}

/* False: it gives no power now. */
static bool read_supply(const struct supply *supply, struct ln_device *d)
{
    char path[400];
    char type[32];
    long long online = 0;
    uint8_t source;

    snprintf(path, sizeof(path), "%s/type", supply->folder);
    if (!read_line(path, type, sizeof(type))) {
        return true;
    }
    supply_number(supply, "online", &online);
    if (strcmp(type, "Battery") == 0) {
        source = SOURCE_INTERNAL_BATTERY;
        read_battery(supply, d);
    } else if (online > 0) {
        source = strncmp(type, "USB", 3) == 0 ? SOURCE_USB : SOURCE_AC;
    } else {
        return false;
    }
    d->power_sources.ids[d->power_sources.count] = supply->id;
    d->power_sources.values[d->power_sources.count++] = source;
    return true;
}

static bool has_source(const struct ln_device *d, bool internal)
{
    for (size_t i = 0; i < d->power_sources.count; i++) {
        if ((d->power_sources.values[i] == SOURCE_INTERNAL_BATTERY) == internal) {
            return true;
        }
    }
    return false;
}

void machine_power(struct ln_device *d, const char *path)
{
    DIR *folder = opendir(path);
    struct supply supply = {.id = 0};
    struct dirent *entry;
    bool is_off = false;

    d->power_sources.count = d->voltages.count = d->currents.count = 0;
    set_present(d, 9, false);
    set_present(d, 20, false);
    if (folder == NULL) {
        return;
    }
    while ((entry = readdir(folder)) != NULL &&
           d->power_sources.count < LN_COUNT(d->power_sources.ids)) {
        if (entry->d_name[0] != '.') {
            snprintf(supply.folder, sizeof(supply.folder), "%s/%s", path, entry->d_name);
            is_off = !read_supply(&supply, d) || is_off;
            supply.id = (uint16_t)(supply.id + 1);
        }
    }
    closedir(folder);
    if (is_off && has_source(d, true) && !has_source(d, false)) {
        machine_error(d, MACHINE_POWER_OFF);
    }
}

void machine_error(struct ln_device *d, uint8_t code)
{
    uint16_t count = d->error_codes.count;

    for (uint16_t i = 0; i < count; i++) {
        if (d->error_codes.values[i] == code) {
            return;
        }
    }
    if (count < LN_COUNT(d->error_codes.ids)) {
        d->error_codes.ids[count] = count;
        d->error_codes.values[count] = code;
        d->error_codes.count++;
    }
}

static bool is_present(const struct ln_device *d, uint16_t resource)
{
    const struct ln_resource *row = ln_object_resource(&ln_device_object, resource);

    return (d->absent & (uint32_t)1 << (row - ln_device_object.resources)) == 0;
}

/* What is wrong now. It stays noted until a server resets it. */
static void find_errors(struct ln_device *d)
{
    if (is_present(d, 20) && d->battery_status == BATTERY_LOW) {
        machine_error(d, MACHINE_LOW_BATTERY);
    }
    if (is_present(d, 10) && is_present(d, 21) &&
        d->memory_free < d->memory_total / MEMORY_PARTS) {
        machine_error(d, MACHINE_OUT_OF_MEMORY);
    }
}

void machine_signal(struct ln_device *d, const struct ln_connectivity *connectivity)
{
    if (connectivity->signal_strength < LOW_SIGNAL_DBM) {
        machine_error(d, MACHINE_LOW_SIGNAL);
    }
}

static int64_t wall_clock(void *context)
{
    (void)context;
    return (int64_t)time(NULL);
}

void machine_read(struct machine *machine, struct ln_device *device, ln_time now)
{
    read_names(machine, device);
    read_timezone(device);
    read_utc_offset(device);
    device->clock = wall_clock;
    device->type = "linux";
    machine->fresh_until = 0;
    (void)machine_refresh(machine, device, now);
}

bool machine_refresh(struct machine *machine, struct ln_device *device, ln_time now)
{
    if (now < machine->fresh_until) {
        return false;
    }
    machine->fresh_until = now + FRESH_MS;
    read_memories(device);
    machine_power(device, "/sys/class/power_supply");
    find_errors(device);
    return true;
}
