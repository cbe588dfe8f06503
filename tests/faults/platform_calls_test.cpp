// Every call of the system that gives memory, code or threads fails, one after the other: for each n the n-th alone,
// and all from the n-th on. Whatever is made, instantiated and run then comes out right or is a clean error, and
// nothing is left behind but what the system refused to take back.

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/api/api.h"

namespace {

// Calls are counted while it is armed. 0: none fails.
enum class Which { Alone, AndAllAfter };
std::atomic<bool> armed = false;
std::atomic<skerry::u64> calls = 0, first_to_fail = 0, failures = 0, lost_bytes = 0;
Which which = Which::Alone;

bool fails() {
  if (!armed) return false;
  skerry::u64 n = ++calls;
  bool now = first_to_fail != 0 && (which == Which::Alone ? n == first_to_fail : n >= first_to_fail);
  if (now) errno = ENOMEM, ++failures;
  return now;
}

// Bytes that are mapped and were not taken out again.
std::atomic<skerry::i64> mapped = 0;

}  // namespace

extern "C" {
void* __real_mmap(void*, size_t, int, int, int, off_t);
int __real_munmap(void*, size_t);
int __real_mprotect(void*, size_t, int);
int __real_madvise(void*, size_t, int);
int __real_memfd_create(const char*, unsigned);
int __real_ftruncate(int, off_t);
int __real_fallocate(int, int, off_t, off_t);
ssize_t __real_pwrite(int, const void*, size_t, off_t);
int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int __real_sigaltstack(const stack_t*, stack_t*);

void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (fails()) return MAP_FAILED;
  void* got = __real_mmap(address, size, protection, flags, file, offset);
  if (armed && got != MAP_FAILED && !(flags & MAP_FIXED)) mapped += skerry::i64(size);
  return got;
}
int __wrap_munmap(void* address, size_t size) {
  if (fails()) {
    lost_bytes += size;
    return -1;
  }
  if (armed) mapped -= skerry::i64(size);
  return __real_munmap(address, size);
}
int __wrap_mprotect(void* address, size_t size, int protection) {
  return fails() ? -1 : __real_mprotect(address, size, protection);
}
int __wrap_madvise(void* address, size_t size, int advice) {
  return fails() ? -1 : __real_madvise(address, size, advice);
}
int __wrap_memfd_create(const char* name, unsigned flags) { return fails() ? -1 : __real_memfd_create(name, flags); }
int __wrap_ftruncate(int file, off_t size) { return fails() ? -1 : __real_ftruncate(file, size); }
int __wrap_fallocate(int file, int mode, off_t offset, off_t size) {
  return fails() ? -1 : __real_fallocate(file, mode, offset, size);
}
ssize_t __wrap_pwrite(int file, const void* bytes, size_t size, off_t at) {
  return fails() ? -1 : __real_pwrite(file, bytes, size, at);
}
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
  return fails() ? ENOMEM : __real_pthread_create(thread, attributes, body, argument);
}
int __wrap_sigaltstack(const stack_t* next, stack_t* before) { return fails() ? -1 : __real_sigaltstack(next, before); }
}

namespace skerry {
namespace {

// Everything that asks the system: an image, memories that grow, tables of both kinds, code of every sort.
constexpr char text[] = R"((module
  (import "h" "f" (func $f (param i32) (result i32)))
  (memory (export "m") 2 20) (data (i32.const 70000) "image") (data (i32.const 1) "other")
  (memory $second 1)
  (table $small 10 20 funcref) (table $large 10 5000 externref)
  (elem (table $small) (i32.const 0) func $f $add)
  (func $add (param i32) (result i32) (i32.add (local.get 0) (i32.load8_u (i32.const 70000))))
  (func (export "run") (param i32) (result i32)
    (drop (table.grow $large (ref.null extern) (i32.const 4000)))
    (call_indirect $small (param i32) (result i32) (local.get 0) (i32.const 0))
    (call_indirect $small (param i32) (result i32) (i32.const 1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 3)))
  (func (export "trap") unreachable)))";

// Goes as far as it gets. What it gets must be right.
void use(const Config& config) {
  auto is_clean = [](const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::Environment) << error.message;
    EXPECT_FALSE(error.message.empty());
  };
  auto is_trap_for_memory = [](const Trap& trap) { EXPECT_EQ(trap.code(), TrapCode::OutOfMemory) << trap.text(); };
  Result<Engine> engine = Engine::create(config);
  if (!engine) return is_clean(engine.error());
  Result<Module> module = Module::from_text(*engine, text);
  if (!module) return is_clean(module.error());
  for (int round = 0; round < 2; ++round) {
    Result<Store> store = Store::create(*engine);
    if (!store) {
      is_clean(store.error());
      continue;
    }
    Linker linker(*engine);
    linker.func("h", "f", [](i32 x) { return 2 * x; });
    Result<Instance, InstantiationError> instance = linker.instantiate(*store, *module);
    if (!instance) {
      if (const Trap* trap = instance.error().trap()) is_trap_for_memory(*trap);
      else EXPECT_FALSE(instance.error().message().empty());
      continue;
    }
    auto run = instance->get<i32(i32)>("run");
    auto grow = instance->get<i32()>("grow");
    auto trap = instance->get<void()>("trap");
    if (!run || !grow || !trap) {
      is_clean(!run ? run.error() : !grow ? grow.error() : trap.error());
      continue;
    }
    Called<i32> sum = (*run)(4);
    if (sum) EXPECT_EQ(*sum, 8 + 'i');
    else is_trap_for_memory(sum.error());
    Called<i32> before = (*grow)();
    if (before) EXPECT_TRUE(*before == 2 || *before == -1) << *before;
    else is_trap_for_memory(before.error());
    std::span<u8> bytes = instance->memory("m")->bytes();
    EXPECT_EQ(bytes.size(), (before && *before == 2 ? 5u : 2u) * 65536);
    EXPECT_EQ(std::string(bytes.begin() + 70000, bytes.begin() + 70005), "image");
    bytes.back() = 9;
    Called<void> ended = (*trap)();
    ASSERT_FALSE(ended);
    if (ended.error().code() != TrapCode::Unreachable) is_trap_for_memory(ended.error());
  }
}

class PlatformCalls : public testing::TestWithParam<std::tuple<SignalHandlers, Compilation>> {
 protected:
  static Config config() {
    Config config;
    config.signal_handlers = std::get<0>(GetParam());
    config.compilation = std::get<1>(GetParam());
    return config;
  }
};

TEST_P(PlatformCalls, FailInTurn) {
  use(config());  // what is made once for the process or thread
  for (Which each : {Which::Alone, Which::AndAllAfter}) {
    which = each;
    for (u64 n = 1;; ++n) {
      SCOPED_TRACE(testing::Message() << (each == Which::Alone ? "call " : "calls from ") << n);
      calls = failures = lost_bytes = 0;
      mapped = 0;
      first_to_fail = n;
      armed = true;
      use(config());
      armed = false;
      EXPECT_EQ(u64(mapped), lost_bytes);
      if (failures == 0) {
        EXPECT_GT(n, 15u);
        break;
      }
      ASSERT_FALSE(HasFailure());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlatformCalls,
                         testing::Combine(testing::Values(SignalHandlers::Allowed, SignalHandlers::Forbidden),
                                          testing::Values(Compilation::Eager, Compilation::Lazy)));

}  // namespace
}  // namespace skerry
