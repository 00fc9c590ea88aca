/* A ring of the last messages, found by their fingerprint: the oldest makes room for the
 * newest. */

#include "recent.h"

enum { SIZE = LN_LIMIT_SERVER_STRANGERS, NONE = SIZE };

/* Long before any time of the clock, so that an unused entry is never young enough. */
static const ln_time never_seen = INT64_MIN;

void ln_server__recent_init(struct recent *recent)
{
    *recent = (struct recent){0};
    for (uint16_t i = 0; i < SIZE; i++) {
        recent->ring[i] = (struct recent_message){.at = never_seen, .next = NONE};
        recent->buckets[i] = NONE;
    }
}

const struct recent_message *ln_server__recent_find(const struct recent *recent, uint32_t print,
                                                    uint16_t id, ln_time since)
{
    for (uint16_t i = recent->buckets[print % SIZE]; i != NONE; i = recent->ring[i].next) {
        const struct recent_message *m = &recent->ring[i];

        if (m->print == print && m->id == id && m->at > since) {
            return m;
        }
    }
    return NULL;
}

static void unlink_oldest(struct recent *recent)
{
    const struct recent_message *old = &recent->ring[recent->oldest];

    if (old->at == never_seen) {
        return;
    }
    uint16_t *link = &recent->buckets[old->print % SIZE];
    while (*link != recent->oldest) {
        link = &recent->ring[*link].next;
    }
    *link = old->next;
}

void ln_server__recent_note(struct recent *recent, const struct recent_message *message)
{
    uint16_t *bucket = &recent->buckets[message->print % SIZE];
    uint16_t slot = recent->oldest;

    unlink_oldest(recent);
    recent->ring[slot] = *message;
    recent->ring[slot].next = *bucket;
    *bucket = slot;
    recent->oldest = (uint16_t)((slot + 1) % SIZE);
}
