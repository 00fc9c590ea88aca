/* The machine's default routes: a dump of the kernel's tables, asked for over netlink. */

#include "routes.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* To the next of messages or attributes: the last may lack its padding. */
static size_t step(size_t len, size_t left)
{
    size_t padded = NLMSG_ALIGN(len);

    return padded < left ? padded : left;
}

static void take_attribute(struct route *route, int family, const struct rtattr *attribute)
{
    size_t len = RTA_PAYLOAD(attribute);
    size_t address = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    uint32_t number = 0;

    if (attribute->rta_type == RTA_GATEWAY && len == address) {
        (void)inet_ntop(family, RTA_DATA(attribute), route->gateway, sizeof(route->gateway));
    }
    if (len == sizeof(number)) {
        memcpy(&number, RTA_DATA(attribute), sizeof(number));
    }
    if (attribute->rta_type == RTA_OIF) {
        route->interface = number;
    }
    if (attribute->rta_type == RTA_PRIORITY) {
        route->metric = number;
    }
}

static bool is_default(const struct rtmsg *message)
{
    return message->rtm_dst_len == 0 && message->rtm_table == RT_TABLE_MAIN &&
           message->rtm_type == RTN_UNICAST &&
           (message->rtm_family == AF_INET || message->rtm_family == AF_INET6);
}

static void take_route(struct routes *routes, const struct nlmsghdr *header)
{
    const struct rtmsg *message = NLMSG_DATA(header);
    struct route route = {.interface = 0};
    const char *at = (const char *)RTM_RTA(message);
    size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
    size_t len;

    if (!is_default(message) || routes->count == ROUTES_MAX) {
        return;
    }
    for (; RTA_OK((const struct rtattr *)(const void *)at, left); at += len, left -= len) {
        const struct rtattr *attribute = (const void *)at;
        take_attribute(&route, message->rtm_family, attribute);
        len = step(attribute->rta_len, left);
    }
    routes->items[routes->count++] = route;
}

bool routes_take(struct routes *routes, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        const struct nlmsghdr *header = (const void *)at;
        size_t taken;

        if (!NLMSG_OK(header, len) || header->nlmsg_type == NLMSG_DONE ||
            header->nlmsg_type == NLMSG_ERROR) {
            return false;
        }
        if (header->nlmsg_type == RTM_NEWROUTE &&
            header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg))) {
            take_route(routes, header);
        }
        taken = step(header->nlmsg_len, len);
        at += taken;
        len -= taken;
    }
    return true;
}

static bool ask(int fd)
{
    struct {
        struct nlmsghdr header;
        struct rtmsg message;
    } request = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                   .nlmsg_type = RTM_GETROUTE,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .message = {.rtm_family = AF_UNSPEC},
    };

    return send(fd, &request, request.header.nlmsg_len, 0) > 0;
}

void routes_read(struct routes *routes)
{
    union {
        struct nlmsghdr aligned;
        char bytes[32 * 1024]; /* what the kernel fills at once */
    } answer;
    struct timeval patience = {.tv_sec = 1};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    ssize_t len;

    routes->count = 0;
    if (fd < 0) {
        return;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 && ask(fd)) {
        do {
            len = recv(fd, &answer, sizeof(answer), 0);
        } while (len > 0 && routes_take(routes, &answer, (size_t)len));
    }
    close(fd);
}

const struct route *routes_best(const struct routes *routes)
{
    const struct route *best = NULL;

    for (size_t i = 0; i < routes->count; i++) {
        if (best == NULL || routes->items[i].metric < best->metric) {
            best = &routes->items[i];
        }
    }
    return best;
}
