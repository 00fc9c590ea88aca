/* Writes a value that came in one piece to a stream. */

#include <linnet/lwm2m.h>

ln_err ln_stream_write(const struct ln_stream_calls *calls, void *instance,
                       const struct ln_value *value, enum ln_write_step step)
{
    if (step == LN_CHECK) {
        return LN_OK;
    }
    ln_err err = calls->begin(instance, value->as.bytes.len);
    if (err == LN_OK) {
        err = calls->chunk(instance, 0, value->as.bytes);
        ln_err ended = calls->end(instance, err == LN_OK);
        err = err == LN_OK ? ended : err;
    }
    return err;
}
