/* Tells systemd how the service is. */
#ifndef LINNETD_NOTIFY_H
#define LINNETD_NOTIFY_H

/* Does nothing where NOTIFY_SOCKET is not set. */
void notify_systemd(const char *state);

#endif
