/* Tells well-formed UTF-8 (RFC 3629 section 4) from other bytes. */

#include <linnet/base.h>

static bool in_range(int byte, int first, int last)
{
    return byte >= first && byte <= last;
}

/*
 * What may follow a lead byte: how many bytes, and the range of the first of them. That
 * range is what shuts out overlong forms, surrogates and all above U+10FFFF.
 */
struct follow {
    uint8_t count;
    uint8_t first;
    uint8_t last;
};

/* A count of 0 is a lead byte that no character begins with. */
static struct follow follow_of(uint8_t lead)
{
    struct follow follow = {0, 0x80, 0xBF};

    if (in_range(lead, 0xC2, 0xDF)) {
        follow.count = 1;
    } else if (in_range(lead, 0xE0, 0xEF)) {
        follow.count = 2;
        follow.first = lead == 0xE0 ? 0xA0 : 0x80;
        follow.last = lead == 0xED ? 0x9F : 0xBF;
    } else if (in_range(lead, 0xF0, 0xF4)) {
        follow.count = 3;
        follow.first = lead == 0xF0 ? 0x90 : 0x80;
        follow.last = lead == 0xF4 ? 0x8F : 0xBF;
    }
    return follow;
}

static bool take_character(struct ln_reader *r)
{
    uint8_t lead = ln_read_u8(r);

    if (lead < 0x80) {
        return lead != 0;
    }
    struct follow follow = follow_of(lead);
    if (follow.count == 0 || !in_range(ln_peek_u8(r), follow.first, follow.last)) {
        return false;
    }
    for (uint8_t i = 0; i < follow.count; i++) {
        if (!in_range(ln_read_u8(r), 0x80, 0xBF)) {
            return false;
        }
    }
    return true;
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
