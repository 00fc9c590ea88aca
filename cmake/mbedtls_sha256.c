/*
 * SHA-256 of our Mbed TLS, for its hook MBEDTLS_SHA256_PROCESS_ALT: half of a handshake by key is SHA-256, and the
 * instructions that x86-64 processors have for it take a fifth of the time. Others take the portable way.
 */

#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

#if defined(MBEDTLS_SHA256_PROCESS_ALT)

enum { BLOCK = 64, ROUNDS = 64 };

static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

/* ---- Any processor ---- */

static inline uint32_t turn(uint32_t v, int by)
{
    return v >> by | v << (32 - by);
}

/* FIPS 180-4 6.2.2 step 1. */
static void schedule(uint32_t words[ROUNDS], const uint8_t block[BLOCK])
{
    for (int t = 0; t < 16; t++) {
        const uint8_t *at = block + 4 * t;
        words[t] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int t = 16; t < ROUNDS; t++) {
        uint32_t x = words[t - 15];
        uint32_t y = words[t - 2];
        words[t] = words[t - 16] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3) + words[t - 7] +
                   (turn(y, 17) ^ turn(y, 19) ^ y >> 10);
    }
}

/* Steps 2 to 4, the letters turned by one place each round. */
static void process_portable(uint32_t state[8], const uint8_t block[BLOCK])
{
    uint32_t words[ROUNDS];
    uint32_t v[8];

    schedule(words, block);
    for (int i = 0; i < 8; i++) {
        v[i] = state[i];
    }
    for (int t = 0; t < ROUNDS; t++) {
        uint32_t *a = &v[(64 - t) % 8], b = v[(65 - t) % 8], c = v[(66 - t) % 8];
        uint32_t e = v[(68 - t) % 8], f = v[(69 - t) % 8], g = v[(70 - t) % 8];
        uint32_t *d = &v[(67 - t) % 8], *h = &v[(71 - t) % 8];
        uint32_t first = *h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) +
                         constants[t] + words[t];
        *d += first;
        *h = first + (turn(*a, 2) ^ turn(*a, 13) ^ turn(*a, 22)) + ((*a & b) | (c & (*a | b)));
    }
    for (int i = 0; i < 8; i++) {
        state[i] += v[i];
    }
    mbedtls_platform_zeroize(words, sizeof(words));
    mbedtls_platform_zeroize(v, sizeof(v));
}

/* ---- x86-64 with the SHA extensions ---- */

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

/* Asked once: to ask is slow, above all on a virtual machine. */
static int is_there(void)
{
    enum { SSSE3 = 1 << 9, SSE4_1 = 1 << 19, SHA = 1 << 29 };
    static int answer; /* 0: not asked yet */
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);

    if (known == 0) {
        unsigned a, b, c, d;
        known = -1;
        if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & SSSE3) != 0 && (c & SSE4_1) != 0 &&
            __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & SHA) != 0) {
            known = 1;
        }
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known > 0;
}

/* The state as the instructions want it: letters a b e f, and c d g h. */
struct halves {
    __m128i abef;
    __m128i cdgh;
};

WITH_SHA static inline __m128i words_at(const uint8_t *block, int i)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)block + i),
                            big_endian);
}

WITH_SHA static inline void four_rounds(struct halves *s, __m128i words, int t)
{
    __m128i x =
        _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(const void *)(constants + t)));

    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, x);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(x, 0x0e));
}

/* The four words that follow sixteen. */
WITH_SHA static inline __m128i next(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));

    return _mm_sha256msg2_epu32(sum, d);
}

WITH_SHA static inline void sixteen_rounds(struct halves *s, const __m128i w[4], int t)
{
    four_rounds(s, w[0], t);
    four_rounds(s, w[1], t + 4);
    four_rounds(s, w[2], t + 8);
    four_rounds(s, w[3], t + 12);
}

WITH_SHA static void process_by_instructions(uint32_t state[8], const uint8_t block[BLOCK])
{
    __m128i *low = (__m128i *)(void *)state;
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(low), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(low + 1), 0x1b);
    struct halves s = {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
    struct halves before = s;
    __m128i w[4] = {words_at(block, 0), words_at(block, 1), words_at(block, 2),
                    words_at(block, 3)};

    sixteen_rounds(&s, w, 0);
    for (int t = 16; t < ROUNDS; t += 16) {
        w[0] = next(w[0], w[1], w[2], w[3]);
        w[1] = next(w[1], w[2], w[3], w[0]);
        w[2] = next(w[2], w[3], w[0], w[1]);
        w[3] = next(w[3], w[0], w[1], w[2]);
        sixteen_rounds(&s, w, t);
    }
    __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(s.abef, before.abef), 0x1b);
    __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(s.cdgh, before.cdgh), 0xb1);
    _mm_storeu_si128(low, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(low + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#else

static int is_there(void)
{
    return 0;
}

static void process_by_instructions(uint32_t state[8], const uint8_t block[BLOCK])
{
    process_portable(state, block);
}

#endif

/* What Mbed TLS calls for each block. */
int mbedtls_internal_sha256_process(mbedtls_sha256_context *context,
                                    const unsigned char block[BLOCK])
{
    uint32_t *state = context->MBEDTLS_PRIVATE(state);

    if (is_there()) {
        process_by_instructions(state, block);
    } else {
        process_portable(state, block);
    }
    return 0;
}

#endif
