// A kernel whose program is a test of the kernel itself: "test=NAME" on its command line says which.
// The scripts beside this file boot it and look at what comes out.

#include <algorithm>
#include <atomic>
#include <bit>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/string.h"
#include "engine/runtime/code_ranges.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/heap.h"
#include "kernel/proc/process.h"
#include "kernel/program.h"
#include "kernel/sched/news.h"
#include "kernel/sched/hart.h"
#include "kernel/sched/reclaim.h"
#include "platform/platform.h"
#include "skerry/skerry.h"
#include "tests/kernel/image/parts.h"

namespace skerry::kernel {
namespace {

constexpr u64 page = page_size;

Channel* channel;

void say(std::string_view text) { say(*channel, text); }

// What was read; empty at the end of the file.
std::vector<u8> read_input(u32 size) {
  channel->ask_input(size);
  std::vector<u8> data(size);
  for (;;) {
    u32 seen = news();
    if (auto taken = channel->take_input(data)) {
      data.resize(*taken);
      return data;
    }
    wait_for_news(seen, never);
  }
}

// Standard input to standard output, and its size to standard error.
u8 echo() {
  u64 total = 0;
  for (;;) {
    auto data = read_input(10'000);
    if (data.empty()) break;
    total += data.size();
    channel->send(ToHost::Output, data);
  }
  channel->send(ToHost::Error, bytes(decimal(total)));
  return 42;
}

// Of the ISA's file beside this one.
extern "C" {
u64 guarded(void (*body)(u64), u64 argument);
void landed(u64 first, u64 second);
void divide_by(u64 divisor);
void illegal(u64);
void compute(u64);
extern const u8 division_faults;
extern const u8 compute_end[], return_code[], return_code_end[];
u64 safe_stack_pointer, safe_frame_pointer;
}

// Faults of code are redirected: where the handler was told to go, with two arguments.
u32 faults[4];
u64 last_address;
u8* handler_touches;
bool interrupts_self;

bool handle(const platform::FaultContext& context, platform::Resume& resume) {
  // An interrupt that comes before the loop, or behind it, is none of ours.
  bool computes = context.pc >= u64(&compute) && context.pc < u64(compute_end);
  if (context.kind == platform::FaultKind::Interrupt && !computes && !interrupts_self) return false;
  ++faults[u32(context.kind)];
  last_address = context.address;
  if (handler_touches) handler_touches[500 * KiB] = 1;
  resume = {u64(&landed), safe_frame_pointer, safe_stack_pointer, u64(context.kind), 5};
  return true;
}

u8 last_read;
void read_at(u64 address) { last_read = *reinterpret_cast<volatile u8*>(address); }
void write_at(u64 address) { *reinterpret_cast<volatile u8*>(address) = 1; }
void execute(u64 address) { reinterpret_cast<void (*)()>(address)(); }
void overflow_stack(u64 depth) {
  volatile u8 room[1000];
  room[0] = u8(depth);
  if (depth != ~u64{0}) overflow_stack(depth + 1);
  room[1] = 1;  // so that the call is none in tail position
}

// A thread that interrupts another every millisecond, so that one interruption finds the loop.
struct Interrupter {
  explicit Interrupter(platform::Thread* whom) : whom(whom) {
    auto spawned = platform::spawn_worker([](void* self) { static_cast<Interrupter*>(self)->run(); }, this);
    CHECK(bool(spawned));
    worker = *spawned;
  }
  ~Interrupter() {
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    platform::wake_all(&is_over);
    platform::join_worker(worker);
  }
  void run() {
    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
      platform::wait_on(&is_over, 0, 1'000'000);
      platform::interrupt(whom);
    }
  }

  platform::Thread* whom;
  platform::Worker* worker;
  u32 is_over = 0;
};

// Threads in the loop are preempted, as in compiled code.
void let_loop_be_preempted() {
  runtime::add_code_range({u64(&compute), u64(compute_end), runtime::CodeKind::Functions, nullptr});
}

u8 faults_test() {
  using namespace platform;
  CHECK(bool(install_fault_handler(handle)));
  auto reserved = platform::reserve(1 * MiB);
  u8* at = check(reserved);
  CHECK(bool(platform::commit(at, 2 * page, Access::ReadWrite)));
  std::copy(return_code, return_code_end, at);

  auto expect = [](FaultKind kind, u64 address, void (*body)(u64), u64 argument) {
    u32 before = faults[u32(kind)];
    u64 result = guarded(body, argument);
    CHECK(result == u64(kind) + 40 && faults[u32(kind)] == before + 1 && last_address == address);
  };
  u64 a = u64(at);
  expect(FaultKind::Memory, a + 2 * page, read_at, a + 2 * page);
  expect(FaultKind::Memory, a + 2 * page, write_at, a + 2 * page);
  expect(FaultKind::Memory, 8, read_at, 8);
  u64 nowhere = u64{1} << 63;  // not an address; whether the fault names it depends on the processor
  CHECK(guarded(read_at, nowhere) == 40 && (last_address == 0 || last_address == nowhere));
  expect(FaultKind::Memory, a, execute, a);  // not published
  CHECK(bool(publish_code(at, page)));
  execute(a);
  expect(FaultKind::Memory, a, write_at, a);  // published

  // Code that comes piece by piece: a function, and two at the ends of what lies in two pages.
  std::vector<u8> piece(return_code, return_code_end), large(page);
  std::copy(return_code, return_code_end, large.begin());
  std::copy(return_code, return_code_end, large.begin() + page - 16);
  auto opened = open_code_pages(at + 4 * page, 2 * page);
  CodePages* pages = check(opened);
  CHECK(can_write(pages));
  u64 code = a + 4 * page, rest = code + page / 2;
  write_code(pages, at + 4 * page, piece);
  execute(code);
  expect(FaultKind::Memory, code, write_at, code);
  write_code(pages, at + 4 * page + page / 2, large);
  for (u64 function : {code, rest, rest + page - 16}) execute(function);
  close_code_pages(pages);
  for (u64 function : {code, rest, rest + page - 16}) execute(function);
  expect(FaultKind::Memory, code + page, write_at, code + page);
  if (division_faults) expect(FaultKind::Arithmetic, 0, divide_by, 0);
  expect(FaultKind::IllegalInstruction, 0, illegal, 0);
  expect(FaultKind::Memory, u64(&arch::kernel_main), write_at, u64(&arch::kernel_main));  // the kernel's text

  // The guard below the stack.
  CHECK(guarded(overflow_stack, 0) == 40);
  CHECK(last_address < u64(platform::stack_limit()) && last_address + 64 * KiB >= u64(platform::stack_limit()));

  // A loop is stopped by another thread.
  let_loop_be_preempted();
  {
    Interrupter interrupter(platform::current_thread());
    for (u32 i = 0; i < 20; ++i) CHECK(guarded(compute, 0) == u64(FaultKind::Interrupt) + 40);
  }

  // The handler itself may touch pages that were never touched.
  auto fresh = platform::reserve(1 * MiB);
  CHECK(bool(platform::commit(check(fresh), 1 * MiB, Access::ReadWrite)));
  handler_touches = *fresh;
  CHECK(guarded(read_at, 8) == 40 && (*fresh)[500 * KiB] == 1);
  handler_touches = nullptr;

  // A thread that interrupts itself.
  interrupts_self = true;
  CHECK(guarded([](u64) { platform::interrupt(platform::current_thread()); }, 0) == u64(FaultKind::Interrupt) + 40);
  interrupts_self = false;
  say("faults\n");
  return 0;
}

// A thread behind all others has the hart when no other is ready, and gives it away as soon as one is; one that is waited
// for takes turns.
u8 behind() {
  using namespace platform;
  static u32 steps = 0, ended = 0, turns = 0;
  static bool stops = false;
  auto last = [](void*) {
    while (!__atomic_load_n(&stops, __ATOMIC_RELAXED)) {
      ++steps;
      platform::give_way();
    }
    ++ended;
    wake_all(&ended);
  };
  auto in_turn = [](void*) {
    for (u32 i = 0; i < 500; ++i) {
      ++turns;
      yield_thread();
    }
  };
  auto spawned = spawn_worker(last, nullptr, WorkerKind::Idle);
  Worker* worker = check(spawned);
  // Its first step beyond these is waited for: on a busy host that may be longer than any one wait.
  auto idle_until_beyond = [](u32 before) {
    u32 unready = 0;
    while (__atomic_load_n(&steps, __ATOMIC_RELAXED) == before) wait_on(&unready, 0, 5'000'000);
  };
  idle_until_beyond(0);

  auto spawn_others = [&](Worker** others) {
    for (u32 i = 0; i < 2; ++i) {
      auto other = spawn_worker(in_turn, nullptr);
      others[i] = check(other);
    }
  };
  Worker* others[2];
  spawn_others(others);
  u32 before = steps;
  while (turns < 900) yield_thread();
  CHECK(steps == before);
  for (Worker* other : others) join_worker(other);
  idle_until_beyond(before);

  // Where it stands in its queue when it is hurried, it goes on; and again behind all, it does not.
  turns = 0;
  spawn_others(others);
  yield_thread();
  set_worker_kind(worker, WorkerKind::Usual);
  before = steps;
  while (turns < 200) yield_thread();
  CHECK(steps > before);
  set_worker_kind(worker, WorkerKind::Idle);
  yield_thread();
  before = steps;
  while (turns < 900) yield_thread();
  CHECK(steps == before);
  for (Worker* other : others) join_worker(other);

  __atomic_store_n(&stops, true, __ATOMIC_RELAXED);
  while (ended == 0) wait_on(&ended, 0, ~u64{0});
  join_worker(worker);
  say("behind\n");
  return 0;
}

thread_local u32 local = 5;

u8 threads() {
  using namespace platform;
  static u32 turn = 0, done = 0;
  auto worker = [](void* argument) {
    u64 self = u64(argument);
    CHECK(local == 5);
    local = u32(self);
    for (u32 i = 0; i < 100; ++i) {
      while (turn % 4 != self) wait_on(&turn, turn, ~u64{0});
      ++turn;
      wake_all(&turn);
    }
    CHECK(local == self);
    ++done;
  };
  platform::Worker* workers[4];
  for (u64 i = 0; i < 4; ++i) {
    auto spawned = spawn_worker(worker, reinterpret_cast<void*>(i));
    workers[i] = check(spawned);
  }
  for (platform::Worker* w : workers) join_worker(w);
  CHECK(turn == 400 && done == 4 && local == 5);

  // Threads end and leave nothing; a timed wait takes its time.
  u64 charged = frame_counts().charged;
  for (u32 i = 0; i < 200; ++i) {
    auto spawned = spawn_worker([](void*) { ++done; }, nullptr);
    join_worker(check(spawned));
  }
  CHECK(done == 204 && frame_counts().charged <= charged + 16);
  u64 start = monotonic_ns();
  wait_on(&done, 204, 20'000'000);
  u64 took = monotonic_ns() - start;
  CHECK(took >= 20'000'000 && took < 60'000'000'000);
  static Mutex mutex;
  { MutexGuard guard(mutex); }
  { MutexGuard guard(mutex); }

  u8 entropy[2][24] = {};
  fill_entropy(entropy[0]);
  fill_entropy(entropy[1]);
  CHECK(!std::equal(entropy[0], entropy[0] + 24, entropy[1]) && entropy[0][23] + entropy[1][23] + entropy[0][22] != 0);
  say("threads\n");
  return 0;
}

void wait_for_harts(u32 count) {
  using namespace platform;
  for (u64 until = monotonic_ns() + 20'000'000'000; kernel::harts_at_work() < count && monotonic_ns() < until;) {
    yield_thread();
  }
  CHECK(kernel::harts_at_work() >= count);
}

// What harts share, under load from all of them. How many have come up is waited for.
u8 harts() {
  using namespace platform;
  constexpr u32 count = 8, rounds = 192;
  wait_for_harts(2);

  // Words that threads hand to each other, a lock, the heap, and pages that come and go.
  struct Shared {
    Mutex mutex;
    u64 sum = 0;
    u32 words[count] = {};
    std::atomic<u64> harts = 0;
  };
  static Shared shared;
  struct Own { u32 number; platform::Worker* worker; } own[count];
  auto body = [](void* argument) {
    u32 self = static_cast<Own*>(argument)->number, next = (self + 1) % count;
    std::vector<std::string> texts(16);
    auto reserved = platform::reserve(16 * page);
    u8 *at = check(reserved), *other_pages = at + 8 * page;
    CHECK(bool(platform::commit(at, 2 * page, Access::ReadWrite)));
    for (u32 i = 1; i <= rounds; ++i) {
      shared.harts |= u64{1} << arch::hart_number();
      {
        MutexGuard guard(shared.mutex);
        u64 sum = shared.sum;
        if (i % 64 == 0) yield_thread();  // with the lock
        shared.sum = sum + 1;
      }
      texts[i % 16] = std::string(16 * (i % 40), char('a' + self));
      for (char c : texts[i / 2 % 16]) CHECK(c == char('a' + self));
      if (i % 16 == 0) {
        // What a hart knew of these pages it does not mistake for what they are now: their frames are others'.
        CHECK(bool(platform::decommit(at, 2 * page)));
        CHECK(bool(platform::commit(other_pages, 2 * page, Access::ReadWrite)));
        other_pages[0] = other_pages[page] = 0xee;
        CHECK(bool(platform::commit(at, 2 * page, Access::ReadWrite)));
        CHECK(at[0] == 0 && at[page] == 0);
        at[0] = at[page] = u8(i / 16);
        CHECK(bool(platform::decommit(other_pages, 2 * page)));
      }
      CHECK(at[0] == u8(i / 16) && at[page] == u8(i / 16));
      if (i % 8 == 0) {
        // Two at a time take turns: a lost wake-up ends in a wait for ever.
        u32 &mine = shared.words[self], &other = shared.words[next];
        __atomic_fetch_add(&other, 1, __ATOMIC_SEQ_CST);
        wake_all(&other);
        while (__atomic_load_n(&mine, __ATOMIC_SEQ_CST) < i / 8) {
          u32 seen = __atomic_load_n(&mine, __ATOMIC_SEQ_CST);
          if (seen < i / 8) wait_on(&mine, seen, i % 24 == 0 ? 1'000'000 : ~u64{0});
        }
      }
    }
    platform::release(at, 16 * page);
  };
  for (u32 i = 0; i < count; ++i) {
    own[i].number = i;
    auto spawned = spawn_worker(body, &own[i]);
    own[i].worker = check(spawned);
  }
  for (Own& o : own) join_worker(o.worker);
  CHECK(shared.sum == count * rounds && std::popcount(shared.harts.load()) >= 2);

  // Threads that begin and end, and leave nothing.
  FrameCounts before = {};
  static std::atomic<u32> done = 0;
  for (u32 i = 0; i < 60; ++i) {
    if (i == 20) before = frame_counts();
    platform::Worker* workers[4];
    for (platform::Worker*& worker : workers) {
      auto spawned = spawn_worker([](void*) { ++done; }, nullptr);
      worker = check(spawned);
    }
    for (platform::Worker* worker : workers) join_worker(worker);
  }
  FrameCounts after = frame_counts();
  CHECK(done == 240 && after.charged <= before.charged + 64 && after.used <= before.used + 64);
  say("harts\n");
  return 0;
}

// What is released comes back, and others are told of many at once.
void release_many() {
  constexpr u32 count = 640;
  take_down_released();
  const FrameCounts before = frame_counts();
  u64 told = unmapping_count();
  for (u32 i = 0; i < count; ++i) {
    auto reserved = platform::reserve(4 * page);
    u8* at = check(reserved);
    CHECK(bool(platform::commit(at, 4 * page, Access::ReadWrite)) && at[0] == 0 && at[3 * page] == 0);
    at[0] = at[3 * page] = 1;
    platform::release(at, 4 * page);
  }
  told = unmapping_count() - told;
  CHECK(told > 0 && told <= count / 32);
  take_down_released();
  const FrameCounts after = frame_counts();
  constexpr u64 of_lists = 16;
  CHECK(after.charged <= before.charged + of_lists && after.used <= before.used + of_lists);
}

// One hart answers nobody for about a second of work, while all others want pages to be forgotten.
u8 starved() {
  using namespace platform;
  constexpr u32 harts = 4;
  wait_for_harts(harts);
  release_many();
  say("begins\n");

  static std::atomic<u32> stage = 0;
  auto holds = spawn_worker([](void*) {
    NoInterrupts no_interrupts;
    stage = 1;
    for (volatile u32 left = 300'000'000; left != 0;) left = left - 1;
    stage = 2;
  }, nullptr);
  Worker* workers[harts] = {check(holds)};
  while (stage == 0) yield_thread();
  for (u32 i = 1; i < harts; ++i) {
    auto asks = spawn_worker([](void*) {
      auto reserved = platform::reserve(page);
      u8* at = check(reserved);
      for (u32 i = 0; i < 10; ++i) {
        CHECK(bool(platform::commit(at, page, Access::ReadWrite)) && *at == 0);
        *at = 1;
        CHECK(bool(platform::decommit(at, page)));
        CHECK(stage == 2);
      }
      platform::release(at, page);
    }, nullptr);
    workers[i] = check(asks);
  }
  for (Worker* worker : workers) join_worker(worker);
  say("starved\n");
  read_input(1);  // while somebody looks what it took
  return 0;
}

// How long it takes until so many have had a lock for which all wait, each of whom lets others run while it has it.
u64 time_of_crowd(u32 count) {
  using namespace platform;
  static constinit Mutex mutex;
  static std::atomic<u32> come, left;
  static std::atomic<u64> end;
  come = 0;
  left = count;
  mutex.lock();
  std::vector<Worker*> workers;
  for (u32 i = 0; i < count; ++i) {
    auto spawned = spawn_worker([](void*) {
      ++come;
      mutex.lock();
      yield_thread();
      mutex.unlock();
      if (--left == 0) end = monotonic_ns();
    }, nullptr);
    workers.push_back(check(spawned));
  }
  while (come < count) yield_thread();
  u64 before = monotonic_ns();
  mutex.unlock();
  while (left != 0) yield_thread();  // what joining them takes, which frees stacks, comes after that
  for (Worker* worker : workers) join_worker(worker);
  return end - before;
}

u8 crowd() {
  u64 few = time_of_crowd(16), many = time_of_crowd(128);
  say(concat(few, " ", many, "\n"));
  return 0;
}

// The functions of a large module are compiled on all harts.
u8 compile() {
  while (kernel::harts_at_work() < 2) yield_thread();
  std::string text = "(module";
  for (u32 f = 0; f < 2000; ++f) {
    text += "(func (param i64 i64) (result i64) local.get 0";
    for (u32 i = 0; i < 50; ++i) text += concat(" local.get 1 i64.add i64.const ", f + i * 1000, " i64.xor");
    text += ")";
  }
  text += ")";
  static std::atomic<u64> harts;
  Config config;
  config.progress = [](u64, u64) { harts |= u64{1} << arch::hart_number(); };
  auto engine = Engine::create(config);
  auto module = Module::from_text(check(engine), text);
  check(module);
  CHECK(u32(std::popcount(harts.load())) == kernel::harts_at_work());
  say("compile\n");
  return 0;
}

// A second by our clock is one by the host's, within a hundredth and the time that asking takes.
u8 clock() {
  say(decimal(arch::wall_clock_ns()) + "\n");
  struct Instant { u64 before, host, after; };
  auto now = [] {
    u64 before = platform::monotonic_ns();
    return Instant{before, channel->host_time_ns(), platform::monotonic_ns()};
  };
  Instant start = now();
  static u32 word;
  for (u64 until = start.after + 1'000'000'000; platform::monotonic_ns() < until;) {
    platform::wait_on(&word, 0, until - platform::monotonic_ns());
  }
  Instant end = now();
  u64 passed = end.host - start.host;
  CHECK(end.before - start.after <= passed + passed / 100);
  CHECK(end.after - start.before >= passed - passed / 100);
  say("clock\n");
  return 0;
}

u8 spin() {
  CHECK(bool(platform::install_fault_handler(handle)));
  // The first may find it before the loop, and is then left alone.
  static platform::Thread* spinning = platform::current_thread();
  static u32 asked = 0;
  auto waits = [](void*) {
    while (!asked) platform::wait_on(&asked, 0, ~u64{0});
    for (; asked == 1; platform::wait_on(&asked, 1, 1'000'000)) platform::interrupt(spinning);
  };
  auto waiting = platform::spawn_worker(waits, nullptr);
  channel->on_interrupt([] {
    asked = 1;
    platform::wake_all(&asked);
  });
  let_loop_be_preempted();
  say("spinning\n");
  CHECK(guarded(compute, 0) == u64(platform::FaultKind::Interrupt) + 40);
  asked = 2;
  platform::wake_all(&asked);
  platform::join_worker(check(waiting));
  return 130;
}

// Output until nobody reads it.
u8 flood() {
  std::string line(1000, 'x');
  line.back() = '\n';
  while (!channel->is_closed(ToHost::Output)) say(line);
  return 3;
}

// What things cost, in nanoseconds each: for people (docs/kernel.md), not a test.
u8 figures() {
  using namespace platform;
  CHECK(bool(install_fault_handler(handle)));
  std::string report;
  // Calls body(0), body(step), ... `count` times.
  auto measure = [&](const char* what, u64 count, u64 step, auto&& body) {
    u64 start = monotonic_ns();
    for (u64 i = 0; i < count; ++i) body(i * step);
    report += concat(what, " ", (monotonic_ns() - start) / count, "\n");
  };
  constexpr u64 pages = 4096;
  auto reserved = platform::reserve(pages * page);
  u8* at = check(reserved);
  CHECK(bool(platform::commit(at, pages * page, Access::ReadWrite)));
  measure("first write to a page of zeros, pages in order", pages, page, [&](u64 i) { at[i] = 1; });
  measure("giving 16 MB back", 1, 0, [&](u64) { CHECK(platform::decommit(at, pages * page)); });
  CHECK(bool(platform::commit(at, pages * page, Access::ReadWrite)));
  measure("first write to a page of zeros, every 16th", pages / 16, 16 * page, [&](u64 i) { at[i] = 1; });
  std::vector<u8> content(pages / 16 * page, 1);
  auto created = create_image(content);
  auto second = platform::reserve(content.size());
  u8* copy = check(second);
  CHECK(bool(platform::map_image(check(created), copy)));
  u64 sum = 0;
  measure("first read of a page of an image", pages / 16, page, [&](u64 i) { sum += copy[i]; });
  measure("first write to it after that", pages / 16, page, [&](u64 i) { copy[i] = 2; });
  measure("restoring an image of 1 MB, all written", 1, 0, [&](u64) { CHECK(bool(restore_image(*created, copy))); });
  measure("first write to a page of an image, no read", pages / 16, page, [&](u64 i) { copy[i] = 2; });
  measure("a fault that is redirected", 1000, 0, [&](u64) { guarded(read_at, 8); });
  measure("reading the clock", 1000, 0, [&](u64) { sum += monotonic_ns(); });
  measure("setting the memory base", 1000, 0, [&](u64) { set_memory_base(at); });
  measure("allocating and freeing 100 bytes", 10'000, 0, [&](u64) { heap_free(heap_allocate(100)); });
  measure("copying 1 MB", 16, 0, [&](u64) { __builtin_memcpy(at, content.data(), MiB); });
  measure("a thread, made and joined", 1000, 0, [&](u64) {
    auto thread = spawn_thread([](void*) {}, nullptr);
    join_thread(check(thread));
  });
  u8 random[8];
  measure("8 random bytes", 1000, 0, [&](u64) { fill_entropy(random); });
  measure("writing 1 byte of output", 10'000, 0, [&](u64) { channel->send(ToHost::Error, bytes(".")); });
  measure("writing 1 MB of output", 16, 0, [&](u64) { channel->send(ToHost::Error, {at, MiB}); });
  measure("asking the host", 100, 0, [&](u64) { sum += channel->host_time_ns(); });
  say(report);
  return u8(sum & 1);
}

// A process starts, runs and ends, with each of the memory's promises on the way refused in turn.
constexpr std::string_view counting = R"((module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 2) (table 5 2000 funcref) (elem (i32.const 0) func $count)
  (data (i32.const 100) "some content")
  (func $count (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $count (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "_start")
    (drop (call $random (i32.const 65536) (i32.const 100)))
    (drop (memory.grow (i32.const 1))) (drop (table.grow (ref.null func) (i32.const 1000)))
    (if (i32.ne (call $count (i32.const 100)) (i32.const 100)) (then unreachable)))))";

bool refuses;  // so that running out of memory is no surprise

u8 refusals() {
  refuses = true;
  Config config;
  config.compilation = Compilation::Lazy;
  if (arch::address_limit() < 1024 * GiB) config.memory_bounds = MemoryBounds::Comparison;
  auto engine = Engine::create(config);
  Processes all(check(engine), kernel_clock(*channel));
  auto launch = [&] {
    Launch launch;
    launch.name = "counting";
    launch.program = bytes(counting);
    launch.context = all.new_context();
    return launch;
  };
  // On this thread, as the first process is, or on one of its own; how that ended is not told.
  enum class On : u8 { This, Another };
  auto run = [&](On thread) -> std::optional<Ending> {
    if (thread == On::This) return all.run_here(launch());
    if (!all.start(0, launch())) return std::nullopt;
    static u32 word;
    while (!all.list().empty()) wait_for_word(&word, 0, arch::monotonic_ns() + 100'000);
    return Ending{};
  };
  auto run_well = [&] {
    CHECK(run(On::Another).has_value());
    Ending ending = *run(On::This);  // which also removes the one before
    CHECK(ending.how == Ending::How::Exited && ending.code == 0);
    all.stages = {};  // what it tells of them is none of theirs
  };
  for (u32 i = 0; i < 3; ++i) run_well();
  FrameCounts before = frame_counts();
  constexpr u64 most_more = 32;
  u32 refusals = 0, not_started = 0, failed = 0, trapped = 0;
  for (u32 n = 1; n != 0; ++n) {
    bool was_refused = false;
    for (On thread : {On::This, On::Another}) {
      refuse_memory(n);
      auto ending = run(thread);
      if (refuse_memory(0) != 0) continue;
      was_refused = true;
      ++refusals;
      if (!ending) ++not_started;
      else if (ending->how == Ending::How::Trapped) ++trapped;
      else if (ending->code != 0) ++failed;
      CHECK(!ending || ending->how != Ending::How::Killed);
      run_well();
      // The heap may hold some blocks more or less; what is lost each time adds up.
      auto is_lost = [&](const FrameCounts& after) {
        return after.used > before.used + most_more || after.charged > before.charged + most_more;
      };
      if (!is_lost(frame_counts())) continue;
      drop_free_blocks();
      FrameCounts after = frame_counts();
      if (!is_lost(after)) continue;
      say(concat("refusal ", n, ": ", after.used - before.used, " frames, ", after.charged - before.charged,
                 " promises lost\n"));
      return 1;
    }
    if (!was_refused) break;
  }
  say(concat(refusals, " refusals: ", not_started, " not started, ", failed, " failed, ", trapped, " trapped\n"));
  return refusals < 100 || not_started == 0 || failed == 0 || trapped == 0;
}

u8 check_fails() {
  CHECK(channel == nullptr);
  return 0;
}

u8 check_fails_elsewhere() {
  while (kernel::harts_at_work() < 2) yield_thread();
  platform::Worker* workers[4];
  for (platform::Worker*& worker : workers) {
    auto spawned = platform::spawn_worker([](void*) { CHECK(false); }, nullptr);
    worker = check(spawned);
  }
  for (platform::Worker* worker : workers) platform::join_worker(worker);
  return 0;
}

u8 wild_write() {
  write_at(u64{1} << 45);
  return 0;
}

}  // namespace

void out_of_memory() {
  if (!refuses) arch::stop("no test takes so much");
}

void out_of_time() { arch::stop("no test limits time"); }

u8 run_program(const BootInfo& info, Channel& the_channel, Terminal&, Virtio9pDevices&) {
  channel = &the_channel;
  std::string_view line = info.command_line, key = "test=";
  usize at = line.find(key);
  CHECK(at != line.npos);
  std::string_view name = line.substr(at + key.size());
  name = name.substr(0, name.find(' '));
  if (name == "echo") return echo();
  if (name == "heap") return heap(*channel);
  if (name == "memory") return memory(*channel);
  if (name == "frames") return frames(*channel);
  if (name == "faults") return faults_test();
  if (name == "threads") return threads();
  if (name == "behind") return behind();
  if (name == "harts") return harts();
  if (name == "starved") return starved();
  if (name == "crowd") return crowd();
  if (name == "compile") return compile();
  if (name == "clock") return clock();
  if (name == "spin") return spin();
  if (name == "flood") return flood();
  if (name == "figures") return figures();
  if (name == "refusals") return refusals();
  if (name == "liar") return liar(*channel);
  if (name == "check_fails") return check_fails();
  if (name == "check_fails_elsewhere") return check_fails_elsewhere();
  if (name == "wild_write") return wild_write();
  u8 code = 0;
  if (name.starts_with("exit")) {
    for (char c : name.substr(4)) code = u8(code * 10 + (c - '0'));
    return code;
  }
  UNREACHABLE("no such test");
}

}  // namespace skerry::kernel
