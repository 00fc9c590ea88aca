/* Requests as tests write them: "POST /rd?ep=one&lt=60". */
#ifndef LN_TEST_REQUEST_TEXT_H
#define LN_TEST_REQUEST_TEXT_H

#include <linnet/coap.h>

/* "POST" -> 0.02; fails the test if there is no such method. */
uint8_t method_of_text(struct ln_bytes name);
/* Its method, path, format (if it is not LN_FORMAT_NONE) and query; a payload may follow. */
struct ln_coap_builder request_of_text(void *buffer, size_t size, enum ln_coap_type type,
                                       uint16_t id, const struct ln_coap_token *token,
                                       const char *text, uint16_t format);

#endif
