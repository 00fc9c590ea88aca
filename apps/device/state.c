/* DIR/state: read at the start, and written anew whenever what is in it has changed. It holds the keys
 * of the accounts, so it is for its owner alone. */

#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "saved.h"

#define FILE_NAME "state"

enum { TAG_OPTIONS = LN_SECTION_OF_APP, TAG_DEVICE, TAG_STATISTICS };

/* ---- The program's own sections ---- */

/* The accounts that the command line gave when the file was begun: of others it is of no use. */
static void save_options(const void *context, struct ln_writer *w)
{
    const struct state *state = context;

    ln_write_u64(w, state->options);
}

static ln_err restore_options(void *context, struct ln_reader *in, enum ln_write_step step)
{
    const struct state *state = context;

    (void)step;
    return ln_read_u64(in) == state->options ? LN_OK : LN_ERR_CONFLICT;
}

/* A text that is still the machine's own is not kept: it may be another at the next start. */
static void save_text(struct ln_writer *w, const char *text, const char *first)
{
    struct ln_bytes bytes = ln_bytes_of_text(strcmp(text, first) == 0 ? "" : text);

    ln_write_u8(w, (uint8_t)bytes.len);
    ln_write_bytes(w, bytes);
}

static void save_device(const void *context, struct ln_writer *w)
{
    const struct device *d = context;

    ln_write_u64(w, (uint64_t)d->device.clock_offset);
    save_text(w, d->device.utc_offset, d->state.utc_offset);
    save_text(w, d->device.timezone, d->state.timezone);
}

static ln_err restore_text(struct ln_reader *in, char *out, size_t size,
                           enum ln_write_step step)
{
    struct ln_bytes text = ln_read_bytes(in, ln_read_u8(in));

    if (text.len >= size || !ln_utf8_valid(text)) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE && text.len > 0) {
        (void)ln_bytes_to_text(text, out, size);
    }
    return LN_OK;
}

static ln_err restore_device(void *context, struct ln_reader *in, enum ln_write_step step)
{
    struct device *d = context;
    int64_t offset = (int64_t)ln_read_u64(in);
    ln_err err = restore_text(in, d->device.utc_offset, sizeof(d->device.utc_offset), step);

    if (err == LN_OK) {
        err = restore_text(in, d->device.timezone, sizeof(d->device.timezone), step);
    }
    if (step == LN_STORE) {
        d->device.clock_offset = offset;
    }
    return err;
}

static void save_statistics(const void *context, struct ln_writer *w)
{
    const struct ln_statistics *statistics = context;

    ln_write_u32(w, statistics->period);
}

static ln_err restore_statistics(void *context, struct ln_reader *in, enum ln_write_step step)
{
    struct ln_statistics *statistics = context;
    uint32_t period = ln_read_u32(in);

    if (step == LN_STORE) {
        statistics->period = period;
    }
    return LN_OK;
}

void state_add(struct device *d, const struct ln_client_section *section)
{
    struct state *s = &d->state;
    size_t at = s->section_count++;

    for (; at > 0 && s->sections[at - 1].tag > section->tag; at--) {
        s->sections[at] = s->sections[at - 1];
    }
    s->sections[at] = *section;
}

static void add_own(struct device *d)
{
    const struct ln_client_section own[] = {
        {TAG_OPTIONS, &d->state, save_options, restore_options},
        {TAG_DEVICE, d, save_device, restore_device},
        {TAG_STATISTICS, &d->statistics, save_statistics, restore_statistics},
    };

    for (size_t i = 0; i < LN_COUNT(own); i++) {
        state_add(d, &own[i]);
    }
    snprintf(d->state.utc_offset, sizeof(d->state.utc_offset), "%s", d->device.utc_offset);
    snprintf(d->state.timezone, sizeof(d->state.timezone), "%s", d->device.timezone);
}

/* ---- The bytes ---- */

struct bytes {
    uint8_t *at; /* NULL: there was no memory */
    size_t len;
};

static void let_go(struct bytes *bytes)
{
    if (bytes->at != NULL) {
        explicit_bzero(bytes->at, bytes->len);
    }
    free(bytes->at);
}

static struct bytes write_state(const struct device *d, size_t section_count)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    struct bytes bytes;
    struct ln_writer w;

    ln_client_save(&d->client, d->state.sections, section_count, &count);
    bytes = (struct bytes){malloc(count.written), count.written};
    w = ln_writer(bytes.at, bytes.at == NULL ? 0 : bytes.len);
    ln_client_save(&d->client, d->state.sections, section_count, &w);
    return bytes;
}

static uint64_t hash_of(const struct bytes *bytes)
{
    static const uint8_t seed[16] = {0}; /* nobody gains by a collision of two own states */

    return bytes->at == NULL ? 0 : ln_hash(seed, ln_bytes(bytes->at, bytes->len));
}

static uint64_t hash_now(const struct device *d, size_t section_count)
{
    struct bytes bytes = write_state(d, section_count);
    uint64_t hash = hash_of(&bytes);

    let_go(&bytes);
    return hash;
}

/* ---- The file ---- */

static bool complain(const struct device *d, const char *why, const char *what_to_do)
{
    fprintf(stderr, "linnet-device: --state %s: %s/" FILE_NAME ": %s%s\n", d->options->state,
            d->options->state, why, what_to_do);
    return false;
}

static bool take(struct device *d, struct ln_bytes file)
{
    struct ln_reader in = ln_reader(file);
    ln_err err = ln_client_restore(&d->client, d->state.sections, d->state.section_count, &in);

    if (err == LN_OK && ln_reader_left(&in) > 0) {
        err = LN_ERR_BAD_PAYLOAD;
    }
    if (err == LN_ERR_CONFLICT) {
        device_log(
            d, "--state %s: it was made with other accounts: beginning anew with those given",
            d->options->state);
        state_forget(d);
        return true;
    }
    return err == LN_OK ||
           complain(d, ln_err_text(err), ": remove it to begin anew with the accounts given");
}

bool state_begin(struct device *d)
{
    uint8_t *file;
    size_t len;
    const char *why;
    bool done = true;

    if (d->options->state == NULL) {
        return true;
    }
    d->state.options = hash_now(d, 0);
    add_own(d);
    d->state.kept = hash_now(d, d->state.section_count);
    why = saved_read(d->options->state, FILE_NAME, &file, &len);
    if (why != NULL) {
        return complain(d, why, "");
    }
    if (file != NULL) {
        done = take(d, ln_bytes(file, len));
        explicit_bzero(file, len);
        free(file);
        d->state.kept = hash_now(d, d->state.section_count);
    }
    return done;
}

void state_touch(struct device *d)
{
    d->state.touched = true;
}

void state_keep(struct device *d)
{
    struct bytes bytes;
    uint64_t hash;

    if (!d->state.touched || d->options->state == NULL || d->resets) {
        return;
    }
    d->state.touched = false;
    bytes = write_state(d, d->state.section_count);
    hash = hash_of(&bytes);
    if (hash != d->state.kept && bytes.at != NULL &&
        saved_write(d->options->state, FILE_NAME, ln_bytes(bytes.at, bytes.len))) {
        d->state.kept = hash;
    }
    let_go(&bytes);
}

void state_forget(struct device *d)
{
    if (d->options->state == NULL) {
        return;
    }
    saved_remove(d->options->state, FILE_NAME);
    for (unsigned i = 0; i < ACCOUNTS_MAX; i++) {
        saved_drop(d->options->state, i);
    }
}
