/* Members of an instance's struct as values: every C type that LN_FIELD knows. */

#include "client/data.h"

#include <string.h>

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

/* The value in the type of the C member: what the resource's type is comes after. */
static bool load(enum ln_storage storage, size_t size, const void *at, struct ln_value *out)
{
    switch (storage) {
    case LN_IN_SIGNED:
        *out = ln_value_integer(load_signed(at, size));
        return true;
    case LN_IN_UNSIGNED:
        *out = ln_value_unsigned(load_unsigned(at, size));
        return true;
    case LN_IN_BOOL:
        *out = ln_value_boolean(*(const bool *)at);
        return true;
    case LN_IN_FLOAT:
        *out = ln_value_float(ln_double_of_float(*(const float *)at));
        return true;
    case LN_IN_DOUBLE:
        *out = ln_value_float(*(const double *)at);
        return true;
    case LN_IN_CHARS:
        *out = ln_value_string(at);
        return true;
    case LN_IN_TEXT:
        *out = ln_value_string(*(const char *const *)at);
        return *(const char *const *)at != NULL;
    case LN_IN_BYTES:
        *out = ln_value_opaque(*(const struct ln_bytes *)at);
        return true;
    case LN_IN_BUFFER: {
        const struct ln_buffer *buffer = at;
        *out = ln_value_opaque(ln_bytes(buffer->at, buffer->len));
        return true;
    }
    case LN_IN_OBJLNK: {
        const struct ln_objlnk *link = at;
        *out = ln_value_objlnk(link->object, link->instance);
        return true;
    }
    default:
        return false;
    }
}

ln_err ln_client__field_load(enum ln_storage storage, size_t size, const void *at,
                             enum ln_type type, struct ln_value *out)
{
    if (!load(storage, size, at, out)) {
        return LN_ERR_NOT_FOUND;
    }
    return ln_value_convert(out, type);
}

/* Writes the low bytes; the value has been found to fit. */
static void store_integer(void *at, size_t size, uint64_t v)
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

static bool fits_signed(int64_t v, size_t size)
{
    unsigned above = (unsigned)(64 - 8 * size);

    return v <= INT64_MAX >> above && v >= INT64_MIN >> above;
}

static bool fits_unsigned(uint64_t v, size_t size)
{
    return v <= UINT64_MAX >> (64 - 8 * size);
}

/* What the member holds: the type that a value must have to be stored there. */
static enum ln_type type_of(enum ln_storage storage, enum ln_type type)
{
    switch (storage) {
    case LN_IN_SIGNED:
        return LN_INTEGER;
    case LN_IN_UNSIGNED:
        return LN_UNSIGNED;
    case LN_IN_FLOAT:
    case LN_IN_DOUBLE:
        return LN_FLOAT;
    default:
        return type;
    }
}

static bool fits(enum ln_storage storage, size_t size, const void *at, const struct ln_value *v)
{
    switch (storage) {
    case LN_IN_SIGNED:
        return fits_signed(v->as.integer, size);
    case LN_IN_UNSIGNED:
        return fits_unsigned(v->as.unsigned_integer, size);
    case LN_IN_FLOAT:
        return !ln_is_finite(v->as.number) ||
               ln_is_finite(ln_double_of_float(ln_float_of_double(v->as.number)));
    case LN_IN_CHARS:
        return v->as.bytes.len < size;
    case LN_IN_BUFFER:
        return v->as.bytes.len <= ((const struct ln_buffer *)at)->size;
    default:
        return true;
    }
}

static void store(enum ln_storage storage, size_t size, void *at, const struct ln_value *v)
{
    switch (storage) {
    case LN_IN_SIGNED:
        store_integer(at, size, (uint64_t)v->as.integer);
        break;
    case LN_IN_UNSIGNED:
        store_integer(at, size, v->as.unsigned_integer);
        break;
    case LN_IN_BOOL:
        *(bool *)at = v->as.boolean;
        break;
    case LN_IN_FLOAT:
        *(float *)at = ln_float_of_double(v->as.number);
        break;
    case LN_IN_DOUBLE:
        *(double *)at = v->as.number;
        break;
    case LN_IN_CHARS:
        (void)ln_bytes_to_text(v->as.bytes, at, size);
        break;
    case LN_IN_BUFFER: {
        struct ln_buffer *buffer = at;
        struct ln_writer w = ln_writer(buffer->at, buffer->size);
        ln_write_bytes(&w, v->as.bytes);
        buffer->len = (uint32_t)w.written;
        break;
    }
    case LN_IN_OBJLNK:
        *(struct ln_objlnk *)at = v->as.link;
        break;
    default:
        break;
    }
}

ln_err ln_client__field_store(enum ln_storage storage, size_t size, void *at,
                              const struct ln_value *value, enum ln_write_step step)
{
    struct ln_value v = *value;

    if (storage == LN_IN_TEXT || storage == LN_IN_BYTES) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (ln_value_convert(&v, type_of(storage, (enum ln_type)v.type)) != LN_OK ||
        !fits(storage, size, at, &v)) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        store(storage, size, at, &v);
    }
    return LN_OK;
}
