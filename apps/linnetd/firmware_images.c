/* Images: the table of them, and their files. */

#include "linnetd/firmware.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct firmware_image *firmware_image_find(struct firmware *firmware, uint64_t id)
{
    struct firmware_image *image = firmware->images;

    while (image != NULL && image->id != id) {
        image = image->next;
    }
    return image;
}

void firmware_image_add(struct firmware *firmware, struct firmware_image *image)
{
    struct firmware_image **at = &firmware->images;

    while (*at != NULL && (*at)->id < image->id) {
        at = &(*at)->next;
    }
    image->next = *at;
    *at = image;
    firmware->image_count++;
}

static void close_file(struct firmware_image *image)
{
    if (image->fd >= 0) {
        close(image->fd);
        image->fd = -1;
    }
}

void firmware_image_remove(struct firmware *firmware, struct firmware_image *image)
{
    struct firmware_image **at = &firmware->images;

    while (*at != image) {
        at = &(*at)->next;
    }
    *at = image->next;
    firmware->image_count--;
    for (struct firmware_job *job = firmware->jobs; job != NULL; job = job->next) {
        job->image = job->image == image ? NULL : job->image;
    }
    close_file(image);
    free(image);
}

void firmware_image_path(const struct firmware *firmware, uint64_t id, char out[4200])
{
    (void)snprintf(out, 4200, "%s/%llx", firmware->folder, (unsigned long long)id);
}

bool firmware_image_read(struct firmware *firmware, struct firmware_image *image,
                         uint32_t offset, void *out, size_t size)
{
    char path[4200];

    if (image->fd < 0) {
        firmware_image_path(firmware, image->id, path);
        image->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return image->fd >= 0 && (size_t)offset + size <= image->size &&
           pread(image->fd, out, size, (off_t)offset) == (ssize_t)size;
}

/* One in memory is nowhere else than behind its descriptor. */
void firmware_image_rest(struct firmware *firmware, struct firmware_image *image)
{
    if (image->uses == 0 && firmware->folder[0] != '\0') {
        close_file(image);
    }
}
