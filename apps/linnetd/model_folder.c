/* A folder of object definitions. */

#include "linnetd/log.h"
#include "linnetd/model_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *file, unsigned long line, const char *why)
{
    if (line > 0) {
        (void)fprintf(stderr, "linnetd: --models: %s:%lu: %s\n", file, line, why);
    } else {
        (void)fprintf(stderr, "linnetd: --models: %s: %s\n", file, why);
    }
    return false;
}

/* The whole file, or as much as is one byte too many; NULL: errno says why. */
static uint8_t *read_file(const char *name, size_t *len)
{
    FILE *file = fopen(name, "rb");
    uint8_t *bytes = file != NULL ? malloc(MODEL_FILE_MAX + 1) : NULL;

    if (bytes != NULL) {
        *len = fread(bytes, 1, MODEL_FILE_MAX + 1, file);
        if (ferror(file) != 0) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (file != NULL) {
        int why = errno;
        (void)fclose(file);
        errno = why;
    }
    return bytes;
}

static bool load_file(const char *name, struct model_list *list)
{
    struct model_fault fault;
    size_t before = list->count;
    size_t len = 0;
    uint8_t *bytes = read_file(name, &len);

    if (bytes == NULL) {
        return complain(name, 0, strerror(errno));
    }
    bool good = model_text_read(ln_bytes(bytes, len), name, list, &fault);
    free(bytes);
    if (!good) {
        return complain(name, fault.line, fault.why);
    }
    if (list->count == before) {
        log_line(LOG_WARN, "--models: %s: it defines no object", name);
    }
    return true;
}

static int version_of(const struct model *model)
{
    return model->version_major << 8 | model->version_minor;
}

/* Of several definitions of an object in the files, the highest version counts. */
static bool add_all(struct model_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct model *model = list->at[i];
        const struct model *known = model_find(model->id);
        bool from_file = known != NULL && known->source != NULL;
        if (from_file && version_of(known) == version_of(model)) {
            char why[400];
            (void)snprintf(why, sizeof(why), "object %u of that version is in %.300s too",
                           model->id, known->source);
            return complain(model->source, 0, why);
        }
        if (from_file && version_of(known) > version_of(model)) {
            continue;
        }
        if (!model_add(model)) {
            return complain(model->source, 0, "no memory");
        }
    }
    return true;
}

static int is_definition(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".xml") == 0;
}

static bool load_entries(const char *folder, struct dirent **entries, int count,
                         struct model_list *list)
{
    bool good = true;

    for (int i = 0; i < count; i++) {
        char name[4096];
        int len = snprintf(name, sizeof(name), "%s/%s", folder, entries[i]->d_name);
        good = good && len > 0 && (size_t)len < sizeof(name) && load_file(name, list);
        free(entries[i]);
    }
    free(entries);
    return good;
}

bool models_load(const char *folder, struct model_list *list)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_definition, alphasort);

    if (count < 0) {
        return complain(folder, 0, strerror(errno));
    }
    if (!load_entries(folder, entries, count, list) || !add_all(list)) {
        return false;
    }
    log_line(LOG_INFO, "%zu object definitions read from %s", list->count, folder);
    return true;
}
