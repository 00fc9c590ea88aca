/* /devices/{endpoint}/values and /history: what is known of a device without asking it. */

#include "linnetd/daemon.h"
#include "linnetd/data.h"
#include "linnetd/history_rows.h"
#include "linnetd/models.h"
#include "linnetd/router.h"
#include "linnetd/routes.h"
#include "linnetd/time_text.h"

#include <stddef.h>
#include <string.h>

enum { LIMIT_DEFAULT = 1000, SAMPLES_MAX = 10000 };

/* The request's state. */
struct past {
    struct store_job job; /* first */
    struct request *request;
    struct history_query query;
    struct text_out text;
    bool failed;
};

static void free_past(void *state)
{
    struct past *past = state;

    text_free(&past->text);
}

static bool run_values(struct store_job *job, struct sqlite3 *db)
{
    struct past *past = (struct past *)(void *)job;

    return history_values_json(db, &past->query, &past->text);
}

static bool run_samples(struct store_job *job, struct sqlite3 *db)
{
    struct past *past = (struct past *)(void *)job;

    return history_samples_json(db, &past->query, &past->text);
}

static void on_done(struct store_job *job, bool ok)
{
    struct past *past = (struct past *)(void *)job;

    past->failed = !ok;
    call_done(&past->request->calls[0]);
}

static void finish(struct request *request)
{
    struct past *past = request->state;

    if (past->failed) {
        problem(request, PROBLEM_INTERNAL, "the values cannot be read: see the log of linnetd");
        return;
    }
    (void)respond_json(request, 200);
    request->answer.body = past->text;
    past->text = (struct text_out){.at = NULL};
}

static void ask(struct request *request, struct past *past,
                bool (*run)(struct store_job *, struct sqlite3 *))
{
    past->request = request;
    past->job = (struct store_job){.run = run, .done = on_done};
    past->query.endpoint = request->endpoint;
    request_wait(request, finish);
    history_read(request->daemon->history, &past->job);
}

/* ---- Query ---- */

static bool read_limit(struct request *request, uint64_t most, struct history_query *query)
{
    uint64_t limit = LIMIT_DEFAULT;
    bool good = request_query_number(request, "limit", 1, most, &limit);

    query->limit = (size_t)limit;
    return good;
}

/* "/3303/0" or "temperature/0", as one parameter. */
static bool read_path(struct request *request, struct ln_path *path)
{
    struct ln_bytes segments[LN_COUNT(path->id)];
    char text[256];
    size_t count = 0;
    size_t wrong = 0;
    bool good = true;

    if (!request_query(request, "path", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    (void)ln_read_if(&in, '/');
    while (good && ln_reader_left(&in) > 0) {
        good = count < LN_COUNT(segments);
        struct ln_bytes segment = ln_read_until(&in, '/');
        if (good) {
            segments[count++] = segment;
        }
    }
    good = good && (count == 0 || model_path(segments, count, path, &wrong));
    return good || problem(request, PROBLEM_BAD_QUERY,
                           "path: it is a path such as /3303 or temperature/0");
}

static bool read_after(struct request *request, struct ln_path *after)
{
    char text[LN_PATH_TEXT_MAX + 1];

    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    return ln_path_of_text(ln_bytes_of_text(text), after) ||
           problem(request, PROBLEM_BAD_QUERY, "cursor: it is the `next` of a page");
}

static bool read_time(struct request *request, const char *name, int64_t *ms)
{
    char text[64];

    if (!request_query(request, name, text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    return time_of_text(ln_bytes_of_text(text), ms) ||
           problem(request, PROBLEM_BAD_QUERY, "%s: it is a time such as 2024-05-01T12:00:00Z",
                   name);
}

static bool read_cursor(struct request *request, struct history_query *query)
{
    char text[80];
    bool good = true;

    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    for (size_t i = 0; i < LN_COUNT(query->cursor); i++) {
        good = good && ln_integer_of_text(ln_read_until(&in, '-'), &query->cursor[i]);
    }
    query->has_cursor = true;
    return (good && ln_reader_left(&in) == 0) ||
           problem(request, PROBLEM_BAD_QUERY, "cursor: it is the `next` of a page");
}

/* ---- Routes ---- */

void handle_values(struct request *request)
{
    static const char *const names[] = {"path", "limit", "cursor", NULL};
    struct past *past = request_state(request, sizeof(*past), free_past);

    if (past != NULL && request_query_only(request, names) &&
        read_path(request, &past->query.path) &&
        read_limit(request, LIMIT_DEFAULT, &past->query) &&
        read_after(request, &past->query.after)) {
        ask(request, past, run_values);
    }
}

void handle_history(struct request *request)
{
    static const char *const names[] = {"since", "until", "limit", "cursor", NULL};
    struct past *past = request_state(request, sizeof(*past), free_past);

    if (past == NULL || !request_query_only(request, names)) {
        return;
    }
    past->query.since = INT64_MIN;
    past->query.until = INT64_MAX;
    if (data_read_path(request, &past->query.path) &&
        read_time(request, "since", &past->query.since) &&
        read_time(request, "until", &past->query.until) &&
        read_limit(request, SAMPLES_MAX, &past->query) && read_cursor(request, &past->query)) {
        ask(request, past, run_samples);
    }
}
