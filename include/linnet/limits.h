/*
 * All limits with their defaults, in one place. None changes the size of a public struct: pools are given
 * at init. What lies beyond a limit is refused and counted, never cut.
 */
#ifndef LN_LIMITS_H
#define LN_LIMITS_H

enum {
    /* coap.h: messages of one server that a client recognises as repeats. An older repeat, or one after
     * EXCHANGE_LIFETIME, runs again. Only the newest answer is kept whole; a repeat of an older one is
     * answered with nothing. */
    LN_LIMIT_CLIENT_HISTORY = 8,
    /* server: the Register and the last Updates of each registration are recognised as repeats, and of
     * peers without one the last LN_LIMIT_SERVER_STRANGERS messages of all together. */
    LN_LIMIT_SERVER_UPDATES = 3,
    LN_LIMIT_SERVER_STRANGERS = 1024,
    /* server: answers that wait for ln_server_send(). One more is dropped: the peer asks again. */
    LN_LIMIT_SERVER_ANSWERS = 65536,
    /* bootstrap: answers that wait for ln_bootstrap_send(). One more is dropped: the peer asks again. */
    LN_LIMIT_BOOTSTRAP_ANSWERS = 1024,
    /* lwm2m: an endpoint name, in bytes */
    LN_LIMIT_ENDPOINT = 255,
    /* server, bootstrap: bytes of what a device proved to be; with more it is refused */
    LN_LIMIT_IDENTITY = 255,
    /* lwm2m: bytes of parameters of a Register that are not ours, kept */
    LN_LIMIT_EXTRA_PARAMETERS = 255,
    /* server: bytes of the attributes of a declared observation */
    LN_LIMIT_ATTRIBUTES = 255,
    /* lwm2m: an MSISDN or external id */
    LN_LIMIT_SMS = 63,
    /* lwm2m: links of one object list */
    LN_LIMIT_OBJECT_LINKS = 4096,
};

#endif
