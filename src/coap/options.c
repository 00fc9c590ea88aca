/* The single-valued options of a message, checked against what each may be (RFC 7252 §5.4). */

#include <linnet/coap.h>

/*
 * RFC 7252 §5.10, RFC 7641 §2, RFC 7959 §2.1 and §4. What has no row is unknown here: refused
 * if critical, ignored if elective. An elective option that is not read below needs no row.
 */
static const struct rule {
    uint8_t number;
    uint8_t min; /* bytes */
    uint8_t max;
    bool repeatable;
} rules[] = {
    /* clang-format off */
    { LN_COAP_URI_HOST,       1, 255, false }, /* any name that leads here is ours */
    { LN_COAP_ETAG,           1,   8, true  },
    { LN_COAP_OBSERVE,        0,   3, false },
    { LN_COAP_URI_PORT,       0,   2, false },
    { LN_COAP_URI_PATH,       0, 255, true  },
    { LN_COAP_CONTENT_FORMAT, 0,   2, false },
    { LN_COAP_MAX_AGE,        0,   4, false },
    { LN_COAP_URI_QUERY,      0, 255, true  },
    { LN_COAP_ACCEPT,         0,   2, false },
    { LN_COAP_BLOCK2,         0,   3, false },
    { LN_COAP_BLOCK1,         0,   3, false },
    { LN_COAP_SIZE2,          0,   4, false },
    { LN_COAP_SIZE1,          0,   4, false },
    /* clang-format on */
};

static const struct rule *rule_of(uint16_t number)
{
    for (size_t i = 0; i < LN_COUNT(rules); i++) {
        if (rules[i].number == number) {
            return &rules[i];
        }
    }
    return NULL;
}

static bool is_known(const struct ln_coap_option_cursor *option, bool repeated)
{
    const struct rule *rule = rule_of(option->number);

    return rule != NULL && option->value.len >= rule->min && option->value.len <= rule->max &&
           (rule->repeatable || !repeated);
}

static ln_err refuse(uint16_t number)
{
    bool critical = (number & 1) != 0;

    if (!critical) {
        return LN_OK;
    }
    /* RFC 7252 §5.10.2: whoever is no proxy must say just this. */
    if (number == LN_COAP_PROXY_URI || number == LN_COAP_PROXY_SCHEME) {
        return LN_ERR_NO_PROXY;
    }
    return LN_ERR_BAD_OPTION;
}

static ln_err take_block(struct ln_coap_block *block, uint32_t value)
{
    enum { RESERVED_SIZE = 7 };

    block->number = value >> 4;
    block->more = (value & 8) != 0;
    block->size_exponent = value & 7;
    block->present = true;
    return block->size_exponent == RESERVED_SIZE ? LN_ERR_BAD_REQUEST : LN_OK;
}

/* A path or query of more parts than any that we have stays longer than those. */
static void count(uint8_t *counter)
{
    if (*counter < UINT8_MAX) {
        (*counter)++;
    }
}

static ln_err take(struct ln_coap_options *out, const struct ln_coap_option_cursor *option)
{
    bool not_a_number = false;
    uint32_t value = (uint32_t)ln_uint_of(option->value, &not_a_number);

    switch (option->number) {
    case LN_COAP_ETAG:
        if (out->etag.len == 0) {
            out->etag = option->value;
        }
        break;
    case LN_COAP_OBSERVE:
        out->observe = value;
        out->has_observe = true;
        break;
    case LN_COAP_URI_PATH:
        count(&out->path_count);
        break;
    case LN_COAP_CONTENT_FORMAT:
        out->content_format = (uint16_t)value;
        break;
    case LN_COAP_MAX_AGE:
        out->max_age = value;
        break;
    case LN_COAP_URI_QUERY:
        count(&out->query_count);
        break;
    case LN_COAP_ACCEPT:
        out->accept = (uint16_t)value;
        break;
    case LN_COAP_BLOCK2:
        return take_block(&out->block2, value);
    case LN_COAP_BLOCK1:
        return take_block(&out->block1, value);
    case LN_COAP_SIZE2:
        out->size2 = value;
        break;
    case LN_COAP_SIZE1:
        out->size1 = value;
        break;
    default:
        break;
    }
    return LN_OK;
}

ln_err ln_coap_options(const struct ln_coap_message *m, struct ln_coap_options *out)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    uint16_t before = 0; /* no option has the number 0 */

    *out = (struct ln_coap_options){
        .content_format = LN_FORMAT_NONE, .accept = LN_FORMAT_NONE, .max_age = 60};
    while (ln_coap_option_next(&option)) {
        bool known = is_known(&option, option.number == before);
        ln_err err = known ? take(out, &option) : refuse(option.number);
        if (err != LN_OK) {
            return err;
        }
        before = option.number;
    }
    return LN_OK;
}
