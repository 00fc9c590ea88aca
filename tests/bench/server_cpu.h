/* Time: what passed, and what a server used of a processor; both in nanoseconds. */
#ifndef BENCH_SERVER_CPU_H
#define BENCH_SERVER_CPU_H

#include <stdint.h>

uint64_t now_ns(void);
/* Of all its threads, the kernel's part included. */
uint64_t server_cpu(int pid);

#endif
