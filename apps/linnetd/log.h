/*
 * Log lines on stderr, as text or JSON. Never a secret, and never a byte that a terminal would
 * act on.
 */
#ifndef LINNETD_LOG_H
#define LINNETD_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Before any thread starts. */
void log_start(enum log_level level, int json);
int log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

extern const char *const log_level_names[]; /* ends with NULL */

#endif
