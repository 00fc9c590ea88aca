/* Small files of /proc and /sys as text, lines and numbers. */
#ifndef DEVICE_FILES_H
#define DEVICE_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum { FILE_MAX = 8192 };

/* The start of a small file, ended by NUL. False if it cannot be read or is empty. */
bool read_file(const char *path, char *out, size_t size);
/* The first line of a file, if it is text that a String may hold. */
bool read_line(const char *path, char *out, size_t size);
/* A file that holds one whole number. */
bool read_number(const char *path, long long *out);

#endif
