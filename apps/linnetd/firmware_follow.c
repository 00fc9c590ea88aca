/* What follows from what a device says of its State and Update Result (object 5). */

#include "linnetd/firmware_device.h"

enum {
    IDLE,
    DOWNLOADING,
    DOWNLOADED,
    UPDATING,
    RESULT_INITIAL = 0,
    RESULT_SUCCESS = 1,
    RESULT_DEFERRED = 11,
    PATIENCE_MS = 60 * 1000, /* with a device that does not begin */
};

const char *firmware_result_text(int result)
{
    static const char *const texts[] = {
        "initial",
        "the update succeeded",
        "not enough flash memory",
        "not enough RAM",
        "the connection was lost during the download",
        "the integrity check failed",
        "the type of the package is not supported",
        "the Package URI is not valid",
        "the update failed",
        "the protocol of the Package URI is not supported",
        "the device cancelled it",
        "the device deferred it",
    };

    return result >= 0 && result < (int)LN_COUNT(texts) ? texts[result] : NULL;
}

const char *firmware_report_state_text(int state)
{
    static const char *const texts[] = {"idle", "downloading", "downloaded", "updating"};

    return state >= 0 && state < (int)LN_COUNT(texts) ? texts[state] : NULL;
}

static enum firmware_next fails(struct firmware *firmware, struct firmware_device *device,
                                enum problem_kind problem, const char *why)
{
    firmware_device_end(firmware, device, FIRMWARE_FAILED, problem, "%s", why);
    return FIRMWARE_ENDED;
}

static enum firmware_next fails_by_result(struct firmware *firmware,
                                          struct firmware_device *device)
{
    int result = device->report.result;
    const char *text = firmware_result_text(result);

    firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_FIRMWARE_RESULT,
                        "Update Result %d: %s", result, text != NULL ? text : "not known");
    return FIRMWARE_ENDED;
}

/* Nothing happens: for a while that may be. */
static enum firmware_next waits(struct firmware *firmware, struct firmware_device *device,
                                ln_time now, const char *why)
{
    if (device->idle_since == 0) {
        device->idle_since = now;
    }
    if (now - device->idle_since < PATIENCE_MS) {
        return FIRMWARE_LATER;
    }
    return fails(firmware, device, PROBLEM_DEVICE_TIMEOUT, why);
}

static enum firmware_next goes(struct firmware *firmware, struct firmware_device *device,
                               enum firmware_step step, enum firmware_state state)
{
    device->poll = 0;
    device->idle_since = 0;
    firmware_device_set(firmware, device, step, state);
    return FIRMWARE_GO;
}

static bool takes(const struct firmware_answer *answer, bool pulls)
{
    return answer->delivery < 0 || answer->delivery > 1 || (answer->delivery == 0) == pulls;
}

static enum firmware_next at_first(struct firmware *firmware, struct firmware_device *device,
                                   const struct firmware_answer *answer)
{
    bool pulls = device->job->pulls;

    if (answer->report.state == UPDATING) {
        return fails(firmware, device, PROBLEM_FIRMWARE_BUSY, "the device is updating already");
    }
    if (!takes(answer, pulls)) {
        return fails(firmware, device, PROBLEM_FIRMWARE_METHOD,
                     pulls ? "the device takes firmware by push alone"
                           : "the device takes firmware by pull alone");
    }
    /* What is left of an earlier one goes: then whatever it says is about this one. */
    if (answer->report.state != IDLE || answer->report.result > RESULT_INITIAL) {
        return goes(firmware, device, FIRMWARE_RESET, FIRMWARE_WAITING);
    }
    return goes(firmware, device, pulls ? FIRMWARE_TELL : FIRMWARE_PUSH,
                pulls ? FIRMWARE_WAITING : FIRMWARE_SENDING);
}

