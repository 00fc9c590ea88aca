/* What the client and the compiler call most of a C library, short instead of fast. */

#include <string.h>

void *memmove(void *to, const void *from, size_t len)
{
    char *t = to;
    const char *f = from;

    for (size_t i = 0; i < len; i++) {
        size_t at = t < f ? i : len - 1 - i;
        t[at] = f[at];
    }
    return to;
}

void *memcpy(void *restrict, const void *restrict, size_t) __attribute__((alias("memmove")));

void *memset(void *to, int value, size_t len)
{
    while (len > 0) {
        ((char *)to)[--len] = (char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a;
    const unsigned char *y = b;

    for (; len > 0 && *x == *y; len--) {
        x++;
        y++;
    }
    return len == 0 ? 0 : *x - *y;
}

size_t strlen(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0') {
        len++;
    }
    return len;
}
