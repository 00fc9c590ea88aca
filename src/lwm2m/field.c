/* Members of an instance's struct as values: every C type that LN_FIELD knows. */

#include "lwm2m/field.h"

/* ---- What each C type of a member holds ---- */

/* The type of a value as it lies there. What the resource's type is comes after. */
static const uint8_t types[] = {
    [LN_IN_NOTHING] = LN_NONE,  [LN_IN_SIGNED] = LN_INTEGER, [LN_IN_UNSIGNED] = LN_UNSIGNED,
    [LN_IN_BOOL] = LN_BOOLEAN,  [LN_IN_FLOAT] = LN_FLOAT,    [LN_IN_DOUBLE] = LN_FLOAT,
    [LN_IN_CHARS] = LN_STRING,  [LN_IN_TEXT] = LN_STRING,    [LN_IN_BYTES] = LN_OPAQUE,
    [LN_IN_BUFFER] = LN_OPAQUE, [LN_IN_OBJLNK] = LN_OBJLNK,
};

static int64_t load_signed(const void *at, size_t size)
{
    switch (size) {
    case 1:
        return *(const int8_t *)at;
    case 2:
        return *(const int16_t *)at;
    case 4:
        return *(const int32_t *)at;
    default:
        return *(const int64_t *)at;
    }
}

static uint64_t load_unsigned(const void *at, size_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        return *(const uint64_t *)at;
    }
}

/* False: nothing is there. */
static bool load(enum ln_storage storage, size_t size, const void *at, struct ln_value *out)
{
    out->type = (enum ln_type)types[storage];
    switch (storage) {
    case LN_IN_SIGNED:
        out->as.integer = load_signed(at, size);
        break;
    case LN_IN_UNSIGNED:
        out->as.unsigned_integer = load_unsigned(at, size);
        break;
    case LN_IN_BOOL:
        out->as.boolean = *(const bool *)at;
        break;
    case LN_IN_FLOAT:
        out->as.number = ln_double_of_float(*(const float *)at);
        break;
    case LN_IN_DOUBLE:
        out->as.number = *(const double *)at;
        break;
    case LN_IN_CHARS:
        out->as.bytes = ln_bytes_of_text(at);
        break;
    case LN_IN_TEXT:
        out->as.bytes = ln_bytes_of_text(*(const char *const *)at);
        return *(const char *const *)at != NULL;
    case LN_IN_BYTES:
        out->as.bytes = *(const struct ln_bytes *)at;
        break;
    case LN_IN_BUFFER:
        out->as.bytes =
            ln_bytes(((const struct ln_buffer *)at)->at, ((const struct ln_buffer *)at)->len);
        break;
    case LN_IN_OBJLNK:
        out->as.link = *(const struct ln_objlnk *)at;
        break;
    default:
        return false;
    }
    return true;
}

ln_err ln_lwm2m__field_load(enum ln_storage storage, size_t size, const void *at,
                            enum ln_type type, struct ln_value *out)
{
    return load(storage, size, at, out) ? ln_value_convert(out, type) : LN_ERR_NOT_FOUND;
}

/* ---- Storing ---- */

static void put_integer(void *at, size_t size, uint64_t v)
{
    switch (size) {
    case 1:
        *(uint8_t *)at = (uint8_t)v;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)v;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)v;
        break;
    default:
        *(uint64_t *)at = v;
        break;
    }
}

/* A value of the member's own type, or what of it there is room for. */
static void put(enum ln_storage storage, size_t size, void *at, const struct ln_value *v)
{
    switch (storage) {
    case LN_IN_BOOL:
        *(bool *)at = v->as.boolean;
        break;
    case LN_IN_FLOAT:
        *(float *)at = ln_float_of_double(v->as.number);
        break;
    case LN_IN_DOUBLE:
        *(double *)at = v->as.number;
        break;
    case LN_IN_OBJLNK:
        *(struct ln_objlnk *)at = v->as.link;
        break;
    default:
        put_integer(at, size, v->as.unsigned_integer);
        break;
    }
}

/* Whether what was put at `at` reads back as the same; a float may be rounded, but not away. */
static bool is_same(enum ln_storage storage, size_t size, const void *at,
                    const struct ln_value *v)
{
    struct ln_value back;

    (void)load(storage, size, at, &back);
    switch (storage) {
    case LN_IN_SIGNED:
    case LN_IN_UNSIGNED:
        return back.as.unsigned_integer == v->as.unsigned_integer;
    case LN_IN_FLOAT:
        return ln_is_finite(back.as.number) == ln_is_finite(v->as.number);
    default:
        return true;
    }
}

/* Room for whatever load() may look at. */
union member {
    uint64_t integer;
    double number;
    struct ln_objlnk link;
    struct ln_bytes bytes;
    struct ln_buffer buffer;
};

static ln_err store_number(enum ln_storage storage, size_t size, void *at,
                           const struct ln_value *value, bool stores)
{
    struct ln_value v = *value;
    union member trial;

    if (ln_value_convert(&v, (enum ln_type)types[storage]) != LN_OK) {
        return LN_ERR_BAD_VALUE;
    }
    put(storage, size, &trial, &v);
    if (!is_same(storage, size, &trial, &v)) {
        return LN_ERR_BAD_VALUE;
    }
    if (stores) {
        put(storage, size, at, &v);
    }
    return LN_OK;
}

static ln_err store_text(char *at, size_t size, struct ln_bytes text, bool stores)
{
    if (text.len >= size) {
        return LN_ERR_BAD_VALUE;
    }
    if (stores) {
        (void)ln_bytes_to_text(text, at, size);
    }
    return LN_OK;
}

static ln_err store_bytes(struct ln_buffer *at, struct ln_bytes bytes, bool stores)
{
    struct ln_writer w = ln_writer(at->at, at->size);

    if (bytes.len > at->size) {
        return LN_ERR_BAD_VALUE;
    }
    if (stores) {
        ln_write_bytes(&w, bytes);
        at->len = (uint32_t)w.written;
    }
    return LN_OK;
}

ln_err ln_lwm2m__field_store(enum ln_storage storage, size_t size, void *at,
                             const struct ln_value *value, enum ln_write_step step)
{
    bool stores = step == LN_STORE;

    switch (storage) {
    case LN_IN_CHARS:
        return store_text(at, size, value->as.bytes, stores);
    case LN_IN_BUFFER:
        return store_bytes(at, value->as.bytes, stores);
    case LN_IN_TEXT:
    case LN_IN_BYTES:
        return LN_ERR_NOT_ALLOWED;
    default:
        return store_number(storage, size, at, value, stores);
    }
}
