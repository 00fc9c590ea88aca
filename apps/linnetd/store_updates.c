/* The log of Updates that changed time or address alone. */

#include "linnetd/store_updates.h"

#include "linnetd/log.h"
#include "linnetd/store_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KIND_TIME = 'T',
    KIND_ADDRESS = 'A',
    ROTATE_AT = 64 * 1024 * 1024,
};

/* ---- Entries ---- */

size_t update_entry_write(uint8_t out[UPDATE_ENTRY_MAX], const struct update_entry *entry)
{
    size_t size = entry->has_address ? UPDATE_ENTRY_MAX : UPDATE_ENTRY_MIN;
    struct ln_writer w = ln_writer(out, size);

    ln_write_u8(&w, entry->has_address ? KIND_ADDRESS : KIND_TIME);
    ln_write_u64(&w, entry->number);
    ln_write_u64(&w, (uint64_t)entry->at);
    if (entry->has_address) {
        ln_write_bytes(&w, ln_bytes(entry->address.ip, sizeof(entry->address.ip)));
        ln_write_u32(&w, entry->address.scope);
        ln_write_u16(&w, entry->address.port);
    }
    ln_write_u32(&w, ln_checksum(ln_bytes(out, w.written)));
    return size;
}

/* False: what comes is no whole entry. */
static bool read_entry(struct ln_reader *in, struct update_entry *entry)
{
    const uint8_t *start = in->at;
    uint8_t kind = ln_read_u8(in);

    *entry = (struct update_entry){.has_address = kind == KIND_ADDRESS};
    if (kind != KIND_TIME && kind != KIND_ADDRESS) {
        return false;
    }
    entry->number = ln_read_u64(in);
    entry->at = (int64_t)ln_read_u64(in);
    if (entry->has_address) {
        struct ln_bytes ip = ln_read_bytes(in, sizeof(entry->address.ip));
        entry->address.scope = ln_read_u32(in);
        entry->address.port = ln_read_u16(in);
        if (!in->failed) {
            memcpy(entry->address.ip, ip.at, ip.len);
        }
    }
    size_t length = (size_t)(in->at - start);
    uint32_t sum = ln_read_u32(in);
    return !in->failed && sum == ln_checksum(ln_bytes(start, length));
}

/* ---- Reading ---- */

static bool add_entry(struct update_list *list, size_t *size, const struct update_entry *entry)
{
    if (list->count == *size) {
        size_t more = *size == 0 ? 1024 : *size * 2;
        struct update_entry *at = realloc(list->at, more * sizeof(*at));
        if (at == NULL) {
            return false;
        }
        list->at = at;
        *size = more;
    }
    list->at[list->count++] = *entry;
    return true;
}

static bool read_entries(struct update_list *list, size_t *size, struct ln_bytes bytes)
{
    struct ln_reader in = ln_reader(bytes);
    struct update_entry entry;

    while (ln_reader_left(&in) > 0) {
        if (!read_entry(&in, &entry)) {
            list->damaged++; /* the end that was being written; what follows has no meaning */
            return true;
        }
        if (!add_entry(list, size, &entry)) {
            return false;
        }
    }
    return true;
}

static bool read_file(struct update_list *list, size_t *size, const char *folder,
                      const char *name)
{
    char path[4096];
    struct stat file;
    bool good = true;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT;
    }
    good = fstat(fd, &file) == 0;
    if (good && file.st_size > 0) {
        void *at = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        good = at != MAP_FAILED;
        if (good) {
            good = read_entries(list, size, ln_bytes(at, (size_t)file.st_size));
            (void)munmap(at, (size_t)file.st_size);
        }
    }
    close(fd);
    return good;
}

/* By number, the highest first; of one number in the order of the files. */
static int compare(const void *a, const void *b)
{
    const struct update_entry *x = *(const struct update_entry *const *)a;
    const struct update_entry *y = *(const struct update_entry *const *)b;

    if (x->number != y->number) {
        return x->number > y->number ? -1 : 1;
    }
    return (x > y) - (x < y);
}

/* Later entries of a number overwrite its time, and its address if they have one. */
static bool fold(struct update_list *list)
{
    const struct update_entry **order = malloc((list->count + 1) * sizeof(*order));
    struct update_entry *folded = malloc((list->count + 1) * sizeof(*folded));
    size_t count = 0;

    if (order == NULL || folded == NULL) {
        free(order);
        free(folded);
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        order[i] = &list->at[i];
    }
    qsort(order, list->count, sizeof(*order), compare);
    for (size_t i = 0; i < list->count; i++) {
        if (count == 0 || folded[count - 1].number != order[i]->number) {
            folded[count++] = *order[i];
            continue;
        }
        struct update_entry *entry = &folded[count - 1];
        entry->at = order[i]->at;
        if (order[i]->has_address) {
            entry->has_address = true;
            entry->address = order[i]->address;
        }
    }
    free(order);
    free(list->at);
    list->at = folded;
    list->count = count;
    return true;
}

static bool read_files(struct update_list *list, const char *folder, const char *const *names)
{
    size_t size = 0;

    *list = (struct update_list){.at = NULL};
    for (; *names != NULL; names++) {
        if (!read_file(list, &size, folder, *names)) {
            update_list_fini(list);
            return false;
        }
    }
    if (!fold(list)) {
        update_list_fini(list);
        return false;
    }
    return true;
}

bool update_list_read(struct update_list *list, const char *folder)
{
    static const char *const names[] = {"updates.base", "updates.old", "updates.log", NULL};

    return read_files(list, folder, names);
}

