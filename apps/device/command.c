/* A command of the options that is run with an image: in a process of its own, the loop goes on. */

#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

enum { COMMAND_MAX = 4096, NOT_STARTED = 127 };

static void run(const char *text, const char *file, const char *status_file)
{
    char script[COMMAND_MAX];

    /* A parent that ends meanwhile, as a restarted program does, finds the status later. */
    if (snprintf(script, sizeof(script),
                 "%s \"$0\"; status=$?; echo $status > \"$1\"; exit $status",
                 text) >= (int)sizeof(script)) {
        _exit(NOT_STARTED);
    }
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    setenv("LINNET_FIRMWARE_STATUS", status_file, 1);
    execl("/bin/sh", "sh", "-c", script, file, status_file, (char *)NULL);
    _exit(NOT_STARTED);
}

bool command_start(struct command *command, const char *text, const char *file,
                   const char *status_file)
{
    pid_t process;

    (void)unlink(status_file); /* of another run */
    process = fork();
    if (process == 0) {
        run(text, file, status_file);
    }
    command->process = process > 0 ? process : 0;
    return process > 0;
}

bool command_ended(struct command *command, int *status)
{
    int raw;

    if (command->process == 0 || waitpid(command->process, &raw, WNOHANG) != command->process) {
        return false;
    }
    command->process = 0;
    *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return true;
}

void command_stop(struct command *command)
{
    if (command->process > 0) {
        kill(-command->process, SIGTERM);
        (void)waitpid(command->process, NULL, 0);
        command->process = 0;
    }
}

int command_status(const char *status_file)
{
    long long status;

    return read_number(status_file, &status) && status >= 0 && status <= 255 ? (int)status : -1;
}
