/* What the tables of object 1 have in common. */
#ifndef LN_CLIENT_OBJECTS_SERVER_H
#define LN_CLIENT_OBJECTS_SERVER_H

#include <linnet/objects.h>

ln_err ln_client__read_binding(void *instance, uint16_t id, struct ln_value *out);
ln_err ln_client__write_binding(void *instance, uint16_t id, const struct ln_value *value,
                                enum ln_write_step step);
ln_err ln_client__read_alert(void *instance, uint16_t id, struct ln_value *out);

#endif
