/* The hashes, against values that other implementations give. */

#include "base_tests.h"
#include "ln_test.h"

/* Rust's DefaultHasher is SipHash-1-3 under a key of zeros; its tests have those of key 0 to 15. */
TEST(hashes_as_siphash_1_3_does)
{
    static const struct {
        size_t len;
        uint64_t no_key;
        uint64_t counting_key;
    } vectors[] = {
        {0, 0xD1FBA762150C532C, 0xABAC0158050FC4DC},
        {1, 0x68A914128E01E473, 0xC9F49BF37D57CA93},
        {7, 0x2F098AB0C751325A, 0xD3927D989BB11140},
        {8, 0xEAD411E67EBE2EEA, 0x369095118D299A8E},
        {15, 0xF30EB725BB91C9EA, 0xD320D86D2A519956},
        {16, 0x8972188433A5C5B7, 0xCC4FDD1A7D908B66},
        {33, 0x7FB71D24DFA4C9F6, 0x4D54B9E57A8FF9BF},
    };
    static const uint8_t zeros[16];
    uint8_t counting[64];

    for (size_t i = 0; i < sizeof(counting); i++) {
        counting[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < LN_COUNT(vectors); i++) {
        struct ln_bytes bytes = ln_bytes(counting, vectors[i].len);
        CHECK(ln_hash(zeros, bytes) == vectors[i].no_key);
        CHECK(ln_hash(counting, bytes) == vectors[i].counting_key);
    }
    CHECK(ln_hash(zeros, ln_bytes(NULL, 0)) == vectors[0].no_key);
}

TEST(sums_as_fnv_1a_does)
{
    CHECK_EQ(ln_checksum(ln_bytes(NULL, 0)), 0x811C9DC5);
    CHECK_EQ(ln_checksum(BYTES("a")), 0xE40C292C);
    CHECK_EQ(ln_checksum(BYTES("foobar")), 0xBF9CF968);
}

int hash_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_siphash_1_3_does),
        cmocka_unit_test(sums_as_fnv_1a_does),
    };

    return RUN_TESTS(tests);
}