static enum firmware_next has_it(struct firmware *firmware, struct firmware_device *device)
{
    firmware_device_progress(firmware, device, device->job->size);
    if (device->job->applies) {
        return goes(firmware, device, FIRMWARE_EXECUTE, FIRMWARE_DOWNLOADED);
    }
    firmware_device_end(firmware, device, FIRMWARE_DOWNLOADED, PROBLEM_NONE, "%s", "");
    return FIRMWARE_ENDED;
}

static enum firmware_next succeeds(struct firmware *firmware, struct firmware_device *device)
{
    firmware_device_end(firmware, device, FIRMWARE_DONE, PROBLEM_NONE, "%s", "");
    return FIRMWARE_ENDED;
}

/* Idle, though it was given or told all. */
static enum firmware_next has_not_begun(struct firmware *firmware,
                                        struct firmware_device *device, ln_time now)
{
    if (device->report.result == RESULT_SUCCESS) {
        return succeeds(firmware, device); /* it updates by itself */
    }
    if (device->report.result > RESULT_SUCCESS) {
        return fails_by_result(firmware, device);
    }
    if (device->refused != 0) {
        firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_DEVICE_ERROR,
                            "the device answered %u.%02u to the package", device->refused >> 5,
                            device->refused & 31u);
        return FIRMWARE_ENDED;
    }
    return waits(firmware, device, now,
                 "the device has the package, or its URI, and stays idle");
}

static enum firmware_next while_fetching(struct firmware *firmware,
                                         struct firmware_device *device, ln_time now)
{
    switch (device->report.state) {
    case IDLE:
        return has_not_begun(firmware, device, now);
    case DOWNLOADING:
        device->idle_since = 0;
        if (device->state != FIRMWARE_DOWNLOADING) {
            firmware_device_set(firmware, device, FIRMWARE_FETCH, FIRMWARE_DOWNLOADING);
        }
        return FIRMWARE_LATER;
    case DOWNLOADED:
        return has_it(firmware, device);
    default:
        return goes(firmware, device, FIRMWARE_APPLY, FIRMWARE_UPDATING);
    }
}

/* Downloaded, though Update has been executed, or may have been. */
static enum firmware_next has_not_updated(struct firmware *firmware,
                                          struct firmware_device *device, ln_time now)
{
    if (device->report.result == RESULT_DEFERRED) {
        return FIRMWARE_LATER;
    }
    if (device->report.result > RESULT_SUCCESS) {
        return fails_by_result(firmware, device);
    }
    if (device->unknown) {
        return fails(
            firmware, device, PROBLEM_OUTCOME_UNKNOWN,
            "Update may have left and got no answer; the device has the image and has not "
            "begun: execute /5/0/2 to go on");
    }
    return waits(firmware, device, now, "Update was executed, and the device did not begin");
}

static enum firmware_next while_updating(struct firmware *firmware,
                                         struct firmware_device *device, ln_time now)
{
    switch (device->report.state) {
    case UPDATING:
        device->unknown = false;
        device->idle_since = 0;
        return FIRMWARE_LATER;
    case DOWNLOADED:
        return has_not_updated(firmware, device, now);
    default:
        break;
    }
    if (device->report.result == RESULT_SUCCESS) {
        return succeeds(firmware, device);
    }
    if (device->report.result > RESULT_SUCCESS) {
        return fails_by_result(firmware, device);
    }
    return waits(firmware, device, now,
                 "the device is idle again, and does not say how the update went");
}

enum firmware_next firmware_looked(struct firmware *firmware, struct firmware_device *device,
                                   const struct firmware_answer *answer, ln_time now)
{
    device->report = answer->report;
    if (answer->report.state < 0) {
        return fails(firmware, device, PROBLEM_DEVICE_BAD_PAYLOAD,
                     "the answer to a Read of /5/0 has no State");
    }
    switch (device->step) {
    case FIRMWARE_LOOK:
        return at_first(firmware, device, answer);
    case FIRMWARE_FETCH:
        return while_fetching(firmware, device, now);
    default:
        return while_updating(firmware, device, now);
    }
}
