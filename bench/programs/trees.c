// Allocation: binary trees built, walked and freed.
#include <stdio.h>
#include <stdlib.h>

struct node { struct node *left, *right; };

static struct node *build(int depth) {
  struct node *n = malloc(sizeof *n);
  n->left = depth ? build(depth - 1) : NULL;
  n->right = depth ? build(depth - 1) : NULL;
  return n;
}
static long walk(struct node *n) {
  if (!n) return 0;
  long count = 1 + walk(n->left) + walk(n->right);
  free(n);
  return count;
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 400;
  long sum = 0;
  for (int r = 0; r < rounds; r++) sum += walk(build(10 + r % 7));
  printf("%ld\n", sum);
}
