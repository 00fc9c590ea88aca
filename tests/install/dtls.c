/* The smallest user of DTLS: shows that the library brings Mbed TLS along. */

#include <linnet/dtls.h>

#include <stdio.h>

int main(void)
{
    static struct ln_dtls_client client;
    struct ln_dtls_client_config config = {.size = sizeof(config)};

    puts(ln_err_text(ln_dtls_client_init(&client, &config)));
    return 0;
}
