/* Object 4 from getifaddrs(), the routes, /sys/class/net and /proc/net/wireless. */

#include "connectivity.h"

#include "files.h"
#include "routes.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Kinds of links in /sys/class/net/NAME/type: ARPHRD_ of the kernel. */
enum { LINK_802_15_4 = 804, LINK_6LOWPAN = 825 };

/* What is not known better is taken for Ethernet. */
uint8_t connectivity_bearer(const char *folder)
{
    static const struct {
        const char *kind;
        uint8_t bearer;
    } kinds[] = {
        {"DEVTYPE=wlan\n", LN_BEARER_WLAN},
        {"DEVTYPE=wwan\n", LN_BEARER_LTE_FDD},
        {"DEVTYPE=bluetooth\n", LN_BEARER_BLUETOOTH},
    };
    char path[400];
    char text[FILE_MAX];
    long long type;

    snprintf(path, sizeof(path), "%s/uevent", folder);
    if (read_file(path, text, sizeof(text))) {
        for (size_t i = 0; i < LN_COUNT(kinds); i++) {
            if (strstr(text, kinds[i].kind) != NULL) {
                return kinds[i].bearer;
            }
        }
    }
    snprintf(path, sizeof(path), "%s/type", folder);
    if (read_number(path, &type) && (type == LINK_802_15_4 || type == LINK_6LOWPAN)) {
        return LN_BEARER_802_15_4;
    }
    return LN_BEARER_ETHERNET;
}

static uint8_t bearer_named(const char *interface)
{
    char folder[300];

    snprintf(folder, sizeof(folder), "/sys/class/net/%s", interface);
    return connectivity_bearer(folder);
}

/* "54." says that it was measured anew since the last look. */
static bool read_levels(const char *text, int32_t *signal, int32_t *quality)
{
    double numbers[2];

    if (sscanf(text, " %*x %lf %lf", &numbers[0], &numbers[1]) != 2) {
        return false;
    }
    *quality = (int32_t)numbers[0];
    *signal = (int32_t)numbers[1];
    return true;
}

/* Lines as " wlan0: 0000   54.  -56.  -256 ...": status, link, level, noise. */
bool connectivity_wireless(const char *text, const char *interface, int32_t *signal,
                           int32_t *quality)
{
    char file[FILE_MAX];
    char *rest = file;
    size_t len = strlen(interface);

    snprintf(file, sizeof(file), "%s", text);
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        line += strspn(line, " ");
        if (strncmp(line, interface, len) == 0 && line[len] == ':') {
            return read_levels(line + len + 1, signal, quality);
        }
    }
    return false;
}

static void set_present(struct ln_connectivity *c, uint16_t resource, bool present)
{
    uint32_t bit = (uint32_t)1 << resource; /* row n is resource n */

    c->absent = present ? c->absent & ~bit : c->absent | bit;
}

static void add_bearer(struct ln_connectivity *c, uint8_t bearer)
{
    for (size_t i = 0; i < c->bearers.count; i++) {
        if (c->bearers.values[i] == bearer) {
            return;
        }
    }
    if (c->bearers.count < LN_COUNT(c->bearers.ids)) {
        c->bearers.ids[c->bearers.count] = c->bearers.count;
        c->bearers.values[c->bearers.count++] = bearer;
    }
}

/* Whether others can reach it: of that machine only, or of that link only, is of little use. */
static bool is_reachable(const struct ifaddrs *at)
{
    const struct sockaddr_in6 *six = (const void *)at->ifa_addr;

    return (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & IFF_LOOPBACK) == 0 &&
           (six->sin6_family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr));
}

static void add_address(struct ln_connectivity *c, const struct ifaddrs *at)
{
    const struct sockaddr_in *four = (const void *)at->ifa_addr;
    const struct sockaddr_in6 *six = (const void *)at->ifa_addr;
    bool is_four = four->sin_family == AF_INET;
    const void *address = is_four ? (const void *)&four->sin_addr : &six->sin6_addr;

    if (c->addresses.count < LN_COUNT(c->addresses.ids)) {
        (void)inet_ntop(four->sin_family, address, c->addresses.values[c->addresses.count],
                        sizeof(c->addresses.values[0]));
        c->addresses.ids[c->addresses.count] = c->addresses.count;
        c->addresses.count++;
        add_bearer(c, bearer_named(at->ifa_name));
    }
}

static void add_addresses(struct ln_connectivity *c, const struct ifaddrs *all, bool any)
{
    for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
        bool is_ip = at->ifa_addr != NULL && (at->ifa_addr->sa_family == AF_INET ||
                                              at->ifa_addr->sa_family == AF_INET6);
        if (is_ip && (any || is_reachable(at))) {
            add_address(c, at);
        }
    }
}

static void read_addresses(struct ln_connectivity *c)
{
    struct ifaddrs *all;

    c->addresses.count = 0;
    c->bearers.count = 0;
    if (getifaddrs(&all) == 0) {
        add_addresses(c, all, false);
        if (c->addresses.count == 0) {
            add_addresses(c, all, true);
        }
        freeifaddrs(all);
    }
    if (c->bearers.count == 0) {
        add_bearer(c, LN_BEARER_ETHERNET);
    }
}

static void add_router(struct ln_connectivity *c, const struct route *route)
{
    if (route->gateway[0] != '\0' && c->routers.count < LN_COUNT(c->routers.ids)) {
        c->routers.ids[c->routers.count] = c->routers.count;
        snprintf(c->routers.values[c->routers.count++], sizeof(c->routers.values[0]), "%s",
                 route->gateway);
    }
}

static void read_wireless(struct ln_connectivity *c, const char *interface)
{
    char text[FILE_MAX];
    bool there = read_file("/proc/net/wireless", text, sizeof(text)) &&
                 connectivity_wireless(text, interface, &c->signal_strength, &c->link_quality);

    if (!there) {
        c->signal_strength = 0; /* the resource is mandatory; a wire has none */
    }
    set_present(c, 3, there);
}

void connectivity_read(struct ln_connectivity *c)
{
    struct routes routes;
    const struct route *best;
    char interface[IF_NAMESIZE] = "";

    read_addresses(c);
    routes_read(&routes);
    c->routers.count = 0;
    for (size_t i = 0; i < routes.count; i++) {
        add_router(c, &routes.items[i]);
    }
    best = routes_best(&routes);
    if (best != NULL && if_indextoname(best->interface, interface) != NULL) {
        c->bearer = bearer_named(interface);
    } else {
        c->bearer = c->bearers.values[0];
    }
    set_present(c, 6, false); /* nobody tells how much a link is used */
    c->absent |= LN_CONNECTIVITY_CELLULAR;
    read_wireless(c, interface);
}
