/* Link format from any bytes: what is taken must come back the same when written and read again. */

#include "fuzz.h"

#include <linnet/codec.h>

enum { ROOM = 65536 };

static void write_attributes(struct ln_writer *w, struct ln_bytes attributes)
{
    struct ln_reader in = ln_reader(attributes);
    struct ln_link_attribute attribute;

    while (ln_link_attribute_next(&in, &attribute)) {
        ln_write_u8(w, ';');
        ln_write_bytes(w, attribute.name);
        ln_write_text(w, attribute.has_value ? "=" : "");
        ln_write_text(w, attribute.quoted ? "\"" : "");
        ln_write_bytes(w, attribute.value);
        ln_write_text(w, attribute.quoted ? "\"" : "");
    }
    FUZZ_CHECK(!in.failed);
}

/* Writes the list as it was understood; false if it is none. */
static bool rewrite(struct ln_bytes text, struct ln_writer *w)
{
    struct ln_reader in = ln_reader(text);
    struct ln_link_format link;

    while (ln_link_next(&in, &link)) {
        struct ln_link_attribute attribute;

        FUZZ_CHECK(!ln_link_attribute(&link, "", &attribute));
        ln_write_text(w, w->written > 0 ? ",<" : "<");
        ln_write_bytes(w, link.target);
        ln_write_u8(w, '>');
        write_attributes(w, link.attributes);
    }
    return !in.failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t rooms[2][ROOM];
    struct ln_writer first = ln_writer(rooms[0], ROOM);
    struct ln_writer second = ln_writer(rooms[1], ROOM);

    if (!rewrite(ln_bytes(data, size), &first) || first.failed) {
        return 0;
    }
    FUZZ_CHECK(first.written <= size);
    FUZZ_CHECK(rewrite(ln_writer_bytes(&first), &second));
    FUZZ_CHECK(ln_bytes_equal(ln_writer_bytes(&first), ln_writer_bytes(&second)));
    return 0;
}
