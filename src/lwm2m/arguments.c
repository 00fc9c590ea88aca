/* Reads the arguments of an Execute: 3='value',4 */

#include <linnet/lwm2m.h>

/* spec-exception: the grammar has no space, but the specification's own example does. */
static bool in_value(uint8_t c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
}

static struct ln_bytes read_value(struct ln_reader *in)
{
    struct ln_bytes value = {0};

    if (!ln_read_if(in, '\'')) {
        ln_reader_fail(in);
        return value;
    }
    size_t left = ln_reader_left(in);
    value = ln_read_until(in, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (!in_value(value.at[i])) {
            ln_reader_fail(in);
        }
    }
    if (value.len == left) { /* the closing quote is missing */
        ln_reader_fail(in);
    }
    return value;
}

bool ln_argument_next(struct ln_reader *in, struct ln_argument *out)
{
    if (ln_reader_left(in) == 0) {
        return false;
    }
    unsigned digit = (unsigned)ln_read_u8(in) - '0';
    if (digit > 9) {
        ln_reader_fail(in);
        return false;
    }
    *out = (struct ln_argument){.id = (uint8_t)digit};
    if (ln_read_if(in, '=')) {
        out->has_value = true;
        out->value = read_value(in);
    }
    bool another = ln_read_if(in, ',');
    if (another != (ln_reader_left(in) > 0)) {
        ln_reader_fail(in);
    }
    return !in->failed;
}

bool ln_arguments_valid(struct ln_bytes arguments)
{
    struct ln_reader in = ln_reader(arguments);
    struct ln_argument argument;
    unsigned seen = 0;

    while (ln_argument_next(&in, &argument)) {
        if ((seen >> argument.id & 1) != 0) {
            return false;
        }
        seen |= 1U << argument.id;
    }
    return !in.failed;
}
