/* Calls of the HTTP API through libcurl. Every failure is explained once, here. */

#include "ctl.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024 * 1024, CONNECT_SECONDS = 10 };

struct buffer {
    char *at;
    size_t len;
};

static void *must(void *memory)
{
    if (memory == NULL) {
        complain("no memory left");
        exit(EXIT_FAILED);
    }
    return memory;
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = must(malloc(size));

    snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

char *api_path(const char *before, const char *encoded, const char *after)
{
    bool tilde = encoded[0] == '~'; /* a bare one would announce a name in base64url */
    char *escaped = must(curl_easy_escape(NULL, encoded + tilde, (int)strlen(encoded + tilde)));
    char *rest = join(tilde ? "%7E" : "", escaped, after);
    char *path = join(before, rest, "");

    curl_free(escaped);
    free(rest);
    return path;
}

char *api_query(char *path, const char *name, const char *value)
{
    char *start;
    char *longer;

    if (value == NULL) {
        return path;
    }
    start = join(path, strchr(path, '?') == NULL ? "?" : "&", name);
    longer = join(start, "=", "");
    free(start);
    free(path);
    path = api_path(longer, value, "");
    free(longer);
    return path;
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *buffer = context;
    size_t len = size * count;

    if (len > ANSWER_MAX - buffer->len) {
        return 0;
    }
    buffer->at = must(realloc(buffer->at, buffer->len + len + 1));
    memcpy(buffer->at + buffer->len, bytes, len);
    buffer->len += len;
    buffer->at[buffer->len] = '\0';
    return len;
}

static struct curl_slist *headers(const struct ctl *ctl, const char *more)
{
    struct curl_slist *list = must(curl_slist_append(NULL, more));

    if (ctl->token != NULL) {
        char *line = join("Authorization: Bearer ", ctl->token, "");

        list = must(curl_slist_append(list, line));
        free(line);
    }
    return list;
}

/* The connection, set to the URL of `path`, which is freed. `*url` is the caller's to free. */
static CURL *prepare(struct ctl *ctl, char *path, char **url)
{
    size_t len = strlen(ctl->url);
    bool ends_with_slash = len > 0 && ctl->url[len - 1] == '/';

    if (ctl->http == NULL) {
        ctl->http = must(curl_easy_init());
    }
    curl_easy_reset(ctl->http);
    *url = join(ctl->url, ends_with_slash ? "api/v1/" : "/api/v1/", path);
    free(path);
    curl_easy_setopt(ctl->http, CURLOPT_URL, *url);
    curl_easy_setopt(ctl->http, CURLOPT_PATH_AS_IS, 1L); /* a device may be called ".." */
    curl_easy_setopt(ctl->http, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(ctl->http, CURLOPT_NOSIGNAL, 1L);
    if (ctl->cacert != NULL && ctl->cacert[0] != '\0') {
        curl_easy_setopt(ctl->http, CURLOPT_CAINFO, ctl->cacert);
    }
    return ctl->http;
}

/* The problem as a sentence: what was asked, what went wrong, what the device said. */
static void explain(const char *what, long status, const json_t *problem)
{
    const char *title = text_member(problem, "title");
    const char *detail = text_member(problem, "detail");
    const char *coap = text_member(problem, "coap");
    const char *operation = text_member(problem, "operation");

    if (title == NULL && detail == NULL) {
        complain("%s: the server answered %ld; is the URL linnetd's?", what, status);
        return;
    }
    complain("%s: %s%s%s%s%s%s%s%s", what, title != NULL ? title : "",
             title != NULL && detail != NULL ? ": " : "", detail != NULL ? detail : "",
             coap != NULL ? " (" : "", coap != NULL ? coap : "", coap != NULL ? ")" : "",
             operation != NULL ? "; operation " : "", operation != NULL ? operation : "");
    if (status == 401) {
        complain("give the token that linnetd printed at its first start as LINNET_TOKEN or "
                 "--token; if it is lost, start linnetd with another one in LINNET_TOKEN");
    }
}

static bool judge(const char *what, const char *expected, struct response *out)
{
    const char *type = text_member(out->body, "type");

    if (out->status >= 200 && out->status < 300) {
        return true;
    }
    if (expected == NULL || type == NULL || strcmp(type, expected) != 0) {
        explain(what, out->status, out->body);
        out->status = 0;
    }
    json_decref(out->body);
    out->body = NULL;
    return false;
}

/* One call: what is sent, and what came back. */
struct exchange {
    const char *method;
    const char *header; /* Content-Type or Accept */
    FILE *file;         /* gets what comes with 200; NULL: `answer` does */
    const char *data;   /* NULL: no body */
    size_t len;
    FILE *upload;          /* instead of data */
    long long upload_size; /* -1: it is not known */
    void (*progress)(long long sent, long long size);
    struct buffer answer;
    long status;
    CURL *curl;
};

/* Why there is no answer, and what to do. */
static void explain_code(const struct ctl *ctl, const char *what, CURLcode code)
{
    const char *why = curl_easy_strerror(code);

    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        complain(
            "%s: the certificate of %s is not trusted: %s; give the certificate of its "
            "authority, or its own if it is self-signed, with --cacert FILE or LINNET_CACERT",
            what, ctl->url, why);
    } else if (code == CURLE_SSL_CACERT_BADFILE) {
        complain("%s: %s: %s; --cacert is a file of certificates in PEM", what,
                 ctl->cacert != NULL ? ctl->cacert : "certificates", why);
    } else {
        complain("%s: no answer from %s: %s; is linnetd running there?", what, ctl->url, why);
    }
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    long status = 0;

    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->file != NULL && status == 200) {
        return fwrite(bytes, size, count, exchange->file) * size;
    }
    return collect(bytes, size, count, &exchange->answer);
}

