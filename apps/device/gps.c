/* The connection to gpsd: asked for reports, and opened again whenever it is lost. */

#include "gps.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"

enum { AGAIN_MS = 2000, ROWS = 7 }; /* of the Location object */

static const char watch[] = "?WATCH={\"enable\":true,\"json\":true};\n";

void gps_close(struct gps *gps)
{
    if (gps->device != NULL && gps->fd >= 0) {
        ln_loop_remove(gps->device->loop, gps->fd);
        close(gps->fd);
        gps->fd = -1;
    }
}

static void fail(struct gps *gps, const char *why)
{
    gps_close(gps);
    gps->due = ln_clock_now() + AGAIN_MS;
    machine_error(&gps->device->device, MACHINE_NO_GPS);
    if (!gps->failed) {
        device_log(gps->device, "--location gpsd: %s: it is tried again", why);
    }
    gps->failed = true;
}

static void take_line(struct gps *gps)
{
    struct device *d = gps->device;
    bool whole = gps->len < sizeof(gps->line);

    gps->line[whole ? gps->len : 0] = '\0';
    gps->len = 0;
    if (!gps->watches) { /* the first line says who gpsd is */
        gps->watches = send(gps->fd, watch, sizeof(watch) - 1, MSG_NOSIGNAL) > 0;
        gps->failed = false;
    } else if (gps_take(gps->line, &d->location, gps->velocity)) {
        ln_client_changed(&d->client, ln_clock_now(), ln_path_instance(6, 0));
    }
}

static void take_bytes(struct gps *gps, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            take_line(gps);
        } else if (gps->len < sizeof(gps->line)) {
            gps->line[gps->len++] = bytes[i];
        }
    }
}

static void receive(void *context)
{
    struct gps *gps = context;
    char bytes[GPS_LINE];
    ssize_t len = recv(gps->fd, bytes, sizeof(bytes), 0);

    if (len > 0) {
        take_bytes(gps, bytes, (size_t)len);
        device_turn(gps->device);
    } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
        fail(gps, len == 0 ? "gpsd has closed the connection" : strerror(errno));
    }
}

/* The address in the family that the machine surely has. */
static socklen_t write_address(const struct ln_address *from, struct sockaddr_storage *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in *four = (void *)out;
    struct sockaddr_in6 *six = (void *)out;

    memset(out, 0, sizeof(*out));
    if (memcmp(from->ip, mapped, sizeof(mapped)) == 0) {
        four->sin_family = AF_INET;
        four->sin_port = htons(from->port);
        memcpy(&four->sin_addr, from->ip + sizeof(mapped), sizeof(four->sin_addr));
        return sizeof(*four);
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(from->port);
    six->sin6_scope_id = from->scope;
    memcpy(&six->sin6_addr, from->ip, sizeof(six->sin6_addr));
    return sizeof(*six);
}

static void open_connection(struct gps *gps)
{
    struct sockaddr_storage to;
    socklen_t len = write_address(&gps->device->options->gpsd, &to);

    gps->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    gps->watches = false;
    gps->len = 0;
    gps->due = LN_NEVER;
    if (gps->fd >= 0 && ln_loop_add(gps->device->loop, gps->fd, receive, gps) != LN_OK) {
        close(gps->fd);
        gps->fd = -1;
    }
    if (gps->fd < 0 ||
        (connect(gps->fd, (const void *)&to, len) != 0 && errno != EINPROGRESS)) {
        fail(gps, strerror(errno));
    }
}

void gps_begin(struct device *device)
{
    device->gps = (struct gps){.device = device, .fd = -1};
    device->location.absent = (UINT32_C(1) << ROWS) - 1;
}

void gps_turn(struct gps *gps, ln_time now)
{
    if (gps->device != NULL && gps->fd < 0 && now >= gps->due) {
        open_connection(gps);
    }
}

ln_time gps_deadline(const struct gps *gps)
{
    return gps->device != NULL && gps->fd < 0 ? gps->due : LN_NEVER;
}
