/* Gives a payload that was written a time: SenML and OMA JSON have a place for it, the base time.
 * spec: CORE-1.1.1 §6.4.2 Notify, RFC 8428 §4.1; CORE-1.0.2 §6.4.4 */

#include "codec/cbor_value.h"
#include "codec/senml.h"

/* Behind `start`, with which all such payloads begin that hold anything. */
static bool date_json(struct ln_writer *w, struct ln_reader *in, struct ln_bytes start,
                      int64_t seconds)
{
    if (!ln_bytes_equal(ln_read_bytes(in, start.len), start)) {
        return false;
    }
    ln_write_bytes(w, start);
    ln_write_text(w, "\"bt\":");
    ln_write_integer_text(w, seconds);
    ln_write_u8(w, ',');
    return true;
}

/* In the first record; it holds for all that follow. */
static bool date_cbor(struct ln_writer *w, struct ln_reader *in, int64_t seconds)
{
    struct ln__cbor_item records = ln__cbor_next(in);
    struct ln__cbor_item labels = ln__cbor_next(in);

    if (in->failed || labels.major != LN__CBOR_MAP) {
        return false;
    }
    ln__write_cbor_head(w, LN__CBOR_ARRAY, records.value);
    ln__write_cbor_head(w, LN__CBOR_MAP, labels.value + 1);
    ln__write_cbor_integer(w, LN__SENML_FIRST + LN__SENML_BT);
    ln__write_cbor_integer(w, seconds);
    return true;
}

bool ln_write_dated(struct ln_writer *w, uint16_t format, struct ln_bytes payload,
                    int64_t seconds)
{
    struct ln_reader in = ln_reader(payload);
    bool dated = false;

    if (format == LN_FORMAT_SENML_JSON) {
        dated = date_json(w, &in, ln_bytes("[{", 2), seconds);
    } else if (format == LN_FORMAT_JSON) {
        dated = date_json(w, &in, ln_bytes("{", 1), seconds);
    } else if (format == LN_FORMAT_SENML_CBOR) {
        dated = date_cbor(w, &in, seconds);
    }
    if (dated) {
        ln_write_bytes(w, ln_read_rest(&in));
    }
    return dated;
}
