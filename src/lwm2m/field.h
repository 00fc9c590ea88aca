/* Members of an instance's struct as values. */
#ifndef LN_LWM2M_FIELD_H
#define LN_LWM2M_FIELD_H

#include <linnet/lwm2m.h>

/* LN_ERR_NOT_FOUND: a text that is NULL. */
ln_err ln_lwm2m__field_load(enum ln_storage storage, size_t size, const void *at,
                            enum ln_type type, struct ln_value *out);
/* LN_ERR_BAD_VALUE: it does not fit. Stores only where the step is LN_STORE. */
ln_err ln_lwm2m__field_store(enum ln_storage storage, size_t size, void *at,
                             const struct ln_value *value, enum ln_write_step step);

#endif
