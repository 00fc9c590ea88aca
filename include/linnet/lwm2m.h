/*
 * What every LwM2M role shares: versions and bindings, the registration's parameters and object
 * list, operations as CoAP requests, and the tables that describe objects.
 *
 * An object is a table. A row says what a resource is and where its value lives:
 *
 *     static const struct ln_resource resources[] = {
 *         { 5700, LN_FLOAT, LN_READ | LN_MANDATORY, LN_FIELD(struct sensor, celsius) },
 *         { 5605, LN_NONE,  LN_EXECUTE,             LN_EXECUTE_BY(reset_range) },
 *     };
 *     const struct ln_object sensor_object = {
 *         .id = 3303, .version_major = 1,
 *         .resource_count = LN_COUNT(resources), .resources = resources,
 *     };
 */
#ifndef LN_LWM2M_H
#define LN_LWM2M_H

#include <linnet/base.h>
#include <linnet/coap.h>
#include <linnet/codec.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Peers: the other end, as a server or bootstrap server sees it ---- */

/* Who the other end of a session proved to be, and which device that is. */
struct ln_proof {
    struct ln_bytes identity; /* LN_LIMIT_IDENTITY bytes at most */
    struct ln_bytes endpoint; /* the only name that it may have; no bytes: any */
    uint8_t mode;             /* how it was proved: a number of the app's, not 0 */
};

/* Where a datagram came from, and where answers to it go. */
struct ln_peer {
    struct ln_address remote;
    struct ln_address local;      /* the address it came to: answers leave from there */
    uint64_t session;             /* of DTLS or TCP; 0: none. Two sessions are two peers. */
    const struct ln_proof *proof; /* NULL: nothing was proved. Borrowed during the call. */
};

/* ---- Versions of the enabler ---- */

enum ln_version {
    LN_VERSION_NONE = 0,
    LN_VERSION_1_0 = 10,
    LN_VERSION_1_1 = 11,
    LN_VERSION_1_2 = 12
};

/*
 * "1.0" -> LN_VERSION_1_0. Any well-formed "major.minor" that is none of ours gives
 * LN_VERSION_NONE and true; what is not of that form gives false.
 */
LN_MUST_USE bool ln_version_of_text(struct ln_bytes text, enum ln_version *out);
const char *ln_version_text(enum ln_version version);

/* ---- Bindings: spec CORE-1.0.2 §5.3.1.1, CORE-1.1.1 §6.2.1.2 ---- */

enum {
    LN_BINDING_U = 1,   /* UDP */
    LN_BINDING_S = 2,   /* SMS */
    LN_BINDING_T = 4,   /* TCP, from 1.1 */
    LN_BINDING_N = 8,   /* Non-IP, from 1.1 */
    LN_BINDING_Q = 128, /* queue mode: in the binding in 1.0, a parameter of its own later */
};

/* LN_ERR_BAD_REQUEST: not a value of that version. */
LN_MUST_USE ln_err ln_binding_of_text(struct ln_bytes text, enum ln_version version,
                                      uint8_t *out);
/* "UQ" in 1.0; "U" in 1.1, where the Q travels apart. */
enum { LN_BINDING_TEXT_MAX = 8 };
void ln_write_binding(struct ln_writer *w, uint8_t binding, enum ln_version version);

/* ---- The registration interface: spec CORE-1.1.1 §6.2 ---- */

enum { LN_LIFETIME_DEFAULT = 86400 };

/* The query of a Register or Update. Bytes point into the message. */
struct ln_registration_query {
    struct ln_bytes endpoint; /* no bytes where there is no ep */
    struct ln_bytes sms;
    enum ln_version version;
    uint32_t lifetime; /* seconds; 0 = never expires */
    uint8_t binding;
    uint8_t extra_count; /* parameters that we do not know: they are kept */
    bool has_endpoint, has_sms, has_version, has_lifetime, has_binding, has_queue;
};

