/*
 * Object 5, Firmware Update: images that a server pushes, or has the device fetch.
 *
 *     static const struct ln_firmware_calls calls = {begin, chunk, end, abandon, NULL};
 *     static struct ln_firmware firmware = {
 *         .calls = &calls, .largest = SLOT_SIZE, .delivery = LN_FIRMWARE_PUSH};
 *     ... {&ln_firmware_object, &firmware} in the list of objects
 *
 *     case LN_CLIENT_EXECUTED: // /5/0/2
 *         install the image, perhaps by a reboot; then
 *         ln_firmware_applied(&firmware, worked);
 *         ln_client_changed(&client, now, ln_path_instance(5, 0));
 *
 * No image is ever held: block by block it goes to the app's calls, whose state of the image is this:
 * nothing, until begin(); then chunks in order; end() has looked at the whole; abandon() says that it is
 * of no use, finished or not. Nothing of it is allocated here, nor timed.
 */
#ifndef LN_FIRMWARE_H
#define LN_FIRMWARE_H

#include <linnet/lwm2m.h>

#ifdef __cplusplus
extern "C" {
#endif

/* /5/0/3 */
enum ln_firmware_state {
    LN_FIRMWARE_IDLE = 0,
    LN_FIRMWARE_DOWNLOADING = 1,
    LN_FIRMWARE_DOWNLOADED = 2,
    LN_FIRMWARE_UPDATING = 3,
};

/* /5/0/5, and what the app's calls answer. */
enum ln_firmware_result {
    LN_FIRMWARE_OK = 0, /* none yet */
    LN_FIRMWARE_UPDATED = 1,
    LN_FIRMWARE_NO_SPACE = 2,
    LN_FIRMWARE_NO_MEMORY = 3,
    LN_FIRMWARE_CONNECTION_LOST = 4,
    LN_FIRMWARE_DAMAGED = 5,
    LN_FIRMWARE_WRONG_PACKAGE = 6,
    LN_FIRMWARE_BAD_URI = 7,
    LN_FIRMWARE_UPDATE_FAILED = 8,
    LN_FIRMWARE_NO_PROTOCOL = 9,
    LN_FIRMWARE_WAIT = 255, /* no result: a call cannot be answered now */
};

/* /5/0/8 */
enum ln_firmware_protocol {
    LN_FIRMWARE_COAP = 0,
    LN_FIRMWARE_COAPS = 1,
    LN_FIRMWARE_HTTP = 2,
    LN_FIRMWARE_HTTPS = 3,
    LN_FIRMWARE_COAP_TCP = 4,
    LN_FIRMWARE_COAPS_TCP = 5,
    LN_FIRMWARE_PROTOCOLS,
};

/* /5/0/9 */
enum ln_firmware_delivery { LN_FIRMWARE_PULL = 0, LN_FIRMWARE_PUSH = 1, LN_FIRMWARE_BOTH = 2 };

/*
 * Where an image goes. Each answers LN_FIRMWARE_OK or the result that ends it, or LN_FIRMWARE_WAIT: then
 * the same call comes again, after ln_client_resume() where the image is pushed; but end() does not: what
 * it is still looking for is told by ln_firmware_checked().
 */
struct ln_firmware_calls {
    /* The first of an image's calls. `size` 0: not known. */
    uint8_t (*begin)(void *context, size_t size);
    /* The bytes of the image from `offset` on; they come in order. */
    uint8_t (*chunk)(void *context, size_t offset, struct ln_bytes bytes);
    /* All of it has come: is it whole, and of the right kind? May set `name` and `version`. */
    uint8_t (*end)(void *context);
    /* What came since begin(), or the image, is not needed any more. */
    void (*abandon)(void *context);
    /*
     * Fetch what is at `uri` (of firmware->uri, not empty), by ln_firmware_begin() and what follows it.
     * An answer other than OK says that this will not do. NULL: the device takes pushed images only.
     */
    uint8_t (*fetch)(void *context);
};

/* Members are the app's to set once, but for those from `state` on, which are to be read only. */
struct ln_firmware {
    const struct ln_firmware_calls *calls;
    void *context;                                        /* of the calls */
    size_t largest;                                       /* bytes of an image; 0: any */
    const char *name;                                     /* /5/0/6, set by end() */
    const char *version;                                  /* /5/0/7, set by end() */
    LN_LIST_OF(uint8_t, LN_FIRMWARE_PROTOCOLS) protocols; /* /5/0/8, by which it can fetch */
    uint8_t delivery;                                     /* /5/0/9 */
    uint8_t state;                                        /* /5/0/3 */
    uint8_t result;                                       /* /5/0/5 */
    bool is_pulled;  /* the image comes, or came, from `uri` */
    bool has_begun;  /* the calls hold an image, or a part of one */
    bool is_checked; /* all of it came, and end() says to wait */
    size_t size;     /* that it is said to have; 0: not known */
    size_t got;      /* bytes of it so far */
    char uri[256];   /* /5/0/1 */
};
extern const struct ln_object ln_firmware_object;

/*
 * For who fetches. An image begins: what came before it is abandoned. Then its parts in order;
 * LN_ERR_BUSY: the same one again, later. Then its end. Any other error says that the state is Idle
 * again: there is a result, or the server has taken the URI back.
 */
LN_MUST_USE ln_err ln_firmware_begin(struct ln_firmware *firmware, size_t size);
LN_MUST_USE ln_err ln_firmware_chunk(struct ln_firmware *firmware, size_t offset,
                                     struct ln_bytes bytes);
LN_MUST_USE ln_err ln_firmware_end(struct ln_firmware *firmware);
/* The image cannot be had: the state is Idle, and this the result. Nothing unless one is fetched. */
void ln_firmware_fail(struct ln_firmware *firmware, enum ln_firmware_result result);
/* Whether an image is being fetched, or is to be. */
static inline bool ln_firmware_fetches(const struct ln_firmware *firmware)
{
    return firmware->state == LN_FIRMWARE_DOWNLOADING && firmware->is_pulled &&
           !firmware->is_checked;
}

/* Where end() said to wait: what became of it. Nothing if the image was taken back meanwhile. */
void ln_firmware_checked(struct ln_firmware *firmware, enum ln_firmware_result result);

/* The update that was executed is over. It failed: the image stays, to be tried again. */
void ln_firmware_applied(struct ln_firmware *firmware, bool worked);

/*
 * For a restart, such as that of the update itself: state, result and URI, as a section of
 * ln_client_save(): {LN_SECTION_FIRMWARE, &firmware, ln_firmware_save, ln_firmware_restore}. An image that
 * was being pushed is lost by it, which the result says; one that was being fetched is to be fetched
 * again. LN_ERR_BAD_VALUE: not what save() wrote.
 */
void ln_firmware_save(const void *firmware, struct ln_writer *w);
LN_MUST_USE ln_err ln_firmware_restore(void *firmware, struct ln_reader *in,
                                       enum ln_write_step step);

#ifdef __cplusplus
}
#endif

#endif