static int on_progress(void *context, curl_off_t to_get, curl_off_t got, curl_off_t to_send,
                       curl_off_t sent)
{
    const struct exchange *exchange = context;

    (void)to_get;
    (void)got;
    (void)to_send;
    exchange->progress(sent, exchange->upload_size);
    return 0;
}

static void set_upload(CURL *curl, struct exchange *exchange)
{
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READDATA, exchange->upload);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->upload_size);
    if (exchange->progress != NULL) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    }
}

/* Frees `path`. False: no answer, which has been said. */
static bool perform(struct ctl *ctl, const char *what, char *path, struct exchange *exchange)
{
    char *url;
    CURL *curl = prepare(ctl, path, &url);
    struct curl_slist *list = headers(ctl, exchange->header);

    if (exchange->upload != NULL) {
        set_upload(curl, exchange);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
    if (exchange->data != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->data);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    exchange->curl = curl;
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(list);
    free(url);
    if (code != CURLE_OK) {
        explain_code(ctl, what, code);
        return false;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
    return true;
}

static struct response response_of(const struct exchange *exchange)
{
    const struct buffer *answer = &exchange->answer;

    return (struct response){
        .status = exchange->status,
        .body = answer->len > 0 ? json_loadb(answer->at, answer->len, 0, NULL) : NULL,
    };
}

bool api_try(struct ctl *ctl, const char *what, const char *method, char *path, json_t *body,
             const char *expected_problem, struct response *out)
{
    char *text = body != NULL ? must(json_dumps(body, JSON_COMPACT)) : NULL;
    struct exchange exchange = {
        .method = method,
        .header = "Content-Type: application/json",
        .data = text,
        .len = text != NULL ? strlen(text) : 0,
    };

    *out = (struct response){0};
    bool done = perform(ctl, what, path, &exchange);
    if (done) {
        *out = response_of(&exchange);
        done = judge(what, expected_problem, out);
    }
    json_decref(body);
    free(text);
    free(exchange.answer.at);
    return done;
}

bool api_get_octets(struct ctl *ctl, const char *what, char *path, struct octets *out)
{
    struct exchange exchange = {.method = "GET", .header = "Accept: application/octet-stream"};

    if (!perform(ctl, what, path, &exchange)) {
        return false;
    }
    if (exchange.status == 200) {
        *out = (struct octets){exchange.answer.at, exchange.answer.len};
        return true;
    }
    struct response refusal = response_of(&exchange);
    free(exchange.answer.at);
    return judge(what, NULL, &refusal);
}

bool api_save(struct ctl *ctl, const char *what, char *path, FILE *file)
{
    struct exchange exchange = {.method = "GET", .header = "Accept: */*", .file = file};

    if (!perform(ctl, what, path, &exchange)) {
        return false;
    }
    struct response refusal = response_of(&exchange);
    free(exchange.answer.at);
    return exchange.status == 200 || judge(what, NULL, &refusal);
}

bool api_send_text(struct ctl *ctl, const char *what, const char *method, char *path,
                   const char *header, struct octets text, struct response *out)
{
    struct exchange exchange = {
        .method = method,
        .header = header,
        .data = text.len > 0 ? text.at : "",
        .len = text.len,
    };

    *out = (struct response){0};
    if (!perform(ctl, what, path, &exchange)) {
        return false;
    }
    *out = response_of(&exchange);
    free(exchange.answer.at);
    return judge(what, NULL, out);
}

bool api_upload(struct ctl *ctl, const char *what, char *path, FILE *file, long long size,
                void (*progress)(long long sent, long long size), struct response *out)
{
    struct exchange exchange = {.method = "POST",
                                .header = "Content-Type: application/octet-stream",
                                .upload = file,
                                .upload_size = size,
                                .progress = progress};

    *out = (struct response){0};
    if (!perform(ctl, what, path, &exchange)) {
        return false;
    }
    *out = response_of(&exchange);
    free(exchange.answer.at);
    return judge(what, NULL, out);
}

bool api_call(struct ctl *ctl, const char *what, const char *method, char *path, json_t *body,
              struct response *out)
{
    return api_try(ctl, what, method, path, body, NULL, out);
}

struct stream {
    struct buffer line;
    struct buffer error; /* the body, where the server refused */
    CURL *curl;
    void (*take)(void *context, const char *text);
    void *context;
};

static size_t split_lines(char *bytes, size_t size, size_t count, void *context)
{
    struct stream *stream = context;
    long status = 0;

    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return collect(bytes, size, count, &stream->error);
    }
    for (size_t i = 0; i < size * count; i++) {
        if (bytes[i] != '\n') {
            if (collect(&bytes[i], 1, 1, &stream->line) == 0) {
                return 0;
            }
            continue;
        }
        stream->take(stream->context, stream->line.at != NULL ? stream->line.at : "");
        stream->line.len = 0;
        if (stream->line.at != NULL) {
            stream->line.at[0] = '\0';
        }
    }
    return size * count;
}

bool api_stream(struct ctl *ctl, char *path, const char *last_event_id,
                void (*line)(void *context, const char *text), void *context)
{
    char *url;
    CURL *curl = prepare(ctl, path, &url);
    struct stream stream = {.curl = curl, .take = line, .context = context};
    struct curl_slist *list = headers(ctl, "Accept: text/event-stream");
    struct response refusal = {0};
    CURLcode code;
    bool done = true;

    if (last_event_id != NULL && last_event_id[0] != '\0') {
        char *header = join("Last-Event-ID: ", last_event_id, "");

        list = must(curl_slist_append(list, header));
        free(header);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, split_lines);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &stream);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &refusal.status);
    if (refusal.status == 0) {
        explain_code(ctl, "events", code);
        done = false;
    } else if (refusal.status != 200) {
        refusal.body = stream.error.len > 0
                           ? json_loadb(stream.error.at, stream.error.len, 0, NULL)
                           : NULL;
        done = judge("events", NULL, &refusal);
    }
    curl_slist_free_all(list);
    free(stream.line.at);
    free(stream.error.at);
    free(url);
    return done;
}

void api_close(struct ctl *ctl)
{
    if (ctl->http != NULL) {
        curl_easy_cleanup(ctl->http);
        ctl->http = NULL;
    }
}
