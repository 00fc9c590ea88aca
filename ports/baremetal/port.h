/* What a device gives to the client: a timer, a random number generator and a UDP stack. In the
 * tests a recording is all three. */
#ifndef PORT_H
#define PORT_H

#include <linnet/base.h>

/* begin functions */
ln_time port_clock(void);
void port_random(void *context, void *out, size_t size);
/* Waits for a datagram until the deadline. Its length, or 0 if none has come. */
size_t port_receive(uint8_t *buffer, size_t size, ln_time deadline);
void port_send(const uint8_t *bytes, size_t len);
/* end functions */

/* Sets up what these four need: before the first of them. */
void port_start(void);
/* The processor cannot go on: a device starts again from reset. */
void port_fault(void);

#endif
