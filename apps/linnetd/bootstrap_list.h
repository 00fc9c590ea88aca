/*
 * The bootstrap configurations: what each device, or each that a pattern fits, is to get.
 *
 * They hold keys, so each is sealed, in memory as in the store, and opened only for whoever needs it. A name
 * with a * is a pattern, in which it stands for any text. The most exact name wins: the endpoint's own, then
 * the pattern with the most characters that are no *.
 */
#ifndef LINNETD_BOOTSTRAP_LIST_H
#define LINNETD_BOOTSTRAP_LIST_H

#include "linnetd/credentials.h"

struct bootstrap_list;

enum { BOOTSTRAPS_MAX = 1000000, BOOTSTRAP_PATTERNS_MAX = 1000, BOOTSTRAP_NAME_MAX = 255 };

/* NULL: no memory. */
struct bootstrap_list *bootstrap_list_new(struct credentials *credentials);
/* Takes what the store has, after the credentials. False: `why` says why. */
LN_MUST_USE bool bootstrap_list_load(struct bootstrap_list *list, struct store *store,
                                     char why[STORE_WHY_MAX]);
/* After the store is closed. NULL is fine. */
void bootstrap_list_free(struct bootstrap_list *list);

bool bootstrap_name_is_pattern(struct ln_bytes name);
bool bootstrap_name_fits(struct ln_bytes pattern, struct ln_bytes endpoint);

/* ---- Looking up: any thread ---- */

/* One that was opened: its JSON. Wiped when it is freed. */
struct bootstrap_text {
    uint8_t name[BOOTSTRAP_NAME_MAX];
    uint8_t name_len;
    int64_t changed_at; /* ms since 1970 */
    char *json;
    size_t length;
};

enum bootstrap_found {
    BOOTSTRAP_FOUND,
    BOOTSTRAP_NONE,
    BOOTSTRAP_UNREADABLE, /* somebody touched it, or there is no memory; the log says so */
};
/* The most exact one that fits the endpoint; or that of this name. */
enum bootstrap_found bootstrap_find(struct bootstrap_list *list, struct ln_bytes endpoint,
                                    struct bootstrap_text *out);
enum bootstrap_found bootstrap_get(struct bootstrap_list *list, struct ln_bytes name,
                                   struct bootstrap_text *out);
/* Safe on one of all zero, and twice. */
void bootstrap_text_free(struct bootstrap_text *text);

size_t bootstrap_list_count(struct bootstrap_list *list);
/* Names from behind `after` on, in order, that begin with `prefix`. How many; SIZE_MAX: no memory. */
struct bootstrap_page {
    struct ln_bytes prefix;
    struct ln_bytes after;
};
struct bootstrap_name {
    uint8_t at[BOOTSTRAP_NAME_MAX];
    uint8_t len;
};
size_t bootstrap_list_page(struct bootstrap_list *list, const struct bootstrap_page *page,
                           struct bootstrap_name *out, size_t most);

/* ---- Changing ---- */

struct bootstrap_put {
    struct ln_bytes name;
    struct ln_bytes json; /* checked */
};

enum bootstrap_end { BOOTSTRAP_KEPT, BOOTSTRAP_ABSENT, BOOTSTRAP_FULL, BOOTSTRAP_NOT_KEPT };

struct bootstrap_row;

/* All of it or nothing. The caller fills what stands before `end`, and frees it. */
struct bootstrap_change {
    struct store_job job; /* first */
    struct bootstrap_list *list;
    const struct bootstrap_put *puts; /* none of a name twice */
    size_t count;
    struct ln_bytes deletes; /* or: the name to delete */
    void (*done)(struct bootstrap_change *change);
    void *context;

    enum bootstrap_end end;
    bool made; /* the first one is new */
    struct bootstrap_row **rows;
};

/* Calls done() when it is kept, at once where there is no store. */
void bootstrap_do(struct bootstrap_change *change);

#endif
