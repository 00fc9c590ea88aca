/* Reads the clock, and the scheduler's account of each thread of a process. */

#include "server_cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_of_thread(int pid, const char *thread)
{
    char path[64];
    uint64_t ns = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", pid, thread);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%" SCNu64, &ns) != 1) {
            ns = 0;
        }
        fclose(file);
    }
    return ns;
}

uint64_t server_cpu(int pid)
{
    char path[64];
    uint64_t sum = 0;
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            sum += cpu_of_thread(pid, entry->d_name);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return sum;
}
