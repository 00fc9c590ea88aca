/* docs/reference/openapi.json as bytes: apps/embed.cmake makes the file that defines them. */
#ifndef LINNETD_OPENAPI_H
#define LINNETD_OPENAPI_H

#include <stddef.h>

extern const unsigned char openapi_json[];
extern const size_t openapi_json_size;

#endif
