/* A command of the options that is run with an image: in a process of its own, the loop goes on. */
#ifndef DEVICE_COMMAND_H
#define DEVICE_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

struct command {
    pid_t process; /* 0: none runs */
};

/*
 * Runs `text` by the shell with the file as its last argument. Its exit status is written into
 * `status_file` too, and the command finds that name in LINNET_FIRMWARE_STATUS: one that restarts the
 * machine writes there first. False, with errno: there is no process to be had.
 */
bool command_start(struct command *command, const char *text, const char *file,
                   const char *status_file);
/* True once, when it has ended: `status` is its exit status, or 128 and more for a signal. */
bool command_ended(struct command *command, int *status);
/* What it would say is of no interest any more. */
void command_stop(struct command *command);
/* What was written into a status file; -1: nothing. */
int command_status(const char *status_file);

#endif
