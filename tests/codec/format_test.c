/* The format table, sources of records, and what the decoder refuses whatever the format. */

#include "codec/support.h"

#include <linnet/codec.h>

static const struct ln_format *const formats[] = {&ln_format_text, &ln_format_opaque,
                                                  &ln_format_tlv, NULL};

TEST(finds_formats_by_number_old_ones_too)
{
    CHECK(ln_format_find(formats, 0) == &ln_format_text);
    CHECK(ln_format_find(formats, 42) == &ln_format_opaque);
    CHECK(ln_format_find(formats, 11542) == &ln_format_tlv);
    CHECK(ln_format_find(formats, 1542) == &ln_format_tlv);
    CHECK(ln_format_find(formats, 11543) == NULL);
    CHECK(ln_format_find(formats, LN_FORMAT_NONE) == NULL);
}

TEST(writes_new_numbers_only)
{
    CHECK_EQ(ln_format_tlv.id, 11542);
    CHECK_EQ(ln_format_text.id, 0);
    CHECK_EQ(ln_format_opaque.id, 42);
}

TEST(finds_formats_by_name)
{
    CHECK(ln_format_named(formats, "text") == &ln_format_text);
    CHECK(ln_format_named(formats, "opaque") == &ln_format_opaque);
    CHECK(ln_format_named(formats, "tlv") == &ln_format_tlv);
    CHECK(ln_format_named(formats, "TLV") == NULL);
    CHECK(ln_format_named(formats, "") == NULL);
    CHECK(ln_format_named(formats, NULL) == NULL);
}

TEST(goes_through_an_array_and_a_copy_goes_again)
{
    const struct ln_record records[] = {
        {.path = {{3, 0, 1}, 3}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 2}, 3}, .value = ln_value_integer(2)},
    };
    const struct ln_array array = {records, LN_COUNT(records)};
    struct ln_records source = ln_records_of(&array);
    struct ln_record record;

    CHECK(source.next(&source, &record));
    struct ln_records copy = source;
    CHECK(source.next(&source, &record));
    CHECK(!source.next(&source, &record));
    CHECK(!source.next(&source, &record));
    CHECK(copy.next(&copy, &record));
    CHECK_EQ(record.value.as.integer, 2);
}

/* ---- A format whose payload is the index of its first record; it gives them all ---- */

static const struct ln_record *script;
static size_t script_count;
static size_t script_at;

static bool give_next(struct ln_decoder *in, struct ln_record *out)
{
    (void)in;
    if (script_at == script_count) {
        return false;
    }
    *out = script[script_at++];
    return true;
}

static const struct ln_format scripted = {.decode = give_next};

/* How many records come out before the end or the fault. */
static size_t given(const char *base, const struct ln_record *records, size_t count,
                    ln_err *err)
{
    struct ln_decoder decoder;
    struct ln_record record;
    size_t taken = 0;

    script = records;
    script_count = count;
    script_at = 0;
    ln_decoder_init(&decoder, &scripted, path(base), BYTES(""), NULL, NULL);
    while (ln_decode(&decoder, &record)) {
        taken++;
    }
    CHECK(!ln_decode(&decoder, &record)); /* an error stays */
    *err = decoder.err;
    return taken;
}

#define AT(depth, ...) .path = {{__VA_ARGS__}, depth}
#define ONE            .value = {.type = LN_INTEGER, .as.integer = 1}
#define NOTHING        .value = {.type = LN_NONE}

static void check_refused_second(const char *base, struct ln_record first,
                                 struct ln_record second)
{
    const struct ln_record records[] = {first, second};
    ln_err err;

    CHECK_EQ(given(base, records, 2, &err), 1);
    CHECK_ERR(err, LN_ERR_BAD_PAYLOAD);
}

TEST(refuses_records_outside_of_the_request)
{
    check_refused_second("/3/0", (struct ln_record){AT(3, 3, 0, 1), ONE},
                         (struct ln_record){AT(3, 3, 1, 1), ONE});
    check_refused_second("/3/0/1", (struct ln_record){AT(3, 3, 0, 1), ONE},
                         (struct ln_record){AT(3, 3, 0, 2), ONE});
}

TEST(refuses_a_record_twice_in_a_row)
{
    check_refused_second("/3", (struct ln_record){AT(3, 3, 0, 1), ONE},
                         (struct ln_record){AT(3, 3, 0, 1), ONE});
    check_refused_second("/3", (struct ln_record){AT(2, 3, 0), NOTHING},
                         (struct ln_record){AT(2, 3, 0), NOTHING});
}

TEST(refuses_a_resource_that_is_both_single_and_multiple)
{
    check_refused_second("/3", (struct ln_record){AT(3, 3, 0, 6), ONE},
                         (struct ln_record){AT(4, 3, 0, 6, 0), ONE});
    check_refused_second("/3", (struct ln_record){AT(4, 3, 0, 6, 0), ONE},
                         (struct ln_record){AT(3, 3, 0, 6), NOTHING});
}

TEST(takes_the_same_path_at_another_time)
{
    const struct ln_record records[] = {
        {AT(3, 3, 0, 9), ONE, .time_ns = 1},
        {AT(3, 3, 0, 9), ONE, .time_ns = 2},
        {AT(3, 3, 0, 9), ONE},
    };
    ln_err err;

    CHECK_EQ(given("/3", records, LN_COUNT(records), &err), LN_COUNT(records));
    CHECK_OK(err);
}

TEST(refuses_values_where_there_can_be_none)
{
    const struct ln_record wrong[] = {
        {AT(2, 3, 0), ONE},           {AT(1, 3), ONE}, {AT(0), ONE}, {AT(1, 3), NOTHING},
        {AT(4, 3, 0, 6, 1), NOTHING},
    };
    ln_err err;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_EQ(given("/", &wrong[i], 1, &err), 0);
        CHECK_ERR(err, LN_ERR_BAD_PAYLOAD);
    }
}

TEST(refuses_text_that_is_not_utf8)
{
    struct ln_record record = {AT(3, 3, 0, 1)};
    ln_err err;

    record.value = ln_value_string("\xc3\xb3");
    CHECK_EQ(given("/3", &record, 1, &err), 1);
    record.value = ln_value_string("\xc3");
    CHECK_EQ(given("/3", &record, 1, &err), 0);
    CHECK_ERR(err, LN_ERR_BAD_VALUE);
    record.value.type = LN_CORELNK;
    CHECK_EQ(given("/3", &record, 1, &err), 0);
    CHECK_ERR(err, LN_ERR_BAD_VALUE);
    record.value.type = LN_OPAQUE;
    CHECK_EQ(given("/3", &record, 1, &err), 1);
}

int format_tests(void);

int format_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(finds_formats_by_number_old_ones_too),
        cmocka_unit_test(writes_new_numbers_only),
        cmocka_unit_test(finds_formats_by_name),
        cmocka_unit_test(goes_through_an_array_and_a_copy_goes_again),
        cmocka_unit_test(refuses_records_outside_of_the_request),
        cmocka_unit_test(refuses_a_record_twice_in_a_row),
        cmocka_unit_test(refuses_a_resource_that_is_both_single_and_multiple),
        cmocka_unit_test(takes_the_same_path_at_another_time),
        cmocka_unit_test(refuses_values_where_there_can_be_none),
        cmocka_unit_test(refuses_text_that_is_not_utf8),
    };
    return RUN_TESTS(group);
}
