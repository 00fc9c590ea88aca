/* Two hashes: SipHash-1-3 for tables whose keys a peer chooses, FNV-1a to tell bytes apart. */

#include <linnet/base.h>

static uint64_t little_endian(const uint8_t *at, size_t len)
{
    uint64_t v = 0;

    for (size_t i = len; i-- > 0;) {
        v = v << 8 | at[i];
    }
    return v;
}

/* Written out, compilers make one load of it. */
static inline uint64_t word_at(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
           (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
           (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

static inline uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void sip_take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t ln_hash(const uint8_t seed[16], struct ln_bytes bytes)
{
    uint64_t k0 = word_at(seed);
    uint64_t k1 = word_at(seed + 8);
    /* SipHash's own constants: "somepseudorandomlygeneratedbytes". */
    uint64_t v[4] = {k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261,
                     k1 ^ 0x7465646279746573};
    size_t done = 0;

    for (; bytes.len - done >= 8; done += 8) {
        sip_take(v, word_at(bytes.at + done));
    }
    uint64_t last = (uint64_t)bytes.len << 56;
    if (done < bytes.len) {
        last |= little_endian(bytes.at + done, bytes.len - done);
    }
    sip_take(v, last);
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum { FNV_PRIME = 0x01000193 };

uint32_t ln_checksum(struct ln_bytes bytes)
{
    uint32_t sum = LN_CHECKSUM_OF_NOTHING;

    for (size_t i = 0; i < bytes.len; i++) {
        sum = (sum ^ bytes.at[i]) * FNV_PRIME;
    }
    return sum;
}

/* The shift brings the sign down, so that two signs that change do not cancel out. */
LN_NOT_INLINE uint32_t ln_checksum_add(uint32_t sum, uint32_t number)
{
    sum = (sum ^ number) * FNV_PRIME;
    return sum ^ sum >> 15;
}
