/* sim_test: runs the scenarios and a few seeds; or, by its options, the seeds asked for. */

#define _POSIX_C_SOURCE 200809L

#include "bodies.h"
#include "bootstraps.h"
#include "firmware.h"
#include "scenarios.h"
#include "story.h"
#include "waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS_OF_A_TEST_RUN = 40 };

struct options {
    struct story_settings story;
    uint64_t from;
    uint64_t to;
    unsigned jobs;
    bool scenarios;
    bool bodies;
    bool waiting;
    bool bootstraps;
    bool firmware;
};

struct sum {
    struct tally tally;
    struct bootstraps_tally bootstraps;
    uint64_t passed;
    uint64_t failed;
};

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: sim_test [OPTION...]\n"
        "Runs client and server in one process under one virtual clock.\n\n"
        "  --seed N         this seed only\n"
        "  --seeds FROM-TO  these seeds\n"
        "  --hours H        of virtual time for each seed (default 24)\n"
        "  --loss P         percent of datagrams lost (default 20)\n"
        "  --devices N      (default: 1 to 3, by the seed)\n"
        "  --jobs N         processes (default 2)\n"
        "  --scenarios      the scenarios only\n"
        "  --bodies         for each seed bodies of 64 KiB and 1 MiB, written and read,\n"
        "                   in place of a day\n"
        "  --waiting        for each seed 100 operations queued for a device that sleeps, "
        "over\n"
        "                   30 %% loss and restarts of both, in place of a day\n"
        "  --bootstraps     for each seed bootstraps, cut after each of their messages, in "
        "place\n"
        "                   of a day\n"
        "  --firmware       for each seed an image of 10 MiB, pushed and pulled, in place of a "
        "day\n"
        "  --store          with a store beside the server that is slow, fails and is cut\n"
        "  --verbose        print each datagram and event\n\n"
        "Without --seed, --seeds and --scenarios: the scenarios and seeds 1 to %d.\n",
        SEEDS_OF_A_TEST_RUN);
}

static uint64_t number(const char *text, const char *option)
{
    uint64_t value = 0;

    if (text == NULL || !ln_unsigned_of_text(ln_bytes_of_text(text), &value)) {
        fprintf(stderr, "sim_test: %s needs a number\n", option);
        exit(2);
    }
    return value;
}

static void read_seeds(struct options *o, const char *text)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));

    if (!ln_unsigned_of_text(ln_read_until(&in, '-'), &o->from) ||
        !ln_unsigned_of_text(ln_read_rest(&in), &o->to) || o->to < o->from) {
        fprintf(stderr, "sim_test: --seeds needs two numbers: --seeds 1-1000\n");
        exit(2);
    }
}

/* Whether the option took a value. */
static bool read_option(struct options *o, const char *option, const char *value)
{
    if (strcmp(option, "--seed") == 0) {
        o->from = o->to = number(value, option);
    } else if (strcmp(option, "--seeds") == 0) {
        read_seeds(o, value);
    } else if (strcmp(option, "--hours") == 0) {
        o->story.hours = (unsigned)number(value, option);
    } else if (strcmp(option, "--loss") == 0) {
        o->story.loss = (unsigned)number(value, option);
    } else if (strcmp(option, "--devices") == 0) {
        o->story.devices = (size_t)number(value, option);
    } else if (strcmp(option, "--jobs") == 0) {
        o->jobs = (unsigned)number(value, option);
    } else if (strcmp(option, "--scenarios") == 0) {
        o->scenarios = true;
        return false;
    } else if (strcmp(option, "--bodies") == 0) {
        o->bodies = true;
        return false;
    } else if (strcmp(option, "--waiting") == 0) {
        o->waiting = true;
        return false;
    } else if (strcmp(option, "--bootstraps") == 0) {
        o->bootstraps = true;
        return false;
    } else if (strcmp(option, "--firmware") == 0) {
        o->firmware = true;
        return false;
    } else if (strcmp(option, "--store") == 0) {
        o->story.store = true;
        return false;
    } else if (strcmp(option, "--verbose") == 0) {
        o->story.verbose = true;
        return false;
    } else if (strcmp(option, "--help") == 0) {
        usage(stdout);
        exit(0);
    } else {
        fprintf(stderr, "sim_test: %s: there is no such option\n", option);
        usage(stderr);
        exit(2);
    }
    return true;
}

