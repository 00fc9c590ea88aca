/* linnet, the command line over the HTTP API: what its commands share. */
#ifndef CTL_H
#define CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_QUEUED = 3, /* the device is not reached now: the operation waits for it */
};

/* What the options say. */
struct ctl {
    const char *url;
    const char *token;
    bool json;           /* print the API's own JSON */
    bool partial;        /* write: keep what is not named */
    bool values;         /* write: what follows the path is ID=VALUE, even if it is one */
    bool async;          /* do not wait for the device */
    bool retry;          /* repeat also what could be done twice */
    bool no_queue;       /* fail instead of waiting for the device */
    bool all;            /* queue: those that are over, too */
    const char *expires; /* seconds that it may wait; NULL: the server's default */
    const char *timeout; /* seconds to wait for the device; NULL: the server's default */
    const char *format;  /* NULL: the server's choice */
    const char *type;    /* of a value whose resource the server does not know */
    const char *output;  /* read: the file that an opaque value goes to */
    const char *file;    /* write: the file that it comes from */
    const char *state;
    const char *security;
    bool gone;
    const char *object;
    const char *query; /* prefix of endpoint names */
    const char *endpoint;
    const char *event_type;
    const char *cacert; /* the authorities of an https URL; NULL: the system's */
    bool psk;           /* credentials add: of which kind */
    bool x509;
    bool rpk;
    bool keep_previous;
    const char *identity;
    const char *purpose; /* credentials: server or bootstrap */
    const char *slot;
    const char *host; /* provision: of linnetd, as devices reach it */
    bool follow;      /* observe */
    bool stop;
    const char *attributes; /* the first of them */
    const char *since;      /* history */
    const char *until;
    const char *limit;
    bool plot;
    const char *name; /* firmware upload */
    const char *image_version;
    const char *sha256;
    bool apply; /* firmware push, pull */
    void *http; /* the connection, kept for the next call */
};

/* Of a command: its words, without its own name. */
struct words {
    char **at;
    int count;
};

struct command {
    const char *name;
    const char *words; /* as --help prints them */
    const char *help;
    int least;
    int most; /* -1: no bound */
    int (*run)(struct ctl *ctl, struct words words);
};

extern const struct command commands[]; /* ends with a name of NULL */

int run_devices(struct ctl *ctl, struct words words);
int run_show(struct ctl *ctl, struct words words);
int run_read(struct ctl *ctl, struct words words);
int run_write(struct ctl *ctl, struct words words);
int run_exec(struct ctl *ctl, struct words words);
int run_create(struct ctl *ctl, struct words words);
int run_delete(struct ctl *ctl, struct words words);
int run_discover(struct ctl *ctl, struct words words);
/* GETs one thing and prints its members, a line each. `path` is freed. */
int show_one(struct ctl *ctl, const char *what, char *path);
int run_queue(struct ctl *ctl, struct words words);
int run_observe(struct ctl *ctl, struct words words);
int run_observations(struct ctl *ctl, struct words words);
int run_attributes(struct ctl *ctl, struct words words);
int run_values(struct ctl *ctl, struct words words);
int run_history(struct ctl *ctl, struct words words);
int run_credentials(struct ctl *ctl, struct words words);
int run_firmware(struct ctl *ctl, struct words words);
int run_bootstrap(struct ctl *ctl, struct words words);
int run_provision(struct ctl *ctl, struct words words);
int run_events(struct ctl *ctl, struct words words);
int run_models(struct ctl *ctl, struct words words);
int run_backup(struct ctl *ctl, struct words words);
int run_tokens(struct ctl *ctl, struct words words);
int run_server(struct ctl *ctl, struct words words);

/* ---- http.c ---- */

struct response {
    long status; /* 0: no answer, and the reason has been printed */
    json_t *body;
};

/* Builds a path below /api/v1: literal text, and pieces that it percent-encodes. Free it. */
char *api_path(const char *before, const char *encoded, const char *after);
/* Adds "&name=value" (or "?...") where value is not NULL; frees `path` and returns the longer one. */
char *api_query(char *path, const char *name, const char *value);

