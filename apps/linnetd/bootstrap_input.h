/*
 * A bootstrap configuration as JSON (http-api: /bootstrap), checked and turned into what the engine takes. Each
 * fault names its member by a JSON pointer: "/servers/0/short_id: it is ...".
 */
#ifndef LINNETD_BOOTSTRAP_INPUT_H
#define LINNETD_BOOTSTRAP_INPUT_H

#include "linnetd/problem.h"
#include "linnetd/values.h"

#include <linnet/bootstrap.h>

enum {
    BOOTSTRAP_SERVERS_MAX = 16,
    BOOTSTRAP_ACCESS_MAX = 64,
    BOOTSTRAP_RIGHTS_MAX = 16,
    BOOTSTRAP_DELETES_MAX = 64,
    BOOTSTRAP_WRITES_MAX = 64,
    BOOTSTRAP_KEY_BYTES = 16, /* of a key that is made */
    BOOTSTRAP_TEXT_MAX = 64 * 1024,
};

/* It borrows from the JSON, which must outlive it. */
struct bootstrap_input {
    struct ln_bootstrap_configuration configuration;
    /* Of which server key and perhaps identity are made on demand, with a placeholder each until then;
     * NULL: of none. */
    struct ln_bootstrap_server *generated;
    bool has_identity;     /* that server's was given */
    struct values *values; /* of each write */
    uint8_t *memory;
    size_t size;
};

/*
 * `text_length` is that of the JSON's text. False: `problem` is set, and there is nothing to free.
 * A pattern's configuration is for many devices.
 */
LN_MUST_USE bool bootstrap_input_read(json_t *json, size_t text_length, bool is_pattern,
                                      struct bootstrap_input *out,
                                      struct problem_text *problem);
/* Wipes and frees. Safe on one of all zero. */
void bootstrap_input_free(struct bootstrap_input *input);

/* A copy without secrets, to be shown. NULL: no memory. */
json_t *bootstrap_input_shown(json_t *json);

#endif
