/* The client of the image "complete": the loop of main.c for two servers, one of which is not in reach,
 * a device that sleeps, and what Executes mean. */

#include "complete.h"
#include "port.h"

static struct ln_client client;
static uint8_t datagram[DEVICE_DATAGRAM];

static void execute(const struct ln_path *path)
{
    if (path->id[0] == 5) { /* to reboot into the new image, if it is one */
        complete_updated(true);
        ln_client_changed(&client, port_clock(), ln_path_instance(5, 0));
    }
}

static void act(const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_OPEN && event->link == 0) {
        ln_client_link_up(&client, port_clock(), 0);
    } else if (event->kind == LN_CLIENT_OPEN) {
        ln_client_link_down(&client, port_clock(), event->link, LN_LINK_FAILED, 0);
    } else if (event->kind == LN_CLIENT_EXECUTED) {
        execute(&event->path);
    }
}

int main(void)
{
    struct ln_client_event event;
    ln_link link;
    size_t len;

    port_start();
    complete_init();
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
