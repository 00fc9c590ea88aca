/* The queue of datagrams: first in, first out, whatever wraps where; and full is full. */

#include "dtls/queue.h"

#include "dtls_tests.h"
#include "ln_test.h"

enum { SIZE = 1000, LONGEST = 120 };

static uint64_t memory[SIZE / 8];
static struct ln_dtls_queue queue;
static uint32_t dice;

static uint32_t roll(uint32_t below)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % below;
}

/* Each datagram is told by its number, in its path and in all its bytes. */
static bool push(uint16_t number)
{
    struct ln_dtls_path path = {.remote = {.port = number}};
    uint8_t bytes[LONGEST];

    memset(bytes, (uint8_t)number, sizeof(bytes));
    return ln_dtls_queue_push(&queue, &path, ln_bytes(bytes, 1 + number % LONGEST));
}

static void pop_is(uint16_t number)
{
    struct ln_dtls_path path;
    uint8_t bytes[LONGEST];
    size_t length = ln_dtls_queue_pop(&queue, bytes, sizeof(bytes), &path);

    CHECK_EQ(length, 1 + number % LONGEST);
    CHECK_EQ(path.remote.port, number);
    for (size_t i = 0; i < length; i++) {
        CHECK_EQ(bytes[i], (uint8_t)number);
    }
}

TEST(datagrams_come_out_as_they_went_in)
{
    uint16_t in = 0;
    uint16_t out = 0;
    size_t refused = 0;

    ln_dtls_queue_init(&queue, memory, SIZE);
    dice = 1;
    for (int i = 0; i < 100000; i++) {
        if (roll(100) < 55) {
            bool taken = push(in);
            in = (uint16_t)(in + taken);
            refused += !taken;
        } else if (in != out) {
            pop_is(out++);
        }
        CHECK_EQ(queue.count, (uint16_t)(in - out));
    }
    CHECK(refused > 1000); /* so it was full, many times */
}

TEST(an_empty_queue_gives_nothing)
{
    struct ln_dtls_path path;
    uint8_t bytes[8];

    ln_dtls_queue_init(&queue, memory, SIZE);
    CHECK_EQ(ln_dtls_queue_pop(&queue, bytes, sizeof(bytes), &path), 0);
    queue = (struct ln_dtls_queue){0};
    CHECK(!push(1));
}

int queue_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_come_out_as_they_went_in),
        cmocka_unit_test(an_empty_queue_gives_nothing),
    };

    return RUN_TESTS(tests);
}
