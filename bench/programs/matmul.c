// Numeric: product of square matrices of doubles.
#include <stdio.h>
#include <stdlib.h>

#define N 320
static double a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 64;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (i * 7 + j * 3) % 11, b[i][j] = (i * 5 + j) % 13;
  double trace = 0;
  for (long r = 0; r < n; r++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) c[i][j] = 0;
    for (int i = 0; i < N; i++)
      for (int k = 0; k < N; k++) {
        double x = a[i][k];
        for (int j = 0; j < N; j++) c[i][j] += x * b[k][j];
      }
    for (int i = 0; i < N; i++) trace += c[i][i];
    a[r % N][r % N] += 1;
  }
  printf("%.1f\n", trace);
}
