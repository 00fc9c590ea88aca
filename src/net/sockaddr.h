/* Between our addresses and the system's. */
#ifndef LN_NET_SOCKADDR_H
#define LN_NET_SOCKADDR_H

#include <linnet/net.h>

#include <netinet/in.h>
#include <sys/socket.h>

union ln_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

bool ln__address_is_ipv4(const struct ln_address *address);
bool ln__address_is_unspecified(const struct ln_address *address);
/* fe80::/10: means something only together with an interface. */
bool ln__address_is_link_local(const struct ln_address *address);
bool ln__address_is_multicast(const struct ln_address *address);
/* The IPv4 part, in network order. */
struct in_addr ln__address_to_in(const struct ln_address *address);
void ln__address_of_in(struct ln_address *address, struct in_addr in);
/* As an address of `family`; returns its length. An unspecified one fits both families. */
socklen_t ln__address_to_system(const struct ln_address *address, int family,
                                union ln_sockaddr *out);
/* What a machine says in errno whose kernel has no IPv6, or has it switched off. */
bool ln__says_no_ipv6(int error);

#endif
