/* The format table: finding a format, and writing records in it. */

#include <linnet/codec.h>

const struct ln_format *ln_format_find(const struct ln_format *const *formats, uint16_t id)
{
    for (; *formats != NULL; formats++) {
        if ((*formats)->id == id || (*formats)->old_id == id) {
            return *formats;
        }
    }
    return NULL;
}

const struct ln_format *ln_format_named(const struct ln_format *const *formats,
                                        const char *name)
{
    struct ln_bytes wanted = ln_bytes_of_text(name);

    for (; *formats != NULL; formats++) {
        if (ln_bytes_are(wanted, (*formats)->name)) {
            return *formats;
        }
    }
    return NULL;
}

ln_err ln_encode(const struct ln_format *format, struct ln_writer *out, struct ln_path base,
                 struct ln_records records)
{
    return format->encode(out, base, records);
}
