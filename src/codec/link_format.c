/* Link format, read link by link. spec: RFC 6690 §2, RFC 3986 §3.3 */

#include <linnet/codec.h>

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(uint8_t c, const char *set)
{
    for (; *set != '\0'; set++) {
        if (c == (uint8_t)*set) {
            return true;
        }
    }
    return false;
}

/* pchar of RFC 3986, without its percent-encoding. */
static bool is_path_character(uint8_t c)
{
    return is_letter_or_digit(c) || is_one_of(c, "-._~:@!$&'()*+,;=");
}

/* parmname of RFC 5987, with the "*" that its extended names end with. */
static bool is_name_character(uint8_t c)
{
    return is_letter_or_digit(c) || is_one_of(c, "!#$&+-.^_`|~*");
}

static bool is_token_character(uint8_t c)
{
    return is_letter_or_digit(c) || is_one_of(c, "!#$%&'()*+-./:<=>?@[]^_`{|}~");
}

static bool is_quoted_character(uint8_t c)
{
    return (c >= ' ' && c != '"' && c != '\\' && c != 0x7F) || c == '\t';
}

/* What `in` has taken since it was `start`. */
static struct ln_bytes taken(struct ln_reader start, const struct ln_reader *in)
{
    return ln_read_bytes(&start, ln_reader_left(&start) - ln_reader_left(in));
}

/* Takes bytes while `is` says so. At least one is needed. */
static struct ln_bytes read_some(struct ln_reader *in, bool (*is)(uint8_t c))
{
    struct ln_reader start = *in;

    while (ln_peek_u8(in) >= 0 && is((uint8_t)ln_peek_u8(in))) {
        ln_read_u8(in);
    }
    struct ln_bytes some = taken(start, in);
    if (some.len == 0) {
        ln_reader_fail(in);
    }
    return some;
}

/* Refuses a byte that `is` does not grant. */
static void read_one(struct ln_reader *in, bool (*is)(uint8_t c))
{
    if (!is(ln_read_u8(in))) {
        ln_reader_fail(in);
    }
}

/*
 * Up to and with the ">". The target is a path: "/" alone or "/" and a segment that is not
 * empty; empty ones may follow.
 */
static struct ln_bytes read_target(struct ln_reader *in)
{
    size_t before = ln_reader_left(in);
    struct ln_bytes target = ln_read_until(in, '>');
    struct ln_reader path = ln_reader(target);
    bool closed = target.len < before - ln_reader_left(in);

    if (!closed || !ln_read_if(&path, '/') || ln_peek_u8(&path) == '/') {
        ln_reader_fail(in);
    }
    while (ln_reader_left(&path) > 0) {
        if (ln_read_if(&path, '%')) {
            read_one(&path, is_hex_digit);
            read_one(&path, is_hex_digit);
        } else if (!ln_read_if(&path, '/')) {
            read_one(&path, is_path_character);
        }
    }
    if (path.failed) {
        ln_reader_fail(in);
    }
    return target;
}

/* What stands between the quotes; the opening one is taken already. */
static struct ln_bytes read_quoted(struct ln_reader *in)
{
    struct ln_reader start = *in;

    while (!in->failed && ln_peek_u8(in) != '"') {
        if (!ln_read_if(in, '\\')) {
            read_one(in, is_quoted_character);
        } else if (ln_read_u8(in) == 0) {
            ln_reader_fail(in);
        }
    }
    struct ln_bytes value = taken(start, in);
    ln_read_u8(in);
    if (!ln_utf8_valid(value)) {
        ln_reader_fail(in);
    }
    return value;
}

static void read_attribute(struct ln_reader *in, struct ln_link_attribute *out)
{
    *out = (struct ln_link_attribute){.name = read_some(in, is_name_character)};
    if (!ln_read_if(in, '=')) {
        return;
    }
    out->has_value = true;
    out->quoted = ln_read_if(in, '"');
    out->value = out->quoted ? read_quoted(in) : read_some(in, is_token_character);
}

/* Takes a separator, after which something must follow. */
static bool read_separator(struct ln_reader *in, uint8_t separator)
{
    if (!ln_read_if(in, separator)) {
        return false;
    }
    if (ln_reader_left(in) == 0) {
        ln_reader_fail(in);
    }
    return !in->failed;
}

static struct ln_bytes read_attributes(struct ln_reader *in)
{
    struct ln_link_attribute attribute;

    if (!ln_read_if(in, ';')) {
        return ln_read_bytes(in, 0);
    }
    struct ln_reader start = *in;
    do {
        read_attribute(in, &attribute);
    } while (read_separator(in, ';'));
    return taken(start, in);
}

static void read_comma(struct ln_reader *in)
{
    if (!read_separator(in, ',')) {
        ln_reader_fail(in);
    }
    while (ln_read_if(in, ' ')) {
    }
    if (ln_peek_u8(in) != '<') {
        ln_reader_fail(in);
    }
}

bool ln_link_next(struct ln_reader *in, struct ln_link_format *out)
{
    if (ln_reader_left(in) == 0) {
        return false;
    }
    if (!ln_read_if(in, '<')) {
        ln_reader_fail(in);
    }
    out->target = read_target(in);
    out->attributes = read_attributes(in);
    if (ln_reader_left(in) > 0) {
        read_comma(in);
    }
    return !in->failed;
}

bool ln_link_attribute_next(struct ln_reader *in, struct ln_link_attribute *out)
{
    if (ln_reader_left(in) == 0) {
        return false;
    }
    read_attribute(in, out);
    if (ln_reader_left(in) > 0 && !read_separator(in, ';')) {
        ln_reader_fail(in);
    }
    return !in->failed;
}

bool ln_link_attribute(const struct ln_link_format *link, const char *name,
                       struct ln_link_attribute *out)
{
    struct ln_reader in = ln_reader(link->attributes);

    while (ln_link_attribute_next(&in, out)) {
        if (ln_bytes_are(out->name, name)) {
            return true;
        }
    }
    return false;
}