const struct update_entry *update_list_find(struct update_list *list, uint64_t number)
{
    while (list->next < list->count && list->at[list->next].number > number) {
        list->next++;
    }
    if (list->next < list->count && list->at[list->next].number == number) {
        return &list->at[list->next];
    }
    return NULL;
}

void update_list_fini(struct update_list *list)
{
    free(list->at);
    *list = (struct update_list){.at = NULL};
}

/* ---- Merging: on a thread of its own, so that commits do not wait ---- */

static bool write_all(int fd, const uint8_t *at, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        at += written;
        length -= (size_t)written;
    }
    return true;
}

/* Only of rows that are still there. */
static bool write_entries(int fd, struct update_list *list, sqlite3 *db)
{
    struct update_entry *end = list->at + list->count;
    sqlite3_stmt *rows = NULL;
    uint8_t buffer[1024 * UPDATE_ENTRY_MAX];
    size_t length = 0;
    bool good = sqlite3_prepare_v2(db, "SELECT number FROM registrations ORDER BY number DESC",
                                   -1, &rows, NULL) == SQLITE_OK;

    for (struct update_entry *entry = list->at; good && entry < end;) {
        if (sqlite3_step(rows) != SQLITE_ROW) {
            break;
        }
        uint64_t number = (uint64_t)sqlite3_column_int64(rows, 0);
        while (entry < end && entry->number > number) {
            entry++;
        }
        if (entry < end && entry->number == number) {
            length += update_entry_write(&buffer[length], entry++);
        }
        if (length + UPDATE_ENTRY_MAX > sizeof(buffer)) {
            good = write_all(fd, buffer, length);
            length = 0;
        }
    }
    sqlite3_finalize(rows);
    return good && write_all(fd, buffer, length);
}

static bool merge(const char *folder)
{
    static const char *const names[] = {"updates.base", "updates.old", NULL};
    char why[STORE_WHY_MAX];
    char to[4096];
    char base[4096];
    char old[4096];
    struct update_list list;
    sqlite3 *db = NULL;

    (void)snprintf(to, sizeof(to), "%s/updates.new", folder);
    (void)snprintf(base, sizeof(base), "%s/updates.base", folder);
    (void)snprintf(old, sizeof(old), "%s/updates.old", folder);
    if (!read_files(&list, folder, names)) {
        return false;
    }
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && store_db_open(folder, SQLITE_OPEN_READONLY, &db, why) &&
                write_entries(fd, &list, db) && fdatasync(fd) == 0;
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    sqlite3_close(db);
    update_list_fini(&list);
    /* Until the old one is gone it may be merged again: that changes nothing. */
    good = good && rename(to, base) == 0 && unlink(old) == 0;
    if (!good) {
        (void)unlink(to);
    }
    return good;
}

static void *run_merge(void *context)
{
    struct updates *updates = context;

    if (!merge(updates->folder)) {
        log_line(LOG_WARN, "--data: updates.old could not be merged: %s", strerror(errno));
    }
    atomic_store(&updates->merged, true);
    return NULL;
}

static void end_merge(struct updates *updates)
{
    if (updates->merging) {
        pthread_join(updates->merger, NULL);
        updates->merging = false;
    }
}

static void start_merge(struct updates *updates)
{
    atomic_store(&updates->merged, false);
    updates->merging = pthread_create(&updates->merger, NULL, run_merge, updates) == 0;
}

/* ---- Appending ---- */

static bool open_log(struct updates *updates)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/updates.log", updates->folder);
    updates->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    updates->length = 0;
    return updates->fd >= 0;
}

static bool exists(const struct updates *updates, const char *name)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", updates->folder, name);
    return access(path, F_OK) == 0;
}

/* The log becomes the old one, which is merged; there is none then. */
static bool rotate(struct updates *updates)
{
    char log[4096];
    char old[4096];

    if (updates->merging && !atomic_load(&updates->merged)) {
        return true; /* later */
    }
    end_merge(updates);
    if (!exists(updates, "updates.old")) {
        (void)snprintf(log, sizeof(log), "%s/updates.log", updates->folder);
        (void)snprintf(old, sizeof(old), "%s/updates.old", updates->folder);
        close(updates->fd);
        updates->fd = -1;
        if ((rename(log, old) != 0 && errno != ENOENT) || !open_log(updates)) {
            return false;
        }
    }
    if (exists(updates, "updates.old")) {
        start_merge(updates);
    }
    return true;
}

bool updates_open(struct updates *updates, const char *folder)
{
    *updates = (struct updates){.fd = -1, .rotate_at = ROTATE_AT};
    (void)snprintf(updates->folder, sizeof(updates->folder), "%s", folder);
    /* What a crash left at the end of a file would hide what comes after it: a new one begins. */
    if (exists(updates, "updates.old") && !merge(folder)) {
        return false;
    }
    return open_log(updates) && rotate(updates);
}

bool updates_write(struct updates *updates, struct store_bytes *entries)
{
    if (updates->fd < 0 && !open_log(updates)) {
        return false;
    }
    if (entries->length > 0) {
        if (!write_all(updates->fd, entries->at, entries->length)) {
            /* Half an entry would hide all that follow. */
            int why = errno;
            (void)!ftruncate(updates->fd, (off_t)updates->length);
            errno = why;
            return false;
        }
        updates->length += entries->length;
        entries->length = 0;
    }
    return updates->length < updates->rotate_at || rotate(updates);
}

void updates_close(struct updates *updates)
{
    end_merge(updates);
    if (updates->fd >= 0) {
        (void)fdatasync(updates->fd);
        close(updates->fd);
        updates->fd = -1;
    }
}
