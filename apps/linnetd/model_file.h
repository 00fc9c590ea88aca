/* Object definitions in files: the XML of the OMA registry ("DDF"). */
#ifndef LINNETD_MODEL_FILE_H
#define LINNETD_MODEL_FILE_H

#include "linnetd/models.h"

enum {
    MODEL_FILE_MAX = 4 * 1024 * 1024, /* bytes */
    MODEL_DEPTH_MAX = 16,             /* elements within each other */
    MODEL_RESOURCES_MAX = 1024,       /* of one object */
    MODEL_OBJECTS_MAX = 10000,        /* of all files */
    MODEL_NAME_MAX = 255,
};

/* What was read of one text; the models are owned until model_list_free(). */
struct model_list {
    struct model **at;
    size_t count;
};

struct model_fault {
    unsigned long line; /* 0: of no line */
    char why[200];
};

/*
 * Reads the definitions in a text and adds them to the list. `source` is kept. False: what is wrong
 * is in `fault`, and the list is as far as it came. Document types and entities of one's own are
 * refused: no definition needs them, and they can make a short file a very large one.
 */
LN_MUST_USE bool model_text_read(struct ln_bytes text, const char *source,
                                 struct model_list *list, struct model_fault *fault);
void model_list_free(struct model_list *list);

/*
 * Reads all *.xml of a folder and makes them known, beside or in place of the built-in ones; of
 * several versions of an object, the highest. False: why has been printed on stderr.
 */
LN_MUST_USE bool models_load(const char *folder, struct model_list *list);

#endif
