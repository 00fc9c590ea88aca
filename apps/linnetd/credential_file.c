/* Reads a file of credentials: CSV, one in each line, all good or none. */

#include "linnetd/credential_input.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, CELL_MAX = 1024 };

static const char *const columns[COLUMNS] = {"endpoint", "for", "mode", "identity", "key"};

struct line {
    size_t number;
    size_t count;
    uint8_t cells[COLUMNS][CELL_MAX];
    size_t lengths[COLUMNS];
};

static bool wrong(struct credential_file_fault *fault, const struct line *line, size_t column,
                  const char *why)
{
    *fault = (struct credential_file_fault){line->number,
                                            column < COLUMNS ? columns[column] : NULL, why, 0};
    return false;
}

/* ---- CSV ---- */

static bool at_line_end(struct ln_reader *in)
{
    int next = ln_peek_u8(in);

    return next < 0 || next == '\n' || next == '\r';
}

static bool at_cell_end(struct ln_reader *in)
{
    return at_line_end(in) || ln_peek_u8(in) == ',';
}

/* After the opening quote; two quotes are one. False: it does not end. */
static bool read_quoted(struct ln_reader *in, struct ln_writer *out)
{
    while (ln_reader_left(in) > 0) {
        uint8_t c = ln_read_u8(in);
        if (c == '"' && !ln_read_if(in, '"')) {
            return true;
        }
        ln_write_u8(out, c);
    }
    return false;
}

static bool read_cell(struct ln_reader *in, struct line *line,
                      struct credential_file_fault *fault)
{
    struct ln_writer out = ln_writer(line->cells[line->count], CELL_MAX);

    if (ln_read_if(in, '"')) {
        if (!read_quoted(in, &out) || !at_cell_end(in)) {
            return wrong(fault, line, line->count, "the quotes do not go together");
        }
    } else {
        while (!at_cell_end(in)) {
            ln_write_u8(&out, ln_read_u8(in));
        }
    }
    if (out.failed) {
        return wrong(fault, line, line->count, "it is too long");
    }
    line->lengths[line->count++] = out.written;
    return true;
}

static bool read_line(struct ln_reader *in, struct line *line,
                      struct credential_file_fault *fault)
{
    line->count = 0;
    do {
        if (line->count == COLUMNS) {
            return wrong(fault, line, COLUMNS,
                         "it has more than the columns endpoint,for,mode,identity,key");
        }
        if (!read_cell(in, line, fault)) {
            return false;
        }
    } while (ln_read_if(in, ','));
    (void)ln_read_if(in, '\r');
    (void)ln_read_if(in, '\n');
    return true;
}

/* ---- One credential ---- */

/* No bytes are as if the column was not there. */
static struct ln_bytes cell(const struct line *line, size_t column)
{
    size_t len = column < line->count ? line->lengths[column] : 0;

    return ln_bytes(len > 0 ? line->cells[column] : NULL, len);
}

static bool is_header(const struct line *line)
{
    for (size_t i = 0; i < line->count; i++) {
        if (!ln_bytes_are(cell(line, i), columns[i])) {
            return false;
        }
    }
    return true;
}

static bool is_empty(const struct line *line)
{
    return line->count == 1 && line->lengths[0] == 0;
}

/* The column in which the file has what the API calls by the member's name. */
static size_t column_of(const char *member)
{
    if (strcmp(member, "subject") == 0) {
        return 3;
    }
    if (strcmp(member, "public_key") == 0) {
        return 4;
    }
    size_t i = 0;
    while (i < COLUMNS && strcmp(columns[i], member) != 0) {
        i++;
    }
    return i;
}

static bool take_line(const struct line *line, struct credential_input *input,
                      struct credential_file_fault *fault)
{
    struct ln_bytes mode = cell(line, 2);
    struct credential_fault why;
    struct credential_fields fields = {
        .endpoint = cell(line, 0), .purpose = cell(line, 1), .mode = mode};

    *(ln_bytes_are(mode, "x509") ? &fields.subject : &fields.identity) = cell(line, 3);
    *(ln_bytes_are(mode, "rpk") ? &fields.public_key : &fields.key) = cell(line, 4);
    if (!credential_input_read(&fields, input, &why)) {
        return wrong(fault, line, column_of(why.member), why.why);
    }
    input->line = line->number;
    return true;
}

