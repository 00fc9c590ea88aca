/* Which handler a request goes to. The table is in routes.c. */
#ifndef LINNETD_ROUTER_H
#define LINNETD_ROUTER_H

#include "linnetd/auth.h"
#include "linnetd/http.h"

struct route {
    const char *method;
    /*
     * "{endpoint}" is one segment, "{path}" one to all that follow; all else must be the same.
     */
    const char *pattern;
    enum role role;
    void (*handle)(struct request *request);
    /* NULL, or called before the body comes: it may set the problem, or request->take. */
    void (*prepare)(struct request *request);
};

extern const struct route routes[];
extern const size_t route_count;

/*
 * Splits the raw path and then decodes each segment, so that an endpoint name may hold slashes;
 * finds the route and sets the request's. Otherwise the problem is set: not-found,
 * method-not-allowed with Allow, bad-path.
 */
void route_request(struct request *request, const char *raw_path);

/* Percent-decodes. False: it is not well formed, does not fit, or is not UTF-8 without NUL. */
LN_MUST_USE bool percent_decode(struct ln_bytes text, struct ln_writer *out,
                                struct ln_bytes *decoded);

#endif
