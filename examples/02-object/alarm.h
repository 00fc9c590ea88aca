/* Object 42769, Alarm: an object of our own, whose instances a server makes and removes. */
#ifndef ALARM_H
#define ALARM_H

#include <linnet/lwm2m.h>

enum { ALARMS_MAX = 4, SOUND_MAX = 4096 };

/* begin struct */
struct alarm {
    char name[24];
    LN_LIST_OF(uint8_t, 7) days; /* 0 to 6; none: every day */
    uint16_t from;               /* minutes after midnight */
    uint16_t until;
    size_t sound_len;
    uint8_t sound[SOUND_MAX];
};
/* end struct */

/* begin store */
struct alarms {
    struct ln_instances instances; /* first: the store is one of these, and more */
    struct alarm items[ALARMS_MAX];
    uint16_t ids[ALARMS_MAX];
    struct alarm before; /* the instance that is being written, as it was */
};
/* end store */
extern const struct ln_object alarm_object;

void alarms_init(struct alarms *alarms);

#endif
