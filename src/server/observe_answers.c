/* What devices answered when observations were set up, fetched and ended, or that they fell silent. */

#include "engine.h"

/* ---- Answered ---- */

/* The operation carries the event; it is given back when that was read. */
static void tell_in_operation(struct ln_server *server, struct operation *operation,
                              bool is_last)
{
    operation->queued.changes =
        (uint8_t)(operation->observation->state | IN_OPERATION | (is_last ? IS_LAST : 0));
    ln_server__event_push(server, &operation->queued, LN_SERVER_OBSERVATION);
}

static void tell_value(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    observation->heard_at = server->now;
    observation->notifications++;
    server->counters.notifications++;
    ln_server__silence_set(server, observation);
    operation->ending.changes = IN_OPERATION;
    ln_server__event_push(server, &operation->ending, LN_SERVER_NOTIFIED);
}

static void set_failed(struct ln_server *server, struct operation *operation, uint8_t code)
{
    struct ln_observation *observation = operation->observation;

    server->counters.observations_failed++;
    observation->state = LN_OBSERVATION_FAILED;
    observation->code = code;
    observation->has_sequence = false;
    operation->code = code;
    tell_in_operation(server, operation, true);
}

static void set_active(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    server->counters.observations_set_up++;
    observation->code = LN_COAP_EMPTY;
    observation->sequence = operation->sequence;
    observation->message = operation->message;
    observation->has_sequence = true;
    observation->restored = false;
    if (observation->state != LN_OBSERVATION_ACTIVE) {
        observation->state = LN_OBSERVATION_ACTIVE;
        tell_in_operation(server, operation, false);
    }
    tell_value(server, operation);
}

/* Of one that the app has ended meanwhile. */
static void answered_too_late(struct ln_server *server, struct operation *operation,
                              bool device_has_it)
{
    struct ln_observation *observation = operation->observation;

    if (device_has_it) {
        ln_server__observation_due(observation, true);
    } else {
        ln_server__observation_forget(server, observation);
    }
    ln_server__operation_free(server, operation);
}

/* Unless they have been declared anew since. What was to go has gone. */
static void attributes_are_written(struct ln_observation *observation)
{
    if (observation->attributes_asked) {
        observation->attributes_due = false;
        observation->attributes_length = observation->declared_length;
    }
}

void ln_server__observation_answered(struct ln_server *server, struct operation *operation,
                                     enum ln_outcome outcome)
{
    struct ln_observation *observation = operation->observation;
    bool is_good = outcome == LN_OUTCOME_ANSWERED && ln_coap_code_class(operation->code) == 2;
    bool observes = operation->phase == PHASE_SETUP && is_good && operation->observes;

    if (outcome == LN_OUTCOME_CLOSED) {
        ln_server__operation_free(server, operation);
    } else if (observation->state == LN_OBSERVATION_ENDED) {
        answered_too_late(server, operation, observes);
    } else if (operation->phase == PHASE_ATTRIBUTES && is_good) {
        attributes_are_written(observation);
        ln_server__observation_due(observation, true);
        ln_server__operation_free(server, operation);
    } else if (observes) {
        set_active(server, operation);
    } else if (operation->phase == PHASE_FETCH && is_good) {
        tell_value(server, operation);
    } else if (operation->phase == PHASE_FETCH) {
        ln_server__observation_due(observation, true);
        ln_server__operation_free(server, operation);
    } else {
        set_failed(server, operation, operation->code);
    }
}

void ln_server__observation_interrupted(struct ln_server *server, struct operation *operation)
{
    struct ln_observation *observation = operation->observation;

    ln_server__operation_withdraw(server, operation);
    if (observation->state == LN_OBSERVATION_ENDED &&
        observation->endpoint->registration == NULL) {
        ln_server__observation_forget(server, observation);
    } else {
        ln_server__observation_due(observation, true);
    }
    ln_server__operation_free(server, operation);
}

/* ---- Silence ---- */

enum {
    SILENCE_MARGIN_MS = 93 * 1000
}; /* a confirmable notification may be under way so long */

static ln_time silent_until(const struct ln_observation *observation)
{
    return ln_time_after(observation->heard_at,
                         (int64_t)observation->pmax * 1000 + SILENCE_MARGIN_MS);
}

void ln_server__silence_set(struct ln_server *server, struct ln_observation *observation)
{
    if (observation->pmax > 0 && !ln_timer_is_set(&observation->silence)) {
        ln_wheel_set(&server->silences, &observation->silence, silent_until(observation));
    }
}

static void is_silent(struct ln_server *server, struct ln_observation *observation)
{
    struct notice *notice = ln_server__notice(server, observation, (struct ln_bytes){0});

    if (notice == NULL) {
        server->counters.waited_for_memory++;
        ln_wheel_set(&server->silences, &observation->silence,
                     ln_time_after(server->now, MEMORY_WAIT_MS));
        return;
    }
    server->counters.observations_lost++;
    observation->state = LN_OBSERVATION_PENDING;
    observation->attributes_due = observation->attributes_length > 0;
    ln_server__notice_state(server, notice, true);
    ln_server__observation_set_up(server, observation);
}

void ln_server__observations_advance(struct ln_server *server)
{
    struct ln_timer *timer;

    while ((timer = ln_wheel_turn(&server->silences, server->now)) != NULL) {
        struct ln_observation *observation =
            (struct ln_observation *)(void *)((char *)timer -
                                              offsetof(struct ln_observation, silence));
        if (observation->state != LN_OBSERVATION_ACTIVE || observation->pmax == 0) {
            continue;
        }
        if (silent_until(observation) > server->now) {
            ln_server__silence_set(server, observation);
        } else {
            is_silent(server, observation);
        }
    }
}