/* ---- The file ---- */

static int compare_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return ln_bytes_compare(ln_bytes(a, a_len), ln_bytes(b, b_len));
}

static int compare_places(const void *left, const void *right)
{
    const struct credential_input *a = *(struct credential_input *const *)left;
    const struct credential_input *b = *(struct credential_input *const *)right;
    int order = (int)a->what.purpose - (int)b->what.purpose;

    return order != 0 ? order
                      : compare_bytes(a->what.endpoint, a->what.endpoint_len, b->what.endpoint,
                                      b->what.endpoint_len);
}

static int compare_identities(const void *left, const void *right)
{
    const struct credential_input *a = *(struct credential_input *const *)left;
    const struct credential_input *b = *(struct credential_input *const *)right;
    int order = (int)a->what.purpose - (int)b->what.purpose;

    order = order != 0 ? order : (int)a->what.mode - (int)b->what.mode;
    return order != 0 ? order
                      : compare_bytes(a->what.identity, a->what.identity_len, b->what.identity,
                                      b->what.identity_len);
}

/* Each endpoint once for each purpose, each identity once. */
static bool is_without_repeats(const struct credential_file *file,
                               struct credential_input **order,
                               int (*compare)(const void *, const void *), size_t column,
                               struct credential_file_fault *fault)
{
    for (size_t i = 0; i < file->count; i++) {
        order[i] = &file->inputs[i];
    }
    qsort((void *)order, file->count, sizeof(struct credential_input *), compare);
    for (size_t i = 1; i < file->count; i++) {
        if (compare((const void *)&order[i - 1], (const void *)&order[i]) == 0) {
            size_t a = order[i - 1]->line;
            size_t b = order[i]->line;
            *fault = (struct credential_file_fault){
                a > b ? a : b, columns[column], "it stands in another line too", a > b ? b : a};
            return false;
        }
    }
    return true;
}

static bool check_repeats(const struct credential_file *file,
                          struct credential_file_fault *fault)
{
    struct credential_input **order = calloc(file->count, sizeof(struct credential_input *));

    if (order == NULL) {
        *fault = (struct credential_file_fault){0, NULL, "no memory", 0};
        return false;
    }
    bool good = is_without_repeats(file, order, compare_places, 0, fault) &&
                is_without_repeats(file, order, compare_identities, 3, fault);
    free((void *)order);
    return good;
}

static bool read_lines(struct ln_reader *in, struct line *line, struct credential_file *file,
                       struct credential_file_fault *fault)
{
    for (line->number = 1; ln_reader_left(in) > 0; line->number++) {
        if (!read_line(in, line, fault)) {
            return false;
        }
        if (is_empty(line) || (line->number == 1 && is_header(line))) {
            continue;
        }
        if (!take_line(line, &file->inputs[file->count], fault)) {
            return false;
        }
        file->count++;
    }
    return true;
}

static size_t count_lines(struct ln_bytes text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.len; i++) {
        count += text.at[i] == '\n' || text.at[i] == '\r';
    }
    return count;
}

bool credential_file_read(struct ln_bytes text, struct credential_file *file,
                          struct credential_file_fault *fault)
{
    struct ln_reader in = ln_reader(text);
    struct line *line = calloc(1, sizeof(*line));
    bool good = false;

    *file = (struct credential_file){calloc(count_lines(text), sizeof(*file->inputs)), 0};
    *fault = (struct credential_file_fault){0, NULL, "no memory", 0};
    if (line != NULL && file->inputs != NULL) {
        good = read_lines(&in, line, file, fault);
    }
    if (good && file->count == 0) {
        *fault = (struct credential_file_fault){0, NULL, "it has no credential", 0};
        good = false;
    }
    good = good && check_repeats(file, fault);
    if (line != NULL) {
        seal_wipe(line, sizeof(*line));
    }
    free(line);
    return good;
}

void credential_file_free(struct credential_file *file)
{
    if (file->inputs != NULL) {
        seal_wipe(file->inputs, file->count * sizeof(*file->inputs));
    }
    free(file->inputs);
    *file = (struct credential_file){NULL, 0};
}
