// Integer: Conway's Life on a torus of bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define W 512
#define H 512
static unsigned char now[H][W], then[H][W];

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 800;
  unsigned seed = 42;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) now[y][x] = (seed = seed * 1664525 + 1013904223) >> 31;
  for (long g = 0; g < n; g++) {
    for (int y = 0; y < H; y++) {
      const unsigned char *up = now[(y + H - 1) % H], *here = now[y], *down = now[(y + 1) % H];
      for (int x = 0; x < W; x++) {
        int l = (x + W - 1) % W, r = (x + 1) % W;
        int around = up[l] + up[x] + up[r] + here[l] + here[r] + down[l] + down[x] + down[r];
        then[y][x] = around == 3 || (around == 2 && here[x]);
      }
    }
    memcpy(now, then, sizeof now);
  }
  unsigned long sum = 0;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) sum = sum * 3 + now[y][x];
  printf("%lu\n", sum & 0xffffffff);
}
