/* What the objects of the device hold: finding it, reading it, walking through it. */
#ifndef LN_CLIENT_DATA_H
#define LN_CLIENT_DATA_H

#include <linnet/client.h>

/* NULL if the device has no such object. */
const struct ln_object_entry *ln_client__entry(const struct ln_client_config *config,
                                               uint16_t object);
/* The instance with the lowest id of *id or above; sets *id. NULL if there is none. */
void *ln_client__next_instance(const struct ln_object_entry *entry, uint16_t *id);
/* The instance of just that id; NULL if there is none. */
void *ln_client__instance(const struct ln_object_entry *entry, uint16_t id);

/* The member of the instance that says which resources are not there; NULL if there is none. */
uint32_t *ln_client__absent(const struct ln_object *object, void *instance);
/* The bit of that row in it; 0 where the row has none. */
uint32_t ln_client__absent_bit(const struct ln_object *object, const struct ln_resource *row);

/*
 * The value of the first resource instance with *id or above, which sets *id; a single resource
 * counts as instance 0. LN_ERR_NOT_FOUND: there is none.
 */
ln_err ln_client__next_value(const struct ln_object *object, const struct ln_resource *row,
                             void *instance, uint16_t *id, struct ln_value *out);
/* Whether the resource is in the instance, be it without values. */
bool ln_client__is_there(const struct ln_object *object, const struct ln_resource *row,
                         void *instance);

/* All readable values at a path and below. It must outlive the records made of it. */
struct ln_client__scope {
    const struct ln_client_config *config;
    struct ln_path path;
};
struct ln_records ln_client__records(const struct ln_client__scope *scope);

/* Says of which type the device's resources are. */
struct ln_types ln_client__types(const struct ln_client_config *config);

#endif
