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
    if (atomic_load(&request->daemon->ready)) {
        status(request, 200, "ready");
    } else {
        status(request, 503, "starting");
    }
}
