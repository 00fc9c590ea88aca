/* The files of --state. session-N holds the keys of link N's session between two runs. */

#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, PATH_MAX_HERE = 1024, NAME_MAX_HERE = 32, FILE_MAX = 8192 };
enum { LONGEST = 4 * 1024 * 1024 };

const char *saved_folder(const char *folder)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return strerror(errno);
    }
    return access(folder, R_OK | W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

static bool path_of(char path[PATH_MAX_HERE], const char *folder, const char *name,
                    const char *end)
{
    errno = ENAMETOOLONG;
    return snprintf(path, PATH_MAX_HERE, "%s/%s%s", folder, name, end) < PATH_MAX_HERE;
}

/* A file that was renamed or removed is so after a power cut, too. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
}

static bool write_all(int fd, struct ln_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.at, bytes.len);
        if (done <= 0) {
            return false;
        }
        bytes = ln_bytes(bytes.at + done, bytes.len - (size_t)done);
    }
    return true;
}

static bool write_file(const char *path, struct ln_bytes bytes)
{
    int fd;
    bool done;

    (void)unlink(path); /* of a run that was cut off */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    done = write_all(fd, bytes) && fsync(fd) == 0;
    return close(fd) == 0 && done;
}

bool saved_write(const char *folder, const char *name, struct ln_bytes bytes)
{
    char path[PATH_MAX_HERE];
    char partial[PATH_MAX_HERE];

    if (!path_of(path, folder, name, "") || !path_of(partial, folder, name, ".new") ||
        !write_file(partial, bytes) || rename(partial, path) != 0) {
        fprintf(stderr, "linnet-device: --state %s: %s is not kept: %s\n", folder, name,
                strerror(errno));
        return false;
    }
    sync_folder(folder);
    return true;
}

static const char *read_whole(int fd, uint8_t **out, size_t *len)
{
    struct stat about;
    size_t size;
    ssize_t got = 1;

    if (fstat(fd, &about) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(about.st_mode) || about.st_size > LONGEST) {
        return "it is no file of this program's";
    }
    size = (size_t)about.st_size;
    *out = malloc(size + 1);
    if (*out == NULL) {
        return strerror(ENOMEM);
    }
    for (*len = 0; *len < size && got > 0; *len += got > 0 ? (size_t)got : 0) {
        got = read(fd, *out + *len, size - *len);
    }
    return got < 0 ? strerror(errno) : NULL;
}

const char *saved_read(const char *folder, const char *name, uint8_t **out, size_t *len)
{
    char path[PATH_MAX_HERE];
    const char *why;
    int fd;

    *out = NULL;
    *len = 0;
    if (!path_of(path, folder, name, "")) {
        return strerror(errno);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? NULL : strerror(errno);
    }
    why = read_whole(fd, out, len);
    close(fd);
    if (why != NULL) {
        free(*out);
        *out = NULL;
    }
    return why;
}

void saved_remove(const char *folder, const char *name)
{
    char path[PATH_MAX_HERE];

    if (path_of(path, folder, name, "") && unlink(path) == 0) {
        sync_folder(folder);
    }
}

/* ---- Sessions ---- */

static void name_session(char name[NAME_MAX_HERE], unsigned link)
{
    snprintf(name, NAME_MAX_HERE, "session-%u", link + 1);
}

bool saved_put(const char *folder, unsigned link, struct ln_bytes tag, struct ln_bytes session)
{
    char name[NAME_MAX_HERE];
    uint8_t file[FILE_MAX];
    struct ln_writer w = ln_writer(file, sizeof(file));
    bool done;

    ln_write_u8(&w, VERSION);
    ln_write_u16(&w, (uint16_t)tag.len);
    ln_write_bytes(&w, tag);
    ln_write_bytes(&w, session);
    name_session(name, link);
    done = !w.failed && saved_write(folder, name, ln_writer_bytes(&w));
    explicit_bzero(file, sizeof(file));
    return done;
}

static size_t read_file(const char *path, uint8_t *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len;

    if (fd < 0) {
        return 0;
    }
    len = read(fd, out, size);
    close(fd);
    return len > 0 ? (size_t)len : 0;
}

size_t saved_take(const char *folder, unsigned link, struct ln_bytes tag, uint8_t *out,
                  size_t size)
{
    char path[PATH_MAX_HERE];
    char name[NAME_MAX_HERE];
    uint8_t file[FILE_MAX];
    struct ln_writer w = ln_writer(out, size);
    struct ln_reader in;
    size_t len;
    bool good;

    name_session(name, link);
    if (!path_of(path, folder, name, "")) {
        return 0;
    }
    len = read_file(path, file, sizeof(file));
    if (len == 0 || unlink(path) != 0) {
        return 0; /* what stays behind must not be used */
    }
    sync_folder(folder);
    in = ln_reader(ln_bytes(file, len));
    good =
        ln_read_u8(&in) == VERSION && ln_bytes_equal(ln_read_bytes(&in, ln_read_u16(&in)), tag);
    ln_write_bytes(&w, ln_read_rest(&in));
    explicit_bzero(file, sizeof(file));
    return good && !in.failed && !w.failed ? w.written : 0;
}

void saved_drop(const char *folder, unsigned link)
{
    char name[NAME_MAX_HERE];

    name_session(name, link);
    saved_remove(folder, name);
}
