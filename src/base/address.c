/* IP addresses: told apart, and written as RFC 5952 asks. */

#include <linnet/base.h>

#include <string.h>

static const uint8_t ipv4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool ln_address_equal(const struct ln_address *a, const struct ln_address *b)
{
    return a->port == b->port && a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
}

struct ln_address ln_address_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    struct ln_address address = {.port = port};

    memcpy(address.ip, ipv4_prefix, sizeof(ipv4_prefix));
    address.ip[12] = a;
    address.ip[13] = b;
    address.ip[14] = c;
    address.ip[15] = d;
    return address;
}

static void write_ipv4(struct ln_writer *w, const uint8_t *ip)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            ln_write_u8(w, '.');
        }
        ln_write_unsigned_text(w, ip[i]);
    }
}

static unsigned group_of(const uint8_t *ip, int i)
{
    return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

static void write_group(struct ln_writer *w, unsigned group)
{
    bool started = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = group >> shift & 15;
        started = started || digit != 0 || shift == 0;
        if (started) {
            ln_write_u8(w, (uint8_t) "0123456789abcdef"[digit]);
        }
    }
}

/* The first of the longest runs of zero groups; a single one is not shortened. */
static int longest_zeros(const uint8_t *ip, int *length)
{
    int best = -1;
    int run = 0;

    *length = 1;
    for (int i = 0; i < 8; i++) {
        run = group_of(ip, i) == 0 ? run + 1 : 0;
        if (run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static void write_ipv6(struct ln_writer *w, const uint8_t *ip)
{
    int length;
    int zeros = longest_zeros(ip, &length);

    for (int i = 0; i < 8;) {
        if (i == zeros) {
            ln_write_text(w, "::");
            i += length;
            continue;
        }
        if (i > 0 && i != zeros + length) {
            ln_write_u8(w, ':');
        }
        write_group(w, group_of(ip, i));
        i++;
    }
}

void ln_write_address(struct ln_writer *w, const struct ln_address *address)
{
    if (memcmp(address->ip, ipv4_prefix, sizeof(ipv4_prefix)) == 0) {
        write_ipv4(w, address->ip + 12);
    } else {
        ln_write_u8(w, '[');
        write_ipv6(w, address->ip);
        if (address->scope != 0) {
            ln_write_u8(w, '%');
            ln_write_unsigned_text(w, address->scope);
        }
        ln_write_u8(w, ']');
    }
    ln_write_u8(w, ':');
    ln_write_unsigned_text(w, address->port);
}
