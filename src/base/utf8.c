/* Tells well-formed UTF-8 (RFC 3629 section 4) from other bytes. */

#include <linnet/base.h>

/* The first character that needs so many bytes after its lead: one below it is an overlong form. */
static const uint32_t first_of[] = {0, 0x80, 0x800, 0x10000};

static bool is_surrogate(uint32_t character)
{
    return character >= 0xD800 && character <= 0xDFFF;
}

static bool take_character(struct ln_reader *r)
{
    uint32_t character = ln_read_u8(r);

    if (character < 0xC0) {
        return character > 0 && character < 0x80;
    }
    unsigned follow = character < 0xE0 ? 1 : character < 0xF0 ? 2 : 3;
    character &= 0x7FU >> follow;
    for (unsigned i = 0; i < follow; i++) {
        uint8_t byte = ln_read_u8(r);
        if (byte >> 6 != 2) {
            return false;
        }
        character = character << 6 | (byte & 0x3F);
    }
    return character >= first_of[follow] && character <= 0x10FFFF && !is_surrogate(character);
}

bool ln_utf8_valid(struct ln_bytes bytes)
{
    struct ln_reader r = ln_reader(bytes);

    while (ln_reader_left(&r) > 0) {
        if (!take_character(&r)) {
            return false;
        }
    }
    return true;
}
