/* What bench.c hands on to be written down. */
#ifndef LN_CONFORMANCE_NOTES_H
#define LN_CONFORMANCE_NOTES_H

#include "conformance/bench.h"

/* Each of `wire`'s lines begins with `sender`, "client" or "server". */
void note_datagram(const char *sender, struct ln_bytes datagram);
void note_client_event(const struct ln_client_event *event);
/* Decodes the values of an answer, too. */
void note_server_event(const struct ln_server_event *event);

/* All that there are: what both sides speak where a test says nothing else. */
extern ln_formats bench_formats;

#endif
