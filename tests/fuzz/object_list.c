/* Object lists from any bytes: one that opens can be read to its end. */

#include "fuzz.h"

#include <linnet/lwm2m.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_bytes payload = ln_bytes(data, size);
    struct ln_object_list_reader list;
    struct ln_object_link link;
    size_t links = 0;

    if (ln_object_list_open(payload, &list) != LN_OK) {
        return 0;
    }
    FUZZ_CHECK(list.root.len == 0 || list.root.at[list.root.len - 1] != '/');
    while (ln_object_list_next(&list, &link)) {
        FUZZ_CHECK(link.object <= LN_ID_MAX);
        links++;
    }
    FUZZ_CHECK(!list.in.failed && ln_reader_left(&list.in) == 0);
    FUZZ_CHECK(links <= size / 4); /* "</1>" is the shortest */
    return 0;
}
