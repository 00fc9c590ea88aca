/* Lists of links: the object list of a registration, and the answer to a Discover. */
#ifndef LN_CLIENT_LINK_LIST_H
#define LN_CLIENT_LINK_LIST_H

#include <linnet/client.h>

/* Whether servers see the object at all: keys and URIs (0, 21, 23) are between us and the
 * bootstrap. */
bool ln_client__object_is_visible(uint16_t object);

/* The object list of a Register or Update. */
void ln_client__write_object_list(struct ln_writer *w, const struct ln_client_config *config,
                                  enum ln_version version);
/* A number that changes with the object list. */
uint32_t ln_client__object_list_checksum(const struct ln_client_config *config);

/* The links at a path that is there, and below it. */
void ln_client__write_discover(struct ln_writer *w, const struct ln_client_config *config,
                               enum ln_version version, struct ln_path path);

#endif
