/* Finds the row of a resource in an object's table. */

#include <linnet/lwm2m.h>

const struct ln_resource *ln_object_resource(const struct ln_object *object, uint16_t id)
{
    size_t low = 0;
    size_t high = object->resource_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (object->resources[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < object->resource_count && object->resources[low].id == id) {
        return &object->resources[low];
    }
    return NULL;
}