/*
 * Reads the query of a Register (`registered` LN_VERSION_NONE), with the defaults filled in, or
 * of an Update of a registration of that version, which must not hold ep= or lwm2m=.
 * LN_ERR_BAD_REQUEST: a parameter is malformed, twice, or without the value it must have;
 * LN_ERR_VERSION: lwm2m= is of a version that is not ours. Without the ep= of a Register,
 * has_endpoint is false: what to answer is the caller's choice.
 */
LN_MUST_USE ln_err ln_registration_query_read(const struct ln_coap_message *m,
                                              enum ln_version registered,
                                              struct ln_registration_query *out);
/* Whether a query item ("key=value" or "key") is a parameter that we know. */
bool ln_registration_parameter_known(struct ln_bytes item);

/* What one link of an object list says, once its root path is taken off. */
struct ln_object_link {
    uint16_t object;
    uint16_t instance;     /* LN_ID_NONE: the bare object */
    uint8_t version_major; /* 0.0 where the link does not say */
    uint8_t version_minor;
};

/*
 * Reads the object list of a Register or Update link by link. The root path is what a link with
 * rt="oma.lwm2m" names, wherever it stands in the list; links outside of it are skipped, and so
 * are those whose path is not all numbers. A link that stands twice comes twice.
 */
struct ln_object_list_reader {
    struct ln_reader in;
    struct ln_bytes root;    /* "" or "/lwm2m": no slash at the end */
    struct ln_bytes formats; /* the value of ct on the root link: "60 110 112" */
};
/*
 * Looks at the whole list: what ln_object_list_next() gives afterwards is sound.
 * LN_ERR_BAD_PAYLOAD: it is no list of links, or numbers within the root path are no object or
 * instance, or a version is none, or there are two root paths. LN_ERR_TOO_LARGE: more than
 * LN_LIMIT_OBJECT_LINKS.
 */
LN_MUST_USE ln_err ln_object_list_open(struct ln_bytes payload,
                                       struct ln_object_list_reader *out);
/* False at the end. */
LN_MUST_USE bool ln_object_list_next(struct ln_object_list_reader *reader,
                                     struct ln_object_link *out);
/* The version of an object that is meant where the list does not say. */
void ln_object_default_version(uint16_t object, enum ln_version version, uint8_t *major,
                               uint8_t *minor);

/* ---- Operations and the requests they travel in: spec TRANSPORT-1.1.1 §6.4 ---- */

enum ln_operation_kind {
    LN_OPERATION_READ,
    LN_OPERATION_DISCOVER,
    LN_OPERATION_WRITE,         /* replace */
    LN_OPERATION_WRITE_PARTIAL, /* partial update */
    LN_OPERATION_WRITE_ATTRIBUTES,
    LN_OPERATION_EXECUTE,
    LN_OPERATION_CREATE,
    LN_OPERATION_DELETE,
};
/* "read", "discover", "write", "write-partial", ... */
const char *ln_operation_name(enum ln_operation_kind kind);

struct ln_operation {
    enum ln_operation_kind kind;
    struct ln_path path;
    uint16_t accept;         /* LN_FORMAT_NONE: the device's choice */
    uint16_t format;         /* of the payload; LN_FORMAT_NONE where there is none */
    struct ln_bytes payload; /* Write, Create; the arguments of an Execute */
    struct ln_bytes query;   /* Write-Attributes: "pmin=10&gt" */
};

/* Whether the path may be the target of that operation in that version at all. */
bool ln_operation_fits(enum ln_operation_kind kind, struct ln_path path,
                       enum ln_version version);

/*
 * The server's side: adds the options and the payload of the operation to a started request.
 * `root` as ln_object_list_reader has it. ln_operation_code() is the method to start it with.
 */
uint8_t ln_operation_code(enum ln_operation_kind kind);
void ln_operation_write(struct ln_coap_builder *b, const struct ln_operation *operation,
                        struct ln_bytes root);

/*
 * The client's side: which operation a request is. LN_ERR_NOT_FOUND: its path is none of
 * LwM2M's; LN_ERR_NOT_ALLOWED: no operation has this method on this path; LN_ERR_BAD_REQUEST: a
 * Write or Create with a payload and no Content-Format. `query` stays empty: it stands in the
 * Uri-Query options.
 */
