/* What outlives a restart with --state DIR: DIR/state, with accounts, rights, attributes and what
 * objects keep. */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include <linnet/client.h>

enum { SECTIONS_MAX = 8 };

struct device;

struct state {
    struct ln_client_section sections[SECTIONS_MAX]; /* ascending by their tags */
    size_t section_count;
    uint64_t options; /* a hash of the accounts that the command line gives */
    uint64_t
        kept;     /* a hash of what the file says, or of the first values where there is none */
    bool touched; /* something may have changed since */
    char utc_offset[8], timezone[48]; /* the machine's: a server may have written others */
};

/* Something more is to be kept. Before state_begin(). */
void state_add(struct device *device, const struct ln_client_section *section);
/* Reads the file, if there is one. False: it cannot be used, said on stderr why. */
bool state_begin(struct device *device);
/* Something that is kept may have changed. */
void state_touch(struct device *device);
/* Writes the file anew if something has changed: before an answer leaves. */
void state_keep(struct device *device);
/* Removes all files: the next start has what the command line says. */
void state_forget(struct device *device);

#endif