static struct options read_options(int count, char **arguments)
{
    struct options o = {.story = {.hours = 24, .loss = 20}, .from = 1, .to = 0, .jobs = 2};

    for (int i = 1; i < count; i++) {
        i += read_option(&o, arguments[i], arguments[i + 1]) ? 1 : 0;
    }
    if (o.to == 0 && o.from == 1 && !o.scenarios) {
        o.scenarios = !o.bodies && !o.waiting && !o.bootstraps && !o.firmware && !o.story.store;
        o.to = SEEDS_OF_A_TEST_RUN;
    }
    if (o.story.verbose || o.jobs == 0) {
        o.jobs = 1;
    }
    return o;
}

static bool run_one(const struct options *o, const struct story_settings *settings,
                    struct sum *sum)
{
    if (o->waiting) {
        return waiting_run(settings, &sum->tally);
    }
    if (o->bootstraps) {
        return bootstraps_run(settings->seed, settings->loss, settings->verbose,
                              &sum->bootstraps);
    }
    if (o->firmware) {
        return firmware_run(settings, &sum->tally);
    }
    return o->bodies ? bodies_run(settings, &sum->tally) : story_run(settings, &sum->tally);
}

static void run_seed(const struct options *o, uint64_t seed, struct sum *sum)
{
    struct story_settings settings = o->story;

    settings.seed = seed;
    if (run_one(o, &settings, sum)) {
        sum->passed++;
        return;
    }
    sum->failed++;
    printf("seed %" PRIu64 " failed: see it again with ./dev sim %s%s--seed %" PRIu64
           " --hours %u --loss %u --devices %zu --verbose\n",
           seed,
           o->bodies       ? "--bodies "
           : o->waiting    ? "--waiting "
           : o->bootstraps ? "--bootstraps "
           : o->firmware   ? "--firmware "
                           : "",
           o->story.store ? "--store " : "", seed, settings.hours, settings.loss,
           settings.devices);
    fflush(stdout);
}

static void run_share(const struct options *o, unsigned share, struct sum *sum)
{
    for (uint64_t seed = o->from + share; seed <= o->to; seed += o->jobs) {
        run_seed(o, seed, sum);
    }
}

static void add(struct sum *sum, const struct sum *one)
{
    world_add(&sum->tally, &one->tally);
    sum->bootstraps.runs += one->bootstraps.runs;
    sum->bootstraps.cuts += one->bootstraps.cuts;
    sum->bootstraps.failures += one->bootstraps.failures;
    sum->bootstraps.successes += one->bootstraps.successes;
    sum->passed += one->passed;
    sum->failed += one->failed;
}

/* A process of its own for each share: the sum comes back through a pipe. */
static int begin_share(const struct options *o, unsigned share)
{
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0) {
        perror("sim_test: pipe");
        exit(1);
    }
    pid_t child = fork();
    if (child < 0) {
        perror("sim_test: fork");
        exit(1);
    }
    if (child == 0) {
        struct sum sum = {0};
        run_share(o, share, &sum);
        fflush(stdout);
        _exit(write(ends[1], &sum, sizeof(sum)) == (ssize_t)sizeof(sum) ? 0 : 1);
    }
    close(ends[1]);
    return ends[0];
}

static void end_share(int from, struct sum *sum)
{
    struct sum one = {0};
    int status = 0;

    if (read(from, &one, sizeof(one)) != (ssize_t)sizeof(one)) {
        printf("sim_test: a process ended before its seeds did\n");
        one = (struct sum){.failed = 1};
    }
    close(from);
    wait(&status);
    add(sum, &one);
}

static void run_seeds(const struct options *o, struct sum *sum)
{
    int *shares = calloc(o->jobs, sizeof(*shares));

    if (o->jobs == 1 || shares == NULL) {
        run_share(o, 0, sum);
        free(shares);
        return;
    }
    for (unsigned i = 0; i < o->jobs; i++) {
        shares[i] = begin_share(o, i);
    }
    for (unsigned i = 0; i < o->jobs; i++) {
        end_share(shares[i], sum);
    }
    free(shares);
}