LN_MUST_USE ln_err ln_operation_read(const struct ln_coap_message *m,
                                     const struct ln_coap_options *o, struct ln_operation *out);

/* ---- Attributes of information reporting: spec CORE-1.1.1 §5.1.2 ---- */

/*
 * A decimal number below 2 * 10^19 with 19 decimals, and so every integer that a resource may hold.
 * Thresholds and values are compared as decimals, as they are written: from 0.2 to 0.3 is a step
 * of 0.1. A floating-point value beyond the greatest number counts as that.
 */
enum { LN_NUMBER_WHOLE = 20, LN_NUMBER_DIGITS = 40 };
struct ln_number {
    /*
     * 0 to 9: the sign, LN_NUMBER_WHOLE before the point, the decimals. The sign is 1, or 0 of a
     * negative number, whose other digits are its ten's complement: so numbers are in the order
     * of their digits.
     */
    uint8_t digits[LN_NUMBER_DIGITS];
};

/* "-30.55". False: it is no number, or beyond the range. Decimals after the 19th are dropped. */
LN_MUST_USE bool ln_number_of_text(struct ln_bytes text, struct ln_number *out);
void ln_write_number(struct ln_writer *w, const struct ln_number *number);
/* Below, equal to or above zero as `a` is to `b`. */
int ln_number_compare(const struct ln_number *a, const struct ln_number *b);
static inline bool ln_number_is_negative(const struct ln_number *number)
{
    return number->digits[0] == 0;
}
/* The distance between the two, without a sign. */
struct ln_number ln_number_distance(const struct ln_number *a, const struct ln_number *b);
/* False: it is no finite number. */
typedef bool ln_number_of_double_fn(double value, struct ln_number *out);
LN_MUST_USE bool ln_number_of_double(double value, struct ln_number *out);

enum ln_attribute {
    LN_ATTRIBUTE_PMIN,
    LN_ATTRIBUTE_PMAX,
    LN_ATTRIBUTE_GT,
    LN_ATTRIBUTE_LT,
    LN_ATTRIBUTE_ST,
    LN_ATTRIBUTES,
};
#define LN_ATTRIBUTE_BIT(name) (1U << LN_ATTRIBUTE_##name)
/* "pmin", "pmax", "gt", "lt", "st" */
const char *ln_attribute_name(enum ln_attribute attribute);

/* The attributes at one path, or what one Write-Attributes says. */
struct ln_attributes {
    uint8_t set;               /* LN_ATTRIBUTE_BIT() of those that have a value */
    uint8_t unset;             /* in a Write-Attributes: of those that are to go */
    uint32_t period[2];        /* pmin and pmax, seconds */
    struct ln_number bound[3]; /* gt, lt and st */
};

/*
 * Adds one item of the query of a Write-Attributes, "pmin=10" or "gt". LN_ERR_BAD_REQUEST: the name
 * is none of ours, or stands twice, or the number is none: pmin and pmax are whole seconds below
 * 2^32, st has no sign.
 */
LN_MUST_USE ln_err ln_attributes_read(struct ln_bytes item, struct ln_attributes *change);
/*
 * Changes `own` as a Write-Attributes says, if what comes out holds together: lt < gt and
 * lt + 2 st < gt. If not, LN_ERR_BAD_REQUEST, and it is as before. (pmin > pmax is no error: pmax is
 * then ignored.)
 */
LN_MUST_USE ln_err ln_attributes_change(struct ln_attributes *own,
                                        const struct ln_attributes *change);
/* Whether they may stand there: gt, lt and st at resources and resource instances only. */
bool ln_attributes_fit(const struct ln_attributes *attributes, struct ln_path path);
/* Takes from `from`, which is of the level above, those that `own` has not set. */
void ln_attributes_inherit(struct ln_attributes *own, const struct ln_attributes *from);
/* ";pmin=10;gt=5", as in a link. */
void ln_write_attributes(struct ln_writer *w, const struct ln_attributes *attributes);

