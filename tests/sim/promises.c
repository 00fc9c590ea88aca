/* What devices were told that is kept: each answer that left is held against the next server. */

#include "promises.h"

#include "world.h"

static uint32_t print_of(const struct ln_registration_view *view)
{
    uint8_t bytes[512];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    ln_write_bytes(&w, view->location);
    ln_write_u32(&w, view->lifetime);
    ln_write_u8(&w, view->binding);
    ln_write_u8(&w, (uint8_t)view->version);
    for (size_t i = 0; i < view->object_count; i++) {
        ln_write_u16(&w, view->objects[i].object);
        ln_write_u16(&w, view->objects[i].instance);
    }
    return ln_checksum(ln_writer_bytes(&w));
}

struct answered promise_of(struct world *world, const struct ln_address *to,
                           struct ln_bytes datagram)
{
    struct answered answered = {.device = world_device_at(world, to)};
    struct ln_coap_message m;
    struct ln_registration_view view;

    if (answered.device == NULL || ln_coap_parse(datagram, &m) != LN_OK) {
        return (struct answered){0};
    }
    struct ln_registration *registration =
        ln_server_find(world->server, ln_bytes_of_text(answered.device->endpoint));
    answered.id = m.id;
    answered.is_registered = m.code == LN_COAP_2_01 || m.code == LN_COAP_2_04;
    /* A copy of an old answer, of before it registered anew or left, says nothing of now. */
    if ((registration != NULL) != answered.is_registered ||
        (m.code != LN_COAP_2_02 && !answered.is_registered)) {
        return (struct answered){0};
    }
    answered.change = answered.device->change;
    if (registration != NULL) {
        ln_registration_get(registration, &view);
        answered.change = view.change;
        answered.print = print_of(&view);
    }
    return answered;
}

static bool is_repeat(const struct promise *promise, uint16_t id)
{
    for (size_t i = 0; i < SIM_ANSWERS_REMEMBERED && i < promise->count; i++) {
        if (promise->ids[i] == id) {
            return true;
        }
    }
    return false;
}

void promise_given(struct promise *promises, const struct answered *answered)
{
    if (answered->device == NULL) {
        return;
    }
    struct promise *promise = &promises[answered->device->index];
    if (!is_repeat(promise, answered->id)) {
        promise->ids[promise->count++ % SIM_ANSWERS_REMEMBERED] = answered->id;
        promise->last = *answered;
    }
}

void promise_must_hold(struct world *world, const struct promise *promise,
                       const struct device *device, uint64_t newest)
{
    const struct answered *last = &promise->last;
    struct ln_registration_view view;
    struct ln_registration *registration =
        ln_server_find(world->server, ln_bytes_of_text(device->endpoint));

    if (last->device == NULL) {
        return;
    }
    world->tally.promises++;
    if (!last->is_registered) {
        if (registration != NULL && newest <= last->change) {
            world_fail(world, "%s: is there, but was told that it has left", device->endpoint);
        }
        return;
    }
    if (newest < last->change) {
        world_fail(world, "%s: was told of change %llu, and only %llu is kept",
                   device->endpoint, (unsigned long long)last->change,
                   (unsigned long long)newest);
    }
    if (newest != last->change) {
        return; /* something came after it that it has not heard of */
    }
    if (registration == NULL) {
        world_fail(world, "%s: was told that it is registered, and is not", device->endpoint);
        return;
    }
    ln_registration_get(registration, &view);
    if (print_of(&view) != last->print) {
        world_fail(world, "%s: is not registered as it was told", device->endpoint);
    }
}
