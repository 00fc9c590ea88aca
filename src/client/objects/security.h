/* What all devices have of object 0. */
#ifndef LN_CLIENT_OBJECTS_SECURITY_H
#define LN_CLIENT_OBJECTS_SECURITY_H

#include <linnet/objects.h>

#define LN_SECURITY_FIELD(member) LN_FIELD(struct ln_security, member)

/* No operations: only a bootstrap server may touch it. */
/* clang-format off */
#define LN_SECURITY_ROWS                                                     \
    {  0, LN_STRING,  LN_MANDATORY, LN_SECURITY_FIELD(uri) },                \
    {  1, LN_BOOLEAN, LN_MANDATORY, LN_SECURITY_FIELD(is_bootstrap) },       \
    {  2, LN_INTEGER, LN_MANDATORY, LN_SECURITY_FIELD(mode) },               \
    {  3, LN_OPAQUE,  LN_MANDATORY, LN_SECURITY_FIELD(identity) },           \
    {  4, LN_OPAQUE,  LN_MANDATORY, LN_SECURITY_FIELD(server_key) },         \
    {  5, LN_OPAQUE,  LN_MANDATORY, LN_SECURITY_FIELD(secret) },             \
    { 10, LN_INTEGER, 0,            LN_SECURITY_FIELD(short_id) },           \
    { 11, LN_INTEGER, 0,            LN_SECURITY_FIELD(hold_off) },           \
    { 12, LN_INTEGER, 0,            LN_SECURITY_FIELD(bootstrap_timeout) }
/* clang-format on */

#endif
