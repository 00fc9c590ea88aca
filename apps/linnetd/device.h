/*
 * A registration as the API shows it: copied on the shard's thread, written as JSON on the HTTP
 * thread.
 */
#ifndef LINNETD_DEVICE_H
#define LINNETD_DEVICE_H

#include "linnetd/json_out.h"

#include <linnet/server.h>

/*
 * A copy of a view; what its bytes and pointers point to is in the same block of memory: free()
 * frees all.
 */
struct device {
    struct ln_registration_view view;
    int64_t wall_offset; /* makes wall time of the view's times */
    bool is_gone;
    bool expired;    /* gone, and not by its own wish */
    int64_t left_at; /* milliseconds since 1970 */
};

/* NULL: no memory. */
struct device *device_copy(const struct ln_registration *registration, int64_t wall_offset);
/* The same of a view of any origin. */
struct device *device_copy_view(const struct ln_registration_view *view, int64_t wall_offset);
bool device_has_object(const struct ln_registration_view *view, int64_t object);
/* "none", "psk", "x509", ...: of the mode of a proof. */
const char *device_security_name(uint8_t proof_mode);
void device_security_json(struct json_out *json, uint8_t proof_mode, struct ln_bytes identity);
void device_json(struct json_out *json, const struct device *device);

enum device_state { DEVICE_ONLINE, DEVICE_SLEEPING, DEVICE_UNREACHABLE, DEVICE_GONE };
extern const char *const device_state_names[]; /* ends with NULL */
enum device_state device_state(const struct ln_registration_view *view);

#endif
