/* What the loop of the image "complete" knows of its objects. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "device.h"

/* Sets the first values. */
void complete_init(void);
/* The new firmware runs, or could not be made to. */
void complete_updated(bool worked);

#endif
