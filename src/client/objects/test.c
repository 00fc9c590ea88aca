/* Object 3442, the LwM2M test object. tests/client/objects_test.c holds it against the OMA
 * registry. */

#include <linnet/objects.h>

#include <string.h>

#define FIELD(member) LN_FIELD(struct ln_test_values, member)
#define LIST(member)  LN_LIST(struct ln_test_values, member)
#define OPAQUES       LN_CALL_MANY(read_opaques, write_opaques, next_opaque)

static const uint8_t initial_opaque[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

/* ---- Opaque values: no C type of a member holds them together with their length ---- */

static struct ln_test_opaque opaque_of(struct ln_bytes bytes)
{
    struct ln_test_opaque opaque = {.len = (uint8_t)bytes.len};
    struct ln_writer w = ln_writer(opaque.bytes, sizeof(opaque.bytes));

    ln_write_bytes(&w, bytes);
    return opaque;
}

static ln_err read_opaque(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_test_values *values = instance;

    (void)id;
    *out = ln_value_opaque(ln_bytes(values->opaque.bytes, values->opaque.len));
    return LN_OK;
}

static ln_err write_opaque(void *instance, uint16_t id, const struct ln_value *value,
                           enum ln_write_step step)
{
    struct ln_test_values *values = instance;

    (void)id;
    if (step != LN_CLEAR && value->as.bytes.len > LN_TEST_OPAQUE) {
        return LN_ERR_BAD_VALUE;
    }
    if (step != LN_CHECK) {
        values->opaque = opaque_of(step == LN_CLEAR ? ln_bytes(NULL, 0) : value->as.bytes);
    }
    return LN_OK;
}

static size_t place_of(const struct ln_test_values *values, uint16_t id)
{
    size_t i = 0;

    while (i < values->opaques.count && values->opaques.ids[i] < id) {
        i++;
    }
    return i;
}

static bool next_opaque(void *instance, uint16_t *id)
{
    const struct ln_test_values *values = instance;
    size_t i = place_of(values, *id);

    if (i == values->opaques.count) {
        return false;
    }
    *id = values->opaques.ids[i];
    return true;
}

static ln_err read_opaques(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_test_values *values = instance;
    const struct ln_test_opaque *opaque = &values->opaques.values[place_of(values, id)];

    *out = ln_value_opaque(ln_bytes(opaque->bytes, opaque->len));
    return LN_OK;
}

static ln_err store_in_opaques(struct ln_test_values *values, uint16_t id,
                               struct ln_bytes bytes)
{
    size_t i = place_of(values, id);
    size_t count = values->opaques.count;

    if (i == count || values->opaques.ids[i] != id) {
        if (count == LN_TEST_MANY) {
            return LN_ERR_NO_SPACE;
        }
        memmove(&values->opaques.ids[i + 1], &values->opaques.ids[i], (count - i) * sizeof(id));
        memmove(&values->opaques.values[i + 1], &values->opaques.values[i],
                (count - i) * sizeof(values->opaques.values[0]));
        values->opaques.ids[i] = id;
        values->opaques.count++;
    }
    values->opaques.values[i] = opaque_of(bytes);
    return LN_OK;
}

static ln_err write_opaques(void *instance, uint16_t id, const struct ln_value *value,
                            enum ln_write_step step)
{
    struct ln_test_values *values = instance;

    switch (step) {
    case LN_CLEAR:
        values->opaques.count = 0;
        return LN_OK;
    case LN_STORE:
        return store_in_opaques(values, id, value->as.bytes);
    default:
        return value->as.bytes.len > LN_TEST_OPAQUE ? LN_ERR_BAD_VALUE : LN_OK;
    }
}

/* ---- Executables ---- */

static void set_text(char *out, const char *text)
{
    (void)ln_bytes_to_text(ln_bytes_of_text(text), out, LN_TEST_TEXT);
}

static void clear_values(struct ln_test_values *values)
{
    uint32_t seed = values->seed;

    *values = (struct ln_test_values){
        .seed = seed,
        .link = {LN_ID_NONE, LN_ID_NONE},
    };
}

/* One instance, 0, in each of the lists of values. */
static void set_counts(struct ln_test_values *values, uint16_t count)
{
    uint16_t *const lists[] = {
        &values->texts.count,   &values->integers.count, &values->unsigned_integers.count,
        &values->numbers.count, &values->booleans.count, &values->opaques.count,
        &values->times.count,   &values->links.count,    &values->corelnks.count,
    };
    uint16_t *const ids[] = {
        values->texts.ids,   values->integers.ids, values->unsigned_integers.ids,
        values->numbers.ids, values->booleans.ids, values->opaques.ids,
        values->times.ids,   values->links.ids,    values->corelnks.ids,
    };

    for (size_t i = 0; i < LN_COUNT(lists); i++) {
        *lists[i] = count;
        for (uint16_t id = 0; id < count; id++) {
            ids[i][id] = id;
        }
    }
}

/* Puts the single values also into instance `at` of the lists. */
static void copy_singles(struct ln_test_values *values, size_t at)
{
    set_text(values->texts.values[at], values->text);
    set_text(values->corelnks.values[at], values->corelnk);
    values->integers.values[at] = values->integer;
    values->unsigned_integers.values[at] = values->unsigned_integer;
    values->numbers.values[at] = values->number;
    values->booleans.values[at] = values->boolean;
    values->opaques.values[at] = values->opaque;
    values->times.values[at] = values->time;
    values->links.values[at] = values->link;
}

void ln_test_reset(struct ln_test_values *values)
{
    enum { YEAR_2000 = 946684800 };

    clear_values(values);
    set_text(values->text, "initial value");
    set_text(values->corelnk, "</3442>");
    values->integer = 1024;
    values->unsigned_integer = UINT64_C(1) << 63;
    values->number = 3.14159;
    values->boolean = true;
    values->opaque = opaque_of(ln_bytes(initial_opaque, sizeof(initial_opaque)));
    values->time = YEAR_2000;
    values->link = (struct ln_objlnk){3, 0};
    set_counts(values, 1);
    copy_singles(values, 0);
}

static ln_err reset(void *instance, struct ln_bytes arguments)
{
    (void)arguments;
    ln_test_reset(instance);
    return LN_OK;
}

static ln_err clear(void *instance, struct ln_bytes arguments)
{
    (void)arguments;
    clear_values(instance);
    return LN_OK;
}

/* Good enough for values that only have to differ; the app may set where it starts. */
static uint32_t draw(struct ln_test_values *values)
{
    values->seed = values->seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return values->seed >> 8;
}

static void randomize_singles(struct ln_test_values *values)
{
    enum { LENGTH = 20 };

    for (size_t i = 0; i < LENGTH; i++) {
        values->text[i] = (char)('a' + draw(values) % 26);
        values->opaque.bytes[i] = (uint8_t)draw(values);
    }
    values->text[LENGTH] = '\0';
    values->opaque.len = LENGTH;
    values->integer = (int64_t)draw(values) - (1 << 23);
    values->unsigned_integer = (uint64_t)draw(values) << 32 | draw(values);
    values->number = (double)draw(values) / 1024 - 8192;
    values->boolean = draw(values) % 2 == 0;
    values->time = draw(values);
    values->link = (struct ln_objlnk){3, 0};
    set_text(values->corelnk, draw(values) % 2 == 0 ? "</3>" : "</3/0>");
}

/* The lists of arguments and of what to send keep what they have. */
static ln_err randomize(void *instance, struct ln_bytes arguments)
{
    struct ln_test_values *values = instance;
    uint16_t count = (uint16_t)(draw(values) % (LN_TEST_MANY + 1));

    (void)arguments;
    set_counts(values, count);
    for (size_t i = 0; i < count; i++) {
        randomize_singles(values);
        copy_singles(values, i);
    }
    randomize_singles(values);
    return LN_OK;
}

static ln_err keep_arguments(void *instance, struct ln_bytes arguments)
{
    struct ln_test_values *values = instance;
    struct ln_reader in = ln_reader(arguments);
    struct ln_argument argument;
    uint16_t count = 0;

    while (ln_argument_next(&in, &argument)) {
        uint16_t at = count++;
        if (argument.value.len >= LN_TEST_TEXT) {
            return LN_ERR_BAD_REQUEST;
        }
        while (at > 0 && values->arguments.ids[at - 1] > argument.id) {
            values->arguments.ids[at] = values->arguments.ids[at - 1];
            set_text(values->arguments.values[at], values->arguments.values[at - 1]);
            at--;
        }
        values->arguments.ids[at] = argument.id;
        (void)ln_bytes_to_text(argument.value, values->arguments.values[at], LN_TEST_TEXT);
    }
    values->arguments.count = count;
    return LN_OK;
}

static ln_err send_data(void *instance, struct ln_bytes arguments)
{
    (void)instance;
    (void)arguments;
    return LN_ERR_NOT_IMPLEMENTED;
}

static const struct ln_resource resources[] = {
    /* clang-format off */
    {    0, LN_NONE,     LN_EXECUTE,                   LN_EXECUTE_BY(reset) },
    {    1, LN_NONE,     LN_EXECUTE,                   LN_EXECUTE_BY(randomize) },
    {    2, LN_NONE,     LN_EXECUTE,                   LN_EXECUTE_BY(clear) },
    {    3, LN_NONE,     LN_EXECUTE,                   LN_EXECUTE_BY(keep_arguments) },
    {    4, LN_STRING,   LN_READ | LN_MANY,            LIST(arguments) },
    {    5, LN_NONE,     LN_EXECUTE,                   LN_EXECUTE_BY(send_data) },
    {    6, LN_STRING,   LN_READ | LN_WRITE | LN_MANY, LIST(to_send) },
    {  110, LN_STRING,   LN_READ | LN_WRITE,           FIELD(text) },
    {  120, LN_INTEGER,  LN_READ | LN_WRITE,           FIELD(integer) },
    {  125, LN_UNSIGNED, LN_READ | LN_WRITE,           FIELD(unsigned_integer) },
    {  130, LN_FLOAT,    LN_READ | LN_WRITE,           FIELD(number) },
    {  140, LN_BOOLEAN,  LN_READ | LN_WRITE,           FIELD(boolean) },
    {  150, LN_OPAQUE,   LN_READ | LN_WRITE,           LN_CALL(read_opaque, write_opaque) },
    {  160, LN_TIME,     LN_READ | LN_WRITE,           FIELD(time) },
    {  170, LN_OBJLNK,   LN_READ | LN_WRITE,           FIELD(link) },
    {  180, LN_CORELNK,  LN_READ | LN_WRITE,           FIELD(corelnk) },
    { 1110, LN_STRING,   LN_READ | LN_WRITE | LN_MANY, LIST(texts) },
    { 1120, LN_INTEGER,  LN_READ | LN_WRITE | LN_MANY, LIST(integers) },
    { 1125, LN_UNSIGNED, LN_READ | LN_WRITE | LN_MANY, LIST(unsigned_integers) },
    { 1130, LN_FLOAT,    LN_READ | LN_WRITE | LN_MANY, LIST(numbers) },
    { 1140, LN_BOOLEAN,  LN_READ | LN_WRITE | LN_MANY, LIST(booleans) },
    { 1150, LN_OPAQUE,   LN_READ | LN_WRITE | LN_MANY, OPAQUES },
    { 1160, LN_TIME,     LN_READ | LN_WRITE | LN_MANY, LIST(times) },
    { 1170, LN_OBJLNK,   LN_READ | LN_WRITE | LN_MANY, LIST(links) },
    { 1180, LN_CORELNK,  LN_READ | LN_WRITE | LN_MANY, LIST(corelnks) },
    /* clang-format on */
};

static void *next_instance(void *store, uint16_t *id)
{
    return ln_instances_calls.next(store, id);
}

static void *create_instance(void *store, uint16_t id)
{
    void *instance = ln_instances_calls.create(store, id);

    if (instance != NULL) {
        ln_test_reset(instance);
    }
    return instance;
}

static ln_err remove_instance(void *store, uint16_t id)
{
    return ln_instances_calls.remove(store, id);
}

static const struct ln_object_calls calls = {
    .next = next_instance,
    .create = create_instance,
    .remove = remove_instance,
};

const struct ln_object ln_test_object = {
    .id = 3442,
    .version_major = 1,
    .version_minor = 0,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &calls,
};
