/* SenML (RFC 8428), whatever it is written in: labels, base fields, and what a record must have. */
#ifndef LN_CODEC_SENML_H
#define LN_CODEC_SENML_H

#include <linnet/codec.h>

/* In the order of their numbers in CBOR, which begin with -6. LN__SENML_VLO is LwM2M's own. */
enum ln__senml_label {
    LN__SENML_BS,
    LN__SENML_BV,
    LN__SENML_BU,
    LN__SENML_BT,
    LN__SENML_BN,
    LN__SENML_BVER,
    LN__SENML_N,
    LN__SENML_U,
    LN__SENML_V,
    LN__SENML_VS,
    LN__SENML_VB,
    LN__SENML_S,
    LN__SENML_T,
    LN__SENML_UT,
    LN__SENML_VD,
    LN__SENML_VLO,
    LN__SENML_UNKNOWN,
};

enum { LN__SENML_FIRST = -6, LN__SENML_VERSION = 10 };

/* What a record has, besides its value. The base fields go right into the decoder. */
struct ln__senml_fields {
    uint32_t seen; /* a bit for each label */
    int64_t time;
    uint8_t name[LN_PATH_TEXT_MAX];
    uint8_t name_len;
};

/* False if the record has it already, or has a value already and this is another. */
LN_MUST_USE bool ln__senml_see(struct ln__senml_fields *fields, enum ln__senml_label label);
/* The label of the record's value; LN__SENML_V also where the base value is all it has. */
enum ln__senml_label ln__senml_value(const struct ln__senml_fields *fields);
/* The type of what is under a label of a value; LN_NONE: any number. */
enum ln_type ln__senml_type(enum ln__senml_label value);
/* Gives the record path and time. LN_ERR_BAD_PAYLOAD: it has no value, or no name that
 * is of a resource or its instance within the decoder's base. */
LN_MUST_USE ln_err ln__senml_place(const struct ln_decoder *in,
                                   const struct ln__senml_fields *fields,
                                   struct ln_record *out);
/* Adds the base value to a number. */
LN_MUST_USE ln_err ln__senml_add_base(const struct ln_decoder *in, struct ln_value *value);
/* A copy of the decoder without what the records so far have left in it. */
struct ln_decoder ln__senml_start(const struct ln_decoder *in);

#endif
