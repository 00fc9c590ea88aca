/* Paths from any bytes: what is taken must come back the same when written. */

#include "fuzz.h"

#include <linnet/codec.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(out, sizeof(out));
    struct ln_path path;
    struct ln_path again;
    uint16_t id;

    if (ln_id_of_text(ln_bytes(data, size), &id)) {
        FUZZ_CHECK(id <= LN_ID_MAX);
    }
    if (!ln_path_of_text(ln_bytes(data, size), &path)) {
        return 0;
    }
    ln_write_path(&w, path);
    FUZZ_CHECK(!w.failed);
    FUZZ_CHECK(w.written == size || w.written == size + 1);
    FUZZ_CHECK(ln_path_of_text(ln_writer_bytes(&w), &again));
    FUZZ_CHECK(ln_path_equal(path, again) && ln_path_compare(path, again) == 0);
    for (uint8_t depth = 0; depth < path.depth; depth++) {
        FUZZ_CHECK(ln_path_within(path, ln_path_up(path, depth)));
        FUZZ_CHECK(ln_path_compare(path, ln_path_up(path, depth)) > 0);
    }
    again = ln_path_root();
    for (uint8_t depth = 0; depth < path.depth; depth++) {
        again = ln_path_add(again, path.id[depth]);
        FUZZ_CHECK(ln_path_equal(again, ln_path_up(path, again.depth)));
    }
    if (path.depth == 3) {
        FUZZ_CHECK(ln_path_equal(path, ln_path_resource(path.id[0], path.id[1], path.id[2])));
    }
    return 0;
}
