/* Reads the object list of a Register or Update. */

#include "version.h"

#include <linnet/limits.h>
#include <linnet/lwm2m.h>

/* Whether a space-separated list holds that word. */
static bool list_has(struct ln_bytes list, const char *word)
{
    struct ln_reader in = ln_reader(list);

    while (ln_reader_left(&in) > 0) {
        if (ln_bytes_are(ln_read_until(&in, ' '), word)) {
            return true;
        }
    }
    return false;
}

/* An RFC 6690 target without the slashes at its end: "/lwm2m/" and "/lwm2m" are the same. */
static struct ln_bytes without_slash(struct ln_bytes target)
{
    while (target.len > 0 && target.at[target.len - 1] == '/') {
        target.len--;
    }
    return target;
}

static bool is_number(struct ln_bytes segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        if (segment.at[i] < '0' || segment.at[i] > '9') {
            return false;
        }
    }
    return segment.len > 0;
}

/* spec: CORE-1.1.1 §6.2.1 Register: a root path has no segment that could be an id. */
static bool root_is_sound(struct ln_bytes root)
{
    struct ln_reader in = ln_reader(root);

    (void)ln_read_if(&in, '/');
    while (ln_reader_left(&in) > 0) {
        if (is_number(ln_read_until(&in, '/'))) {
            return false;
        }
    }
    return true;
}

static bool is_root_link(const struct ln_link_format *link)
{
    struct ln_link_attribute rt;

    return ln_link_attribute(link, "rt", &rt) && list_has(rt.value, "oma.lwm2m");
}

struct search {
    bool named; /* by rt= */
    struct ln_bytes root;
    struct ln_bytes formats;
};

static ln_err look_at(struct search *search, const struct ln_link_format *link)
{
    struct ln_bytes target = without_slash(link->target);
    struct ln_link_attribute ct;
    bool names_it = is_root_link(link);

    if (!names_it && (search->named || target.len > 0)) {
        return LN_OK;
    }
    if (names_it && search->named) {
        return ln_bytes_equal(target, search->root) ? LN_OK : LN_ERR_BAD_PAYLOAD;
    }
    search->named = names_it;
    search->root = target;
    search->formats = ln_link_attribute(link, "ct", &ct) ? ct.value : (struct ln_bytes){0};
    return root_is_sound(target) ? LN_OK : LN_ERR_BAD_PAYLOAD;
}

static ln_err find_root(struct ln_bytes payload, struct search *search)
{
    struct ln_reader in = ln_reader(payload);
    struct ln_link_format link;
    size_t links = 0;

    while (ln_link_next(&in, &link)) {
        ln_err err = look_at(search, &link);
        if (err != LN_OK) {
            return err;
        }
        if (++links > LN_LIMIT_OBJECT_LINKS) {
            return LN_ERR_TOO_LARGE;
        }
    }
    return in.failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}

/* What a device serves beside LwM2M has a name in its path, where LwM2M has numbers only. */
static bool is_numbers(struct ln_bytes path)
{
    struct ln_reader in = ln_reader(path);

    while (ln_reader_left(&in) > 0) {
        if (!is_number(ln_read_until(&in, '/'))) {
            return false;
        }
    }
    return path.len > 0;
}

/* Takes the root path off; false if the link is outside of it, or the root itself. */
static bool below_root(struct ln_bytes root, struct ln_bytes target, struct ln_bytes *below)
{
    struct ln_reader in = ln_reader(target);

    if (!ln_bytes_start_with(target, root)) {
        return false;
    }
    (void)ln_read_bytes(&in, root.len);
    if (!ln_read_if(&in, '/')) {
        return false;
    }
    *below = without_slash(ln_read_rest(&in));
    return is_numbers(*below);
}

static bool read_version(const struct ln_link_format *link, struct ln_object_link *out)
{
    struct ln_link_attribute ver;
    uint16_t major;
    uint16_t minor;

    if (!ln_link_attribute(link, "ver", &ver)) {
        return true;
    }
    if (!ln_lwm2m__version_numbers(ver.value, &major, &minor) || major > UINT8_MAX ||
        minor > UINT8_MAX) {
        return false;
    }
    out->version_major = (uint8_t)major;
    out->version_minor = (uint8_t)minor;
    return true;
}

static bool read_link(const struct ln_link_format *link, struct ln_bytes below,
                      struct ln_object_link *out)
{
    struct ln_path path;

    if (!ln_path_of_text(below, &path) || path.depth < 1 || path.depth > 2) {
        return false;
    }
    *out = (struct ln_object_link){.object = path.id[0], .instance = LN_ID_NONE};
    if (path.depth == 2) {
        out->instance = path.id[1];
    }
    return read_version(link, out);
}

bool ln_object_list_next(struct ln_object_list_reader *reader, struct ln_object_link *out)
{
    struct ln_link_format link;
    struct ln_bytes below;

    while (ln_link_next(&reader->in, &link)) {
        if (!below_root(reader->root, link.target, &below)) {
            continue;
        }
        if (read_link(&link, below, out)) {
            return true;
        }
        ln_reader_fail(&reader->in);
    }
    return false;
}

ln_err ln_object_list_open(struct ln_bytes payload, struct ln_object_list_reader *out)
{
    struct search search = {0};
    struct ln_object_link link;
    ln_err err = find_root(payload, &search);

    if (err != LN_OK) {
        return err;
    }
    *out = (struct ln_object_list_reader){
        .in = ln_reader(payload),
        .root = search.root,
        .formats = search.formats,
    };
    struct ln_object_list_reader whole = *out;
    while (ln_object_list_next(&whole, &link)) {
    }
    return whole.in.failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}
