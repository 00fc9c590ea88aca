/* Splits paths, decodes segments, and finds the route in the table. */

#include "linnetd/router.h"

#include <stdio.h>
#include <string.h>

/* ---- Decoding ---- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (uint8_t)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t decoded_byte(struct ln_reader *in)
{
    uint8_t c = ln_read_u8(in);

    if (c != '%') {
        return c;
    }
    int high = hex_digit(ln_read_u8(in));
    int low = hex_digit(ln_read_u8(in));
    if (high < 0 || low < 0) {
        ln_reader_fail(in);
        return 0;
    }
    return (uint8_t)(high << 4 | low);
}

/* What a writer has written since it stood at `start`. */
static struct ln_bytes written_since(const struct ln_writer *w, size_t start)
{
    struct ln_bytes all = ln_writer_bytes(w);

    return ln_bytes(all.at + start, all.len - start);
}

bool percent_decode(struct ln_bytes text, struct ln_writer *out, struct ln_bytes *decoded)
{
    struct ln_reader in = ln_reader(text);
    size_t start = out->written;

    while (ln_reader_left(&in) > 0) {
        ln_write_u8(out, decoded_byte(&in));
    }
    if (in.failed || out->failed) {
        return false;
    }
    *decoded = written_since(out, start);
    return ln_utf8_valid(*decoded);
}

/* "~BASE64URL", where a proxy would touch the name itself. */
static bool decode_endpoint(struct ln_bytes raw, struct ln_writer *out,
                            struct ln_bytes *decoded)
{
    size_t start = out->written;

    if (raw.len == 0 || raw.at[0] != '~') {
        return percent_decode(raw, out, decoded);
    }
    if (!ln_base64_decode(out, ln_bytes(raw.at + 1, raw.len - 1), true) || out->failed) {
        return false;
    }
    *decoded = written_since(out, start);
    return decoded->len > 0 && ln_utf8_valid(*decoded);
}

/* ---- Matching ---- */

static struct ln_bytes next_segment(struct ln_reader *in)
{
    (void)ln_read_if(in, '/');
    struct ln_bytes rest = {in->at, ln_reader_left(in)};
    size_t len = 0;

    while (len < rest.len && rest.at[len] != '/') {
        len++;
    }
    return ln_read_bytes(in, len);
}

/* How a pattern and a raw path go together. A segment of no bytes matches nothing. */
static bool matches(const char *pattern, struct ln_bytes path)
{
    struct ln_reader in_pattern = ln_reader(ln_bytes_of_text(pattern));
    struct ln_reader in_path = ln_reader(path);

    while (ln_reader_left(&in_pattern) > 0) {
        struct ln_bytes want = next_segment(&in_pattern);
        if (ln_bytes_are(want, "{path}")) {
            return ln_reader_left(&in_path) > 1;
        }
        if (ln_reader_left(&in_path) == 0) {
            return false;
        }
        struct ln_bytes have = next_segment(&in_path);
        if (have.len == 0 || !(want.at[0] == '{' || ln_bytes_equal(want, have))) {
            return false;
        }
    }
    return ln_reader_left(&in_path) == 0;
}

static bool method_fits(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The values of the pattern's parts. */
static bool take_segments(struct request *request, const char *pattern, struct ln_bytes path)
{
    struct ln_reader in_pattern = ln_reader(ln_bytes_of_text(pattern));
    struct ln_reader in_path = ln_reader(path);
    struct ln_writer out = ln_writer(request->path, sizeof(request->path));
    struct ln_bytes want = ln_bytes(NULL, 0);

    while (ln_reader_left(&in_path) > 0 && request->segment_count < HTTP_SEGMENTS_MAX) {
        want = ln_reader_left(&in_pattern) > 0 ? next_segment(&in_pattern) : want;
        struct ln_bytes raw = next_segment(&in_path);
        struct ln_bytes *segment = &request->segments[request->segment_count++];
        bool endpoint = ln_bytes_are(want, "{endpoint}");
        if (!(endpoint ? decode_endpoint : percent_decode)(raw, &out, segment)) {
            return false;
        }
        if (endpoint) {
            request->endpoint = *segment;
        } else if (ln_bytes_are(want, "{path}")) {
            request->tail = request->tail != NULL ? request->tail : segment;
            request->tail_count++;
        }
    }
    return ln_reader_left(&in_path) == 0;
}

static void add_method(char *allow, size_t size, const char *method)
{
    size_t len = strlen(allow);

    (void)snprintf(allow + len, size - len, "%s%s", len > 0 ? ", " : "", method);
}

static void refuse_method(struct request *request, struct ln_bytes path)
{
    char allow[sizeof(request->answer.allow)] = "";

    for (size_t i = 0; i < route_count; i++) {
        if (matches(routes[i].pattern, path)) {
            add_method(allow, sizeof(allow), routes[i].method);
        }
    }
    if (allow[0] == '\0') {
        problem(request, PROBLEM_NOT_FOUND, "no route of this server has this path");
        return;
    }
    problem(request, PROBLEM_BAD_METHOD, "%.16s: this path has %s", request->method, allow);
    memcpy(request->answer.allow, allow, sizeof(allow));
}

void respond_allow(struct request *request)
{
    for (size_t i = 0; i < route_count; i++) {
        if (strcmp(routes[i].pattern, request->route->pattern) == 0 &&
            !method_fits(&routes[i], request->method)) {
            add_method(request->answer.allow, sizeof(request->answer.allow), routes[i].method);
        }
    }
}

void route_request(struct request *request, const char *raw_path)
{
    struct ln_bytes path = ln_bytes_of_text(raw_path);

    for (size_t i = 0; i < route_count; i++) {
        if (!method_fits(&routes[i], request->method) || !matches(routes[i].pattern, path)) {
            continue;
        }
        request->route = &routes[i];
        if (!take_segments(request, routes[i].pattern, path)) {
            problem(request, PROBLEM_BAD_PATH,
                    "a segment is too long, not well percent-encoded, or not UTF-8; a name "
                    "that starts with ~ "
                    "is written %%7E or as ~ and its base64url");
        }
        return;
    }
    refuse_method(request, path);
}
