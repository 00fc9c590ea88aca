/* Operations in the store, and what is told of them: what operation.c needs of operation_keep.c. */
#ifndef LINNETD_OPERATION_KEEP_H
#define LINNETD_OPERATION_KEEP_H

#include "linnetd/operation_list.h"

/* Of what is listed. */
extern const struct wait_kind operation_listed_kind;

/* The engine's changes, as rows. */
void operation_keep_taken(struct shard *shard, const struct listed *listed, uint64_t change);
void operation_keep_sent(struct shard *shard, const struct listed *listed, uint64_t change);
void operation_keep_over(struct shard *shard, const struct listed *listed, uint64_t change);
/* It is over and stays in the list for a while; what has no room any more is forgotten. */
void operation_keep_listed(struct shard *shard, struct listed *listed);
void operation_forget(struct shard *shard, struct listed *listed);

/* Copies what came of an operation to the call of another. Without memory it looks closed. */
void operation_give_result(struct operation_call *to, const struct operation_call *from);

#endif
