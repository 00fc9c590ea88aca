/* The figures, for people and for programs. */

#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[PROCEDURES] = {"handshake", "bootstrap", "register", "update",
                                              "deregister"};

void report_merge(struct tallies *all, const struct tallies *one)
{
    for (size_t i = 0; i < PROCEDURES; i++) {
        struct tally *to = &all->of[i];
        const struct tally *from = &one->of[i];
        to->begun += from->begun;
        to->done += from->done;
        to->refused += from->refused;
        to->lost += from->lost;
        to->seconds = from->seconds > to->seconds ? from->seconds : to->seconds;
        histogram_merge(&to->latency, &from->latency);
    }
    all->unasked += one->unasked;
    all->requests += one->requests;
    all->sent += one->sent;
    all->received += one->received;
    all->resent += one->resent;
}

bool report_is_good(const struct tallies *all)
{
    for (size_t i = 0; i < PROCEDURES; i++) {
        if (all->of[i].done < all->of[i].begun) {
            return false;
        }
    }
    return all->of[REGISTER].done + all->of[BOOTSTRAP].done > 0;
}

static double rate_of(const struct tally *tally)
{
    return tally->seconds > 0 ? (double)tally->done / tally->seconds : 0;
}

static void print_row(const char *name, const struct tally *tally)
{
    static const double parts[] = {0.5, 0.9, 0.99, 1};

    printf("%-11s %9" PRIu64 " %10.1f %8" PRIu64 " %6" PRIu64, name, tally->done,
           rate_of(tally), tally->refused, tally->lost);
    for (size_t i = 0; i < LN_COUNT(parts); i++) {
        printf(" %8.3f", histogram_at(&tally->latency, parts[i]) / 1000.0);
    }
    putchar('\n');
}

static void print_text(const struct options *options, const struct tallies *all)
{
    printf("%u devices, %s\n", options->devices, options->uri);
    printf("%-11s %9s %10s %8s %6s %8s %8s %8s %8s\n", "", "done", "each s", "refused", "lost",
           "p50 ms", "p90 ms", "p99 ms", "max ms");
    for (size_t i = 0; i < PROCEDURES; i++) {
        if (all->of[i].begun > 0) {
            print_row(names[i], &all->of[i]);
        }
    }
    printf("datagrams: %" PRIu64 " sent, %" PRIu64 " received, %" PRIu64 " sent again\n"
           "requests of the server: %" PRIu64 "; Updates of the devices' own: %" PRIu64 "\n",
           all->sent, all->received, all->resent, all->requests, all->unasked);
}

static void print_member(const char *name, const struct tally *tally)
{
    const struct histogram *h = &tally->latency;

    printf("\"%s\":{\"begun\":%" PRIu64 ",\"done\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"lost\":%" PRIu64 ",\"seconds\":%.6f,\"rate\":%.1f,\"latencyUs\":{\"p50\":%u,"
           "\"p90\":%u,\"p99\":%u,\"max\":%u}},",
           name, tally->begun, tally->done, tally->refused, tally->lost, tally->seconds,
           rate_of(tally), histogram_at(h, 0.5), histogram_at(h, 0.9), histogram_at(h, 0.99),
           h->max);
}

static void print_json(const struct options *options, const struct tallies *all)
{
    printf("{\"version\":\"%s\",\"devices\":%u,\"threads\":%u,", LN_VERSION, options->devices,
           options->threads);
    for (size_t i = 0; i < PROCEDURES; i++) {
        print_member(names[i], &all->of[i]);
    }
    printf("\"ownUpdates\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"datagramsSent\":%" PRIu64
           ",\"datagramsReceived\":%" PRIu64 ",\"sentAgain\":%" PRIu64 "}\n",
           all->unasked, all->requests, all->sent, all->received, all->resent);
}

void report_print(const struct options *options, const struct tallies *all)
{
    if (options->json) {
        print_json(options, all);
    } else {
        print_text(options, all);
    }
}
