/* Any records through any format, and from one format to another: what went in must come out. */

#include "codec/random_records.h"

/* Those that hold a whole object. */
static const struct ln_format *const formats[] = {&ln_format_tlv, &ln_format_json,
                                                  &ln_format_senml_json, &ln_format_senml_cbor};

/* Only TLV can say that something is there and empty. */
static void leave_out_empty(struct heap_of_records *heap)
{
    size_t kept = 0;

    for (size_t i = 0; i < heap->count; i++) {
        if (heap->records[i].value.type != LN_NONE) {
            heap->records[kept++] = heap->records[i];
        }
    }
    heap->count = kept;
}

static void check_same(const struct decoded *got, const struct heap_of_records *heap)
{
    CHECK_OK(got->err);
    CHECK_EQ(got->count, heap->count);
    for (size_t i = 0; i < heap->count; i++) {
        CHECK(ln_path_equal(got->records[i].path, heap->records[i].path));
        CHECK(ln_value_equal(&got->records[i].value, &heap->records[i].value));
        CHECK_EQ(got->records[i].time_ns, heap->records[i].time_ns);
    }
}

static const struct decoded *through(const struct ln_format *format,
                                     const struct ln_record *records, size_t count)
{
    struct ln_bytes written;

    CHECK_OK(encode(format, "/40000", records, count, &written));
    return decode_bytes(format, "/40000", written);
}

TEST(tlv_reads_back_any_records_it_wrote_empty_ones_too)
{
    static struct heap_of_records heap = {.seed = 1};

    for (int round = 0; round < 500; round++) {
        random_records(&heap);
        check_same(through(&ln_format_tlv, heap.records, heap.count), &heap);
    }
}

TEST(any_records_pass_from_each_format_to_each_other)
{
    static struct heap_of_records heap = {.seed = 4};

    for (int round = 0; round < 200; round++) {
        random_records(&heap);
        leave_out_empty(&heap);
        for (size_t i = 0; i < LN_COUNT(formats) * LN_COUNT(formats); i++) {
            const struct decoded *got =
                through(formats[i % LN_COUNT(formats)], heap.records, heap.count);
            check_same(got, &heap);
            got = through(formats[i / LN_COUNT(formats)], got->records, got->count);
            check_same(got, &heap);
        }
    }
}

TEST(any_times_pass_from_each_format_to_each_other)
{
    static struct heap_of_records heap = {.seed = 5};

    for (int round = 0; round < 200; round++) {
        random_records(&heap);
        leave_out_empty(&heap);
        for (size_t i = 0; i < heap.count; i++) {
            int64_t time = (int64_t)test_random(&heap.seed) << 24 ^ test_random(&heap.seed);
            heap.records[i].time_ns = time - ((int64_t)1 << 46);
        }
        for (size_t i = 1; i < LN_COUNT(formats); i++) { /* TLV has no times */
            const struct decoded *got = through(formats[i], heap.records, heap.count);
            check_same(got, &heap);
            got = through(formats[LN_COUNT(formats) - i], got->records, got->count);
            check_same(got, &heap);
        }
    }
}

TEST(one_value_passes_through_each_format_of_one_value)
{
    static const struct ln_format *const singles[] = {&ln_format_text, &ln_format_cbor};
    uint32_t seed = 6;

    for (int round = 0; round < 5000; round++) {
        char name[] = "/40000/0/0";
        uint32_t id = test_random(&seed) % LN_CORELNK;
        struct ln_record record = {.path = ln_path_resource(40000, 0, (uint16_t)id)};
        struct ln_bytes written;

        name[sizeof(name) - 2] = (char)('0' + id);
        record.value = random_value(&seed, test_types.of(NULL, record.path));
        const struct ln_format *format = singles[test_random(&seed) % LN_COUNT(singles)];
        CHECK_OK(encode(format, name, &record, 1, &written));
        const struct decoded *got = decode_bytes(format, name, written);
        CHECK_OK(got->err);
        CHECK(ln_value_equal(&got->records[0].value, &record.value));
    }
}

static void check_windows(const struct ln_format *format, const struct heap_of_records *heap)
{
    enum { BLOCK = 64 };
    const struct ln_array array = {heap->records, heap->count};
    struct ln_bytes whole;
    uint8_t block[BLOCK];

    CHECK_OK(encode(format, "/40000", heap->records, heap->count, &whole));
    for (size_t skip = 0; skip <= whole.len; skip += BLOCK) {
        struct ln_writer w = ln_writer_window(block, BLOCK, skip);
        size_t len = whole.len - skip < BLOCK ? whole.len - skip : BLOCK;

        CHECK_OK(ln_encode(format, &w, path("/40000"), ln_records_of(&array)));
        CHECK_EQ(w.written, whole.len);
        CHECK(ln_bytes_equal(ln_writer_bytes(&w), ln_bytes(whole.at + skip, len)));
    }
}

TEST(writes_through_a_window_what_stands_there_in_the_whole)
{
    static struct heap_of_records heap = {.seed = 2};

    for (int round = 0; round < 50; round++) {
        random_records(&heap);
        for (size_t i = 0; i < LN_COUNT(formats); i++) {
            check_windows(formats[i], &heap);
        }
    }
}

/* ---- A source that keeps its strings in one buffer, as one that asks an object may ---- */

struct fleeting {
    const struct heap_of_records *heap;
    char buffer[RANDOM_BYTES_MAX];
};

static bool next_fleeting(struct ln_records *self, struct ln_record *out)
{
    struct fleeting *fleeting = self->context;

    memset(fleeting->buffer, '#', sizeof(fleeting->buffer));
    if (self->at[0] == fleeting->heap->count) {
        return false;
    }
    *out = fleeting->heap->records[self->at[0]++];
    if (out->value.type == LN_STRING || out->value.type == LN_OPAQUE ||
        out->value.type == LN_CORELNK) {
        memcpy(fleeting->buffer, out->value.as.bytes.at, out->value.as.bytes.len);
        out->value.as.bytes.at = (const uint8_t *)fleeting->buffer;
    }
    return true;
}

TEST(uses_borrowed_bytes_before_it_goes_on)
{
    static struct heap_of_records heap = {.seed = 3};
    static uint8_t buffer[65536];

    for (size_t i = 0; i < 200; i++) {
        struct fleeting fleeting = {.heap = &heap};
        struct ln_writer w = ln_writer(buffer, sizeof(buffer));
        const struct ln_format *format = formats[i % LN_COUNT(formats)];
        struct ln_bytes whole;

        random_records(&heap);
        CHECK_OK(encode(format, "/40000", heap.records, heap.count, &whole));
        CHECK_OK(ln_encode(format, &w, path("/40000"),
                           (struct ln_records){.next = next_fleeting, .context = &fleeting}));
        CHECK(ln_bytes_equal(ln_writer_bytes(&w), whole));
    }
}

int round_trip_tests(void);

int round_trip_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(tlv_reads_back_any_records_it_wrote_empty_ones_too),
        cmocka_unit_test(any_records_pass_from_each_format_to_each_other),
        cmocka_unit_test(any_times_pass_from_each_format_to_each_other),
        cmocka_unit_test(one_value_passes_through_each_format_of_one_value),
        cmocka_unit_test(writes_through_a_window_what_stands_there_in_the_whole),
        cmocka_unit_test(uses_borrowed_bytes_before_it_goes_on),
    };
    return RUN_TESTS(group);
}
