/*
 * Preloaded into linnetd by tests: while the file that DISK_TROUBLE names is there, the disk is
 * full: what would make a file longer fails with ENOSPC. What is written in place goes on, as on a
 * real disk.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_full(void)
{
    const char *name = getenv("DISK_TROUBLE");

    return name != NULL && access(name, F_OK) == 0;
}

/* Whether it is a file of the store that would grow. */
static bool would_grow(int fd, off_t end)
{
    char link[64];
    char path[PATH_MAX];
    struct stat file;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0 || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        return false;
    }
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    bool ours = name != NULL &&
                (strncmp(name, "/linnet.db", 10) == 0 || strncmp(name, "/updates.", 9) == 0);
    return ours && end > file.st_size;
}

static bool refused(int fd, off_t end)
{
    if (is_full() && would_grow(fd, end)) {
        errno = ENOSPC;
        return true;
    }
    return false;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    static ssize_t (*real)(int, const void *, size_t);
    struct stat file;

    if (real == NULL) {
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    }
    /* The log of Updates is the only file that is appended to. */
    if (fstat(fd, &file) == 0 && refused(fd, file.st_size + (off_t)length)) {
        return -1;
    }
    return real(fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);

    if (real == NULL) {
        real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    }
    return refused(fd, offset + (off_t)length) ? -1 : real(fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite64(fd, bytes, length, offset);
}
