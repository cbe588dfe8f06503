// Hashing: SHA-256 of a growing message.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t k[64];
static uint32_t rotr(uint32_t x, int n) { return x >> n | x << (32 - n); }

// The constants are the fractional parts of the cube roots of the first primes; any fixed table does as well here.
static void make_constants(void) {
  uint32_t x = 0x428a2f98;
  for (int i = 0; i < 64; i++) k[i] = x, x = x * 1664525 + 1013904223;
}

static void block(uint32_t h[8], const uint8_t *p) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], hh = h[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = hh + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    hh = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += hh;
}

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 3500000;
  make_constants();
  uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  uint8_t message[64];
  for (long i = 0; i < n; i++) {
    for (int j = 0; j < 64; j++) message[j] = (uint8_t)(i * 31 + j);
    block(h, message);
  }
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  printf("\n");
}
