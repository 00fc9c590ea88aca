/* Durable changes: their numbers, and how far they are kept. */

#ifndef LN_SERVER_JOURNAL_H
#define LN_SERVER_JOURNAL_H

#include <linnet/server.h>

struct journal {
    bool on;
    bool read_only;
    uint64_t next;      /* the number of the next change */
    uint64_t told;      /* of the next that an event tells of */
    uint64_t committed; /* all up to this one are kept */
};

void ln_server__journal_init(struct ln_server *server, const struct ln_server_config *config);
/* Numbers a change; an event must tell of it. */
uint64_t ln_server__change(struct ln_server *server);
bool ln_server__is_kept(const struct ln_server *server, uint64_t change);
/* Whether a repeat may be answered; counted if not: the answer that is held will do. */
bool ln_server__may_repeat(struct ln_server *server, uint64_t change);

#endif
