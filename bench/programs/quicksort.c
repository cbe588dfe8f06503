// Sorting: recursive quicksort of integers, and qsort with a comparison through a pointer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 1000000
static int data[N];

static void sort(int *a, long lo, long hi) {
  while (lo < hi) {
    int pivot = a[(lo + hi) / 2];
    long i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        int t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    if (j - lo < hi - i) sort(a, lo, j), lo = i;
    else sort(a, i, hi), hi = j;
  }
}
static int compare(const void *x, const void *y) {
  int a = *(const int *)x, b = *(const int *)y;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 10;
  uint32_t seed = 1, sum = 0;
  for (long r = 0; r < rounds; r++) {
    for (int i = 0; i < N; i++) data[i] = (int)(seed = seed * 1103515245 + 12345) >> 3;
    if (r % 4 == 3) qsort(data, N / 4, sizeof data[0], compare);
    else sort(data, 0, N - 1);
    for (int i = 0; i < N; i += 1000) sum = sum * 31 + (uint32_t)data[i];
  }
  printf("%u\n", sum);
}
