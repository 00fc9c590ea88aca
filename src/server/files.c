/* Files of the app, given out block by block: nothing is kept between two blocks. */

#include "engine.h"

enum { PATH_MAX_BYTES = 255, LARGEST_BLOCK = 1024 };

/* "fw/0123"; false: it is longer than any of ours, or its slashes are not what they seem. */
static bool write_path(struct ln_writer *w, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);

    while (ln_coap_option_find(&option, LN_COAP_URI_PATH)) {
        struct ln_reader in = ln_reader(option.value);
        if (ln_read_until(&in, '/').len != option.value.len) {
            return false;
        }
        if (w->written > 0) {
            ln_write_u8(w, '/');
        }
        ln_write_bytes(w, option.value);
    }
    return !w->failed;
}

static bool find(const struct ln_server *server, const struct request *request,
                 struct ln_server_file *file)
{
    const struct ln_server_files *files = &server->files;
    uint8_t path[PATH_MAX_BYTES];
    struct ln_writer w = ln_writer(path, sizeof(path));

    return files->find != NULL && write_path(&w, request->message) &&
           files->find(files->context, request->peer, ln_writer_bytes(&w), file);
}

ln_err ln_server__file(struct ln_server *server, const struct request *request)
{
    const struct ln_coap_options *options = &request->options;
    struct ln_coap_block block;
    struct ln_server_file file;

    if (!find(server, request, &file)) {
        return LN_ERR_NOT_FOUND;
    }
    if (request->message->code != LN_COAP_GET) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (options->accept != LN_FORMAT_NONE && options->accept != LN_FORMAT_OPAQUE) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_err err =
        ln_coap_block_window(options->block2, server->block_exponent, file.size, &block);
    if (err != LN_OK) {
        return err;
    }
    struct answer answer = ln_server__answer_to(server, request, &server->next_message);
    answer.code = LN_COAP_2_05;
    answer.is_file = true;
    answer.block2 = block;
    answer.file = file;
    ln_server__answer(server, &answer);
    return LN_OK;
}

static size_t write_broken(struct ln_server *server, const struct answer *answer, void *buffer,
                           size_t size)
{
    struct ln_coap_builder b = ln_coap_start(buffer, size, (enum ln_coap_type)answer->type,
                                             LN_COAP_5_00, answer->id, &answer->token);

    server->counters.files_broken++;
    return ln_coap_finish(&b);
}

size_t ln_server__file_write(struct ln_server *server, const struct answer *answer,
                             void *buffer, size_t size)
{
    const struct ln_server_files *files = &server->files;
    const struct ln_server_file *file = &answer->file;
    uint32_t offset = answer->block2.present ? ln_coap_block_offset(answer->block2) : 0;
    uint32_t most =
        answer->block2.present ? ln_coap_block_size(answer->block2) : (uint32_t)LARGEST_BLOCK;
    uint32_t left = file->size - offset;
    uint8_t bytes[LARGEST_BLOCK];
    uint8_t etag_bytes[8];
    struct ln_writer etag = ln_writer(etag_bytes, sizeof(etag_bytes));

    ln_write_u64(&etag, file->etag);
    most = left < most ? left : most;
    if (!files->read(files->context, file->id, offset, bytes, most)) {
        return write_broken(server, answer, buffer, size);
    }
    struct ln_coap_builder b = ln_coap_start(buffer, size, (enum ln_coap_type)answer->type,
                                             LN_COAP_2_05, answer->id, &answer->token);
    ln_coap_add(&b, LN_COAP_ETAG, ln_writer_bytes(&etag));
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_OPAQUE);
    if (answer->block2.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, answer->block2);
    }
    if (offset == 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE2, file->size);
        server->counters.files_found++;
    }
    server->counters.file_blocks++;
    ln_coap_add_payload(&b, ln_bytes(bytes, most));
    return ln_coap_finish(&b);
}
