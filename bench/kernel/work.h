// What a child computes where it is measured how many harts two processes have: the same on both systems.
#pragma once

static inline void compute(void) {
  volatile unsigned sum = 0;
  for (unsigned i = 0; i < 100000000; i++) sum = sum * 31 + i;
}
