/* The smallest program of a user: shows that headers and libraries are found and fit together. */

#include <linnet/client.h>

#include <stdio.h>

int main(void)
{
    int64_t value = 0;

    puts(ln_err_text(LN_OK));
    return ln_integer_of_text(ln_bytes_of_text("42"), &value) && value == 42 ? 0 : 1;
}
