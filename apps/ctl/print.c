/* What linnet prints: tables for people, JSON for programs, complaints on stderr. */

#include "ctl.h"

#include <linnet/base.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void complain(const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fputs("linnet: ", stderr);
    print_safely(stderr, text);
    fputc('\n', stderr);
}

/*
 * How many bytes of the text are one control character: C0 and DEL have one; C1 (U+0080 to U+009F), which some
 * terminals act on too, have two in UTF-8.
 */
static size_t control_length(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    unsigned char second = first == 0xc2 ? (unsigned char)text[1] : 0;

    if (first < 0x20 || first == 0x7f) {
        return 1;
    }
    return second >= 0x80 && second < 0xa0 ? 2 : 0;
}

/* Escapes as JSON has them, so that JSON stays JSON. */
static void print_escaped(FILE *out, const char *text, char kept)
{
    while (*text != '\0') {
        size_t length = *text == kept ? 0 : control_length(text);

        if (length > 0) {
            fprintf(out, "\\u%04x", (unsigned char)text[length - 1]);
            text += length;
        } else {
            fputc(*text++, out);
        }
    }
}

void print_safely(FILE *out, const char *text)
{
    print_escaped(out, text, '\0');
}

void print_json(const json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);

    if (text != NULL) {
        print_escaped(stdout, text, '\n');
        putchar('\n');
        free(text);
    }
}

const char *text_member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The shortest text that reads back as the same number. */
static char *real_as_text(double number)
{
    char text[LN_DOUBLE_TEXT_MAX + 1];
    struct ln_writer w = ln_writer(text, sizeof(text) - 1);

    ln_write_double_short(&w, number);
    text[ln_writer_bytes(&w).len] = '\0';
    return strdup(text);
}

char *json_as_text(const json_t *value)
{
    char *text;

    if (value == NULL || json_is_null(value)) {
        return strdup("-");
    }
    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }
    if (json_is_real(value)) {
        return real_as_text(json_real_value(value));
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return text != NULL ? text : strdup("?");
}

char *json_on_one_line(const json_t *value)
{
    char text[1024] = "";
    size_t used = 0;
    size_t i;
    const char *name;
    json_t *part;

    if (json_is_array(value)) {
        json_array_foreach(value, i, part)
        {
            char *shown = json_as_text(part);
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? "," : "",
                                     shown);
            free(shown);
            used = used < sizeof(text) ? used : sizeof(text) - 1;
        }
        return strdup(text);
    }
    json_object_foreach((json_t *)value, name, part)
    {
        char *shown = json_is_array(part) ? json_on_one_line(part) : json_as_text(part);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%s",
                                 used > 0 ? " " : "", name, shown);
        free(shown);
        used = used < sizeof(text) ? used : sizeof(text) - 1;
    }
    return strdup(text);
}

static char *span_as_text(long long seconds)
{
    static const struct {
        long long length;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    long long span = seconds < 0 ? -seconds : seconds;
    size_t unit = 0;
    char text[64];

    while (unit + 1 < sizeof(units) / sizeof(units[0]) && span < 2 * units[unit].length) {
        unit++;
    }
    snprintf(text, sizeof(text), seconds > 0 ? "in %lld %s" : "%lld %s ago",
             span / units[unit].length, units[unit].name);
    return strdup(text);
}

char *time_as_text(const char *rfc3339)
{
    struct tm parts = {0};
    const char *end = rfc3339 != NULL ? strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;

    if (end == NULL) {
        return strdup("-");
    }
    return span_as_text((long long)timegm(&parts) - (long long)time(NULL));
}

struct table table_start(size_t columns)
{
    return (struct table){.columns = columns};
}

void table_add(struct table *table, const char *cell)
{
    if (table->count == table->room) {
        size_t room = table->room == 0 ? 64 : table->room * 2;
        char **cells = realloc(table->cells, room * sizeof(*cells));

        if (cells == NULL) {
            complain("no memory left");
            exit(EXIT_FAILED);
        }
        table->cells = cells;
        table->room = room;
    }
    table->cells[table->count++] = strdup(cell != NULL ? cell : "-");
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    while (*text != '\0') {
        size_t length = control_length(text);

        if (length > 0) {
            width += strlen("\\u0000");
            text += length;
        } else {
            width += ((unsigned char)*text++ & 0xc0) != 0x80;
        }
    }
    return width;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = 0;

    for (size_t i = column; i < table->count; i += table->columns) {
        size_t width = width_of(table->cells[i]);

        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_row(const struct table *table, size_t first, const size_t *widths)
{
    size_t gap = 0;

    for (size_t column = 0; column < table->columns; column++) {
        const char *cell = table->cells[first + column];

        if (cell[0] != '\0') { /* gaps come before a cell, so that no line ends in spaces */
            printf("%*s", (int)gap, "");
            print_safely(stdout, cell);
            gap = 0;
        }
        gap += widths[column] - width_of(cell) + 2;
    }
    putchar('\n');
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = table_start(table->columns);
}

void table_print(struct table *table)
{
    size_t widths[16] = {0};

    for (size_t column = 0; column < table->columns && column < 16; column++) {
        widths[column] = column_width(table, column);
    }
    for (size_t i = 0; i + table->columns <= table->count; i += table->columns) {
        print_row(table, i, widths);
    }
    table_free(table);
}
