/* A store in a folder of its own, killed and opened again: what the tests of the store share. */
#ifndef TESTS_STORE_HARNESS_H
#define TESTS_STORE_HARNESS_H

#include "linnetd/store.h"

extern char folder[128];
extern struct store *store;
extern char why[STORE_WHY_MAX];
extern struct store_batch batch;

void given_a_folder(void);
void remove_folder(void);
void given_an_open_store(void);
/* With its registrations brought back. */
void given_a_running_store(void);
void closed(void);
/* Runs it in a process that is killed then. */
void killed_after(void (*what)(void));
/* Hands the batch over. */
void submit(uint8_t shard);
void until_committed(uint8_t shard, uint64_t number);
/* On the database of the folder, while no store is open. */
void run_sql(const char *sql);

#endif
