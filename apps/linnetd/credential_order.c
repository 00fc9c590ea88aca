/* The endpoints that have credentials, in their order: a treap. */

#include "linnetd/credentials_table.h"

enum { BEFORE, AFTER };

static int compare(struct ln_bytes endpoint, const struct credential_owner *owner)
{
    return ln_bytes_compare(endpoint, ln_bytes(owner->endpoint, owner->endpoint_len));
}

static struct ln_bytes endpoint_of(const struct credential_owner *owner)
{
    return ln_bytes(owner->endpoint, owner->endpoint_len);
}

/* Takes a tree apart: what is before the endpoint, and what is after it. */
static void split(struct credential_owner *tree, struct ln_bytes endpoint,
                  struct credential_owner *out[2])
{
    struct credential_owner **ends[2] = {&out[BEFORE], &out[AFTER]};

    while (tree != NULL) {
        int side = compare(endpoint, tree) > 0 ? BEFORE : AFTER;
        *ends[side] = tree;
        ends[side] = &tree->below[1 - side];
        tree = tree->below[1 - side];
    }
    *ends[BEFORE] = *ends[AFTER] = NULL;
}

void credential_order_add(struct credential_owner **order, struct credential_owner *owner,
                          uint64_t rank)
{
    owner->rank = rank;
    while (*order != NULL && (*order)->rank >= rank) {
        order = &(*order)->below[compare(endpoint_of(owner), *order) > 0 ? AFTER : BEFORE];
    }
    split(*order, endpoint_of(owner), owner->below);
    *order = owner;
}

void credential_order_remove(struct credential_owner **order, struct credential_owner *owner)
{
    struct credential_owner *before = owner->below[BEFORE];
    struct credential_owner *after = owner->below[AFTER];

    while (*order != owner) {
        order = &(*order)->below[compare(endpoint_of(owner), *order) > 0 ? AFTER : BEFORE];
    }
    while (before != NULL && after != NULL) {
        if (before->rank >= after->rank) {
            *order = before;
            order = &before->below[AFTER];
            before = *order;
        } else {
            *order = after;
            order = &after->below[BEFORE];
            after = *order;
        }
    }
    *order = before != NULL ? before : after;
}

/* The first to whose left the endpoint stands, or where it stands itself if `itself` is 0. */
static struct credential_owner *find(struct credential_owner *order, struct ln_bytes endpoint,
                                     int itself)
{
    struct credential_owner *found = NULL;

    while (order != NULL) {
        if (compare(endpoint, order) < itself) {
            found = order;
            order = order->below[BEFORE];
        } else {
            order = order->below[AFTER];
        }
    }
    return found;
}

struct credential_owner *credential_order_from(struct credential_owner *order,
                                               struct ln_bytes endpoint)
{
    return find(order, endpoint, 1);
}

struct credential_owner *credential_order_after(struct credential_owner *order,
                                                struct ln_bytes endpoint)
{
    return find(order, endpoint, 0);
}
