/*
 * The words of a command line by a table, which --help lists: "--name WORD" and "--name=WORD". For programs
 * whose options are no keys of a file.
 */
#ifndef COMMON_OPTION_TABLE_H
#define COMMON_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct options; /* each program's own */

struct option {
    const char *name; /* with its dashes */
    const char *word; /* "": none follows */
    const char *help;
    /* NULL, or why the word will not do. */
    const char *(*take)(struct options *options, const char *word);
};

struct option_table {
    const char *program;
    const char *head; /* of --help */
    const char *foot;
    const struct option *rows;
    size_t count;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* --help and --version are answered, and done. What is wrong is said on stderr. */
enum options_result option_table_read(const struct option_table *table, struct options *options,
                                      int argc, char **argv);
/* Says on stderr what is wrong, why, and what to do. Always false. */
bool option_table_complain(const struct option_table *table, const char *what, const char *why);

#endif
