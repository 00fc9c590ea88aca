/* Runs a fuzz target over the files and folders named on the command line, without libFuzzer. */

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

static int complain(const char *path)
{
    fprintf(stderr, "replay: %s: ", path);
    perror(NULL);
    return 1;
}

/* The whole file in a block of exactly its size, so that a read past the end is seen. */
static uint8_t *load(FILE *file, size_t size)
{
    uint8_t *data = malloc(size);

    if (data != NULL && fread(data, 1, size, file) != size) {
        free(data);
        return NULL;
    }
    return data;
}

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = file == NULL ? NULL : load(file, size);

    if (file != NULL) {
        fclose(file);
    }
    if (data == NULL) {
        return complain(path);
    }
    fprintf(stderr, "replay: %s\n", path); /* the last one named is the one that crashed */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

static int replay(const char *path, size_t *count);

static int replay_folder(const char *path, size_t *count)
{
    DIR *folder = opendir(path);
    int failures = 0;

    if (folder == NULL) {
        return complain(path);
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char inside[PATH_BYTES];

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
        failures += replay(inside, count);
    }
    closedir(folder);
    return failures;
}

static int replay(const char *path, size_t *count)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return complain(path);
    }
    if (S_ISDIR(status.st_mode)) {
        return replay_folder(path, count);
    }
    (*count)++;
    return replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int failures = 0;

    for (int i = 1; i < argc; i++) {
        failures += replay(argv[i], &count);
    }
    if (count == 0) {
        fprintf(stderr,
                "replay: no input: name files or folders, such as tests/fuzz/corpus/NAME\n");
        return 1;
    }
    fprintf(stderr, "replay: %zu inputs, %d not readable\n", count, failures);
    return failures == 0 ? 0 : 1;
}
