/* /devices and /devices/{endpoint}. */

#include "linnetd/daemon.h"
#include "linnetd/device.h"
#include "linnetd/gone.h"
#include "linnetd/routes.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000, NAME_MAX = LN_LIMIT_ENDPOINT + 1 };

uint8_t daemon_shard_of(const struct daemon *daemon, struct ln_bytes endpoint)
{
    return ln_server_shard_of(endpoint, daemon->shard_count);
}

/* ---- One device ---- */

struct one {
    struct store_job job; /* whether it is one that left */
    struct request *request;
    struct device *device; /* NULL: there is none */
    bool forget;
    bool found;
    bool broken; /* it cannot be kept now */
    bool asked_gone;
};

static void free_one(void *state)
{
    struct one *one = state;

    free(one->device);
}

static void run_one(struct shard *shard, struct call *call)
{
    struct one *one = call->request->state;
    struct ln_registration *registration =
        ln_server_find(shard->server, call->request->endpoint);

    one->found = registration != NULL;
    one->broken = one->found && one->forget && shard->keep.read_only;
    if (one->found && one->forget && !one->broken) {
        uint64_t change = ln_server_forget(shard->server, shard->now, registration);
        keep_promise(shard, call, change, &one->broken);
        return;
    }
    if (one->found && !one->forget) {
        one->device = device_copy(registration, wall_offset(&shard->daemon->wall));
    }
    call_done(call);
}

static bool run_gone(struct store_job *job, struct sqlite3 *db)
{
    struct one *one = (struct one *)(void *)job;
    struct ln_bytes endpoint = one->request->endpoint;
    bool failed = false;

    if (one->forget) {
        return gone_forget(db, endpoint, &one->found);
    }
    one->device = gone_find(db, endpoint, &failed);
    one->found = one->device != NULL || failed;
    return !failed;
}

static void end_gone(struct store_job *job, bool ok)
{
    struct one *one = (struct one *)(void *)job;

    if (!ok && one->forget) {
        one->found = one->broken = true;
    }
    call_done(&one->request->calls[0]);
}

static void finish_one(struct request *request);

static void ask_gone(struct request *request, struct one *one)
{
    one->asked_gone = true;
    one->request = request;
    one->job = (struct store_job){.run = run_gone, .done = end_gone};
    request_wait(request, finish_one);
    (one->forget ? store_write : store_read)(request->daemon->store, &one->job);
}

static void finish_one(struct request *request)
{
    struct one *one = request->state;

    if (!one->found && !one->asked_gone && request->daemon->store != NULL) {
        ask_gone(request, one);
        return;
    }
    if (!one->found) {
        problem(request, PROBLEM_UNKNOWN_ENDPOINT,
                "no device of this name is registered, and none is known that left");
    } else if (one->broken) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else if (one->forget) {
        respond_empty(request);
    } else if (one->device == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this request: try again later");
    } else {
        struct json_out json = {.out = respond_json(request, 200)};
        device_json(&json, one->device);
    }
}

static void ask_one(struct request *request, bool forget)
{
    struct one *one;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    one = request_state(request, sizeof(*one), free_one);
    if (one != NULL) {
        one->forget = forget;
        ask_shard(request, daemon_shard_of(request->daemon, request->endpoint), run_one,
                  finish_one);
    }
}

void handle_device_get(struct request *request)
{
    ask_one(request, false);
}

void handle_device_delete(struct request *request)
{
    ask_one(request, true);
}

/* ---- The list ---- */

/* What one shard found: the first devices after the cursor, by endpoint. */
struct page {
    struct device **devices;
    size_t count;
    size_t registered; /* all of the shard */
    bool failed;
};

struct list {
    struct store_job job; /* for those that left: one page, from the store */
    struct request *request;
    size_t limit;
    char after[NAME_MAX];
    size_t after_len;
    char prefix[NAME_MAX];
    int state;      /* enum device_state; -1: any but gone */
    int64_t object; /* -1: any */
    int security;   /* the mode of the proof; -1: any */
    bool filtered;
    size_t page_count;
    struct page pages[SHARDS_MAX];
};

static void free_list(void *state)
{
    struct list *list = state;

    for (size_t i = 0; i < list->page_count; i++) {
        for (size_t k = 0; k < list->pages[i].count; k++) {
            free(list->pages[i].devices[k]);
        }
        free(list->pages[i].devices);
    }
}

