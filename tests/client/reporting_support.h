/* A client that observes: an object of sensors to look at, and a server that asks by hand. */
#ifndef LN_CLIENT_REPORTING_SUPPORT_H
#define LN_CLIENT_REPORTING_SUPPORT_H

#include "support.h"

enum { OBSERVATIONS = 4, SETS = 4, STORED = 3, STORED_SIZE = 64, SENSORS = 3 };

/* Object 33002: 1 an integer, 2 an unsigned, 3 a float, 4 a text, 5 integers, 6 one that is
 * sampled, 7 one that runs. */
struct sensor {
    int64_t integer;
    uint64_t natural;
    double number;
    char text[3000];
    LN_LIST_OF(int32_t, 3) many;
    int32_t sampled;
    int64_t runs;
    uint32_t absent; /* row n is resource n + 1 */
};
extern struct sensor sensors[SENSORS];
extern struct ln_instances sensor_store;
extern struct ln_client_reporting reporting;
extern struct ln_client_observation observations[OBSERVATIONS];

/* Registered, with all of the part. Sensor 0 is there: integer 20, number 20.5, text "calm". */
void given_a_client_that_observes(enum ln_version version);
/* Anew, as f.config is now. */
void reporting_registers(void);
/* With a second account (short id 102), registered as well. */
void given_two_servers(void);

/* The server's next question has this token, of one byte. */
extern uint8_t token;
extern uint16_t accept;
/* The answer to an Observe 0 or 1; that to a Write-Attributes, whose items '&' parts. */
struct ln_coap_message observe(const char *path);
struct ln_coap_message cancel(const char *path);
struct ln_coap_message write_attributes(const char *path, const char *query);

/* Sets the integer of sensor 0, and tells. */
void integer_becomes(int64_t value);

/* The next notification: false if nothing is sent now. */
struct notification {
    struct ln_coap_message message;
    struct ln_coap_options options;
};
bool client_notifies(struct notification *out);
/* Just one, with this payload; its token is `token`. */
void client_notifies_text(const char *payload);
void client_is_silent(void);
/* Moves the clock to the client's deadline, which must be that many ms away. */
void due_after(ln_time ms);
void server_confirms(const struct ln_coap_message *m);
void server_resets(const struct ln_coap_message *m);
/* The link goes down; it is back, and the server answers the Update so. */
void link_is_lost(void);
void link_is_back(uint8_t answer);

#endif
