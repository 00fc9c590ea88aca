/* linnet backup: a copy of all that linnetd keeps. */

#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *name, const char *part)
{
    complain("%s: %s", name, strerror(errno));
    (void)unlink(part);
    return EXIT_FAILED;
}

/* It has the hashes of tokens: for its owner alone. */
static FILE *open_part(const char *part)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    return fd >= 0 ? fdopen(fd, "wb") : NULL;
}

/* Under another name until it is whole, so that half a copy never stands in the place of one. */
static int save(struct ctl *ctl, const char *name, const char *part)
{
    FILE *file = open_part(part);

    if (file == NULL) {
        return failed(part, part);
    }
    bool done = api_save(ctl, "backup", strdup("backup"), file);
    long long size = (long long)ftello(file);
    bool kept = fflush(file) == 0 && fsync(fileno(file)) == 0;
    kept = fclose(file) == 0 && kept;
    if (!done) {
        (void)unlink(part);
        return EXIT_FAILED;
    }
    if (!kept || rename(part, name) != 0) {
        return failed(name, part);
    }
    printf("%s: %lld bytes\n", name, size);
    return EXIT_DONE;
}

int run_backup(struct ctl *ctl, struct words words)
{
    const char *name = words.at[0];
    size_t size = strlen(name) + sizeof(".part");

    if (strcmp(name, "-") == 0) {
        return api_save(ctl, "backup", strdup("backup"), stdout) ? EXIT_DONE : EXIT_FAILED;
    }
    char *part = malloc(size);
    if (part == NULL) {
        complain("no memory left");
        return EXIT_FAILED;
    }
    (void)snprintf(part, size, "%s.part", name);
    int result = save(ctl, name, part);
    free(part);
    return result;
}
