/* The words of a command line by a table. */

#include "common/option_table.h"

#include <stdio.h>
#include <string.h>

enum { WHY_MAX = 128 };

bool option_table_complain(const struct option_table *table, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", table->program, what, why);
    return false;
}

/* What is wrong, and that --help tells more. */
static bool misses(const struct option_table *table, const char *what, const char *why,
                   const char *tells)
{
    char text[WHY_MAX];

    snprintf(text, sizeof(text), "%s; `%s --help` %s", why, table->program, tells);
    return option_table_complain(table, what, text);
}

static void print_help(const struct option_table *table)
{
    static const struct option last[] = {{"--help", "", "print this", NULL},
                                         {"--version", "", "print the version", NULL}};
    size_t name = strlen(last[1].name);
    size_t word = 0;

    for (size_t i = 0; i < table->count; i++) {
        size_t len = strlen(table->rows[i].name);
        name = len > name ? len : name;
        len = strlen(table->rows[i].word);
        word = len > word ? len : word;
    }
    printf("%s\n\n", table->head);
    for (size_t i = 0; i < table->count + 2; i++) {
        const struct option *o = i < table->count ? &table->rows[i] : &last[i - table->count];
        printf("  %-*s %-*s  %s\n", (int)name, o->name, (int)word, o->word, o->help);
    }
    printf("\n%s\n", table->foot);
}

/* Whether this is the row's option: alone, or with its word behind a "=". */
static bool is_named(const struct option *o, const char *given)
{
    size_t len = strlen(o->name);

    return strncmp(given, o->name, len) == 0 && (given[len] == '\0' || given[len] == '=');
}

/* Takes argv[*at] and, where the option has one, the word after it. */
static bool take(const struct option_table *table, const struct option *o,
                 struct options *options, int argc, char **argv, int *at)
{
    const char *equals = strchr(argv[*at], '=');
    const char *word = "";

    if (o->word[0] == '\0' && equals != NULL) {
        return option_table_complain(table, o->name, "takes no word");
    }
    if (o->word[0] != '\0') {
        word = equals != NULL ? equals + 1 : argv[*at + 1 < argc ? ++*at : argc];
    }
    if (word == NULL) {
        return misses(table, o->name, "needs a word after it", "says which");
    }
    const char *why = o->take(options, word);
    return why == NULL || option_table_complain(table, o->name, why);
}

static bool take_named(const struct option_table *table, struct options *options, int argc,
                       char **argv, int *at)
{
    for (size_t i = 0; i < table->count; i++) {
        if (is_named(&table->rows[i], argv[*at])) {
            return take(table, &table->rows[i], options, argc, argv, at);
        }
    }
    return misses(table, argv[*at], "there is no such option", "lists them");
}

enum options_result option_table_read(const struct option_table *table, struct options *options,
                                      int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(table);
            return OPTIONS_DONE;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", table->program, LN_VERSION);
            return OPTIONS_DONE;
        }
        if (!take_named(table, options, argc, argv, &i)) {
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_RUN;
}