static void run_scenarios(const struct options *o, struct sum *sum)
{
    for (size_t i = 0; i < scenario_count; i++) {
        if (scenario_run(&scenarios[i], o->story.verbose, &sum->tally)) {
            sum->passed++;
        } else {
            sum->failed++;
        }
        fflush(stdout);
    }
}

static void print_tally(const struct tally *t)
{
    printf("datagrams: %" PRIu64 " sent, %" PRIu64 " lost, %" PRIu64 " duplicated; %" PRIu64
           " changes of address\n",
           t->sent, t->lost, t->duplicated, t->rebindings);
    printf("retransmissions: %" PRIu64 " by servers, %" PRIu64
           " by clients; repeats known: %" PRIu64 " by servers, %" PRIu64 " by clients\n",
           t->server_retransmissions, t->client_retransmissions, t->server_repeats,
           t->client_repeats);
    printf("registrations: %" PRIu64 " made, %" PRIu64 " updates, %" PRIu64 " ended, %" PRIu64
           " expired\n",
           t->registers, t->updates, t->deregisters, t->expiries);
    printf("operations: %" PRIu64 " taken, %" PRIu64 " refused; %" PRIu64
           " runs on devices, %" PRIu64 " of them repeats beyond the bound\n",
           t->operations, t->refused_operations, t->ran, t->late_repeats);
    printf("blocks: %" PRIu64 " sent, %" PRIu64 " fetched, %" PRIu64
           " again after no answer; %" PRIu64 " transfers begun again; %" PRIu64
           " of object lists, %" PRIu64 " of files\n",
           t->blocks_sent, t->blocks_fetched, t->blocks_again, t->restarts, t->list_blocks,
           t->file_blocks);
    if (t->bodies > 0) {
        printf("bodies: %" PRIu64 " moved byte-exact; a server took at most %" PRIu64
               " bytes of memory for one\n",
               t->bodies, t->body_memory);
    }
    if (t->commits > 0) {
        printf("store: %" PRIu64 " commits, %" PRIu64 " datagrams held, %" PRIu64
               " repeats unanswered, %" PRIu64 " times read-only; the server was cut %" PRIu64
               " times, %" PRIu64 " in a commit: %" PRIu64 " registrations restored, %" PRIu64
               " promises kept\n",
               t->commits, t->held, t->unanswered, t->read_only, t->cuts, t->cuts_inside,
               t->restored, t->promises);
        printf("kept for operators: %" PRIu64 " operations (%" PRIu64 " refused), %" PRIu64
               " restored after cuts: %" PRIu64 " done, %" PRIu64 " unknown; %" PRIu64
               " changes of observations, %" PRIu64 " restored\n",
               t->orders, t->refused_orders, t->orders_restored, t->orders_done,
               t->orders_unknown, t->watches, t->watches_restored);
    }
    printf("outcomes:");
    for (int i = 0; i <= LN_OUTCOME_EXPIRED; i++) {
        printf(" %s %" PRIu64, ln_outcome_name((enum ln_outcome)i), t->outcomes[i]);
    }
    printf("\n");
}

int main(int count, char **arguments)
{
    struct options o = read_options(count, arguments);
    struct sum sum = {0};

    if (o.scenarios) {
        run_scenarios(&o, &sum);
    }
    if (o.to >= o.from) {
        run_seeds(&o, &sum);
    }
    if (o.bootstraps) {
        printf("bootstraps: %" PRIu64 " runs, %" PRIu64 " of them cut, %" PRIu64
               " attempts failed, %" PRIu64 " devices configured in the end\n",
               sum.bootstraps.runs, sum.bootstraps.cuts, sum.bootstraps.failures,
               sum.bootstraps.successes);
    } else {
        print_tally(&sum.tally);
    }
    /* A day without one would mean that the bad network was not there. */
    if (!o.bootstraps && o.story.loss > 0 && o.to >= o.from &&
        sum.tally.server_retransmissions + sum.tally.client_retransmissions == 0) {
        printf("no retransmission was seen\n");
        sum.failed++;
    }
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sum.passed, sum.failed);
    return sum.failed == 0 ? 0 : 1;
}