/* ---- Arguments of an Execute: spec CORE-1.1.1 §6.3.5 ---- */

struct ln_argument {
    uint8_t id; /* 0 to 9 */
    bool has_value;
    struct ln_bytes value;
};
/*
 * The next argument; false at the end, or at a fault (`in->failed` set). Order and repeats are
 * the caller's.
 */
LN_MUST_USE bool ln_argument_next(struct ln_reader *in, struct ln_argument *out);
/* Whether the whole list is well formed, each id at most once. */
bool ln_arguments_valid(struct ln_bytes arguments);

/* ---- Object tables ---- */

/* What may be done with a resource, and what it is. 0: only a bootstrap server may touch it. */
enum {
    LN_READ = 1,
    LN_WRITE = 2,
    LN_EXECUTE = 4,
    LN_MANY = 8,       /* has resource instances */
    LN_MANDATORY = 16, /* is in every instance */
    /* Nobody tells of its changes by ln_client_changed(): where it is observed, it is looked at
     * from time to time. */
    LN_SAMPLED = 32,
    /* Changes all the time by itself, as a clock does: that is no reason to notify. */
    LN_UNTOLD = 64,
};

/* How a member of the instance's struct holds a value; LN_FIELD finds it out. */
enum ln_storage {
    LN_IN_NOTHING,
    LN_IN_SIGNED,   /* int8_t to int64_t */
    LN_IN_UNSIGNED, /* uint8_t to uint64_t */
    LN_IN_BOOL,
    LN_IN_FLOAT,
    LN_IN_DOUBLE,
    LN_IN_CHARS,  /* char[N], ended by NUL: can be written */
    LN_IN_TEXT,   /* const char *: NULL means that the resource is not there; read only */
    LN_IN_BYTES,  /* struct ln_bytes: read only */
    LN_IN_BUFFER, /* struct ln_buffer: can be written */
    LN_IN_OBJLNK, /* struct ln_objlnk */
};

/* Bytes that can be written, in memory of the app. */
struct ln_buffer {
    uint8_t *at;
    uint32_t size;
    uint32_t len;
};

/* A write is decoded twice: first checked whole, then stored. */
enum ln_write_step {
    LN_CHECK, /* say whether it could be stored; change nothing */
    LN_STORE,
    LN_CLEAR, /* value is NULL: forget all instances of the resource, or set its default */
};

struct ln_resource_calls {
    /*
     * LN_ERR_NOT_FOUND: it is not there at the moment. `resource_instance` is 0 for a single
     * one.
     */
    ln_err (*read)(void *instance, uint16_t resource_instance, struct ln_value *out);
    ln_err (*write)(void *instance, uint16_t resource_instance, const struct ln_value *value,
                    enum ln_write_step step);
    /* LN_MANY only: the first resource instance with *id or above; false if there is none. */
    bool (*next)(void *instance, uint16_t *id);
};

/* A value that is stored as it comes: firmware goes to flash or disk block by block. */
struct ln_stream_calls {
    ln_err (*begin)(void *instance, size_t size_hint); /* 0: not known */
    /* LN_ERR_BUSY: wait, the same chunk comes again after ln_client_resume(). */
    ln_err (*chunk)(void *instance, size_t offset, struct ln_bytes bytes);
    ln_err (*end)(void *instance, bool complete);
    /* Takes a value in one piece: ln_stream_write(), which the macro names. */
    ln_err (*write)(const struct ln_stream_calls *calls, void *instance,
                    const struct ln_value *value, enum ln_write_step step);
};
ln_err ln_stream_write(const struct ln_stream_calls *calls, void *instance,
                       const struct ln_value *value, enum ln_write_step step);

/*
 * The arguments are well formed; LN_ERR_BAD_REQUEST refuses them. Act once the answer has left:
 * LN_CLIENT_EXECUTED.
 */
typedef ln_err ln_execute_fn(void *instance, struct ln_bytes arguments);

struct ln_resource;

