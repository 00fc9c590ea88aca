/* /devices/{endpoint}/operations and /operations/{id}. */

#include "linnetd/daemon.h"
#include "linnetd/operation_json.h"
#include "linnetd/operation_list.h"
#include "linnetd/routes.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_DEFAULT = 50,
    LIMIT_MAX = 1000,
    PAGE_BYTES = 1024 * 1024, /* of results: then a page ends before its limit */
    ANY_STATE = -1,
};

/* ---- One ---- */

/* Shards are asked all: an id does not tell the endpoint. What is found, only one of them writes. */
struct one {
    uint64_t number;
    bool found;
    bool over;
    bool broken;
    struct operation_copy *copy;
};

static void free_one(void *state)
{
    operation_copy_free(((struct one *)state)->copy);
}

static struct one *begin_one(struct request *request)
{
    static const char *const names[] = {NULL};
    struct one *one;

    if (!request_query_only(request, names)) {
        return NULL;
    }
    one = request_state(request, sizeof(*one), free_one);
    /* What is no id is one of no operation. */
    if (one != NULL && !operation_id_of_text(request->segments[3], &one->number)) {
        one->number = 0;
    }
    return one;
}

static bool was_found(struct request *request)
{
    const struct one *one = request->state;

    return one->found || problem(request, PROBLEM_UNKNOWN_OPERATION,
                                 "no operation of this id waits, or is kept since its end");
}

static void run_get(struct shard *shard, struct call *call)
{
    struct one *one = call->request->state;
    const struct listed *listed = operation_list_find(shard->operations, one->number);

    if (listed != NULL) {
        one->found = true;
        one->copy = operation_copy_of(shard, listed);
        keep_promise(shard, call, listed->change, &one->broken); /* what is told stays so */
        return;
    }
    call_done(call);
}

static void finish_get(struct request *request)
{
    const struct one *one = request->state;

    if (!was_found(request)) {
        return;
    }
    if (one->copy == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this request: try again later");
    } else {
        operation_respond(request, 200, one->copy);
    }
}

void handle_operation_get(struct request *request)
{
    if (begin_one(request) != NULL) {
        ask_all(request, run_get, finish_get);
    }
}

static void run_delete(struct shard *shard, struct call *call)
{
    struct one *one = call->request->state;
    struct listed *listed = operation_list_find(shard->operations, one->number);

    if (listed == NULL) {
        call_done(call);
        return;
    }
    one->found = true;
    operation_cancel(shard, listed, call, &one->over, &one->broken);
}

static void finish_delete(struct request *request)
{
    const struct one *one = request->state;

    if (!was_found(request)) {
        return;
    }
    if (one->over) {
        problem(request, PROBLEM_OPERATION_OVER,
                "it is over, and nothing is left to cancel: GET tells how it ended");
    } else if (one->broken) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else {
        respond_empty(request);
    }
}

void handle_operation_delete(struct request *request)
{
    if (begin_one(request) != NULL) {
        ask_all(request, run_delete, finish_delete);
    }
}

/* ---- Those of a device ---- */

struct page {
    size_t limit;
    uint64_t after;
    int state; /* enum ln_operation_state; ANY_STATE */
    struct operation_copy **copies;
    size_t count;
    size_t total;
    uint64_t change; /* the last of all that is told */
    bool more;
    bool failed;
    bool broken;
};

static void free_page(void *state)
{
    struct page *page = state;

    for (size_t i = 0; i < page->count; i++) {
        operation_copy_free(page->copies[i]);
    }
    free(page->copies);
}

/* False: it is not wanted. Whether it is sent, its copy tells. */
static bool take(struct shard *shard, struct page *page, const struct listed *listed)
{
    struct operation_copy *copy = operation_copy_of(shard, listed);

    if (copy == NULL) {
        page->failed = true;
        return false;
    }
    if (page->state != ANY_STATE && (int)copy->state != page->state) {
        operation_copy_free(copy);
        return false;
    }
    page->copies[page->count++] = copy;
    page->change = listed->change > page->change ? listed->change : page->change;
    return true;
}

static void fill(struct shard *shard, struct page *page, const struct listed *listed)
{
    size_t bytes = 0;

    for (; listed != NULL && !page->failed; listed = listed->next) {
        page->total++;
        if (listed->op.number <= page->after || page->more) {
            continue;
        }
        /* One more than the limit tells whether there is a next page. */
        page->more = page->count == page->limit || bytes > PAGE_BYTES;
        if (!page->more && take(shard, page, listed)) {
            bytes += listed->op.payload_len;
        }
    }
}

static void run_list(struct shard *shard, struct call *call)
{
    struct page *page = call->request->state;

    page->copies = calloc(page->limit, sizeof(struct operation_copy *));
    page->failed = page->copies == NULL;
    if (!page->failed) {
        fill(shard, page, operation_list_first(shard->operations, call->request->endpoint));
    }
    keep_promise(shard, call, page->change, &page->broken);
}

static void items_json(struct json_out *json, const struct page *page)
{
    char cursor[OPERATION_ID_TEXT];

    out_key(json, "items");
    out_open(json, '[');
    for (size_t i = 0; i < page->count; i++) {
        operation_json(json, page->copies[i]);
    }
    out_close(json, ']');
    out_key(json, "next");
    if (page->more && page->count > 0) {
        operation_id_text(page->copies[page->count - 1]->op.number, cursor);
        out_text(json, cursor);
    } else {
        out_null(json);
    }
}

static void finish_list(struct request *request)
{
    const struct page *page = request->state;

    if (page->failed) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this page: ask for a smaller limit");
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    items_json(&json, page);
    out_key(&json, "total");
    if (page->state != ANY_STATE) {
        out_null(&json);
    } else {
        out_unsigned(&json, page->total);
    }
    out_close(&json, '}');
}

static bool read_state(struct request *request, int *state)
{
    char text[16];

    *state = ANY_STATE;
    if (!request_query(request, "state", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    for (int i = 0; i <= LN_OPERATION_CANCELLED; i++) {
        if (strcmp(text, ln_operation_state_name((enum ln_operation_state)i)) == 0) {
            *state = i;
            return true;
        }
    }
    return problem(request, PROBLEM_BAD_QUERY,
                   "state: it is queued, sent, done, failed, unknown, expired or cancelled");
}

static bool read_cursor(struct request *request, uint64_t *after)
{
    char text[OPERATION_ID_TEXT];

    *after = 0;
    return !request_query(request, "cursor", text, sizeof(text))
               ? request->problem == PROBLEM_NONE
               : operation_id_of_text(ln_bytes_of_text(text), after) ||
                     problem(request, PROBLEM_BAD_QUERY,
                             "cursor: it is not one of this server");
}

void handle_operations(struct request *request)
{
    static const char *const names[] = {"limit", "cursor", "state", NULL};
    struct page *page = request_state(request, sizeof(*page), free_page);
    uint64_t limit = LIMIT_DEFAULT;

    if (page == NULL || !request_query_only(request, names) ||
        !request_query_number(request, "limit", 1, LIMIT_MAX, &limit) ||
        !read_cursor(request, &page->after) || !read_state(request, &page->state)) {
        return;
    }
    page->limit = (size_t)limit;
    ask_shard(request, daemon_shard_of(request->daemon, request->endpoint), run_list,
              finish_list);
}
