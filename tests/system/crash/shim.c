/*
 * Preloaded into linnetd by crash tests: remembers what was written and not synced yet, so that a
 * power cut can be played after a kill, and whether a commit was under way.
 *
 * CRASH_NOTES names a folder. For each file of the database there is NAME.undo: records of what
 * a write replaced and what it wrote, emptied when the file is synced. `state` holds one byte: 1
 * from the first write to the write-ahead log until it has been synced.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 64, FDS = 4096 };

static struct file {
    char name[32];
    int undo;
} files[FILES];

static struct file *of_fd[FDS];
static char *state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void begin(void)
{
    char path[4200];
    const char *notes = getenv("CRASH_NOTES");

    real_pwrite = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    real_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate64");
    snprintf(path, sizeof(path), "%s/state", notes == NULL ? "/tmp" : notes);
    int fd = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || real_ftruncate(fd, 1) != 0) {
        abort();
    }
    state = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    real_close(fd);
    if (state == MAP_FAILED) {
        abort();
    }
    *state = 0;
}

/* The database and its write-ahead log: the rest need not survive. */
static struct file *file_named(const char *path)
{
    const char *name = strrchr(path, '/');
    char undo[4200];

    name = name == NULL ? path : name + 1;
    if (strcmp(name, "linnet.db") != 0 && strcmp(name, "linnet.db-wal") != 0) {
        return NULL;
    }
    for (size_t i = 0; i < FILES; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
        if (files[i].name[0] == '\0') {
            snprintf(files[i].name, sizeof(files[i].name), "%s", name);
            snprintf(undo, sizeof(undo), "%s/%s.undo", getenv("CRASH_NOTES"), name);
            files[i].undo =
                real_open(undo, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
            return &files[i];
        }
    }
    abort();
}

static struct file *file_of(int fd)
{
    return fd >= 0 && fd < FDS ? of_fd[fd] : NULL;
}

static int opened(int fd, const char *path)
{
    if (fd >= 0 && fd < FDS) {
        pthread_mutex_lock(&lock);
        of_fd[fd] = file_named(path);
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    int mode = va_arg(arguments, int);
    va_end(arguments);
    return opened(real_open(path, flags, mode), path);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    int mode = va_arg(arguments, int);
    va_end(arguments);
    return opened(real_open(path, flags, mode), path);
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS) {
        of_fd[fd] = NULL;
    }
    return real_close(fd);
}

/* One record: where, how long it was and is, the old bytes, the new ones. */
static void note(struct file *file, int fd, uint64_t offset, const void *bytes, uint64_t length)
{
    struct stat before;
    uint64_t old = 0;

    if (fstat(fd, &before) != 0) {
        abort();
    }
    if ((uint64_t)before.st_size > offset) {
        old = (uint64_t)before.st_size - offset;
        old = bytes != NULL && old > length ? length : old;
    }
    uint64_t head[4] = {offset, (uint64_t)before.st_size, old,
                        bytes == NULL ? UINT64_MAX : length};
    uint64_t added = bytes == NULL ? 0 : length;
    uint8_t *record = malloc(sizeof(head) + old + added);
    if (record == NULL) {
        abort();
    }
    memcpy(record, head, sizeof(head));
    if (pread(fd, record + sizeof(head), old, (off_t)offset) != (ssize_t)old) {
        abort();
    }
    if (added > 0) {
        memcpy(record + sizeof(head) + old, bytes, added);
    }
    /* In one piece: a kill leaves all of it or nothing. */
    if (write(file->undo, record, sizeof(head) + old + added) !=
        (ssize_t)(sizeof(head) + old + added)) {
        abort();
    }
    free(record);
}

static ssize_t noted_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    struct file *file = file_of(fd);

    if (file == NULL) {
        return real_pwrite(fd, bytes, length, offset);
    }
    pthread_mutex_lock(&lock);
    if (strcmp(file->name, "linnet.db-wal") == 0) {
        *state = 1;
    }
    note(file, fd, (uint64_t)offset, bytes, length);
    ssize_t written = real_pwrite(fd, bytes, length, offset);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return noted_pwrite(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return noted_pwrite(fd, bytes, length, offset);
}

static int noted_truncate(int fd, off_t length)
{
    struct file *file = file_of(fd);

    if (file != NULL) {
        pthread_mutex_lock(&lock);
        note(file, fd, (uint64_t)length, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return real_ftruncate(fd, length);
}

int ftruncate(int fd, off_t length)
{
    return noted_truncate(fd, length);
}

int ftruncate64(int fd, off_t length)
{
    return noted_truncate(fd, length);
}

static int noted_sync(int fd, int (*sync)(int))
{
    struct file *file = file_of(fd);
    int result = sync(fd);

    if (file != NULL && result == 0) {
        pthread_mutex_lock(&lock);
        if (real_ftruncate(file->undo, 0) != 0) {
            abort();
        }
        if (strcmp(file->name, "linnet.db-wal") == 0) {
            *state = 0;
        }
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int fsync(int fd)
{
    return noted_sync(fd, real_fsync);
}

int fdatasync(int fd)
{
    return noted_sync(fd, real_fdatasync);
}
