/* Datagrams that wait to be sent: a ring of bytes, each datagram in one piece. */
#ifndef LN_DTLS_QUEUE_H
#define LN_DTLS_QUEUE_H

#include <linnet/dtls.h>

/* All zero is an empty queue without memory, which takes nothing. */
struct ln_dtls_queue {
    uint8_t *at;
    size_t size;
    size_t first; /* the oldest entry */
    size_t next;  /* where the next entry goes */
    size_t end;   /* where the entries end, when they have wrapped around */
    size_t count;
};

/* `memory` is aligned as any type. */
void ln_dtls_queue_init(struct ln_dtls_queue *queue, void *memory, size_t size);
/* False if there is no room. */
LN_MUST_USE bool ln_dtls_queue_push(struct ln_dtls_queue *queue,
                                    const struct ln_dtls_path *path, struct ln_bytes datagram);
/* 0 if there is none, or none that fits. */
size_t ln_dtls_queue_pop(struct ln_dtls_queue *queue, void *buf, size_t size,
                         struct ln_dtls_path *path);

#endif
