/* A binary heap of appointments. */

#include "agenda.h"

#include <stdlib.h>

static bool before(const struct appointment *a, const struct appointment *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void make_room(struct agenda *agenda)
{
    if (agenda->count < agenda->capacity) {
        return;
    }
    agenda->capacity = agenda->capacity == 0 ? 64 : 2 * agenda->capacity;
    agenda->heap = realloc(agenda->heap, agenda->capacity * sizeof(agenda->heap[0]));
    if (agenda->heap == NULL) {
        abort();
    }
}

void agenda_add(struct agenda *agenda, ln_time at, agenda_fn *run, void *subject,
                uint64_t detail)
{
    struct appointment one = {at, agenda->orders++, run, subject, detail};
    size_t i = agenda->count;

    make_room(agenda);
    agenda->count++;
    while (i > 0 && before(&one, &agenda->heap[(i - 1) / 2])) {
        agenda->heap[i] = agenda->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    agenda->heap[i] = one;
}

/* Puts `one` where the top was taken away. */
static void sink(struct agenda *agenda, struct appointment one)
{
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < agenda->count &&
            before(&agenda->heap[child + 1], &agenda->heap[child])) {
            child++;
        }
        if (child >= agenda->count || !before(&agenda->heap[child], &one)) {
            break;
        }
        agenda->heap[i] = agenda->heap[child];
        i = child;
    }
    agenda->heap[i] = one;
}

bool agenda_take(struct agenda *agenda, ln_time until, struct appointment *out)
{
    if (agenda->count == 0 || agenda->heap[0].at > until) {
        return false;
    }
    *out = agenda->heap[0];
    agenda->count--;
    if (agenda->count > 0) {
        sink(agenda, agenda->heap[agenda->count]);
    }
    return true;
}

void agenda_fini(struct agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct agenda){0};
}
