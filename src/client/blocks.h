/* What the optional part for bodies in blocks (blocks.c) does for the rest of the client. */
#ifndef LN_CLIENT_BLOCKS_H
#define LN_CLIENT_BLOCKS_H

#include <linnet/client.h>

/* A request with a part of a body; all but the body was found good. */
struct ln_client__part {
    const struct ln_coap_message *message;
    const struct ln_coap_options *options;
    struct ln_path path;
    const struct ln_stream_calls
        *stream; /* where the body flows to; NULL: it is put together */
    void *instance;
};

enum ln_client__taken_what {
    LN_TAKEN_BLOCK,  /* answer `code` */
    LN_TAKEN_BODY,   /* `bytes` is the whole body: carry the request out */
    LN_TAKEN_STREAM, /* the whole body has flown into the stream */
    LN_TAKEN_REPEAT, /* answer as before: `bytes` is the datagram */
    LN_TAKEN_HELD,   /* the stream is busy: answer after ln_client_resume() */
    LN_TAKEN_FAULT,  /* answer `err` */
};

struct ln_client__taken {
    enum ln_client__taken_what what;
    uint8_t code;
    ln_err err;
    bool ends_body; /* whatever the answer is, keep_answer() */
    struct ln_bytes bytes;
    struct ln_coap_block block1; /* options of the answer */
    uint32_t size1;
};

struct ln_client_blocks_calls {
    struct ln_client__taken (*take)(struct ln_client *client, struct ln_client_server *server,
                                    ln_time now, const struct ln_client__part *part);
    /* The same for a block that was held; sets what its answer needs of the request. */
    struct ln_client__taken (*resume)(struct ln_client *client, struct ln_client_server *server,
                                      struct ln_coap_message *message, struct ln_path *path);
    /* The answer to the last block stands in server->answer. */
    void (*keep_answer)(struct ln_client *client, struct ln_client_server *server);
    /* A stream is to be written whole. LN_ERR_BUSY: another server's body flows into it. */
    ln_err (*claim)(struct ln_client *client, struct ln_client_server *server, ln_time now,
                    struct ln_path path);
    /* Nothing more comes from this server, or time is up. */
    void (*drop)(struct ln_client *client, struct ln_client_server *server);

    /*
     * Adds the object list to a Register or Update, or one block of it. False, and nothing
     * added: it fits without blocks.
     */
    bool (*add_list)(struct ln_client *client, struct ln_client_server *server,
                     struct ln_coap_builder *b, enum ln_version version);
    /* What comes after an answer to our request; END where it was not sent in blocks. */
    enum ln_coap_block_step (*answered)(struct ln_client *client,
                                        struct ln_client_server *server, uint8_t code,
                                        const struct ln_coap_options *options);
};

/* NULL: the client has no part for blocks. */
struct ln_client_transfer *ln_client__transfer(const struct ln_client *client,
                                               const struct ln_client_server *server);
#endif
