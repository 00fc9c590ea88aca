/*
 * Fetches the image that /5/0/1 names, over CoAP in blocks, into the Firmware Update object.
 *
 * It opens nothing and holds nothing of the image. The app gives it a link of its own, not one of a
 * server's: datagrams and the time go in; datagrams, wishes and the next deadline come out.
 *
 *     fetch of struct ln_firmware_calls:  return ln_download_start(&download, now);
 *
 *     each turn:
 *     while ((n = ln_download_send(&download, now, buffer, sizeof(buffer))) > 0) { transmit it }
 *     while (ln_download_event(&download, &event)) { open the link, or close it }
 *     wait until ln_download_deadline(&download)
 *
 * A block that got lost is asked for again, by CoAP's rules. Where no copy is answered, or the link
 * breaks, another link is asked for after a wait, and the fetching goes on with the block that it had
 * come to: if the image's ETag is another by then it begins anew. When no block came for as long as
 * `patience` it is given up. Whatever ends it is the object's result.
 */
#ifndef LN_DOWNLOAD_H
#define LN_DOWNLOAD_H

#include <linnet/client.h>
#include <linnet/firmware.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LN_DOWNLOAD_DATAGRAM_MAX = 512 }; /* of those that it sends */

/* Not copied. */
struct ln_download_config {
    struct ln_firmware *firmware;
    struct ln_random random;
    const struct ln_coap_parameters *coap; /* NULL: the defaults of RFC 7252 */
    uint32_t patience;   /* ms; 0: four times MAX_TRANSMIT_WAIT, six minutes */
    uint16_t block_size; /* bytes of the largest block to ask for, 16 to 1024; 0: 1024 */
};

struct ln_download_stats {
    uint32_t received, sent, retransmitted, malformed;
    uint32_t links; /* asked for */
    uint32_t begun; /* images: more than one where the ETag changed */
};

/* Only src/client touches its members. */
struct ln_download {
    const struct ln_download_config *config;
    uint8_t state;
    uint8_t attempts; /* to have a link or an answer, in a row */
    uint8_t empty;    /* 0: none; else 1 + enum ln_coap_type, of `empty_id` */
    bool wants_link, wants_no_link;
    bool has_begun; /* the object has taken the image's first bytes, or will */
    uint16_t empty_id;
    uint16_t next_id;
    struct ln_coap_token token;
    struct ln_coap_exchange exchange;
    struct ln_coap_block_fetcher fetcher;
    ln_time due;   /* the end of a wait */
    ln_time until; /* the end of patience */
    struct ln_download_stats stats;
};

/* LN_ERR_BAD_CONFIG: there is no object or no source of randomness. */
LN_MUST_USE ln_err ln_download_init(struct ln_download *download,
                                    const struct ln_download_config *config);
/*
 * Begins to fetch firmware->uri, or begins anew. Returns the result that `fetch` is to answer: OK, or
 * what is wrong with the URI.
 */
uint8_t ln_download_start(struct ln_download *download, ln_time now);
/* Whether it is at it: not yet over, and not taken back by a server. */
bool ln_download_is_active(const struct ln_download *download);

/* What it asks for. */
enum ln_download_event_kind {
    LN_DOWNLOAD_OPEN, /* a link to `uri`; ln_download_link_up() or _down() answers */
    LN_DOWNLOAD_CLOSE,
};
struct ln_download_event {
    enum ln_download_event_kind kind;
    struct ln_uri uri; /* LN_DOWNLOAD_OPEN; borrowed from the object */
    bool is_secure;    /* by DTLS: coaps */
};
LN_MUST_USE bool ln_download_event(struct ln_download *download,
                                   struct ln_download_event *event);

void ln_download_link_up(struct ln_download *download, ln_time now);
/* It could not be opened, or is gone. Without a host of that name the URI is a bad one. */
void ln_download_link_down(struct ln_download *download, ln_time now,
                           enum ln_link_reason reason);

/* Takes one datagram of the link. Its bytes are borrowed until the call returns. */
void ln_download_recv(struct ln_download *download, ln_time now, struct ln_bytes datagram);
/* Writes the next datagram into `buffer`, of LN_DOWNLOAD_DATAGRAM_MAX bytes or more; 0: there is none
 * to send before the deadline. */
size_t ln_download_send(struct ln_download *download, ln_time now, void *buffer, size_t size);
/* When ln_download_send() is due even if nothing arrives; 0: at once. */
ln_time ln_download_deadline(const struct ln_download *download);
/* The app's begin() or chunk() said to wait: now it can go on. The block is asked for again. */
void ln_download_resume(struct ln_download *download, ln_time now);

#ifdef __cplusplus
}
#endif

#endif
