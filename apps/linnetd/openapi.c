/* GET /openapi.json: the description of this API. */

#include "linnetd/openapi.h"

#include "linnetd/http.h"
#include "linnetd/routes.h"

void handle_openapi(struct request *request)
{
    if (request_query_only(request, (const char *const[]){NULL})) {
        text_bytes(respond_json(request, 200), ln_bytes(openapi_json, openapi_json_size));
    }
}
