/* Lists of links: the object list of a registration, and what a Discover needs of it. */
#ifndef LN_CLIENT_LINK_LIST_H
#define LN_CLIENT_LINK_LIST_H

#include <linnet/client.h>

/* Whether servers see the object at all: keys and URIs (0, 21, 23) are between us and the
 * bootstrap. */
bool ln_client__object_is_visible(uint16_t object);

/* The object list of a Register or Update to that server. */
void ln_client__write_object_list(struct ln_writer *w, const struct ln_client_config *config,
                                  const struct ln_client_server *server);
/* A number that changes with the object list. */
uint32_t ln_client__object_list_checksum(const struct ln_client_config *config);

struct ln_client__request;

struct ln_client__links {
    struct ln_writer *w;
    const struct ln_client_config *config;
    const struct ln_client_server *server;
    const struct ln_client__request *asked; /* a Discover; NULL: nobody asked */
};
/* One link more; that of an object with its version, if it must be said. */
void ln_client__add_link(const struct ln_client__links *list, const struct ln_path *path);
void ln_client__add_object(const struct ln_client__links *list, const struct ln_object *object);
/* Whether that link has to say it. */
bool ln_client__must_say_version(const struct ln_client__links *list,
                                 const struct ln_object *object);

#endif
