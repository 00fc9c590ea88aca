/* Sessions that outlive a planned restart: one file each, for its owner alone, used once. */
#ifndef DEVICE_SAVED_H
#define DEVICE_SAVED_H

#include <linnet/base.h>

enum { SAVED_TAG_MAX = 2048 };

/* Makes the folder if there is none. NULL, or why not. */
const char *saved_folder(const char *folder);
/* `tag` says what it is of. False: it could not be written, said on stderr. */
bool saved_put(const char *folder, unsigned link, struct ln_bytes tag, struct ln_bytes session);
/* Removes it first, then gives it out: 0 if there is none, or it is of something else. */
size_t saved_take(const char *folder, unsigned link, struct ln_bytes tag, uint8_t *out,
                  size_t size);

#endif
