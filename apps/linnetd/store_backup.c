/* Copies the database page by page, and then puts in what only the log of Updates knows, and what
 * history.db has. */

#include "linnetd/store_backup.h"

#include "linnetd/history_copy.h"
#include "linnetd/store_threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGES = 1000,           /* at once: between them it looks whether it shall stop */
    PROGRESS_EVERY = 10000, /* steps of SQLite's machine */
    ATTEMPTS = 100,         /* to read the log while no part of it takes another's place */
};

struct copying {
    struct store *store;
    struct store_backup *backup;
    char name[4096];
    sqlite3 *from;
    sqlite3 *to;
};

static bool stopped(const struct copying *c)
{
    return atomic_load(c->backup->stop);
}

/* ---- Pages ---- */

/* All pages are those of one moment: the source is read in one transaction. */
static bool copy_pages(struct copying *c)
{
    int code = SQLITE_OK;

    if (!store_run(c->from, "BEGIN; SELECT count(*) FROM meta")) {
        return false;
    }
    sqlite3_backup *pages = sqlite3_backup_init(c->to, "main", c->from, "main");
    while (pages != NULL && code == SQLITE_OK && !stopped(c)) {
        code = sqlite3_backup_step(pages, PAGES);
    }
    bool good = sqlite3_backup_finish(pages) == SQLITE_OK && code == SQLITE_DONE;
    (void)!store_run(c->from, "COMMIT");
    return good;
}

/* ---- Times of Updates ---- */

struct identity {
    ino_t base;
    ino_t log;
};

static ino_t inode_of(const char *folder, const char *name)
{
    char path[4096];
    struct stat file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return stat(path, &file) == 0 ? file.st_ino : 0;
}

static struct identity identity_of(const char *folder)
{
    return (struct identity){inode_of(folder, "updates.base"), inode_of(folder, "updates.log")};
}

/* The store goes on: what was in one file may be in the next one before that was read. */
static bool read_updates(const struct copying *c, struct update_list *list)
{
    const char *folder = c->store->folder;

    for (int i = 0; i < ATTEMPTS && !stopped(c); i++) {
        struct identity before = identity_of(folder);
        if (!update_list_read(list, folder)) {
            return false;
        }
        struct identity after = identity_of(folder);
        if (before.base == after.base && before.log == after.log) {
            return true;
        }
        update_list_fini(list);
    }
    return false;
}

static bool put_updates(struct copying *c, const struct update_list *list)
{
    static const char sql[] = "UPDATE registrations SET updated_at = ?2,"
                              " seen_at = max(seen_at, ?2), remote = coalesce(?3, remote)"
                              " WHERE number = ?1 AND updated_at <= ?2";
    sqlite3_stmt *row;
    bool good = sqlite3_prepare_v2(c->to, sql, -1, &row, NULL) == SQLITE_OK;

    for (size_t i = 0; good && i < list->count && !stopped(c); i++) {
        const struct update_entry *entry = &list->at[i];
        sqlite3_bind_int64(row, 1, (int64_t)entry->number);
        sqlite3_bind_int64(row, 2, entry->at);
        sqlite3_bind_null(row, 3);
        if (entry->has_address) {
            store_bind_address(row, 3, &entry->address);
        }
        good = sqlite3_step(row) == SQLITE_DONE;
        (void)sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    return good;
}

static bool fold_updates(struct copying *c)
{
    struct update_list list;

    if (!read_updates(c, &list)) {
        return false;
    }
    bool good =
        store_run(c->to, "BEGIN") && put_updates(c, &list) && store_run(c->to, "COMMIT");
    update_list_fini(&list);
    return good;
}

/* ---- Values and samples ---- */

static int ask_to_stop(void *context)
{
    return stopped(context);
}

static bool copy_history(struct copying *c)
{
    sqlite3_progress_handler(c->to, PROGRESS_EVERY, ask_to_stop, c);
    bool good = history_copy_out(c->to, c->store->folder);
    sqlite3_progress_handler(c->to, 0, NULL, NULL);
    return good;
}

/* ---- The whole ---- */

static bool make_copy(struct copying *c)
{
    (void)unlink(c->name); /* of one that a kill ended */
    int fd = open(c->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)snprintf(c->backup->why, STORE_WHY_MAX, "%.300s: %s", c->name, strerror(errno));
        return false;
    }
    close(fd);
    /* It is read once and thrown away if it fails: no log, no waiting for the disk. */
    return store_db_open(c->store->folder, SQLITE_OPEN_READONLY, &c->from, c->backup->why) &&
           sqlite3_open_v2(c->name, &c->to, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
           store_run(c->to, "PRAGMA synchronous=OFF") && copy_pages(c) &&
           store_run(c->to, "PRAGMA journal_mode=MEMORY") && fold_updates(c) && copy_history(c);
}

static void explain(struct copying *c)
{
    if (c->backup->why[0] == '\0') {
        int code = sqlite3_errcode(c->to);
        bool of_source = c->to == NULL || code == SQLITE_OK || code == SQLITE_DONE;
        (void)snprintf(c->backup->why, STORE_WHY_MAX, "the copy could not be written: %.300s",
                       stopped(c) ? "the server is stopping"
                                  : sqlite3_errmsg(of_source ? c->from : c->to));
    }
}

/* Opened, the copy needs no name: it goes with its last reader, however that ends. */
static void hand_over(struct copying *c)
{
    struct stat file;

    c->backup->fd = open(c->name, O_RDONLY | O_CLOEXEC);
    if (c->backup->fd >= 0 && fstat(c->backup->fd, &file) == 0) {
        c->backup->size = (uint64_t)file.st_size;
    }
}

static void *run_backup(void *context)
{
    struct store_backup *backup = context;
    struct copying c = {.store = backup->store, .backup = backup};

    (void)snprintf(c.name, sizeof(c.name), "%s/linnet.backup", c.store->folder);
    bool good = make_copy(&c) && !stopped(&c);
    if (!good) {
        explain(&c);
    }
    sqlite3_close(c.from);
    sqlite3_close(c.to);
    if (good) {
        hand_over(&c);
    }
    (void)unlink(c.name);
    atomic_store(&c.store->backing_up, false);
    backup->done(backup);
    return NULL;
}

bool store_backup(struct store *store, struct store_backup *backup)
{
    backup->store = store;
    backup->fd = -1;
    backup->why[0] = '\0';
    if (atomic_exchange(&store->backing_up, true)) {
        return false;
    }
    store_backup_join(store); /* the one before, which is over */
    store->has_backup = pthread_create(&store->backup, NULL, run_backup, backup) == 0;
    if (!store->has_backup) {
        atomic_store(&store->backing_up, false);
    }
    return store->has_backup;
}

void store_backup_join(struct store *store)
{
    if (store->has_backup) {
        pthread_join(store->backup, NULL);
        store->has_backup = false;
    }
}