/*
 * Calls the API. `path` is freed, a reference to `body` (may be NULL) is taken. False: no answer, or an
 * error, which has been printed with `what` in front. Then there is nothing to free.
 */
bool api_call(struct ctl *ctl, const char *what, const char *method, char *path, json_t *body,
              struct response *out);
/* The same, but a problem of that type is not printed; `out->status` tells. */
bool api_try(struct ctl *ctl, const char *what, const char *method, char *path, json_t *body,
             const char *expected_problem, struct response *out);
struct octets {
    char *at;
    size_t len;
};

/*
 * All items of the list at `path`, however many pages it has. `path` is freed. NULL: a page could not
 * be had, which has been printed: half a list must not look like a whole one.
 */
json_t *api_list(struct ctl *ctl, const char *what, char *path);

/* Bytes as they are: GETs those of one opaque value; free them. False as api_call(). */
bool api_get_octets(struct ctl *ctl, const char *what, char *path, struct octets *out);
/* GETs bytes into a file, however many. False as api_call(); then it may have some of them. */
bool api_save(struct ctl *ctl, const char *what, char *path, FILE *file);
/* Sends text or bytes of another kind than JSON. As api_call(). */
bool api_send_text(struct ctl *ctl, const char *what, const char *method, char *path,
                   const char *header, struct octets text, struct response *out);
/*
 * POSTs a file, however long; a size of -1 is not known. `progress` (may be NULL) is told now and then.
 * As api_call().
 */
bool api_upload(struct ctl *ctl, const char *what, char *path, FILE *file, long long size,
                void (*progress)(long long sent, long long size), struct response *out);
/* Follows a stream of events until it breaks off; `line` gets each line without its end. */
bool api_stream(struct ctl *ctl, char *path, const char *last_event_id,
                void (*line)(void *context, const char *text), void *context);
void api_close(struct ctl *ctl);

/* devices/EP/KIND/PATH. The path is the person's: its slashes stay, all else is encoded. Free it. */
char *device_path(const char *endpoint, const char *kind, const char *path);
/* Writes attributes: {"pmin":"10"}; a reference to `body` is taken. Returns how the command ends. */
int put_attributes(struct ctl *ctl, struct words words, json_t *body);

/* ---- events.c ---- */

/*
 * Prints the notifications of one path of the endpoint, until Ctrl-C. `begin` is called once the stream is
 * open, and tells the path; free() frees it.
 */
int events_follow(struct ctl *ctl, const char *endpoint, char *(*begin)(void *), void *context);

/* ---- credentials.c ---- */

/* 16 random bytes in hex. False: there are none, which has been said. */
enum { KEY_TEXT_MAX = 256 };
bool make_key(char out[KEY_TEXT_MAX]);

/* ---- plot.c ---- */

/* Plots the samples of one resource. False: none is a number. */
bool plot_samples(const json_t *items);

/* ---- file.c: both say what goes wrong ---- */

/* The whole file; free it. "-" is standard input. */
bool file_read(const char *name, struct octets *out);
/* "-" is standard output. */
bool file_write(const char *name, struct octets octets);

/* ---- print.c ---- */

/* Prints "linnet: ..." to stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Rows of cells, printed in columns as wide as their widest cell. */
struct table {
    char **cells;
    size_t columns;
    size_t count;
    size_t room;
};

struct table table_start(size_t columns);
void table_add(struct table *table, const char *cell); /* copied; NULL is "-" */
void table_print(struct table *table);                 /* and frees it */

/* Frees one that is not printed. */
void table_free(struct table *table);

/* What a device sent is shown with control characters escaped, so that it cannot drive a terminal. */
void print_safely(FILE *out, const char *text);
void print_json(const json_t *value);
/* A JSON value as a person would write it: strings without quotes, null as "-". Free it. */
char *json_as_text(const json_t *value);
/* name=value of each member, or each item, with spaces between. Free it. */
char *json_on_one_line(const json_t *value);
/* "42 s ago", "in 5 min": an RFC 3339 time against now. Free it. */
char *time_as_text(const char *rfc3339);
const char *text_member(const json_t *object, const char *name); /* NULL if it has none */

/* ---- stub.c ---- */

/* An object of the API's JSON as a C file. */
void print_stub(const json_t *model);

#endif
