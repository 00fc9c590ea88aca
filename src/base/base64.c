/* Base64 and base64url (RFC 4648 sections 4 and 5). */

#include <linnet/base.h>

static uint8_t character_of(unsigned value, bool url)
{
    if (value < 26) {
        return (uint8_t)('A' + value);
    }
    if (value < 52) {
        return (uint8_t)('a' + value - 26);
    }
    if (value < 62) {
        return (uint8_t)('0' + value - 52);
    }
    return (uint8_t)(url ? "-_"[value - 62] : "+/"[value - 62]);
}

/* -1 if the character is not in the alphabet; `lenient` takes both alphabets as one. */
static int value_of(uint8_t c, bool lenient)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || (lenient && c == '-')) {
        return 62;
    }
    return c == '/' || (lenient && c == '_') ? 63 : -1;
}

size_t ln_base64_size(size_t bytes)
{
    return (bytes / 3 + (bytes % 3 != 0 ? 1 : 0)) * 4;
}

static void encode(struct ln_writer *w, struct ln_bytes bytes, bool url)
{
    struct ln_reader r = ln_reader(bytes);
    unsigned bits = 0;
    int count = 0; /* of the bits not yet written */

    while (ln_reader_left(&r) > 0) {
        bits = bits << 8 | ln_read_u8(&r);
        for (count += 8; count >= 6; count -= 6) {
            ln_write_u8(w, character_of(bits >> (count - 6) & 63, url));
        }
    }
    if (count > 0) {
        ln_write_u8(w, character_of(bits << (6 - count) & 63, url));
    }
}

void ln_write_base64(struct ln_writer *w, struct ln_bytes bytes)
{
    encode(w, bytes, false);
    for (size_t i = bytes.len % 3; i == 1 || i == 2; i++) {
        ln_write_u8(w, '=');
    }
}

void ln_write_base64url(struct ln_writer *w, struct ln_bytes bytes)
{
    encode(w, bytes, true);
}

/* Takes the padding off. Where there is some, it fills up the last four characters. */
static bool strip_padding(struct ln_bytes *text, bool lenient)
{
    size_t whole = text->len % 4;
    size_t padding = 0;

    while (padding < 2 && text->len > 0 && text->at[text->len - 1] == '=') {
        text->len--;
        padding++;
    }
    return whole == 0 || (lenient && padding == 0);
}

bool ln_base64_decode(struct ln_writer *w, struct ln_bytes text, bool lenient)
{
    unsigned bits = 0;
    int count = 0; /* of the bits not yet written */

    if (!strip_padding(&text, lenient)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.at[i], lenient);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            ln_write_u8(w, (uint8_t)(bits >> count));
        }
    }
    /* Bits that are left over belong to no byte: only zeros, and fewer than a character's. */
    return count < 6 && (bits & ((1u << count) - 1)) == 0;
}
