/* Arguments of an Execute from any bytes: what is taken comes back the same when written. */

#include "fuzz.h"

#include <linnet/lwm2m.h>

static uint8_t room[1 << 20];

static void write_argument(struct ln_writer *w, const struct ln_argument *argument)
{
    ln_write_text(w, w->written > 0 ? "," : "");
    ln_write_u8(w, (uint8_t)('0' + argument->id));
    if (argument->has_value) {
        ln_write_text(w, "='");
        ln_write_bytes(w, argument->value);
        ln_write_text(w, "'");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_bytes text = ln_bytes(data, size);
    struct ln_reader in = ln_reader(text);
    struct ln_writer w = ln_writer(room, sizeof(room));
    struct ln_argument argument;
    unsigned seen = 0;
    bool twice = false;

    while (ln_argument_next(&in, &argument)) {
        FUZZ_CHECK(argument.id <= 9 && (argument.has_value || argument.value.len == 0));
        twice = twice || (seen >> argument.id & 1) != 0;
        seen |= 1U << argument.id;
        write_argument(&w, &argument);
    }
    FUZZ_CHECK(ln_reader_left(&in) == 0);
    FUZZ_CHECK(in.failed || ln_bytes_equal(ln_writer_bytes(&w), text));
    FUZZ_CHECK(ln_arguments_valid(text) == (!in.failed && !twice));
    return 0;
}
