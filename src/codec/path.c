/* Paths of objects, instances, resources and resource instances, and their text. */

#include <linnet/codec.h>

#include <assert.h>

enum { LEVELS = 4 };

struct ln_path ln_path_add(struct ln_path path, uint16_t id)
{
    assert(path.depth < LEVELS);
    ln_path_append(&path, id);
    return path;
}

struct ln_path ln_path_object(uint16_t object)
{
    return (struct ln_path){{object, 0, 0, 0}, 1};
}

struct ln_path ln_path_instance(uint16_t object, uint16_t instance)
{
    return (struct ln_path){{object, instance, 0, 0}, 2};
}

struct ln_path ln_path_resource(uint16_t object, uint16_t instance, uint16_t resource)
{
    return ln_path_add(ln_path_instance(object, instance), resource);
}

struct ln_path ln_path_up(struct ln_path path, uint8_t depth)
{
    while (path.depth > depth) {
        path.id[--path.depth] = 0;
    }
    return path;
}

bool ln_path_equal(struct ln_path a, struct ln_path b)
{
    return a.depth == b.depth && ln_path_within(a, b);
}

int ln_path_compare(struct ln_path a, struct ln_path b)
{
    for (uint8_t i = 0; i < a.depth && i < b.depth; i++) {
        if (a.id[i] != b.id[i]) {
            return a.id[i] < b.id[i] ? -1 : 1;
        }
    }
    return (a.depth > b.depth) - (a.depth < b.depth);
}

bool ln_path_is_within(const struct ln_path *path, const struct ln_path *parent)
{
    if (path->depth < parent->depth) {
        return false;
    }
    for (size_t i = 0; i < parent->depth; i++) {
        if (path->id[i] != parent->id[i]) {
            return false;
        }
    }
    return true;
}

void ln_write_path(struct ln_writer *w, struct ln_path path)
{
    if (path.depth == 0) {
        ln_write_u8(w, '/');
    }
    for (size_t i = 0; i < path.depth; i++) {
        ln_write_u8(w, '/');
        ln_write_unsigned_text(w, path.id[i]);
    }
}

/* Leading zeros are refused: a path has one spelling, so that texts of it can be compared. */
bool ln_id_of_text(struct ln_bytes text, uint16_t *out)
{
    struct ln_reader in = ln_reader(text);
    uint32_t id = 0;

    if (text.len == 0 || text.len > 5 || (text.len > 1 && ln_peek_u8(&in) == '0')) {
        return false;
    }
    while (ln_reader_left(&in) > 0) {
        uint8_t digit = ln_read_u8(&in);
        if (digit < '0' || digit > '9') {
            return false;
        }
        id = id * 10 + (uint32_t)(digit - '0');
    }
    if (id > LN_ID_MAX) {
        return false;
    }
    *out = (uint16_t)id;
    return true;
}

bool ln_path_of_text(struct ln_bytes text, struct ln_path *out)
{
    struct ln_reader in = ln_reader(text);
    struct ln_path path = ln_path_root();
    bool absolute = ln_read_if(&in, '/');

    if (ln_reader_left(&in) == 0) {
        *out = path;
        return absolute;
    }
    for (;;) {
        size_t before = ln_reader_left(&in);
        struct ln_bytes segment = ln_read_until(&in, '/');
        uint16_t id;

        if (path.depth == LEVELS || !ln_id_of_text(segment, &id)) {
            return false;
        }
        ln_path_append(&path, id);
        if (before == segment.len) {
            *out = path;
            return true;
        }
    }
}
