/* What the routes of firmware share: a change that is kept before it is answered. */
#ifndef LINNETD_FIRMWARE_CHANGE_H
#define LINNETD_FIRMWARE_CHANGE_H

#include "linnetd/firmware.h"

/* It stands first in a request's state. */
struct firmware_change {
    struct store_job job; /* first; `run` is not called where nothing is kept */
    struct request *request;
    struct firmware *firmware;
    uint64_t id;
    bool failed;  /* the disk took nothing */
    bool refused; /* by `apply` */
    /* Once it is on disk, or cannot be. */
    void (*apply)(struct firmware_change *change);
};

/* Keeps it, applies it, and then answers. */
void firmware_store(struct request *request, struct firmware_change *change,
                    void (*finish)(struct request *));
/* False: no image or job can have it. */
LN_MUST_USE bool firmware_id_of(struct ln_bytes text, uint64_t *id);
/* Location: `path` and the id. */
void firmware_respond_id(struct request *request, const char *path, uint64_t id);
/* limit and cursor of a list. False: the problem is set. */
LN_MUST_USE bool firmware_page(struct request *request, uint64_t *limit, uint64_t *after);
/* Ends the list; `next` 0: there are no more. */
void firmware_page_end(struct json_out *json, uint64_t next, size_t total);

#endif
