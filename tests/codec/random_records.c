/* Records of all types and shapes, from a seed. */

#include "codec/random_records.h"

static const char pool[] =
    "The quick brown fox jumps over the lazy dog, as it has done for years. "
    "Then the dog wakes, the fox leaves, and a text of more than two hundred "
    "and fifty-five bytes has to be found to fill this string: which is what "
    "these words are for, and nothing else at all, as the reader may have seen. "
    "\\ \"caf\xc3\xa9\" \n\t\x01 \xf0\x9f\x98\x80";

/* Any piece that is UTF-8. */
static struct ln_bytes piece_of_pool(uint32_t *seed)
{
    struct ln_bytes piece;

    do {
        size_t start = test_random(seed) % sizeof(pool);
        piece = ln_bytes(pool + start, test_random(seed) % (sizeof(pool) - start));
    } while (!ln_utf8_valid(piece));
    return piece;
}

struct ln_value random_value(uint32_t *seed, enum ln_type type)
{
    uint64_t bits = (uint64_t)test_random(seed) << 40 ^ (uint64_t)test_random(seed) << 20 ^
                    test_random(seed);
    unsigned shift = test_random(seed) % 64;
    struct ln_value value = {.type = type};

    switch (type) {
    case LN_INTEGER:
    case LN_TIME:
        value.as.integer = (int64_t)bits >> shift;
        break;
    case LN_UNSIGNED:
        value.as.unsigned_integer = bits >> shift;
        break;
    case LN_FLOAT:
        value.as.number = (double)((int64_t)bits >> shift) / (1 + test_random(seed) % 8);
        break;
    case LN_BOOLEAN:
        value.as.boolean = bits & 1;
        break;
    case LN_OBJLNK:
        value.as.link = (struct ln_objlnk){(uint16_t)bits, (uint16_t)(bits >> 16)};
        break;
    default:
        value.as.bytes = piece_of_pool(seed);
        break;
    }
    return value;
}

static void add(struct heap_of_records *heap, struct ln_path at, struct ln_value value)
{
    CHECK(heap->count < RECORDS_MAX);
    heap->records[heap->count++] = (struct ln_record){.path = at, .value = value};
}

static uint16_t next_id(struct heap_of_records *heap, uint16_t id)
{
    return (uint16_t)(id + 1 + test_random(&heap->seed) % 150);
}

static void add_resource(struct heap_of_records *heap, struct ln_path at)
{
    enum ln_type type = test_types.of(NULL, at);
    uint16_t id = 0;

    if (test_random(&heap->seed) % 3 > 0) {
        add(heap, at, random_value(&heap->seed, type));
        return;
    }
    uint32_t count = test_random(&heap->seed) % 4;
    if (count == 0) {
        add(heap, at, (struct ln_value){.type = LN_NONE});
    }
    for (; count > 0; count--, id = next_id(heap, id)) {
        add(heap, ln_path_add(at, id), random_value(&heap->seed, type));
    }
}

static void add_instance(struct heap_of_records *heap, struct ln_path at)
{
    uint32_t count = test_random(&heap->seed) % 12;
    uint16_t id = 0;

    if (count == 0) {
        add(heap, at, (struct ln_value){.type = LN_NONE});
    }
    for (; count > 0; count--, id = next_id(heap, id)) {
        add_resource(heap, ln_path_add(at, id));
    }
}

void random_records(struct heap_of_records *heap)
{
    uint32_t count = test_random(&heap->seed) % 4;
    uint16_t id = 0;

    heap->count = 0;
    for (; count > 0; count--, id = next_id(heap, id)) {
        add_instance(heap, ln_path_instance(40000, id));
    }
}
