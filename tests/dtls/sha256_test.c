/* SHA-256 of our Mbed TLS: by the processor's instructions and without them, it is the standard's. */

#define MBEDTLS_SHA256_PROCESS_ALT
/* Not the one of the library, that may be older than the sources. */
#define mbedtls_internal_sha256_process process_under_test
#include "../../cmake/mbedtls_sha256.c"

#include "dtls_tests.h"
#include "ln_test.h"

typedef void process_fn(uint32_t state[8], const uint8_t block[BLOCK]);

static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* FIPS 180-4's examples: "abc", and a text that needs two blocks. */
static void follows_the_examples(process_fn *process)
{
    static const uint32_t abc[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                    0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    static const uint32_t long_text[8] = {0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039,
                                          0xa33ce459, 0x64ff2167, 0xf6ecedd4, 0x19db06c1};
    uint8_t block[2 * BLOCK] = "abc\x80";
    uint32_t state[8];

    block[BLOCK - 1] = 24;
    memcpy(state, start, sizeof(state));
    process(state, block);
    CHECK_EQ(memcmp(state, abc, sizeof(abc)), 0);

    memset(block, 0, sizeof(block));
    memcpy(block, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq\x80", 57);
    block[2 * BLOCK - 2] = 448 >> 8;
    block[2 * BLOCK - 1] = 448 & 0xff;
    memcpy(state, start, sizeof(state));
    process(state, block);
    process(state, block + BLOCK);
    CHECK_EQ(memcmp(state, long_text, sizeof(long_text)), 0);
}

TEST(sha256_is_the_standards_without_instructions)
{
    follows_the_examples(process_portable);
}

TEST(sha256_is_the_standards_by_instructions)
{
    if (!is_there()) {
        print_message("[  note   ] this processor has no instructions for SHA-256\n");
        return;
    }
    follows_the_examples(process_by_instructions);
}

TEST(sha256_is_the_same_either_way)
{
    uint32_t portable[8];
    uint32_t chosen[8];
    uint8_t block[BLOCK];
    uint32_t dice = 1;

    memcpy(portable, start, sizeof(portable));
    memcpy(chosen, start, sizeof(chosen));
    for (int i = 0; i < 1000; i++) {
        for (size_t j = 0; j < BLOCK; j++) {
            dice = dice * 1664525 + 1013904223;
            block[j] = (uint8_t)(dice >> 24);
        }
        process_portable(portable, block);
        (is_there() ? process_by_instructions : process_portable)(chosen, block);
        CHECK_EQ(memcmp(portable, chosen, sizeof(chosen)), 0);
    }
}

/* What the library does with the hook: contexts of Mbed TLS, blocks in pieces. */
TEST(sha256_is_what_mbed_tls_calls)
{
    mbedtls_sha256_context context = {0};

    memcpy(context.MBEDTLS_PRIVATE(state), start, sizeof(start));
    CHECK_EQ(process_under_test(&context, (const uint8_t[BLOCK]){0x80}), 0);
    CHECK_EQ(context.MBEDTLS_PRIVATE(state)[0], 0xe3b0c442); /* of nothing at all */
}

int sha256_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_the_standards_without_instructions),
        cmocka_unit_test(sha256_is_the_standards_by_instructions),
        cmocka_unit_test(sha256_is_the_same_either_way),
        cmocka_unit_test(sha256_is_what_mbed_tls_calls),
    };

    return RUN_TESTS(tests);
}
