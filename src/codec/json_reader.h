/* JSON text, token by token (RFC 8259), strictly: what both formats in JSON read with. */
#ifndef LN_CODEC_JSON_READER_H
#define LN_CODEC_JSON_READER_H

#include <linnet/codec.h>

/* A mark ({ } [ ] , :) is a kind of its own; the others have these. */
enum {
    LN__JSON_END = 0,
    LN__JSON_BAD = '!',
    LN__JSON_TEXT = '"',
    LN__JSON_NUMBER = '0',
    LN__JSON_TRUE = 't',
    LN__JSON_FALSE = 'f',
    LN__JSON_NULL = 'n',
};

struct ln__json_token {
    int kind;
    struct ln_bytes text; /* of a number; of a text what stands between the quotes, borrowed */
    bool escaped;         /* the text has escapes in it, all of them valid */
};

/*
 * The next token. What is none is LN__JSON_BAD and fails the reader. Bytes that are not UTF-8
 * are for the caller to refuse: once, for the whole payload.
 */
struct ln__json_token ln__json_next(struct ln_reader *in);
/* Takes the next token, which must be of this kind: fails the reader if it is not. */
bool ln__json_take(struct ln_reader *in, int kind);
/* Takes the next mark if it is this one. */
bool ln__json_take_if(struct ln_reader *in, char mark);
/*
 * Takes the next name of an object, up to its value. False at the end of the object, or with the
 * reader failed. `first` is true at the first call, right behind the "{".
 */
bool ln__json_member(struct ln_reader *in, bool *first, struct ln__json_token *name);
/* Passes over one value with all that is in it, up to 16 levels of it. */
bool ln__json_skip(struct ln_reader *in);

/* What the text means, its escapes resolved. */
void ln__json_unescape(struct ln_writer *w, const struct ln__json_token *token);
/*
 * The same as bytes: borrowed from the payload, or where there are escapes from the scratch arena.
 * LN_ERR_NO_SPACE: the arena is too small, or NULL.
 */
LN_MUST_USE ln_err ln__json_text(struct ln_arena *scratch, const struct ln__json_token *token,
                                 struct ln_bytes *out);
/* Whether the text means just this C string. */
bool ln__json_is(const struct ln__json_token *token, const char *text);

#endif
