/* JSON text, token by token (RFC 8259), strictly: what both formats in JSON read with. */

#include "codec/json_reader.h"

enum { LEVELS = 16 };

static void skip_space(struct ln_reader *in)
{
    while (ln_read_if(in, ' ') || ln_read_if(in, '\t') || ln_read_if(in, '\n') ||
           ln_read_if(in, '\r')) {
    }
}

/* What lies between two states of one reader. */
static struct ln_bytes between(struct ln_reader before, const struct ln_reader *after)
{
    return ln_read_bytes(&before, ln_reader_left(&before) - ln_reader_left(after));
}

/* ---- Text ---- */

static uint32_t read_hex(struct ln_reader *in)
{
    uint32_t v = 0;

    for (int i = 0; i < 4; i++) {
        uint8_t c = ln_read_u8(in);
        if (c >= '0' && c <= '9') {
            v = v << 4 | (uint32_t)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        } else {
            ln_reader_fail(in);
        }
    }
    return v;
}

/* Behind "\u". Characters above U+FFFF are two of these. */
static uint32_t read_code(struct ln_reader *in)
{
    uint32_t code = read_hex(in);

    if (code < 0xD800 || code > 0xDFFF) {
        return code;
    }
    if (code > 0xDBFF || ln_read_u8(in) != '\\' || ln_read_u8(in) != 'u') {
        ln_reader_fail(in);
        return 0;
    }
    uint32_t low = read_hex(in);
    if (low < 0xDC00 || low > 0xDFFF) {
        ln_reader_fail(in);
    }
    return 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
}

/* Behind the backslash: the character that is meant. */
static uint32_t read_escape(struct ln_reader *in)
{
    uint8_t c = ln_read_u8(in);

    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        return read_code(in);
    }
    ln_reader_fail(in);
    return 0;
}

static void write_utf8(struct ln_writer *w, uint32_t code)
{
    static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
    unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

    ln_write_u8(w, (uint8_t)(first[more] | code >> 6 * more));
    while (more-- > 0) {
        ln_write_u8(w, (uint8_t)(0x80 | (code >> 6 * more & 0x3F)));
    }
}

/* Behind the opening quote; takes the closing one. */
static void read_text(struct ln_reader *in, struct ln__json_token *out)
{
    const struct ln_reader before = *in;
    struct ln_reader after = *in;

    for (;;) {
        int c = ln_peek_u8(in);
        if (c == '"') {
            after = *in;
            ln_read_u8(in);
            out->text = between(before, &after);
            return;
        }
        if (c < 0x20) {
            ln_reader_fail(in);
            return;
        }
        ln_read_u8(in);
        if (c == '\\') {
            read_escape(in);
            out->escaped = true;
        }
    }
}

void ln__json_unescape(struct ln_writer *w, const struct ln__json_token *token)
{
    struct ln_reader in = ln_reader(token->text);

    if (!token->escaped) {
        ln_write_bytes(w, token->text);
        return;
    }
    while (ln_reader_left(&in) > 0) {
        const struct ln_reader before = in;
        while (ln_reader_left(&in) > 0 && ln_peek_u8(&in) != '\\') {
            ln_read_u8(&in);
        }
        ln_write_bytes(w, between(before, &in));
        if (ln_read_if(&in, '\\')) {
            write_utf8(w, read_escape(&in));
        }
    }
}

ln_err ln__json_text(struct ln_arena *scratch, const struct ln__json_token *token,
                     struct ln_bytes *out)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    void *memory;

    if (!token->escaped) {
        *out = token->text;
        return LN_OK;
    }
    ln__json_unescape(&count, token);
    memory = scratch == NULL ? NULL : ln_arena_take(scratch, count.written);
    if (memory == NULL) {
        return LN_ERR_NO_SPACE;
    }
    struct ln_writer w = ln_writer(memory, count.written);
    ln__json_unescape(&w, token);
    *out = ln_writer_bytes(&w);
    return LN_OK;
}

bool ln__json_is(const struct ln__json_token *token, const char *text)
{
    uint8_t meant[16]; /* longer than all names that a format has */
    struct ln_writer w = ln_writer(meant, sizeof(meant));

    if (!token->escaped) {
        return ln_bytes_are(token->text, text);
    }
    ln__json_unescape(&w, token);
    return !w.failed && ln_bytes_are(ln_writer_bytes(&w), text);
}

/* ---- Tokens ---- */

