/* A source of records that stands on an array. */

#include <linnet/codec.h>

static bool next(struct ln_records *self, struct ln_record *out)
{
    const struct ln_array *array = (const struct ln_array *)self->context;

    if (self->at[0] >= array->count) {
        return false;
    }
    *out = array->records[self->at[0]++];
    return true;
}

struct ln_records ln_records_of(const struct ln_array *array)
{
    /* Only `next` above sees the context again, and it does not write. */
    return (struct ln_records){.next = next, .context = (void *)(uintptr_t)array};
}
