/* linnet firmware: images, and jobs that bring them to devices. */

#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 500, TEXT_MAX = 160 };

static int usage(void)
{
    complain("firmware: usage: linnet firmware [images], upload FILE, delete IMAGE, push IMAGE "
             "ENDPOINT..., pull IMAGE ENDPOINT..., jobs, show JOB, cancel JOB");
    return EXIT_USAGE;
}

static long long number_member(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static void add_cell(struct table *table, const json_t *object, const char *name)
{
    char *text = json_as_text(json_object_get(object, name));

    table_add(table, text);
    free(text);
}

static void add_age(struct table *table, const json_t *object, const char *name)
{
    char *age = time_as_text(text_member(object, name));

    table_add(table, age);
    free(age);
}

static void add_head(struct table *table, const char *const *head)
{
    for (size_t i = 0; i < table->columns; i++) {
        table_add(table, head[i]);
    }
}

/* "950 B", "1.5 KiB", "10.0 MiB" */
static void size_text(long long bytes, char out[TEXT_MAX])
{
    if (bytes < 1024) {
        (void)snprintf(out, TEXT_MAX, "%lld B", bytes);
    } else if (bytes < 1024 * 1024) {
        (void)snprintf(out, TEXT_MAX, "%.1f KiB", (double)bytes / 1024);
    } else {
        (void)snprintf(out, TEXT_MAX, "%.1f MiB", (double)bytes / (1024 * 1024));
    }
}

static int percent(long long part, long long whole)
{
    return whole > 0 ? (int)(part * 100 / whole) : 0;
}

/* ---- Lists ---- */

static void add_image(struct table *table, const json_t *image)
{
    char size[TEXT_MAX];
    char sha256[13];

    size_text(number_member(image, "size"), size);
    (void)snprintf(sha256, sizeof(sha256), "%.12s", text_member(image, "sha256"));
    add_cell(table, image, "id");
    add_cell(table, image, "name");
    add_cell(table, image, "version");
    table_add(table, size);
    table_add(table, sha256);
    table_add(table, json_is_true(json_object_get(image, "in_use")) ? "yes" : "no");
    add_age(table, image, "created_at");
}

/* "3 done, 1 failed" */
static void counts_text(const json_t *job, char out[TEXT_MAX])
{
    const char *name;
    json_t *count;
    size_t used = 0;

    out[0] = '\0';
    json_object_foreach(json_object_get(job, "counts"), name, count)
    {
        if (json_integer_value(count) > 0 && used < TEXT_MAX) {
            used +=
                (size_t)snprintf(out + used, TEXT_MAX - used, "%s%lld %s", used > 0 ? ", " : "",
                                 (long long)json_integer_value(count), name);
        }
    }
}

static void add_job(struct table *table, const json_t *job)
{
    char counts[TEXT_MAX];

    counts_text(job, counts);
    add_cell(table, job, "id");
    add_cell(table, job, "image");
    add_cell(table, job, "method");
    table_add(table, json_is_true(json_object_get(job, "apply")) ? "yes" : "no");
    table_add(table, counts);
    add_age(table, job, "created_at");
}

static int list(struct ctl *ctl, const char *what, const char *const *head, size_t columns,
                void (*add)(struct table *, const json_t *))
{
    json_t *all = api_list(ctl, "firmware", api_query(strdup(what), "limit", "1000"));
    json_t *item;
    size_t i;

    if (all == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(all);
    } else {
        struct table table = table_start(columns);
        add_head(&table, head);
        json_array_foreach(all, i, item)
        {
            add(&table, item);
        }
        table_print(&table);
    }
    json_decref(all);
    return EXIT_DONE;
}

static int images(struct ctl *ctl)
{
    static const char *const head[] = {"ID",     "NAME",   "VERSION", "SIZE",
                                       "SHA256", "IN USE", "UPLOADED"};

    return list(ctl, "firmware/images", head, sizeof(head) / sizeof(head[0]), add_image);
}

static int jobs(struct ctl *ctl)
{
    static const char *const head[] = {"ID", "IMAGE", "METHOD", "APPLY", "DEVICES", "BEGUN"};

    return list(ctl, "firmware/jobs", head, sizeof(head) / sizeof(head[0]), add_job);
}

/* ---- Upload, delete ---- */

/* One line on the terminal, written over each time. */
static void progress_line(const char *text)
{
    (void)fprintf(stderr, "\r%s\033[K", text);
    (void)fflush(stderr);
}

static void upload_progress(long long sent, long long size)
{
    static long long shown = -1;
    char text[2 * TEXT_MAX];
    char so_far[TEXT_MAX];
    long long step = sent / (256 * 1024);

    if (step == shown && sent != size) {
        return;
    }
    shown = step;
    size_text(sent, so_far);
    if (size > 0) {
        (void)snprintf(text, sizeof(text), "uploading: %3d %%, %s", percent(sent, size),
                       so_far);
    } else {
        (void)snprintf(text, sizeof(text), "uploading: %s", so_far);
    }
    progress_line(text);
}

static bool send_file(struct ctl *ctl, const char *name, FILE *file, struct response *answer)
{
    struct stat facts;
    bool known = fstat(fileno(file), &facts) == 0 && S_ISREG(facts.st_mode);
    bool shows = isatty(STDERR_FILENO) != 0;
    char *path = api_query(strdup("firmware/images"), "name", ctl->name);

    path = api_query(api_query(path, "version", ctl->image_version), "sha256", ctl->sha256);
    bool done = api_upload(ctl, name, path, file, known ? (long long)facts.st_size : -1,
                           shows ? upload_progress : NULL, answer);
    if (shows) {
        progress_line("");
    }
    return done;
}

static int upload(struct ctl *ctl, const char *name)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    struct response answer;

    if (file == NULL) {
        complain("%s: %s", name, strerror(errno));
        return EXIT_FAILED;
    }
    bool done = send_file(ctl, name, file, &answer);
    if (file != stdin) {
        (void)fclose(file);
    }
    if (!done) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else {
        printf("%s\n", text_member(answer.body, "id"));
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int delete_one(struct ctl *ctl, const char *list_path, const char *id)
{
    struct response answer;

    if (!api_call(ctl, id, "DELETE", api_path(list_path, id, ""), NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

/* ---- One job ---- */

static void add_device(struct table *table, const json_t *device, long long size)
{
    const json_t *error = json_object_get(device, "error");
    const char *detail = text_member(error, "detail");
    char progress[TEXT_MAX];

    (void)snprintf(progress, sizeof(progress), "%d %%",
                   percent(number_member(device, "bytes"), size));
    add_cell(table, device, "endpoint");
    add_cell(table, device, "state");
    table_add(table, progress);
    table_add(table, text_member(device, "device_state"));
    table_add(table, detail != NULL                        ? detail
                     : text_member(error, "title") != NULL ? text_member(error, "title")
                                                           : "");
}

static void print_job(const json_t *job)
{
    static const char *const head[] = {"ENDPOINT", "STATE", "IMAGE", "DEVICE", "WHY"};
    struct table table = table_start(sizeof(head) / sizeof(head[0]));
    char counts[TEXT_MAX];
    char size[TEXT_MAX];
    json_t *device;
    size_t i;

    counts_text(job, counts);
    size_text(number_member(job, "size"), size);
    printf("job %s: %s of image %s (%s)%s: %s%s\n\n", text_member(job, "id"),
           text_member(job, "method"), text_member(job, "image"), size,
           json_is_true(json_object_get(job, "apply")) ? ", applied" : "", counts,
           json_is_true(json_object_get(job, "over")) ? "; it is over" : "");
    add_head(&table, head);
    json_array_foreach(json_object_get(job, "devices"), i, device)
    {
        add_device(&table, device, number_member(job, "size"));
    }
    table_print(&table);
}

static void show_progress(const json_t *job)
{
    long long bytes = 0;
    char counts[TEXT_MAX];
    char text[2 * TEXT_MAX];
    json_t *device;
    size_t i;

    json_array_foreach(json_object_get(job, "devices"), i, device)
    {
        bytes += number_member(device, "bytes");
    }
    counts_text(job, counts);
    (void)snprintf(text, sizeof(text), "%3d %% of all bytes; %s",
                   percent(bytes, number_member(job, "size") * (long long)i), counts);
    progress_line(text);
}

static json_t *get_job(struct ctl *ctl, const char *id)
{
    struct response answer;

    return api_call(ctl, id, "GET", api_path("firmware/jobs/", id, ""), NULL, &answer)
               ? answer.body
               : NULL;
}

/* NULL: a call failed, which has been said. Else the job when it was over. */
static json_t *follow(struct ctl *ctl, const char *id)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    bool shows = isatty(STDERR_FILENO) != 0;
    json_t *job = get_job(ctl, id);

    while (job != NULL && !json_is_true(json_object_get(job, "over"))) {
        if (shows) {
            show_progress(job);
        }
        json_decref(job);
        (void)nanosleep(&pause, NULL);
        job = get_job(ctl, id);
    }
    if (shows) {
        progress_line("");
    }
    return job;
}

static int show(struct ctl *ctl, const char *id)
{
    json_t *job = ctl->follow ? follow(ctl, id) : get_job(ctl, id);

    if (job == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(job);
    } else {
        print_job(job);
    }
    bool failed = number_member(json_object_get(job, "counts"), "failed") > 0;
    json_decref(job);
    return ctl->follow && failed ? EXIT_FAILED : EXIT_DONE;
}

static int begin(struct ctl *ctl, const char *method, struct words words)
{
    json_t *endpoints = json_array();
    struct response answer;

    for (int i = 1; i < words.count; i++) {
        json_array_append_new(endpoints, json_string(words.at[i]));
    }
    json_t *body = json_pack("{s:s, s:o, s:s, s:b}", "image", words.at[0], "endpoints",
                             endpoints, "method", method, "apply", (int)ctl->apply);
    if (!api_call(ctl, words.at[0], "POST", strdup("firmware/jobs"), body, &answer)) {
        return EXIT_FAILED;
    }
    char *id = json_as_text(json_object_get(answer.body, "id"));
    int result = EXIT_DONE;
    if (ctl->follow) {
        result = show(ctl, id);
    } else if (ctl->json) {
        print_json(answer.body);
    } else {
        printf("%s\n", id);
    }
    free(id);
    json_decref(answer.body);
    return result;
}

int run_firmware(struct ctl *ctl, struct words words)
{
    const char *what = words.count > 0 ? words.at[0] : "images";
    struct words rest = {.at = words.at + 1, .count = words.count - 1};

    if (words.count <= 1) {
        if (strcmp(what, "images") == 0) {
            return images(ctl);
        }
        return strcmp(what, "jobs") == 0 ? jobs(ctl) : usage();
    }
    if (rest.count > 1 && (strcmp(what, "push") == 0 || strcmp(what, "pull") == 0)) {
        return begin(ctl, what, rest);
    }
    if (rest.count == 1 && strcmp(what, "upload") == 0) {
        return upload(ctl, rest.at[0]);
    }
    if (rest.count == 1 && strcmp(what, "delete") == 0) {
        return delete_one(ctl, "firmware/images/", rest.at[0]);
    }
    if (rest.count == 1 && strcmp(what, "show") == 0) {
        return show(ctl, rest.at[0]);
    }
    if (rest.count == 1 && strcmp(what, "cancel") == 0) {
        return delete_one(ctl, "firmware/jobs/", rest.at[0]);
    }
    return usage();
}
