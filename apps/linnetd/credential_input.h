/* What somebody wants to put as a credential, as text, checked and turned into bytes. */
#ifndef LINNETD_CREDENTIAL_INPUT_H
#define LINNETD_CREDENTIAL_INPUT_H

#include "linnetd/credentials.h"

/* The members of the API's body and the columns of a file; `at` NULL where one is not there. */
struct credential_fields {
    struct ln_bytes endpoint;
    struct ln_bytes purpose; /* "for" */
    struct ln_bytes mode;
    struct ln_bytes identity; /* the endpoint's name where there is none */
    struct ln_bytes subject;
    struct ln_bytes key;        /* hex */
    struct ln_bytes public_key; /* base64 */
    struct ln_bytes previous;
};

struct credential_fault {
    const char *member;
    const char *why;
};

/* False: `fault` says what is wrong. */
LN_MUST_USE bool credential_input_read(const struct credential_fields *fields,
                                       struct credential_input *input,
                                       struct credential_fault *fault);
/* "server" or "bootstrap". */
LN_MUST_USE bool credential_for_read(struct ln_bytes text, enum credential_for *out);

/* A file of endpoint,for,mode,identity,key. */
struct credential_file {
    struct credential_input *inputs; /* owned */
    size_t count;
};

struct credential_file_fault {
    size_t line;
    const char *column;
    const char *why;
    size_t other_line; /* 0: none */
};

/*
 * Reads CSV (RFC 4180), with a line of the columns' names in front or without. False: the fault
 * says where. In both cases credential_file_free().
 */
LN_MUST_USE bool credential_file_read(struct ln_bytes text, struct credential_file *file,
                                      struct credential_file_fault *fault);
/* Wipes and frees. Safe twice. */
void credential_file_free(struct credential_file *file);

#endif
