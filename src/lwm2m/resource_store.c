/* Gives a resource a value where a table says that it is, from the app's side. */

#include "lwm2m/field.h"

ln_err ln_resource_store(const struct ln_resource *row, void *instance,
                         const struct ln_value *value)
{
    if (row->place != LN_PLACE_FIELD) {
        return LN_ERR_NOT_ALLOWED;
    }
    return ln_lwm2m__field_store((enum ln_storage)row->storage, row->at.field.size,
                                 (char *)instance + row->at.field.offset, value, LN_STORE);
}
