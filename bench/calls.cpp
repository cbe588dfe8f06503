// What it costs to cross between host and guest: a call of an export from C++, a call of a host function from the
// guest, and an instance made and dropped. Nanoseconds of this thread's time, the best of a few runs.

#include <stdio.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "skerry/skerry.h"

namespace {

using namespace skerry;

double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

template <class Body>
void measure(const char* what, u64 times, Body body) {
  double best = 1e9;
  for (int run = 0; run < 7; ++run) {
    double start = cpu_seconds();
    body(times);
    best = std::min(best, (cpu_seconds() - start) / double(times));
  }
  printf("%-40s %10.1f ns\n", what, best * 1e9);
}

}  // namespace

int main() {
  Engine engine = *Engine::create();
  auto module = Module::from_text(engine, R"((module
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (memory (export "memory") 2) (data (i32.const 1024) "some bytes to begin with")
    (table 4 funcref) (elem (i32.const 0) $nothing)
    (func $nothing (export "nothing"))
    (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "loop") (param $n i32) (result i32) (local $s i32)
      (loop $l
        (local.set $s (call $add (local.get $s) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))))");
  if (!module) return printf("%s\n", module.error().message.c_str()), 1;
  Linker linker(engine);
  linker.func("host", "add", [](i32 x, i32 y) { return i32(u32(x) + u32(y)); });
  Store store = *Store::create(engine);
  auto instance = linker.instantiate(store, *module);
  if (!instance) return printf("%s\n", instance.error().message().c_str()), 1;
  auto nothing = *instance->get<void()>("nothing");
  auto sum = *instance->get<i32(i32, i32)>("sum");
  auto loop = *instance->get<i32(i32)>("loop");
  measure("call of an export, () -> ()", 1'000'000, [&](u64 n) { for (u64 i = 0; i < n; ++i) if (!nothing()) abort(); });
  measure("call of an export, (i32, i32) -> i32", 1'000'000, [&](u64 n) { for (u64 i = 0; i < n; ++i) if (!sum(i32(i), 1)) abort(); });
  measure("call of a host function, (i32, i32) -> i32", 10'000'000, [&](u64 n) { if (!loop(i32(n))) abort(); });
  measure("store and instance, made and dropped", 20'000, [&](u64 n) {
    for (u64 i = 0; i < n; ++i) {
      Store own = *Store::create(engine);
      if (!linker.instantiate(own, *module)) abort();
    }
  });
}
