/*
 * What went wrong, as application/problem+json (RFC 9457). Clients switch on the type: they
 * never change.
 */
#ifndef LINNETD_PROBLEM_H
#define LINNETD_PROBLEM_H

#include "linnetd/json_out.h"

/* name, type, status, title */
#define PROBLEMS(X)                                                                            \
    X(PROBLEM_NONE, "", 200, "")                                                               \
    X(PROBLEM_NOT_FOUND, "not-found", 404, "There is nothing at this path")                    \
    X(PROBLEM_BAD_METHOD, "method-not-allowed", 405, "The path does not have this method")     \
    X(PROBLEM_NO_TOKEN, "unauthorized", 401, "A valid token is needed")                        \
    X(PROBLEM_FORBIDDEN, "forbidden", 403, "The token's role does not allow this")             \
    X(PROBLEM_TOO_MANY_FAILURES, "too-many-failures", 429, "Too many wrong tokens")            \
    X(PROBLEM_TOO_LARGE, "too-large", 413, "The body is too large")                            \
    X(PROBLEM_BAD_JSON, "bad-json", 400, "The body is not the JSON that is expected here")     \
    X(PROBLEM_UNKNOWN_MEMBER, "unknown-member", 400,                                           \
      "The body has a member that is not known")                                               \
    X(PROBLEM_BAD_QUERY, "bad-query", 400, "A query parameter is not known or not valid")      \
    X(PROBLEM_BAD_PATH, "bad-path", 400, "The path is not valid")                              \
    X(PROBLEM_BAD_VALUE, "bad-value", 400, "A value does not fit its type")                    \
    X(PROBLEM_BAD_FORMAT, "bad-format", 400, "The format cannot hold this")                    \
    X(PROBLEM_NOT_WRITABLE, "not-writable", 405, "The resource cannot be written")             \
    X(PROBLEM_NOT_EXECUTABLE, "not-executable", 405, "The resource cannot be executed")        \
    X(PROBLEM_NOT_ACCEPTABLE, "not-acceptable", 406,                                           \
      "The answer cannot be of the media type that was asked for")                             \
    X(PROBLEM_UNKNOWN_TYPE, "unknown-type", 400, "The type of the resource is not known")      \
    X(PROBLEM_UNKNOWN_ENDPOINT, "unknown-endpoint", 404, "No such device is registered")       \
    X(PROBLEM_UNKNOWN_MODEL, "unknown-model", 404, "No definition of this object is known")    \
    X(PROBLEM_UNKNOWN_TOKEN, "unknown-token", 404, "There is no token of this id")             \
    X(PROBLEM_LAST_ADMIN, "last-admin", 409, "Nobody would be left to administer the server")  \
    X(PROBLEM_TOO_MANY_TOKENS, "too-many-tokens", 409, "There are too many tokens")            \
    X(PROBLEM_UNKNOWN_CREDENTIAL, "unknown-credential", 404,                                   \
      "The endpoint has no such credential")                                                   \
    X(PROBLEM_IDENTITY_TAKEN, "identity-taken", 409,                                           \
      "The identity belongs to another endpoint")                                              \
    X(PROBLEM_UNKNOWN_OBSERVATION, "unknown-observation", 404, "Nothing is observed there")    \
    X(PROBLEM_TOO_MANY_OBSERVATIONS, "too-many-observations", 409,                             \
      "There are too many observations")                                                       \
    X(PROBLEM_UNKNOWN_IMAGE, "unknown-image", 404, "There is no firmware image of this id")    \
    X(PROBLEM_UNKNOWN_JOB, "unknown-job", 404, "There is no firmware job of this id")          \
    X(PROBLEM_IMAGE_IN_USE, "image-in-use", 409, "A job that is not over uses the image")      \
    X(PROBLEM_IMAGE_MISSING, "image-missing", 409, "The bytes of the image are not there")     \
    X(PROBLEM_TOO_MANY_IMAGES, "too-many-images", 409, "There are too many firmware images")   \
    X(PROBLEM_TOO_MANY_JOBS, "too-many-jobs", 409, "There are too many firmware jobs")         \
    X(PROBLEM_FIRMWARE_BUSY, "firmware-busy", 409, "The device is being updated already")      \
    X(PROBLEM_FIRMWARE_RESULT, "firmware-result", 502,                                         \
      "The device says that the update failed")                                                \
    X(PROBLEM_FIRMWARE_METHOD, "firmware-method", 409,                                         \
      "The device does not take firmware in this way")                                         \
    X(PROBLEM_FIRMWARE_URL, "firmware-url", 409,                                               \
      "There is no address that the device could fetch from")                                  \
    X(PROBLEM_NO_FIRMWARE, "no-firmware-object", 404,                                          \
      "The device has no object 5, Firmware Update")                                           \
    X(PROBLEM_IDENTITY_KEPT, "identity-kept", 409,                                             \
      "The credential that is to stay has this identity")                                      \
    X(PROBLEM_UNKNOWN_BOOTSTRAP, "unknown-bootstrap", 404,                                     \
      "There is no bootstrap configuration of this name")                                      \
    X(PROBLEM_TOO_MANY_BOOTSTRAPS, "too-many-bootstraps", 409,                                 \
      "There are too many bootstrap configurations")                                           \
    X(PROBLEM_NO_BACKUP, "no-backup", 409, "No copy could be made")                            \
    X(PROBLEM_DEVICE_ERROR, "device-error", 502, "The device answered with an error")          \
    X(PROBLEM_DEVICE_TIMEOUT, "device-timeout", 504, "The device did not answer in time")      \
    X(PROBLEM_DEVICE_RESET, "device-reset", 502,                                               \
      "The device refused the message with a Reset")                                           \
    X(PROBLEM_DEVICE_BAD_PAYLOAD, "device-bad-payload", 502,                                   \
      "The device's answer cannot be understood")                                              \
    X(PROBLEM_DEVICE_ASLEEP, "device-asleep", 409, "The device cannot be reached now")         \
    X(PROBLEM_OUTCOME_UNKNOWN, "outcome-unknown", 504, "The device may have done it, or not")  \
    X(PROBLEM_EXPIRED, "expired", 410, "The operation waited too long")                        \
    X(PROBLEM_UNKNOWN_OPERATION, "unknown-operation", 404, "There is no operation of this id") \
    X(PROBLEM_OPERATION_OVER, "operation-over", 409, "The operation is over")                  \
    X(PROBLEM_DEVICE_GONE, "device-gone", 409, "The device left while the call waited")        \
    X(PROBLEM_CANCELLED, "cancelled", 409, "The operation was cancelled")                      \
    X(PROBLEM_QUEUE_FULL, "queue-full", 503, "Too many operations wait")                       \
    X(PROBLEM_TOO_MANY_STREAMS, "too-many-streams", 503, "Too many event streams are open")    \
    X(PROBLEM_STOPPING, "stopping", 503, "The server is stopping")                             \
    X(PROBLEM_READ_ONLY, "read-only", 503, "Nothing can be kept at the moment")                \
    X(PROBLEM_NO_MEMORY, "no-memory", 503, "The server is out of memory")                      \
    X(PROBLEM_INTERNAL, "internal", 500, "The server failed")

