/* The client on a board: the loop that is the whole of a port. */

#include "device.h"
#include "port.h"

static struct ln_client client;
static uint8_t datagram[DEVICE_DATAGRAM];

/* begin events */
static void act(const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_OPEN) {
        /* NoSec over UDP: nothing is to be set up. */
        ln_client_link_up(&client, port_clock(), event->link);
    }
}
/* end events */

/* begin loop */
int main(void)
{
    struct ln_client_event event;
    ln_link link;
    size_t len;

    port_start();
    device_init();
    if (ln_client_init(&client, sizeof(client), &device_config) != LN_OK) {
        return 1;
    }
    ln_client_start(&client, port_clock());
    for (;;) {
        do {
            while ((len = ln_client_send(&client, port_clock(), datagram, sizeof(datagram),
                                         &link)) > 0) {
                port_send(datagram, len);
            }
            while (ln_client_event(&client, &event)) {
                act(&event);
            }
        } while (ln_client_deadline(&client) <= port_clock());
        len = port_receive(datagram, sizeof(datagram), ln_client_deadline(&client));
        if (len > 0) {
            ln_client_recv(&client, port_clock(), 0, ln_bytes(datagram, len));
        }
    }
}
/* end loop */
