/* The files of --state: each for its owner alone, written whole or not at all. Sessions that outlive a
 * planned restart are one file each, used once. */
#ifndef DEVICE_SAVED_H
#define DEVICE_SAVED_H

#include <linnet/base.h>

enum { SAVED_TAG_MAX = 2048 };

/* Makes the folder if there is none. NULL, or why not. */
const char *saved_folder(const char *folder);

/* The file is either as before or holds just these bytes, after a power cut too. False: as before,
 * said on stderr why. */
bool saved_write(const char *folder, const char *name, struct ln_bytes bytes);
/* All of it, in memory to free; NULL where there is no such file. Returns NULL, or why it cannot be
 * read. */
const char *saved_read(const char *folder, const char *name, uint8_t **out, size_t *len);
void saved_remove(const char *folder, const char *name);

/* `tag` says what it is of. False: it could not be written, said on stderr. */
bool saved_put(const char *folder, unsigned link, struct ln_bytes tag, struct ln_bytes session);
/* Removes it first, then gives it out: 0 if there is none, or it is of something else. */
size_t saved_take(const char *folder, unsigned link, struct ln_bytes tag, uint8_t *out,
                  size_t size);
void saved_drop(const char *folder, unsigned link);

#endif
