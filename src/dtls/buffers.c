/* The buffers that all idle sessions of a server share. */

#include "channel.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

static void move(unsigned char **at, const unsigned char *from, unsigned char *to)
{
    *at = to + (*at - from);
}

static void move_in(mbedtls_ssl_context *ssl, unsigned char *to)
{
    unsigned char *from = ssl->MBEDTLS_PRIVATE(in_buf);

    move(&ssl->MBEDTLS_PRIVATE(in_ctr), from, to);
    move(&ssl->MBEDTLS_PRIVATE(in_hdr), from, to);
    move(&ssl->MBEDTLS_PRIVATE(in_cid), from, to);
    move(&ssl->MBEDTLS_PRIVATE(in_len), from, to);
    move(&ssl->MBEDTLS_PRIVATE(in_iv), from, to);
    move(&ssl->MBEDTLS_PRIVATE(in_msg), from, to);
    mbedtls_platform_zeroize(from, ssl->MBEDTLS_PRIVATE(in_buf_len));
    mbedtls_free(from);
    ssl->MBEDTLS_PRIVATE(in_buf) = to;
}

static void move_out(mbedtls_ssl_context *ssl, unsigned char *to)
{
    unsigned char *from = ssl->MBEDTLS_PRIVATE(out_buf);

    move(&ssl->MBEDTLS_PRIVATE(out_ctr), from, to);
    move(&ssl->MBEDTLS_PRIVATE(out_hdr), from, to);
    move(&ssl->MBEDTLS_PRIVATE(out_cid), from, to);
    move(&ssl->MBEDTLS_PRIVATE(out_len), from, to);
    move(&ssl->MBEDTLS_PRIVATE(out_iv), from, to);
    move(&ssl->MBEDTLS_PRIVATE(out_msg), from, to);
    mbedtls_platform_zeroize(from, ssl->MBEDTLS_PRIVATE(out_buf_len));
    mbedtls_free(from);
    ssl->MBEDTLS_PRIVATE(out_buf) = to;
}

/* Nothing is kept in them for a later call. */
static bool buffers_are_empty(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_HANDSHAKE_OVER &&
           ssl->MBEDTLS_PRIVATE(in_left) == 0 && ssl->MBEDTLS_PRIVATE(in_offt) == NULL &&
           ssl->MBEDTLS_PRIVATE(keep_current_message) == 0 &&
           ssl->MBEDTLS_PRIVATE(out_left) == 0;
}

/* Those of a peer that asked for short fragments are small, and Mbed TLS resizes them itself. */
static bool buffers_are_whole(const mbedtls_ssl_context *ssl)
{
    const mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);

    return session != NULL &&
           session->MBEDTLS_PRIVATE(mfl_code) == MBEDTLS_SSL_MAX_FRAG_LEN_NONE &&
           ssl->MBEDTLS_PRIVATE(in_buf_len) <= LN_DTLS_BUFFER_SIZE &&
           ssl->MBEDTLS_PRIVATE(out_buf_len) <= LN_DTLS_BUFFER_SIZE;
}

void ln_dtls_channel_share_buffers(struct ln_dtls_channel *channel)
{
    const struct ln_dtls_host *host = channel->host;
    mbedtls_ssl_context *ssl = &channel->ssl;

    if (host->shared_in != NULL && !channel->shares_buffers && buffers_are_empty(ssl) &&
        buffers_are_whole(ssl)) {
        move_in(ssl, host->shared_in);
        move_out(ssl, host->shared_out);
        channel->shares_buffers = true;
    }
}
