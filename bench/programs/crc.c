// Hashing: CRC-32 by table, and Adler-32, over a buffer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t data[1 << 20];
static uint32_t table[256];

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 220;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 2654435761u >> 24);
  uint32_t crc = ~0u, a = 1, b = 0;
  for (long r = 0; r < rounds; r++) {
    for (uint32_t i = 0; i < sizeof data; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
    for (uint32_t i = 0; i < sizeof data; i++) {
      a += data[i];
      b += a;
      if ((i & 4095) == 4095) a %= 65521, b %= 65521;
    }
    data[r] ^= 1;
  }
  printf("%08x %08x\n", ~crc, b << 16 | a);
}
