/* Items of a Write-Attributes from any bytes: what is taken comes back from its text as the same. */

#include "fuzz.h"

#include <linnet/lwm2m.h>

static void number_comes_back(struct ln_bytes text)
{
    struct ln_number number;
    struct ln_number again;
    uint8_t out[64];
    struct ln_writer w = ln_writer(out, sizeof(out));

    if (!ln_number_of_text(text, &number)) {
        return;
    }
    ln_write_number(&w, &number);
    FUZZ_CHECK(!w.failed && ln_number_of_text(ln_writer_bytes(&w), &again));
    FUZZ_CHECK(ln_number_compare(&number, &again) == 0);
    struct ln_number nothing = ln_number_distance(&number, &again);
    struct ln_number zero;
    FUZZ_CHECK(ln_number_of_text(ln_bytes_of_text("0"), &zero));
    FUZZ_CHECK(ln_number_compare(&nothing, &zero) == 0);
}

/* ";pmin=10;gt=5" */
static void set_comes_back(const struct ln_attributes *attributes)
{
    uint8_t out[256];
    uint8_t twice[256];
    struct ln_writer w = ln_writer(out, sizeof(out));
    struct ln_writer again = ln_writer(twice, sizeof(twice));
    struct ln_attributes read = {0};

    ln_write_attributes(&w, attributes);
    FUZZ_CHECK(!w.failed);
    struct ln_reader in = ln_reader(ln_writer_bytes(&w));
    (void)ln_read_if(&in, ';');
    while (ln_reader_left(&in) > 0) {
        FUZZ_CHECK(ln_attributes_read(ln_read_until(&in, ';'), &read) == LN_OK);
    }
    FUZZ_CHECK(read.set == attributes->set && read.unset == 0);
    ln_write_attributes(&again, &read);
    FUZZ_CHECK(ln_bytes_equal(ln_writer_bytes(&w), ln_writer_bytes(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    struct ln_attributes own = {0};
    struct ln_attributes change = {0};

    number_comes_back(ln_bytes(data, size));
    while (ln_reader_left(&in) > 0) {
        struct ln_bytes item = ln_read_until(&in, '&');
        if (item.len == 0) { /* "&&" ends one Write-Attributes */
            if (ln_attributes_change(&own, &change) == LN_OK) {
                FUZZ_CHECK((own.set & change.unset) == 0);
            }
            change = (struct ln_attributes){0};
        } else if (ln_attributes_read(item, &change) == LN_OK) {
            FUZZ_CHECK((change.set & change.unset) == 0);
        }
    }
    if (ln_attributes_change(&own, &change) == LN_OK) {
        FUZZ_CHECK((own.set & change.set) == change.set);
    }
    set_comes_back(&own);
    return 0;
}