/* How far the writes of one request to one list are. */
struct ln_list_pass {
    size_t added; /* values that are new */
    bool cleared; /* the old values count no more */
};

typedef ln_err ln_list_write_fn(struct ln_list_pass *pass, const struct ln_resource *row,
                                void *instance, uint16_t id, const struct ln_value *value,
                                enum ln_write_step step);
ln_list_write_fn ln_list_write;

/* Where a LN_LIST_OF() member keeps its parts. */
struct ln_list_layout {
    uint16_t count; /* offset of the count, a uint16_t */
    uint16_t ids;   /* offset of the ids, each a uint16_t, ascending */
    uint16_t values;
    uint16_t value_size;
    uint16_t capacity;
    ln_list_write_fn *write; /* ln_list_write; NULL: it is never written to */
};

enum ln_place {
    LN_PLACE_FIELD,
    LN_PLACE_LIST,
    LN_PLACE_CALL,
    LN_PLACE_STREAM,
    LN_PLACE_EXECUTE
};

struct ln_resource {
    uint16_t id;
    uint8_t type;       /* enum ln_type */
    uint8_t operations; /* LN_READ | ... */
    uint8_t place;   /* enum ln_place; it and what follows come from one of the macros below */
    uint8_t storage; /* enum ln_storage */
    union {
        struct {
            uint16_t offset;
            uint16_t size;
        } field;
        const struct ln_list_layout *list;
        const struct ln_resource_calls *calls;
        const struct ln_stream_calls *stream;
        ln_execute_fn *execute;
    } at;
};

#define LN_STORAGE_OF(lvalue)                                                                  \
    _Generic((lvalue), signed char: LN_IN_SIGNED, short: LN_IN_SIGNED, int: LN_IN_SIGNED,          \
             long: LN_IN_SIGNED, long long: LN_IN_SIGNED, unsigned char: LN_IN_UNSIGNED,           \
             unsigned short: LN_IN_UNSIGNED, unsigned: LN_IN_UNSIGNED,                             \
             unsigned long: LN_IN_UNSIGNED, unsigned long long: LN_IN_UNSIGNED, bool: LN_IN_BOOL,  \
             float: LN_IN_FLOAT, double: LN_IN_DOUBLE, char *: LN_IN_CHARS,                        \
             const char *: LN_IN_TEXT, struct ln_bytes: LN_IN_BYTES,                               \
             struct ln_buffer: LN_IN_BUFFER, struct ln_objlnk: LN_IN_OBJLNK)

/* The value is a member of the instance's struct. */
#define LN_FIELD(type, member)                                                                 \
    LN_PLACE_FIELD, LN_STORAGE_OF(((type *)0)->member),                                        \
    {                                                                                          \
        .field = { offsetof(type, member), sizeof(((type *)0)->member) }                       \
    }

/* A member that holds up to `n` resource instances. */
#define LN_LIST_OF(type, n)                                                                    \
    struct {                                                                                   \
        uint16_t count;                                                                        \
        uint16_t ids[n];                                                                       \
        type values[n];                                                                        \
    }

/* The values are a LN_LIST_OF() member of the instance's struct. */
#define LN_LIST(type, member) LN_LIST_WITH(type, member, ln_list_write)
/* The same where servers only read it: then nothing that writes lists is linked. */
#define LN_LIST_TO_READ(type, member) LN_LIST_WITH(type, member, NULL)

#define LN_LIST_WITH(type, member, write_fn)                                                   \
    LN_PLACE_LIST, LN_STORAGE_OF(((type *)0)->member.values[0]),                               \
    {                                                                                          \
        .list = &(const struct ln_list_layout)                                                 \
        {                                                                                      \
            offsetof(type, member.count), offsetof(type, member.ids),                          \
                offsetof(type, member.values), sizeof(((type *)0)->member.values[0]),          \
                LN_COUNT(((type *)0)->member.ids), (write_fn)                                  \
        }                                                                                      \
    }

