/* Bootstrap configurations in memory, found by endpoint. */

#include "linnetd/bootstrap_table.h"
#include "linnetd/heap.h"
#include "linnetd/log.h"

#include <linnet/net.h>

#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

bool bootstrap_name_is_pattern(struct ln_bytes name)
{
    return name.len > 0 && memchr(name.at, '*', name.len) != NULL;
}

/* Each * takes as little as it can; when the rest does not fit, the last one takes one byte more. */
bool bootstrap_name_fits(struct ln_bytes pattern, struct ln_bytes endpoint)
{
    size_t p = 0;
    size_t e = 0;
    size_t star = SIZE_MAX;
    size_t taken = 0;

    while (e < endpoint.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            taken = e;
        } else if (p < pattern.len && pattern.at[p] == endpoint.at[e]) {
            p++;
            e++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            e = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static size_t exactness(struct ln_bytes pattern)
{
    size_t count = 0;

    for (size_t i = 0; i < pattern.len; i++) {
        count += pattern.at[i] != '*';
    }
    return count;
}

/* ---- Rows ---- */

static uint64_t hash_row(const void *context, const void *item)
{
    return ln_hash(context, bootstrap_row_name(item));
}

static bool is_row(const void *item, const void *key)
{
    return ln_bytes_equal(bootstrap_row_name(item), *(const struct ln_bytes *)key);
}

static const struct ln_map_calls row_calls = {hash_row, is_row};

struct bootstrap_row *bootstrap_row_new(struct ln_bytes name, size_t sealed_len,
                                        int64_t changed_at)
{
    struct bootstrap_row *row = malloc(sizeof(*row) + name.len + sealed_len);

    if (row != NULL) {
        *row = (struct bootstrap_row){.changed_at = changed_at,
                                      .sealed_len = (uint32_t)sealed_len,
                                      .name_len = (uint8_t)name.len};
        memcpy(row->bytes, name.at, name.len);
    }
    return row;
}

struct bootstrap_row *bootstrap_row_named(const struct bootstrap_list *list,
                                          struct ln_bytes name)
{
    return ln_map_find(&list->by_name, ln_hash(list->seed, name), &name);
}

/* Before the first that is less exact, or as exact and behind it in the order of names. */
static size_t place_of(const struct bootstrap_list *list, const struct bootstrap_row *row)
{
    struct ln_bytes name = bootstrap_row_name(row);
    size_t at = 0;

    while (at < list->pattern_count) {
        struct ln_bytes other = bootstrap_row_name(list->patterns[at]);
        size_t more = exactness(other);
        if (more < exactness(name) ||
            (more == exactness(name) && ln_bytes_compare(name, other) < 0)) {
            break;
        }
        at++;
    }
    return at;
}

static void must(bool done)
{
    if (!done) {
        log_line(LOG_ERROR,
                 "no memory for a bootstrap configuration that has been kept: linnetd "
                 "ends");
        abort();
    }
}

void bootstrap_link(struct bootstrap_list *list, struct bootstrap_row *row)
{
    must(ln_map_add(&list->by_name, row) == LN_OK);
    if (bootstrap_name_is_pattern(bootstrap_row_name(row))) {
        size_t at = place_of(list, row);
        memmove(&list->patterns[at + 1], &list->patterns[at],
                (list->pattern_count - at) * sizeof(*list->patterns));
        list->patterns[at] = row;
        list->pattern_count++;
    }
}

void bootstrap_unlink(struct bootstrap_list *list, struct bootstrap_row *row)
{
    size_t at = 0;

    ln_map_remove(&list->by_name, row);
    while (at < list->pattern_count && list->patterns[at] != row) {
        at++;
    }
    if (at < list->pattern_count) {
        list->pattern_count--;
        memmove(&list->patterns[at], &list->patterns[at + 1],
                (list->pattern_count - at) * sizeof(*list->patterns));
    }
    free(row);
}

/* ---- Sealed and opened ---- */

static struct ln_bytes bound(void)
{
    return ln_bytes_of_text("bootstrap configuration");
}

/* The name is sealed along, so that nobody can give one endpoint what is another's. */
bool bootstrap_row_seal(struct bootstrap_list *list, struct bootstrap_row *row,
                        struct ln_bytes json)
{
    size_t length = 1 + row->name_len + json.len;
    uint8_t *plain = malloc(length);

    if (plain == NULL) {
        return false;
    }
    struct ln_writer w = ln_writer(plain, length);
    ln_write_u8(&w, row->name_len);
    ln_write_bytes(&w, bootstrap_row_name(row));
    ln_write_bytes(&w, json);
    bool good = credentials_make_key(list->credentials) &&
                credentials_seal(list->credentials, bound(), ln_writer_bytes(&w),
                                 row->bytes + row->name_len);
    seal_wipe(plain, length);
    free(plain);
    return good;
}

static bool open_plain(struct bootstrap_list *list, struct ln_bytes sealed,
                       struct bootstrap_text *out)
{
    size_t length = sealed.len - SEAL_MORE;
    uint8_t *plain = malloc(length);
    bool good = plain != NULL && credentials_unseal(list->credentials, bound(), sealed, plain);
    struct ln_reader in = ln_reader(ln_bytes(plain, good ? length : 0));
    struct ln_bytes name = ln_read_bytes(&in, good ? ln_read_u8(&in) : 0);
    struct ln_bytes json = ln_read_rest(&in);

    good = good && !in.failed && ln_bytes_equal(name, ln_bytes(out->name, out->name_len));
    out->json = good ? malloc(json.len) : NULL;
    if (out->json != NULL) {
        memcpy(out->json, json.at, json.len);
        out->length = json.len;
    }
    if (plain != NULL) {
        seal_wipe(plain, length);
    }
    free(plain);
    return out->json != NULL;
}

/* Copies the row under the lock, and opens it after. */
static uint8_t *copy_row(const struct bootstrap_row *row, struct bootstrap_text *out,
                         size_t *length)
{
    uint8_t *sealed = malloc(row->sealed_len);

    out->name_len = row->name_len;
    memcpy(out->name, row->bytes, row->name_len);
    out->changed_at = row->changed_at;
    *length = row->sealed_len;
    if (sealed != NULL) {
        memcpy(sealed, row->bytes + row->name_len, row->sealed_len);
    }
    return sealed;
}

static enum bootstrap_found open_copy(struct bootstrap_list *list, uint8_t *sealed,
                                      size_t length, struct bootstrap_text *out)
{
    bool good = sealed != NULL && open_plain(list, ln_bytes(sealed, length), out);

    free(sealed);
    if (!good) {
        log_line(
            LOG_ERROR,
            "the bootstrap configuration %.*s does not open: somebody has changed linnet.db, "
            "or there is no memory",
            (int)out->name_len, (const char *)out->name);
    }
    return good ? BOOTSTRAP_FOUND : BOOTSTRAP_UNREADABLE;
}

/* ---- Looking up ---- */

static const struct bootstrap_row *best_row(const struct bootstrap_list *list,
                                            struct ln_bytes endpoint)
{
    const struct bootstrap_row *row = bootstrap_row_named(list, endpoint);

    for (size_t i = 0; row == NULL && i < list->pattern_count; i++) {
        if (bootstrap_name_fits(bootstrap_row_name(list->patterns[i]), endpoint)) {
            row = list->patterns[i];
        }
    }
    return row;
}

static enum bootstrap_found look_up(struct bootstrap_list *list, struct ln_bytes name,
                                    bool patterns, struct bootstrap_text *out)
{
    uint8_t *sealed = NULL;
    size_t length = 0;

    *out = (struct bootstrap_text){.json = NULL};
    pthread_rwlock_rdlock(&list->lock);
    const struct bootstrap_row *row =
        patterns ? best_row(list, name) : bootstrap_row_named(list, name);
    if (row != NULL) {
        sealed = copy_row(row, out, &length);
    }
    pthread_rwlock_unlock(&list->lock);
    return row == NULL ? BOOTSTRAP_NONE : open_copy(list, sealed, length, out);
}

enum bootstrap_found bootstrap_find(struct bootstrap_list *list, struct ln_bytes endpoint,
                                    struct bootstrap_text *out)
{
    return look_up(list, endpoint, true, out);
}

enum bootstrap_found bootstrap_get(struct bootstrap_list *list, struct ln_bytes name,
                                   struct bootstrap_text *out)
{
    return look_up(list, name, false, out);
}

void bootstrap_text_free(struct bootstrap_text *text)
{
    if (text->json != NULL) {
        seal_wipe(text->json, text->length);
    }
    free(text->json);
    text->json = NULL;
}

size_t bootstrap_list_count(struct bootstrap_list *list)
{
    pthread_rwlock_rdlock(&list->lock);
    size_t count = list->by_name.count;
    pthread_rwlock_unlock(&list->lock);
    return count;
}

static int compare_rows(const void *a, const void *b)
{
    return ln_bytes_compare(bootstrap_row_name(*(struct bootstrap_row *const *)a),
                            bootstrap_row_name(*(struct bootstrap_row *const *)b));
}

/* With the lock held: all of the page and behind, in order. NULL: no memory. */
static const struct bootstrap_row **rows_from(struct bootstrap_list *list,
                                              const struct bootstrap_page *page, size_t *count)
{
    const struct bootstrap_row **rows = calloc(list->by_name.count + 1, sizeof(*rows));
    const struct bootstrap_row *row;
    size_t at = 0;

    *count = 0;
    while (rows != NULL && (row = ln_map_next(&list->by_name, &at)) != NULL) {
        struct ln_bytes name = bootstrap_row_name(row);
        if (ln_bytes_start_with(name, page->prefix) &&
            ln_bytes_compare(name, page->after) > 0) {
            rows[(*count)++] = row;
        }
    }
    if (*count > 0) {
        qsort((void *)rows, *count, sizeof(*rows), compare_rows);
    }
    return rows;
}

size_t bootstrap_list_page(struct bootstrap_list *list, const struct bootstrap_page *page,
                           struct bootstrap_name *out, size_t most)
{
    size_t count;

    pthread_rwlock_rdlock(&list->lock);
    const struct bootstrap_row **rows = rows_from(list, page, &count);
    count = count < most ? count : most;
    for (size_t i = 0; rows != NULL && i < count; i++) {
        out[i].len = rows[i]->name_len;
        memcpy(out[i].at, rows[i]->bytes, rows[i]->name_len);
    }
    pthread_rwlock_unlock(&list->lock);
    free((void *)rows);
    return rows == NULL ? SIZE_MAX : count;
}

/* ---- Opening and closing ---- */

struct bootstrap_list *bootstrap_list_new(struct credentials *credentials)
{
    struct bootstrap_list *list = calloc(1, sizeof(*list));

    if (list == NULL) {
        return NULL;
    }
    list->credentials = credentials;
    pthread_rwlock_init(&list->lock, NULL);
    pthread_mutex_init(&list->changing, NULL);
    ln_random_system.fill(ln_random_system.context, list->seed, sizeof(list->seed));
    ln_map_init(&list->by_name, &row_calls, list->seed, &heap_allocator);
    return list;
}

void bootstrap_list_free(struct bootstrap_list *list)
{
    struct bootstrap_row *row;
    size_t at = 0;

    if (list == NULL) {
        return;
    }
    while ((row = ln_map_next(&list->by_name, &at)) != NULL) {
        free(row);
    }
    ln_map_fini(&list->by_name);
    pthread_rwlock_destroy(&list->lock);
    pthread_mutex_destroy(&list->changing);
    free(list);
}
