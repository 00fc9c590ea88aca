/* The ring of datagrams. An entry never wraps: what does not fit before the end begins at the start. */

#include "queue.h"

struct entry {
    struct ln_dtls_path path;
    uint32_t length;
    uint32_t padding;
    uint8_t bytes[];
};

void ln_dtls_queue_init(struct ln_dtls_queue *queue, void *memory, size_t size)
{
    *queue = (struct ln_dtls_queue){.at = memory, .size = size, .end = size};
}

static size_t entry_size(size_t length)
{
    return (sizeof(struct entry) + length + 7) & ~(size_t)7;
}

static struct entry *entry_at(const struct ln_dtls_queue *queue, size_t offset)
{
    return (struct entry *)(void *)(queue->at + offset);
}

/* Where `needed` bytes are free; SIZE_MAX: nowhere. */
static size_t room_for(struct ln_dtls_queue *queue, size_t needed)
{
    if (queue->count == 0) {
        queue->first = queue->next = 0;
        queue->end = queue->size;
        return needed <= queue->size ? 0 : SIZE_MAX;
    }
    if (queue->next <= queue->first) { /* wrapped: free up to the oldest */
        return queue->first - queue->next >= needed ? queue->next : SIZE_MAX;
    }
    if (queue->size - queue->next >= needed) {
        return queue->next;
    }
    if (queue->first < needed) {
        return SIZE_MAX;
    }
    queue->end = queue->next;
    return 0;
}

bool ln_dtls_queue_push(struct ln_dtls_queue *queue, const struct ln_dtls_path *path,
                        struct ln_bytes datagram)
{
    size_t needed = entry_size(datagram.len);
    size_t offset = room_for(queue, needed);

    if (offset == SIZE_MAX) {
        return false;
    }
    struct entry *entry = entry_at(queue, offset);
    struct ln_writer out = ln_writer(entry->bytes, datagram.len);

    entry->path = *path;
    entry->length = (uint32_t)datagram.len;
    ln_write_bytes(&out, datagram);
    queue->next = offset + needed;
    queue->count++;
    return true;
}

size_t ln_dtls_queue_pop(struct ln_dtls_queue *queue, void *buf, size_t size,
                         struct ln_dtls_path *path)
{
    if (queue->count == 0) {
        return 0;
    }
    if (queue->first == queue->end) {
        queue->first = 0;
        queue->end = queue->size;
    }
    const struct entry *entry = entry_at(queue, queue->first);
    struct ln_writer out = ln_writer(buf, size);
    size_t length = entry->length;

    ln_write_bytes(&out, ln_bytes(entry->bytes, length));
    *path = entry->path;
    queue->first += entry_size(length);
    queue->count--;
    return out.failed ? 0 : length;
}
