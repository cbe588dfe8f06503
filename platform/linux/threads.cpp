// Threads by pthread, locks and waits by futex.

#include "platform/linux/machine.h"
#include "platform/linux/threads.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace skerry::platform {
namespace {

// The stack that the process began on, if it is the one in use: its top is known from the auxiliary vector, whose
// strings are there, and the kernel keeps its extent free below. Asking pthread reads /proc/self/maps instead.
u8* find_first_stack_limit(u8* here) {
  constexpr u64 kept_free = 64 * MiB;  // the kernel's own minimum is 128
  u8* top = reinterpret_cast<u8*>(align_up(getauxval(AT_EXECFN), page_size()));
  rlimit limit;
  if (!top || getrlimit(RLIMIT_STACK, &limit) != 0) return nullptr;
  u8* lowest = top - align_down(std::min<u64>(limit.rlim_cur, kept_free), page_size());
  return here > lowest && here < top ? lowest : nullptr;
}

// The lowest address of the calling thread's stack. What the system does not tell is taken
// to be a small stack from here down.
u8* find_stack_limit() {
  u8* here = static_cast<u8*>(__builtin_frame_address(0));
  if (u8* lowest = find_first_stack_limit(here)) return lowest;
  pthread_attr_t attributes;
  void* lowest = nullptr;
  size_t size = 0, guard = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
  }
  if (!lowest) return here - 256 * KiB;
  return static_cast<u8*>(lowest) + guard;
}

long futex(const u32* word, int operation, u32 value, const timespec* timeout) {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, 0);
}

}  // namespace

ThreadState::ThreadState() : id(pid_t(syscall(SYS_gettid))), stack_limit(find_stack_limit()) {
  stack_t current{};
  if (sigaltstack(nullptr, &current) == 0 && !(current.ss_flags & SS_DISABLE)) return;
  // AT_MINSIGSTKSZ is what the kernel writes for a signal, vector registers included.
  usize frame = std::max<usize>(getauxval(AT_MINSIGSTKSZ), MINSIGSTKSZ);
  usize size = align_up(frame + 64 * KiB, page_size());
  void* stack = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return;
  stack_t ours{};
  ours.ss_sp = stack;
  ours.ss_size = size;
  if (sigaltstack(&ours, nullptr) != 0) {
    munmap(stack, size);
    return;
  }
  signal_stack = static_cast<u8*>(stack);
  signal_stack_size = size;
}

ThreadState::~ThreadState() {
  if (!signal_stack) return;
  stack_t current{};
  sigaltstack(nullptr, &current);
  if (current.ss_sp == signal_stack) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
  munmap(signal_stack, signal_stack_size);
}

namespace {
ThreadState& state() {
  thread_local ThreadState state;
  return state;
}
}  // namespace

Thread* current_thread() { return reinterpret_cast<Thread*>(i64(state().id)); }

u8* stack_limit() { return state().stack_limit; }

struct Worker {
  pthread_t thread;
  void (*body)(void*);
  void* argument;
};

Result<Worker*> spawn_worker(void (*body)(void*), void* argument, WorkerKind) {
  auto worker = std::make_unique<Worker>(pthread_t{}, body, argument);
  auto run = [](void* self) -> void* {
    auto* worker = static_cast<Worker*>(self);
    worker->body(worker->argument);
    return nullptr;
  };
  if (pthread_create(&worker->thread, nullptr, run, worker.get()) != 0) {
    return fail(ErrorCode::Environment, "the system refused to start a thread");
  }
  return worker.release();
}

// The system lets all take turns.
void set_worker_kind(Worker*, WorkerKind) {}
void give_way() {}

void join_worker(Worker* worker) {
  CHECK(pthread_join(worker->thread, nullptr) == 0);
  delete worker;
}

u32 processor_count() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return u32(std::max(CPU_COUNT(&set), 1));
  return u32(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

// 0: free. 1: locked. 2: locked, and somebody sleeps. (Drepper, "Futexes Are Tricky", mutex 2.) Most are held for less
// than it takes to sleep and to be woken, so that it is looked at for some microseconds first.
void Mutex::lock() {
  constexpr u32 looks = 64;
  u32 seen = 0;
  for (u32 i = 0; i < looks; ++i) {
    seen = 0;
    if (__atomic_compare_exchange_n(&state_, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    if (seen == 2) break;
    do pause_processor();
    while (++i < looks && __atomic_load_n(&state_, __ATOMIC_RELAXED) == 1);
  }
  if (seen != 2) seen = __atomic_exchange_n(&state_, 2, __ATOMIC_ACQUIRE);
  while (seen != 0) {
    futex(&state_, FUTEX_WAIT, 2, nullptr);
    seen = __atomic_exchange_n(&state_, 2, __ATOMIC_ACQUIRE);
  }
}

void Mutex::unlock() {
  if (__atomic_exchange_n(&state_, 0, __ATOMIC_RELEASE) == 2) futex(&state_, FUTEX_WAKE, 1, nullptr);
}

void wait_on(const u32* word, u32 expected, u64 timeout_ns) {
  timespec timeout{time_t(timeout_ns / 1'000'000'000), long(timeout_ns % 1'000'000'000)};
  futex(word, FUTEX_WAIT, expected, timeout_ns == ~u64{0} ? nullptr : &timeout);
}

void wake_all(const u32* word) { futex(word, FUTEX_WAKE, INT32_MAX, nullptr); }

}  // namespace skerry::platform
