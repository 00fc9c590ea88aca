/* Equal pieces of a buffer; the free ones are linked through their first bytes. */

#include <linnet/base.h>

#include <assert.h>
#include <string.h>

static void link_free(struct ln_pool *pool, void *item)
{
    memcpy(item, &pool->free, sizeof(pool->free));
    pool->free = item;
}

void ln_pool_init(struct ln_pool *pool, void *memory, size_t item_size, size_t count)
{
    uint8_t *items = memory;

    assert(item_size >= sizeof(void *));
    *pool = (struct ln_pool){.item_size = item_size, .capacity = count};
    for (size_t i = count; i-- > 0;) {
        link_free(pool, items + i * item_size);
    }
}

void *ln_pool_take(struct ln_pool *pool)
{
    void *item = pool->free;

    if (item == NULL) {
        return NULL;
    }
    memcpy(&pool->free, item, sizeof(pool->free));
    memset(item, 0, pool->item_size);
    pool->used++;
    return item;
}

void ln_pool_give(struct ln_pool *pool, void *item)
{
    assert(item != NULL && pool->used > 0);
    link_free(pool, item);
    pool->used--;
}
