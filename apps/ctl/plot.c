/* Samples as a plot in the terminal: braille, which has two by four dots in each character. */

#include "ctl.h"

#include <linnet/base.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    ROWS = 15,
    COLUMNS_DEFAULT = 80,
    COLUMNS_MIN = 40,
    COLUMNS_MAX = 500,
    DOTS_ACROSS = 2, /* of one character */
    DOTS_DOWN = 4,
    BRAILLE = 0x2800,
    LABEL = 12, /* characters at the left */
};

struct plot {
    uint8_t *cells; /* the dots that are set, of each character */
    int columns;
    double time_from, time_to;
    double from, to; /* of the values */
};

static int terminal_columns(void)
{
    const char *given = getenv("COLUMNS");
    struct winsize size;
    int columns = COLUMNS_DEFAULT;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        columns = size.ws_col;
    } else if (given != NULL && atoi(given) > 0) {
        columns = atoi(given);
    }
    columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
    return columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
}

static void set_dot(struct plot *plot, int x, int y)
{
    static const uint8_t bits[DOTS_DOWN][DOTS_ACROSS] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int cell = y / DOTS_DOWN * plot->columns + x / DOTS_ACROSS;

    plot->cells[cell] = (uint8_t)(plot->cells[cell] | bits[y % DOTS_DOWN][x % DOTS_ACROSS]);
}

/* All dots from one sample to the next. */
static void draw_line(struct plot *plot, int x, int y, int to_x, int to_y)
{
    int steps = abs(to_x - x) > abs(to_y - y) ? abs(to_x - x) : abs(to_y - y);

    set_dot(plot, x, y);
    for (int i = 1; i <= steps; i++) {
        set_dot(plot, x + (int)lround((double)(to_x - x) * i / steps),
                y + (int)lround((double)(to_y - y) * i / steps));
    }
}

static double time_of(const json_t *item)
{
    const char *text = json_string_value(json_object_get(item, "time"));
    struct tm parts = {0};
    const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;

    return rest == NULL ? NAN : (double)timegm(&parts) + (*rest == '.' ? atof(rest) : 0);
}

static double value_of(const json_t *item)
{
    const json_t *value = json_object_get(item, "value");
    double number = NAN;

    if (json_is_number(value)) {
        return json_number_value(value);
    }
    if (json_is_boolean(value)) {
        return json_is_true(value) ? 1 : 0;
    }
    /* Integers beyond 2^53 are strings. */
    if (json_is_string(value) && strcmp(text_member(item, "type"), "string") != 0 &&
        ln_double_of_text(ln_bytes_of_text(json_string_value(value)), &number)) {
        return number;
    }
    return NAN;
}

static bool can_be_drawn(const json_t *item)
{
    return isfinite(time_of(item)) && isfinite(value_of(item));
}

static void widen(double *from, double *to, double number, bool first)
{
    *from = first || number < *from ? number : *from;
    *to = first || number > *to ? number : *to;
}

/* How many can be drawn. */
static size_t measure(struct plot *plot, const json_t *items)
{
    size_t count = 0;
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (can_be_drawn(item)) {
            widen(&plot->from, &plot->to, value_of(item), count == 0);
            widen(&plot->time_from, &plot->time_to, time_of(item), count == 0);
            count++;
        }
    }
    if (plot->from == plot->to) { /* a line in the middle */
        plot->from -= 1;
        plot->to += 1;
    }
    return count;
}

static void draw(struct plot *plot, const json_t *items)
{
    int across = plot->columns * DOTS_ACROSS - 1;
    int down = ROWS * DOTS_DOWN - 1;
    double span = plot->time_to - plot->time_from;
    int before_x = -1;
    int before_y = 0;
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (!can_be_drawn(item)) {
            before_x = -1; /* a gap */
            continue;
        }
        double right = span > 0 ? (time_of(item) - plot->time_from) / span : 0.5;
        double up = (value_of(item) - plot->from) / (plot->to - plot->from);
        int x = (int)lround(right * across);
        int y = down - (int)lround(up * down);
        draw_line(plot, before_x < 0 ? x : before_x, before_x < 0 ? y : before_y, x, y);
        before_x = x;
        before_y = y;
    }
}

static void print_cell(uint8_t dots)
{
    unsigned code = BRAILLE + dots;

    if (dots == 0) {
        putchar(' ');
    } else {
        printf("%c%c%c", (int)(0xe0 | code >> 12), (int)(0x80 | (code >> 6 & 63)),
               (int)(0x80 | (code & 63)));
    }
}

static void print_row(const struct plot *plot, int row)
{
    const uint8_t *cells = &plot->cells[row * plot->columns];
    bool labelled = row % ((ROWS - 1) / 2) == 0;
    int end = plot->columns;
    double number = plot->to - (plot->to - plot->from) * row / (ROWS - 1);

    if (labelled) {
        printf("%*.6g ┤", LABEL - 2, number);
    } else {
        printf("%*s │", LABEL - 2, "");
    }
    while (end > 0 && cells[end - 1] == 0) { /* no line ends in spaces */
        end--;
    }
    for (int i = 0; i < end; i++) {
        print_cell(cells[i]);
    }
    putchar('\n');
}

static void clock_text(double seconds, bool with_day, char out[32])
{
    time_t whole = (time_t)seconds;
    struct tm parts;

    gmtime_r(&whole, &parts);
    strftime(out, 32, with_day ? "%Y-%m-%d %H:%M:%SZ" : "%H:%M:%SZ", &parts);
}

static void print_axis(const struct plot *plot)
{
    char first[32];
    char last[32];

    printf("%*s └", LABEL - 2, "");
    for (int i = 0; i < plot->columns; i++) {
        fputs("─", stdout);
    }
    clock_text(plot->time_from, true, first);
    clock_text(plot->time_to, true, last);
    if (strncmp(first, last, 10) == 0) {
        clock_text(plot->time_to, false, last);
    }
    printf("\n%*s%s%*s\n", LABEL, "", first, plot->columns - (int)strlen(first), last);
}

bool plot_samples(const json_t *items)
{
    struct plot plot = {.columns = terminal_columns() - LABEL};
    const json_t *any = json_array_get(items, 0);
    size_t count = measure(&plot, items);

    if (count == 0) {
        return false;
    }
    plot.cells = calloc((size_t)plot.columns * ROWS, 1);
    if (plot.cells == NULL) {
        return false;
    }
    draw(&plot, items);
    print_safely(stdout, text_member(any, "path"));
    printf("  ");
    print_safely(stdout, text_member(any, "name") != NULL ? text_member(any, "name") : "");
    if (text_member(any, "unit") != NULL) {
        printf(" (%s)", text_member(any, "unit"));
    }
    printf("  %zu samples\n", count);
    for (int row = 0; row < ROWS; row++) {
        print_row(&plot, row);
    }
    print_axis(&plot);
    free(plot.cells);
    return true;
}