static void read_digits(struct ln_reader *in)
{
    if (ln_peek_u8(in) < '0' || ln_peek_u8(in) > '9') {
        ln_reader_fail(in);
    }
    while (ln_peek_u8(in) >= '0' && ln_peek_u8(in) <= '9') {
        ln_read_u8(in);
    }
}

static struct ln_bytes read_number(struct ln_reader *in)
{
    const struct ln_reader before = *in;

    ln_read_if(in, '-');
    if (!ln_read_if(in, '0')) {
        read_digits(in);
    }
    if (ln_read_if(in, '.')) {
        read_digits(in);
    }
    if (ln_read_if(in, 'e') || ln_read_if(in, 'E')) {
        if (!ln_read_if(in, '-')) {
            ln_read_if(in, '+');
        }
        read_digits(in);
    }
    return between(before, in);
}

static void read_word(struct ln_reader *in, const char *word)
{
    if (!ln_bytes_are(ln_read_bytes(in, ln_bytes_of_text(word).len), word)) {
        ln_reader_fail(in);
    }
}

static int read_token(struct ln_reader *in, struct ln__json_token *out)
{
    int c = ln_peek_u8(in);

    switch (c) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
        ln_read_u8(in);
        return c;
    case '"':
        ln_read_u8(in);
        read_text(in, out);
        return LN__JSON_TEXT;
    case 't':
        read_word(in, "true");
        return LN__JSON_TRUE;
    case 'f':
        read_word(in, "false");
        return LN__JSON_FALSE;
    case 'n':
        read_word(in, "null");
        return LN__JSON_NULL;
    case -1:
        return LN__JSON_END;
    default:
        out->text = read_number(in);
        return LN__JSON_NUMBER;
    }
}

struct ln__json_token ln__json_next(struct ln_reader *in)
{
    struct ln__json_token token = {0};

    skip_space(in);
    token.kind = read_token(in, &token);
    if (in->failed) {
        token.kind = LN__JSON_BAD;
    }
    return token;
}

bool ln__json_take(struct ln_reader *in, int kind)
{
    if (ln__json_next(in).kind != kind) {
        ln_reader_fail(in);
    }
    return !in->failed;
}

bool ln__json_take_if(struct ln_reader *in, char mark)
{
    skip_space(in);
    return ln_read_if(in, (uint8_t)mark);
}

bool ln__json_member(struct ln_reader *in, bool *first, struct ln__json_token *name)
{
    if (ln__json_take_if(in, '}') || (!*first && !ln__json_take(in, ','))) {
        return false;
    }
    *first = false;
    *name = ln__json_next(in);
    if (name->kind != LN__JSON_TEXT) {
        ln_reader_fail(in);
    }
    return ln__json_take(in, ':');
}

/* ---- Passing over a value ---- */

struct nest {
    uint8_t depth;
    char closes[LEVELS]; /* the mark that ends each level */
};

static void take_name(struct ln_reader *in, const struct nest *nest)
{
    if (nest->closes[nest->depth - 1] == '}') {
        ln__json_take(in, LN__JSON_TEXT);
        ln__json_take(in, ':');
    }
}

/* Takes a value or, of one that holds values, its beginning. True if a value is due next. */
static bool begins(struct ln_reader *in, struct nest *nest)
{
    int kind = ln__json_next(in).kind;
    bool holds = kind == '{' || kind == '[';
    char closing = kind == '{' ? '}' : ']';

    if (kind == LN__JSON_TEXT || kind == LN__JSON_NUMBER || kind == LN__JSON_TRUE ||
        kind == LN__JSON_FALSE || kind == LN__JSON_NULL) {
        return false;
    }
    if (!holds || nest->depth == LEVELS) {
        ln_reader_fail(in);
        return false;
    }
    if (ln__json_take_if(in, closing)) {
        return false;
    }
    nest->closes[nest->depth++] = closing;
    take_name(in, nest);
    return !in->failed;
}

/* Behind a value: closes what ends there. True if a value is due next. */
static bool goes_on(struct ln_reader *in, struct nest *nest)
{
    while (nest->depth > 0) {
        if (ln__json_take_if(in, ',')) {
            take_name(in, nest);
            return !in->failed;
        }
        if (!ln__json_take(in, nest->closes[nest->depth - 1])) {
            return false;
        }
        nest->depth--;
    }
    return false;
}

bool ln__json_skip(struct ln_reader *in)
{
    struct nest nest = {0};

    do {
        while (begins(in, &nest)) {
        }
    } while (goes_on(in, &nest));
    return !in->failed;
}
