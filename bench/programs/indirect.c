// Indirect calls: shapes with tables of functions, and a chain of closures.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct shape;
struct methods { int64_t (*area)(const struct shape *); void (*grow)(struct shape *, int); };
struct shape { const struct methods *methods; int w, h; };

static int64_t square_area(const struct shape *s) { return (int64_t)s->w * s->w; }
static int64_t oblong_area(const struct shape *s) { return (int64_t)s->w * s->h; }
static int64_t ring_area(const struct shape *s) { return 3 * ((int64_t)s->w * s->w - (int64_t)s->h * s->h); }
static void grow_width(struct shape *s, int by) { s->w = (s->w + by) & 1023; }
static void grow_both(struct shape *s, int by) { s->w = (s->w + by) & 1023, s->h = (s->h ^ by) & 511; }
static const struct methods kinds[] = {{square_area, grow_width}, {oblong_area, grow_both}, {ring_area, grow_both}};

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 1300000;
  static struct shape shapes[97];
  for (int i = 0; i < 97; i++) shapes[i] = (struct shape){&kinds[i * 7 % 3], i, 97 - i};
  int64_t sum = 0;
  for (long r = 0; r < n; r++)
    for (int i = 0; i < 97; i++) {
      struct shape *s = &shapes[(i * 13 + r) % 97];
      sum += s->methods->area(s);
      s->methods->grow(s, (int)r & 3);
    }
  printf("%lld\n", (long long)sum);
}
