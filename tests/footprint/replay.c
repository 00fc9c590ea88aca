/* A clock and a UDP stack made of a recording: what the client sends must be what it sent then. */

#include "board.h"
#include "port.h"
#include "recording.h"

#include <string.h>

enum { PAINT = 0xA5A5A5A5 };

/* Given by ports/baremetal/image.ld: the stack grows down from the one to the other. */
extern uint32_t stack_top[], bss_end[];

static size_t next; /* in the recording */
static ln_time now; /* the recording begins at 0 */

/* Shows later how much of the stack was used. This runs first: only main() stands above it. */
void port_start(void)
{
    const uint32_t *stack_now = __builtin_frame_address(0);

    for (volatile uint32_t *at = bss_end; (uint32_t *)at < stack_now - 16; at++) {
        *at = PAINT;
    }
}

static uint32_t stack_used(void)
{
    const volatile uint32_t *lowest = bss_end;

    while (*lowest == PAINT) {
        lowest++;
    }
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)lowest);
}

static void end(int status)
{
    board_print("stack ");
    board_print_number(stack_used());
    board_print("\ndatagrams ");
    board_print_number((uint32_t)next);
    board_print(status == 0 ? "\nas recorded\n" : "\nDIFFERS from the recording\n");
    board_exit(status);
}

void port_fault(void)
{
    board_print("fault\n");
    board_exit(1);
}

ln_time port_clock(void)
{
    return now;
}

size_t port_receive(uint8_t *buffer, size_t size, ln_time deadline)
{
    const struct recorded *r = &recording[next];

    if (next == recording_len) {
        end(0);
    }
    if (r->direction == FROM_DEVICE || r->time > deadline) {
        now = deadline > now ? deadline : now;
        return 0;
    }
    if (r->len > size) {
        end(1);
    }
    next++;
    now = r->time;
    memcpy(buffer, r->bytes, r->len);
    return r->len;
}

void port_send(const uint8_t *bytes, size_t len)
{
    const struct recorded *r = &recording[next];

    if (next == recording_len || r->direction != FROM_DEVICE || r->time != now ||
        r->len != len || memcmp(r->bytes, bytes, len) != 0) {
        end(1);
    }
    next++;
}
