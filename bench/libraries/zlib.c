// zlib: text that it compresses at three levels and makes again from that. Prints sizes and checksums.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

static unsigned state = 1;
static unsigned next(unsigned below) {
  state = state * 1664525u + 1013904223u;
  return (unsigned)((unsigned long long)state * below >> 32);
}

int main(int argc, char **argv) {
  uLong size = (argc > 1 ? (uLong)atol(argv[1]) : 6) * 1000000;
  unsigned char *text = malloc(size), *packed = malloc(compressBound(size)), *again = malloc(size);
  // Words of which some are more frequent, and now and then what stood further back.
  for (uLong at = 0; at < size;) {
    if (at > 5000 && next(8) == 0) {
      uLong length = 4 + next(60), from = at - 100 - next(4800);
      for (uLong i = 0; i < length && at < size; i++) text[at++] = text[from + i];
    } else {
      unsigned word = next(300) * next(300) / 300;
      for (unsigned i = 0; i < 2 + word % 7 && at < size; i++) text[at++] = (unsigned char)('a' + (word * (i + 3) + i * i) % 26);
      if (at < size) text[at++] = ' ';
    }
  }
  static const int levels[] = {1, 6, 9};
  for (int i = 0; i < 3; i++) {
    uLong packed_size = compressBound(size), again_size = size;
    if (compress2(packed, &packed_size, text, size, levels[i]) != Z_OK) return 1;
    if (uncompress(again, &again_size, packed, packed_size) != Z_OK || again_size != size) return 2;
    if (memcmp(text, again, size)) return 3;
    printf("%d %lu %08lx\n", levels[i], packed_size, crc32(adler32(1, packed, (uInt)packed_size), again, (uInt)size));
  }
}
