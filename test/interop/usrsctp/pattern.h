/*
 * The messages of the interoperability tests, the same as in pattern.ts: size, payload protocol identifier and content
 * follow from (seed, stream, sequence number on the stream), so that no header is needed and one byte can be verified.
 */
#include <stdint.h>

struct pattern {
  uint32_t seed, min_size, max_size;
};

static uint32_t mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

static uint32_t message_key(const struct pattern *pattern, uint32_t stream, uint32_t sequence) {
  return mix(mix(mix(pattern->seed) ^ stream) ^ sequence);
}

/* Mostly small: the smaller of two powers of two bounds the size, but for one of 64, which may have any size. */
static uint32_t message_size(const struct pattern *pattern, uint32_t stream, uint32_t sequence) {
  if (sequence == 0) return stream % 2 == 0 ? pattern->min_size : pattern->max_size;
  uint32_t key = message_key(pattern, stream, sequence);
  uint32_t offset = mix(key + 1) % (pattern->max_size - pattern->min_size + 1);
  if (key % 64 == 0) return pattern->min_size + offset;
  uint32_t a = (key >> 8) % 19, b = (key >> 16) % 19;
  return pattern->min_size + (offset & ((1u << (a < b ? a : b)) - 1));
}

static uint32_t message_ppid(const struct pattern *pattern, uint32_t stream, uint32_t sequence) {
  return mix(message_key(pattern, stream, sequence) + 2);
}

static void fill_message(const struct pattern *pattern, uint8_t *message, uint32_t size, uint32_t stream,
                         uint32_t sequence) {
  uint32_t word = message_key(pattern, stream, sequence) | 1;
  for (uint32_t i = 0; i < size; i++) {
    if (i % 4 == 0) {
      word ^= word << 13;
      word ^= word >> 17;
      word ^= word << 5;
    }
    message[i] = (uint8_t)(word >> (8 * (i % 4)));
  }
}
