/* GET /backup: all that is kept, as one file. */

#include "linnetd/daemon.h"
#include "linnetd/routes.h"
#include "linnetd/store_backup.h"

#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

struct copy {
    struct store_backup backup;
    struct request *request;
};

static void free_copy(void *state)
{
    struct copy *copy = state;

    if (copy->backup.fd >= 0) {
        close(copy->backup.fd);
    }
}

static void end_copy(struct store_backup *backup)
{
    call_done(&((struct copy *)(void *)backup)->request->calls[0]);
}

static void finish_copy(struct request *request)
{
    struct copy *copy = request->state;

    if (copy->backup.fd < 0) {
        problem(request, PROBLEM_NO_BACKUP, "%s", copy->backup.why);
        return;
    }
    request->answer.stream = MHD_create_response_from_fd64(copy->backup.size, copy->backup.fd);
    if (request->answer.stream == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for the answer: try again later");
        return;
    }
    copy->backup.fd = -1; /* the answer closes it */
}

void handle_backup(struct request *request)
{
    struct daemon *daemon = request->daemon;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    if (daemon->store == NULL) {
        problem(request, PROBLEM_NO_BACKUP, "with --data :memory: there is nothing to copy");
        return;
    }
    request->answer.status = 200;
    request->answer.type = "application/vnd.sqlite3";
    if (strcmp(request->method, "HEAD") == 0) {
        return; /* no copy is made for nobody */
    }
    struct copy *copy = request_state(request, sizeof(*copy), free_copy);
    if (copy == NULL) {
        return;
    }
    copy->backup = (struct store_backup){.stop = &daemon->stopping, .done = end_copy, .fd = -1};
    copy->request = request;
    request_wait(request, finish_copy);
    if (!store_backup(daemon->store, &copy->backup)) {
        (void)strcpy(copy->backup.why, "another copy is being made: try again when it is done");
        call_done(&request->calls[0]);
    }
}
