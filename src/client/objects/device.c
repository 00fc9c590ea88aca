/* Object 3, Device. tests/client/objects_test.c holds this table against the OMA registry. */

#include <linnet/objects.h>

#define FIELD(member) LN_FIELD(struct ln_device, member)
#define LIST(member)  LN_LIST_TO_READ(struct ln_device, member)
#define ERRORS        LN_CALL_MANY(read_error, NULL, next_error)

/* There is always one, and 0 says that there is no error. */
static ln_err read_error(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_device *device = instance;
    uint8_t code = 0;

    for (size_t i = 0; i < device->error_codes.count; i++) {
        if (device->error_codes.ids[i] == id) {
            code = device->error_codes.values[i];
        }
    }
    *out = ln_value_integer(code);
    return LN_OK;
}

static bool next_error(void *instance, uint16_t *id)
{
    const struct ln_device *device = instance;

    if (device->error_codes.count == 0) {
        return *id == 0;
    }
    for (size_t i = 0; i < device->error_codes.count; i++) {
        if (device->error_codes.ids[i] >= *id) {
            *id = device->error_codes.ids[i];
            return true;
        }
    }
    return false;
}

/* The app notes anew what is still wrong: LN_CLIENT_EXECUTED tells it. */
static ln_err reset_errors(void *instance, struct ln_bytes arguments)
{
    struct ln_device *device = instance;

    (void)arguments; /* the object defines none */
    device->error_codes.count = 0;
    return LN_OK;
}

static ln_err read_time(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_device *device = instance;

    (void)id;
    if (device->clock == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    *out = ln_value_time(device->clock(device->clock_context) + device->clock_offset);
    return LN_OK;
}

/* The machine's own clock is not the server's to set: what is kept is the difference. */
static ln_err write_time(void *instance, uint16_t id, const struct ln_value *value,
                         enum ln_write_step step)
{
    enum { LATEST_BITS = 48 }; /* seconds: no difference of two such overflows */
    struct ln_device *device = instance;
    int64_t latest = INT64_C(1) << LATEST_BITS;

    (void)id;
    if (device->clock == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (step == LN_CLEAR) {
        device->clock_offset = 0;
        return LN_OK;
    }
    if (value->as.integer > latest || value->as.integer < -latest) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        device->clock_offset = value->as.integer - device->clock(device->clock_context);
    }
    return LN_OK;
}

static const struct ln_resource resources[] = {
    /* clang-format off */
    {  0, LN_STRING,  LN_READ,                          FIELD(manufacturer) },
    {  1, LN_STRING,  LN_READ,                          FIELD(model) },
    {  2, LN_STRING,  LN_READ,                          FIELD(serial) },
    {  3, LN_STRING,  LN_READ,                          FIELD(firmware) },
    {  4, LN_NONE,    LN_EXECUTE | LN_MANDATORY,        LN_EXECUTE_BY(NULL) },
    {  5, LN_NONE,    LN_EXECUTE,                       LN_EXECUTE_BY(NULL) },
    {  6, LN_INTEGER, LN_READ | LN_MANY,                LIST(power_sources) },
    {  7, LN_INTEGER, LN_READ | LN_MANY,                LIST(voltages) },
    {  8, LN_INTEGER, LN_READ | LN_MANY,                LIST(currents) },
    {  9, LN_INTEGER, LN_READ,                          FIELD(battery_percent) },
    { 10, LN_INTEGER, LN_READ,                          FIELD(memory_free) },
    { 11, LN_INTEGER, LN_READ | LN_MANY | LN_MANDATORY, ERRORS },
    { 12, LN_NONE,    LN_EXECUTE,                       LN_EXECUTE_BY(reset_errors) },
    { 13, LN_TIME,    LN_READ | LN_WRITE | LN_UNTOLD,   LN_CALL(read_time, write_time) },
    { 14, LN_STRING,  LN_READ | LN_WRITE,               FIELD(utc_offset) },
    { 15, LN_STRING,  LN_READ | LN_WRITE,               FIELD(timezone) },
    { 16, LN_STRING,  LN_READ | LN_MANDATORY,           FIELD(binding) },
    { 17, LN_STRING,  LN_READ,                          FIELD(type) },
    { 18, LN_STRING,  LN_READ,                          FIELD(hardware) },
    { 19, LN_STRING,  LN_READ,                          FIELD(software) },
    { 20, LN_INTEGER, LN_READ,                          FIELD(battery_status) },
    { 21, LN_INTEGER, LN_READ,                          FIELD(memory_total) },
    { 22, LN_OBJLNK,  LN_READ | LN_MANY,                LIST(ext_info) },
    /* clang-format on */
};

const struct ln_object ln_device_object = {
    .id = 3,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .absent = LN_ABSENT(struct ln_device, absent),
};

static const struct ln_resource basic_resources[] = {
    /* clang-format off */
    {  0, LN_STRING,  LN_READ,                          FIELD(manufacturer) },
    {  1, LN_STRING,  LN_READ,                          FIELD(model) },
    {  2, LN_STRING,  LN_READ,                          FIELD(serial) },
    {  3, LN_STRING,  LN_READ,                          FIELD(firmware) },
    {  4, LN_NONE,    LN_EXECUTE | LN_MANDATORY,        LN_EXECUTE_BY(NULL) },
    { 11, LN_INTEGER, LN_READ | LN_MANY | LN_MANDATORY, ERRORS },
    { 16, LN_STRING,  LN_READ | LN_MANDATORY,           FIELD(binding) },
    /* clang-format on */
};

const struct ln_object ln_basic_device_object = {
    .id = 3,
    .resource_count = LN_COUNT(basic_resources),
    .resources = basic_resources,
};
