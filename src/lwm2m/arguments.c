/* Reads the arguments of an Execute: 3='value',4 */

#include <linnet/lwm2m.h>

/* spec-exception: the grammar has no space, but the specification's own example does. */
static bool in_value(int c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
}

static void read_quote(struct ln_reader *in)
{
    if (!ln_read_if(in, '\'')) {
        ln_reader_fail(in);
    }
}

/* Up to the closing quote. Any other byte that no value holds ends it before that. */
static struct ln_bytes read_value(struct ln_reader *in)
{
    size_t len = 0;

    read_quote(in);
    struct ln_reader value = *in;
    while (in_value(ln_peek_u8(in))) {
        (void)ln_read_u8(in);
        len++;
    }
    read_quote(in);
    return ln_read_bytes(&value, len);
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