enum problem_kind {
#define PROBLEM(name, type, status, title) name,
    PROBLEMS(PROBLEM)
#undef PROBLEM
};

/* "unknown-endpoint" */
const char *problem_type(enum problem_kind kind);
/* PROBLEM_INTERNAL: it is none. */
enum problem_kind problem_of_type(const char *type);
/* "No such device is registered" */
const char *problem_title(enum problem_kind kind);

struct request;

/*
 * Answers the request with the problem; `detail` says what was wrong with this one. The first
 * problem of a request stays: later ones are ignored. Always false, so that a check can end
 * with it.
 */
bool problem(struct request *request, enum problem_kind kind, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

enum { PROBLEM_DETAIL_MAX = 400 };

/* A problem that is not yet, or not the answer to a request. Texts of no bytes are left out. */
struct problem_text {
    enum problem_kind kind;
    unsigned status;
    char detail[PROBLEM_DETAIL_MAX];
    char coap[8];       /* "4.04" */
    char operation[32]; /* its id */
};

/* Always false. */
bool problem_set(struct problem_text *out, enum problem_kind kind, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * A device's own error: its CoAP code as the like HTTP status. `words` are what it says of it (its
 * diagnostic payload); no bytes where it says nothing.
 */
void problem_set_device(struct problem_text *out, uint8_t code, struct ln_bytes words);
/* As problem(). */
bool problem_answer(struct request *request, const struct problem_text *text);
void problem_json(struct json_out *json, const struct problem_text *text);

#endif
