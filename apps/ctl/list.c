/* A list of the API, whole: page after page. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

json_t *api_list(struct ctl *ctl, const char *what, char *path)
{
    json_t *all = json_array();
    char *cursor = NULL;
    struct response page;

    do {
        char *next = api_query(strdup(path), "cursor", cursor);
        free(cursor);
        if (!api_call(ctl, what, "GET", next, NULL, &page)) {
            json_decref(all);
            free(path);
            return NULL;
        }
        const char *more = text_member(page.body, "next");
        cursor = more != NULL ? strdup(more) : NULL;
        json_array_extend(all, json_object_get(page.body, "items"));
        json_decref(page.body);
    } while (cursor != NULL);
    free(path);
    return all;
}
