/* Whether the server's view of a device is what the device believes and has. */

#include "world.h"

static bool same_location(const struct device *d, struct ln_bytes location)
{
    struct ln_reader in = ln_reader(ln_bytes(d->slot.location, d->slot.location_len));

    return ln_bytes_are(ln_read_bytes(&in, ln_read_u8(&in)), "rd") &&
           ln_bytes_equal(ln_read_bytes(&in, ln_read_u8(&in)), location) &&
           ln_reader_left(&in) == 0;
}

static bool lists(const struct ln_registration_view *view, uint16_t object, uint16_t instance)
{
    for (size_t i = 0; i < view->object_count; i++) {
        if (view->objects[i].object == object && view->objects[i].instance == instance) {
            return true;
        }
    }
    return false;
}

static bool same_objects(const struct device *d, const struct ln_registration_view *view)
{
    size_t instances = 0;
    bool same = lists(view, 1, 0) && lists(view, 3, 0) && lists(view, SIM_PROBE_OBJECT, 0);

    for (size_t i = 0; i < view->object_count; i++) {
        instances += view->objects[i].instance != LN_ID_NONE ? 1 : 0;
    }
    for (size_t i = 0; i < d->sensor_store.count; i++) {
        same = same && lists(view, SIM_SENSOR_OBJECT, d->sensor_ids[i]);
    }
    if (d->sensor_store.count == 0) {
        same = same && lists(view, SIM_SENSOR_OBJECT, LN_ID_NONE);
    }
    return same && instances == 3U + d->sensor_store.count;
}

const char *world_disagreement(struct world *world, struct device *d)
{
    struct ln_registration_view view;

    if (world->server == NULL) {
        return "the server is down";
    }
    struct ln_registration *registration =
        ln_server_find(world->server, ln_bytes_of_text(d->endpoint));
    if (!d->is_powered || (d->slot.state != LN_REGISTRATION_REGISTERED &&
                           d->slot.state != LN_REGISTRATION_ASLEEP)) {
        return "the device is not registered";
    }
    if (registration == NULL || !d->is_registered) {
        return "the server does not know the device";
    }
    ln_registration_get(registration, &view);
    if (!same_location(d, view.location)) {
        return "the locations differ";
    }
    if (view.lifetime != d->account.lifetime || view.lifetime != d->slot.lifetime) {
        return "the lifetimes differ";
    }
    if (!ln_address_equal(&view.peer.remote, &d->address)) {
        return "the addresses differ";
    }
    if (!same_objects(d, &view)) {
        return "the object lists differ";
    }
    uint8_t binding = LN_BINDING_U | (d->config.queue_mode ? LN_BINDING_Q : 0);
    if (view.version != d->config.version || view.binding != binding) {
        return "the versions or bindings differ";
    }
    return view.operations > 0 ? "operations are pending" : NULL;
}
