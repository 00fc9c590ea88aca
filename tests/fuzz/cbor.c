/* CBOR of one value from any bytes: what is taken must come back the same when it is written and read again. */

#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format(&ln_format_cbor, data, size);
    return 0;
}
