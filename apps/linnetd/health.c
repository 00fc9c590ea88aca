/* /healthz and /readyz: for supervisors, open to all. */

#include "linnetd/daemon.h"
#include "linnetd/routes.h"

static void status(struct request *request, unsigned code, const char *text)
{
    struct text_out *out = respond_json(request, code);

    text_format(out, "{\"status\":\"%s\"}", text);
}

/* The process is there and its HTTP thread answers. */
void handle_health(struct request *request)
{
    status(request, 200, "ok");
}

void handle_ready(struct request *request)
{
    const struct daemon *daemon = request->daemon;

    if (!atomic_load(&daemon->ready)) {
        status(request, 503, "starting");
    } else if (daemon->store != NULL && store_is_read_only(daemon->store)) {
        status(request, 503, "read-only");
    } else {
        status(request, 200, "ready");
    }
}