static bool wanted(const struct list *list, const struct ln_registration_view *view)
{
    return ln_bytes_compare(view->endpoint, ln_bytes(list->after, list->after_len)) > 0 &&
           ln_bytes_start_with(view->endpoint, ln_bytes_of_text(list->prefix)) &&
           (list->state < 0 || (int)device_state(view) == list->state) &&
           (list->security < 0 || view->proof_mode == list->security) &&
           (list->object < 0 || device_has_object(view, list->object));
}

/*
 * The lowest names seen so far, as a heap with the highest of them on top: a walk over all
 * registrations keeps the page that is asked for, and no more.
 */
struct candidate {
    struct ln_registration *registration;
    struct ln_bytes endpoint;
};

struct heap {
    struct candidate *at;
    size_t count;
    size_t size;
};

static bool is_above(const struct candidate *a, const struct candidate *b)
{
    return ln_bytes_compare(a->endpoint, b->endpoint) > 0;
}

static void swap(struct candidate *a, struct candidate *b)
{
    struct candidate t = *a;

    *a = *b;
    *b = t;
}

static void sift_down(struct heap *heap, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < heap->count && is_above(&heap->at[child + 1], &heap->at[child])) {
            child++;
        }
        if (child >= heap->count || !is_above(&heap->at[child], &heap->at[i])) {
            return;
        }
        swap(&heap->at[i], &heap->at[child]);
        i = child;
    }
}