/* Functions read and write it; `write_fn` may be NULL. */
#define LN_CALL(read_fn, write_fn)                                                             \
    LN_PLACE_CALL, LN_IN_NOTHING,                                                              \
    {                                                                                          \
        .calls = &(const struct ln_resource_calls)                                             \
        {                                                                                      \
            .read = (read_fn), .write = (write_fn)                                             \
        }                                                                                      \
    }

/* The same for a resource with instances. */
#define LN_CALL_MANY(read_fn, write_fn, next_fn)                                               \
    LN_PLACE_CALL, LN_IN_NOTHING,                                                              \
    {                                                                                          \
        .calls = &(const struct ln_resource_calls)                                             \
        {                                                                                      \
            (read_fn), (write_fn), (next_fn)                                                   \
        }                                                                                      \
    }

#define LN_STREAM(begin_fn, chunk_fn, end_fn)                                                  \
    LN_PLACE_STREAM, LN_IN_NOTHING,                                                            \
    {                                                                                          \
        .stream = &(const struct ln_stream_calls)                                              \
        {                                                                                      \
            (begin_fn), (chunk_fn), (end_fn), ln_stream_write                                  \
        }                                                                                      \
    }

/* `fn` may be NULL: then the event is all there is. */
#define LN_EXECUTE_BY(fn)                                                                      \
    LN_PLACE_EXECUTE, LN_IN_NOTHING,                                                           \
    {                                                                                          \
        .execute = (fn)                                                                        \
    }

/* How an object's instances are found, made and removed. Any but `next` may be NULL. */
struct ln_object_calls {
    /* The instance with the lowest id of *id or above; sets *id. NULL if there is none. */
    void *(*next)(void *store, uint16_t *id);
    /* A new instance with defaults. NULL: there is no room. */
    void *(*create)(void *store, uint16_t id);
    ln_err (*remove)(void *store, uint16_t id);
    /*
     * Around the writes of one request to one instance: begin; then store; validate; then one
     * of the last two.
     */
    ln_err (*begin)(void *store, uint16_t id);
    ln_err (*validate)(void *store, uint16_t id);
    void (*commit)(void *store, uint16_t id);
    void (*rollback)(void *store, uint16_t id);
};

/* Instances in an array of the app: the `store` to give with ln_instances_calls. */
struct ln_instances {
    void *items;   /* capacity items of item_size bytes */
    uint16_t *ids; /* ascending, `count` of them; item i has id ids[i] */
    uint32_t item_size;
    uint16_t capacity;
    uint16_t count;
};
extern const struct ln_object_calls ln_instances_calls;

struct ln_object {
    uint16_t id;
    uint8_t version_major;
    uint8_t version_minor;
    uint8_t resource_count;
    /*
     * LN_ABSENT(): a uint32_t member of the instance whose bit n says that the resource of row
     * n is not there (rows from 32 on always are). 0: all are always there, but for NULL texts
     * and empty lists.
     */
    uint16_t absent;
    const struct ln_resource *resources; /* ascending by id */
    /* NULL: a single instance, 0, which is the store itself. */
    const struct ln_object_calls *calls;
};

#define LN_ABSENT(type, member) (offsetof(type, member) + 1)

/* An object of a device: the table, and where its instances are. */
struct ln_object_entry {
    const struct ln_object *object;
    void *store;
};

/* The row of a resource; NULL if the object has none of that id. */
const struct ln_resource *ln_object_resource(const struct ln_object *object, uint16_t id);
/*
 * Sets a member of an instance, as an app does with values that it takes from people or files: of the
 * member's own type, or one that converts to it. LN_ERR_BAD_VALUE: it does not fit. LN_ERR_NOT_ALLOWED: the
 * row names no member, or one that only points at its value.
 */
LN_MUST_USE ln_err ln_resource_store(const struct ln_resource *row, void *instance,
                                     const struct ln_value *value);
/* Whether the object has several instances, or could have. */
static inline bool ln_object_is_single(const struct ln_object *object)
{
    return object->calls == NULL;
}

#ifdef __cplusplus
}
#endif

#endif
