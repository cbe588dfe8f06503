// An interpreter: a register machine that counts primes, dispatching by switch.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOADI, MOVE, ADD, SUB, MUL, REM, JLT, JEQ, JUMP, INC, HALT };
struct inst { uint8_t op, a, b, c; int32_t imm; };

static const struct inst program[] = {
    {LOADI, 0, 0, 0, 2},     // 0: n = 2
    {LOADI, 1, 0, 0, 0},     // 1: count = 0
    {LOADI, 7, 0, 0, 0},     // 2: zero = 0
    {LOADI, 2, 0, 0, 2},     // 3: d = 2
    {MUL, 3, 2, 2, 0},       // 4: t = d * d
    {JLT, 0, 3, 0, 10},      // 5: n < t: prime
    {REM, 4, 0, 2, 0},       // 6: r = n % d
    {JEQ, 4, 7, 0, 11},      // 7: r == 0: next
    {INC, 2, 0, 0, 1},       // 8: d++
    {JUMP, 0, 0, 0, 4},      // 9
    {INC, 1, 0, 0, 1},       // 10: count++
    {INC, 0, 0, 0, 1},       // 11: n++
    {JLT, 0, 6, 0, 3},       // 12: n < limit
    {HALT, 0, 0, 0, 0},      // 13
};

static int64_t run(int64_t limit) {
  int64_t r[8] = {0};
  r[6] = limit;
  const struct inst *pc = program;
  for (;;) {
    const struct inst i = *pc++;
    switch (i.op) {
      case LOADI: r[i.a] = i.imm; break;
      case MOVE: r[i.a] = r[i.b]; break;
      case ADD: r[i.a] = r[i.b] + r[i.c]; break;
      case SUB: r[i.a] = r[i.b] - r[i.c]; break;
      case MUL: r[i.a] = r[i.b] * r[i.c]; break;
      case REM: r[i.a] = (int32_t)r[i.b] % (int32_t)r[i.c]; break;
      case JLT: if (r[i.a] < r[i.b]) pc = program + i.imm; break;
      case JEQ: if (r[i.a] == r[i.b]) pc = program + i.imm; break;
      case JUMP: pc = program + i.imm; break;
      case INC: r[i.a] += i.imm; break;
      case HALT: return r[1];
    }
  }
}

int main(int argc, char **argv) { printf("%lld\n", (long long)run(argc > 1 ? atol(argv[1]) : 1200000)); }
