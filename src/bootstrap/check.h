/* What a configuration must spare once the device is known. */

#ifndef LN_BOOTSTRAP_CHECK_H
#define LN_BOOTSTRAP_CHECK_H

#include <linnet/bootstrap.h>

/* LN_ERR_BAD_CONFIG: a delete names the instance of the bootstrap account itself. */
LN_MUST_USE ln_err ln_bootstrap__spare_account(const struct ln_bootstrap_configuration *c,
                                               uint16_t account,
                                               struct ln_bootstrap_fault *fault);

#endif
