/* What a device sent of itself, as records: for those that no HTTP request waits for. */

#include "linnetd/payload.h"

#include "linnetd/models.h"
#include "linnetd/operation.h"
#include "linnetd/values.h"

#include <stdlib.h>

bool payload_open(struct payload *payload, uint16_t format, struct ln_path path,
                  struct ln_bytes bytes)
{
    const struct ln_format *known = ln_format_find(formats, format);
    /* A text is never longer than it was in the payload; each takes up to 16 for alignment. */
    size_t size = 4 * bytes.len + 1024;

    *payload = (struct payload){.memory = NULL};
    if (known == NULL) {
        return false;
    }
    payload->memory = malloc(size);
    if (payload->memory == NULL) {
        return false;
    }
    payload->scratch = ln_arena(payload->memory, size);
    ln_decoder_init(&payload->decoder, known, path, bytes, &model_types, &payload->scratch);
    return true;
}

bool payload_next(struct payload *payload, struct ln_record *record)
{
    return ln_decode(&payload->decoder, record);
}

void payload_close(struct payload *payload)
{
    free(payload->memory);
    payload->memory = NULL;
}

int64_t payload_time(const struct payload *payload, const struct ln_record *record,
                     int64_t received_ms)
{
    int64_t ms = record->time_ns / 1000000;

    if (record->time_ns == 0) {
        return received_ms;
    }
    bool absolute = payload->decoder.format == &ln_format_json
                        ? record->time_ns > 0
                        : record->time_ns >= LN_TIME_ABSOLUTE;
    return absolute ? ms : received_ms + ms;
}

bool payload_json(struct json_out *json, uint16_t format, struct ln_path path,
                  struct ln_bytes bytes, int64_t received_ms)
{
    struct text_out text = {.at = NULL};
    struct json_out list = {.out = &text};
    struct payload payload;
    struct ln_record record;

    if (!payload_open(&payload, format, path, bytes)) {
        return false;
    }
    out_open(&list, '[');
    while (payload_next(&payload, &record)) {
        record_json(&list, &record, payload.decoder.format == &ln_format_json, received_ms);
    }
    out_close(&list, ']');
    bool good = payload.decoder.err == LN_OK && !text.failed;
    if (good) {
        out_raw(json, ln_bytes(text.at, text.len));
    }
    payload_close(&payload);
    text_free(&text);
    return good;
}
