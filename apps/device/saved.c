/* The files of --state: session-N holds the keys of link N's session between two runs. */

#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, PATH_MAX_HERE = 1024, FILE_MAX = 8192 };

const char *saved_folder(const char *folder)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return strerror(errno);
    }
    return access(folder, R_OK | W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

static bool path_of(char path[PATH_MAX_HERE], const char *folder, unsigned link,
                    const char *end)
{
    return snprintf(path, PATH_MAX_HERE, "%s/session-%u%s", folder, link + 1, end) <
           PATH_MAX_HERE;
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

static bool write_file(const char *path, struct ln_bytes bytes)
{
    int fd;
    bool done;

    (void)unlink(path); /* of a run that was cut off */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    done = write(fd, bytes.at, bytes.len) == (ssize_t)bytes.len && fsync(fd) == 0;
    return close(fd) == 0 && done;
}

bool saved_put(const char *folder, unsigned link, struct ln_bytes tag, struct ln_bytes session)
{
    char path[PATH_MAX_HERE];
    char partial[PATH_MAX_HERE];
    uint8_t file[FILE_MAX];
    struct ln_writer w = ln_writer(file, sizeof(file));
    bool done;

    ln_write_u8(&w, VERSION);
    ln_write_u16(&w, (uint16_t)tag.len);
    ln_write_bytes(&w, tag);
    ln_write_bytes(&w, session);
    errno = ENAMETOOLONG;
    done = !w.failed && path_of(path, folder, link, "") &&
           path_of(partial, folder, link, ".new") && write_file(partial, ln_writer_bytes(&w)) &&
           rename(partial, path) == 0;
    explicit_bzero(file, sizeof(file));
    if (!done) {
        fprintf(stderr, "linnet-device: --state %s: the session is not kept: %s\n", folder,
                strerror(errno));
        return false;
    }
    sync_folder(folder);
    return true;
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
    uint8_t file[FILE_MAX];
    struct ln_writer w = ln_writer(out, size);
    struct ln_reader in;
    size_t len;
    bool good;

    if (!path_of(path, folder, link, "")) {
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
