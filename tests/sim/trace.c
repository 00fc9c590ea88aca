/* Prints datagrams and events of a simulation that is watched. */

#include "trace.h"

#include "world.h"

#include <linnet/coap.h>

#include <stdarg.h>
#include <stdio.h>

static void print_time(const struct world *world)
{
    printf("%6lld.%03d  ", (long long)(world->now / 1000), (int)(world->now % 1000));
}

static void print_address(const struct ln_address *address)
{
    char text[LN_ADDRESS_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_address(&w, address);
    printf("%.*s", (int)w.written, text);
}

static void print_message(struct ln_bytes bytes)
{
    static const char *const types[] = {"CON", "NON", "ACK", "RST"};
    struct ln_coap_message m;

    if (ln_coap_parse(bytes, &m) != LN_OK) {
        printf(" %zu bytes", bytes.len);
        return;
    }
    printf(" %s %u.%02u id %u token ", types[m.type], ln_coap_code_class(m.code), m.code & 31U,
           m.id);
    for (size_t i = 0; i < m.token.len; i++) {
        printf("%02x", m.token.bytes[i]);
    }
    struct ln_coap_option_cursor at = ln_coap_option_first(&m);
    while (ln_coap_option_next(&at)) {
        bool text = at.number == LN_COAP_URI_PATH || at.number == LN_COAP_LOCATION_PATH ||
                    at.number == LN_COAP_URI_QUERY;
        if (text) {
            printf("%c%.*s", at.number == LN_COAP_URI_QUERY ? '?' : '/', (int)at.value.len,
                   (const char *)at.value.at);
        }
    }
    struct ln_coap_options options;
    if (ln_coap_options(&m, &options) == LN_OK && options.block1.present) {
        printf(" block %u%s", options.block1.number, options.block1.more ? "+" : "");
    }
    if (m.payload.len > 0) {
        printf(" (%zu bytes %08x)", m.payload.len, ln_checksum(m.payload));
    }
}

void trace_datagram(const struct world *world, const struct ln_address *from,
                    const struct ln_address *to, struct ln_bytes bytes, const char *what,
                    ln_time wait)
{
    if (!world->verbose) {
        return;
    }
    print_time(world);
    print_address(from);
    printf(" > ");
    print_address(to);
    print_message(bytes);
    printf("  %s", what);
    if (wait > 0) {
        printf(" in %lld ms", (long long)wait);
    }
    printf("\n");
}

void trace_text(const struct world *world, const char *format, ...)
{
    va_list arguments;

    if (!world->verbose) {
        return;
    }
    print_time(world);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}