static void heap_add(struct heap *heap, struct candidate candidate)
{
    if (heap->count == heap->size) {
        if (is_above(&heap->at[0], &candidate)) {
            heap->at[0] = candidate;
            sift_down(heap, 0);
        }
        return;
    }
    size_t i = heap->count++;
    heap->at[i] = candidate;
    while (i > 0 && is_above(&heap->at[i], &heap->at[(i - 1) / 2])) {
        swap(&heap->at[i], &heap->at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static int compare_candidates(const void *a, const void *b)
{
    return ln_bytes_compare(((const struct candidate *)a)->endpoint,
                            ((const struct candidate *)b)->endpoint);
}

static void fill_page(const struct shard *shard, const struct list *list, struct heap *heap,
                      struct page *page)
{
    struct ln_registration *registration;
    struct ln_registration_view view;
    int64_t offset = wall_offset(&shard->daemon->wall);
    size_t at = 0;

    while ((registration = ln_server_next(shard->server, &at)) != NULL) {
        ln_registration_get(registration, &view);
        if (wanted(list, &view)) {
            heap_add(heap, (struct candidate){registration, view.endpoint});
        }
    }
    qsort(heap->at, heap->count, sizeof(*heap->at), compare_candidates);
    while (page->count < heap->count && !page->failed) {
        page->devices[page->count] = device_copy(heap->at[page->count].registration, offset);
        page->failed = page->devices[page->count] == NULL;
        page->count += page->failed ? 0 : 1;
    }
}

static void run_list(struct shard *shard, struct call *call)
{
    struct list *list = call->request->state;
    struct page *page = &list->pages[shard->index];
    struct heap heap = {.size =
                            list->limit + 1}; /* one more tells whether there is a next page */

    heap.at = calloc(heap.size, sizeof(*heap.at));
    page->devices = calloc(heap.size, sizeof(*page->devices));
    page->registered = ln_server_registration_count(shard->server);
    page->failed = heap.at == NULL || page->devices == NULL;
    if (!page->failed) {
        fill_page(shard, list, &heap, page);
    }
    free(heap.at);
    call_done(call);
}

static bool run_gone_list(struct store_job *job, struct sqlite3 *db)
{
    struct list *list = (struct list *)(void *)job;
    struct page *page = &list->pages[0];
    struct gone_query query = {
        .after = ln_bytes(list->after, list->after_len),
        .prefix = ln_bytes_of_text(list->prefix),
        .object = list->object,
        .most = list->limit + 1,
    };

    page->devices = calloc(query.most, sizeof(*page->devices));
    return page->devices != NULL && gone_list(db, &query, page->devices, &page->count);
}

static void end_gone_list(struct store_job *job, bool ok)
{
    struct list *list = (struct list *)(void *)job;

    list->pages[0].failed = !ok;
    call_done(&list->request->calls[0]);
}

/* The lowest of all that the shards have left; NULL at the end. */
static const struct device *next_device(const struct list *list, size_t *taken)
{
    const struct device *lowest = NULL;
    size_t from = 0;

    for (size_t i = 0; i < list->page_count; i++) {
        const struct page *page = &list->pages[i];
        if (taken[i] < page->count &&
            (lowest == NULL || ln_bytes_compare(page->devices[taken[i]]->view.endpoint,
                                                lowest->view.endpoint) < 0)) {
            lowest = page->devices[taken[i]];
            from = i;
        }
    }
    if (lowest != NULL) {
        taken[from]++;
    }
    return lowest;
}

static void cursor_json(struct json_out *json, struct ln_bytes endpoint)
{
    uint8_t text[2 * LN_LIMIT_ENDPOINT];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_base64url(&w, endpoint);
    out_string(json, ln_writer_bytes(&w));
}

static void items_json(struct json_out *json, const struct list *list)
{
    size_t taken[SHARDS_MAX] = {0};
    const struct device *last = NULL;
    const struct device *device = next_device(list, taken);

    out_key(json, "items");
    out_open(json, '[');
    for (size_t i = 0; i < list->limit && device != NULL; i++) {
        device_json(json, device);
        last = device;
        device = next_device(list, taken);
    }
    out_close(json, ']');
    out_key(json, "next");
    if (device != NULL && last != NULL) {
        cursor_json(json, last->view.endpoint);
    } else {
        out_null(json);
    }
}

static void finish_list(struct request *request)
{
    struct list *list = request->state;
    size_t total = 0;

    for (size_t i = 0; i < list->page_count; i++) {
        total += list->pages[i].registered;
        if (list->pages[i].failed) {
            problem(request, PROBLEM_NO_MEMORY,
                    "no memory for this page: ask for a smaller limit");
            return;
        }
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    items_json(&json, list);
    out_key(&json, "total");
    if (list->filtered) {
        out_null(&json);
    } else {
        out_unsigned(&json, total);
    }
    out_close(&json, '}');
}

/* ---- The list's query ---- */

static bool read_state(struct request *request, struct list *list)
{
    char text[16];

    if (!request_query(request, "state", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    for (int i = 0; device_state_names[i] != NULL; i++) {
        if (strcmp(text, device_state_names[i]) == 0) {
            list->state = i;
            list->filtered = true;
            return true;
        }
    }
    return problem(request, PROBLEM_BAD_QUERY,
                   "state: it is online, sleeping, unreachable or gone");
}

static bool read_security(struct request *request, struct list *list)
{
    char text[16];

    if (!request_query(request, "security", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    for (uint8_t i = 0; i <= CREDENTIAL_MODES; i++) {
        if (strcmp(text, device_security_name(i)) == 0) {
            list->security = i;
            list->filtered = true;
            return true;
        }
    }
    return problem(request, PROBLEM_BAD_QUERY, "security: it is none, psk, x509 or rpk");
}

static bool read_cursor(struct request *request, struct list *list)
{
    char text[2 * LN_LIMIT_ENDPOINT];
    struct ln_writer w = ln_writer(list->after, sizeof(list->after));

    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!ln_base64_decode(&w, ln_bytes_of_text(text), true) || w.failed) {
        return problem(request, PROBLEM_BAD_QUERY, "cursor: it is not one of this server");
    }
    list->after_len = w.written;
    return true;
}

static bool read_list(struct request *request, struct list *list)
{
    static const char *const names[] = {"limit",  "cursor",   "q", "state",
                                        "object", "security", NULL};
    uint64_t limit = LIMIT_DEFAULT;
    uint64_t object = LN_ID_NONE;

    list->state = -1;
    list->security = -1;
    if (!request_query_only(request, names) ||
        !request_query_number(request, "limit", 1, LIMIT_MAX, &limit) ||
        !request_query_number(request, "object", 0, LN_ID_MAX, &object) ||
        !read_cursor(request, list) || !read_state(request, list) ||
        !read_security(request, list)) {
        return false;
    }
    list->filtered |= request_query(request, "q", list->prefix, sizeof(list->prefix));
    list->limit = (size_t)limit;
    list->object = object == LN_ID_NONE ? -1 : (int64_t)object;
    list->filtered |= list->object >= 0;
    list->page_count = request->daemon->shard_count;
    return request->problem == PROBLEM_NONE;
}

static void ask_gone_list(struct request *request, struct list *list)
{
    list->page_count = 1;
    list->request = request;
    list->job = (struct store_job){.run = run_gone_list, .done = end_gone_list};
    request_wait(request, finish_list);
    store_read(request->daemon->store, &list->job);
}

void handle_devices(struct request *request)
{
    struct list *list = request_state(request, sizeof(*list), free_list);

    if (list == NULL || !read_list(request, list)) {
        return;
    }
    if (list->state != DEVICE_GONE) {
        ask_all(request, run_list, finish_list);
    } else if (request->daemon->store != NULL) {
        ask_gone_list(request, list);
    } else {
        finish_list(request); /* nothing is kept, nor who left */
    }
}
