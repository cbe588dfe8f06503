// The Linux side of platform/platform.h.

#include "platform/platform.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace skerry::platform {
namespace {

TEST(AddressSpace, CommitsZerosAndDecommits) {
  usize page = page_size();
  u8* base = *reserve(16 * page);
  ASSERT_TRUE(commit(base, 4 * page, Access::ReadWrite));
  for (usize i = 0; i < 4 * page; ++i) ASSERT_EQ(base[i], 0);
  std::memset(base, 7, 4 * page);
  ASSERT_TRUE(decommit(base, 2 * page));
  ASSERT_TRUE(commit(base, 2 * page, Access::ReadWrite));
  EXPECT_EQ(base[0], 0);
  EXPECT_EQ(base[2 * page], 7);
  EXPECT_DEATH(base[5 * page] = 1, "");
  release(base, 16 * page);
}

TEST(AddressSpace, ZeroesFewPagesAndMany) {
  usize page = page_size();
  u8* base = *reserve(64 * page);
  ASSERT_TRUE(commit(base, 64 * page, Access::ReadWrite));
  for (usize pages : {1, 4, 5, 64}) {
    std::memset(base, 9, 64 * page);
    ASSERT_TRUE(zero(base, pages * page));
    for (usize i = 0; i < pages * page; ++i) ASSERT_EQ(base[i], 0) << pages;
    if (pages < 64) EXPECT_EQ(base[pages * page], 9);
  }
  release(base, 64 * page);
}

TEST(AddressSpace, RefusesMoreThanThereIs) {
  auto refused = reserve(usize{1} << 48);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Environment);
}

TEST(Image, IsCopiedOnWriteAndRestored) {
  usize page = page_size();
  std::vector<u8> content(page + 10, 5);
  Image* image = *create_image(content);
  u8* a = *reserve(4 * page);
  u8* b = *reserve(4 * page);
  ASSERT_TRUE(map_image(image, a));
  ASSERT_TRUE(map_image(image, b));
  a[0] = 1;
  a[page] = 2;
  EXPECT_EQ(b[0], 5);
  EXPECT_EQ(b[page + 9], 5);
  EXPECT_EQ(b[page + 10], 0);
  ASSERT_TRUE(restore_image(image, a));
  EXPECT_EQ(a[0], 5);
  EXPECT_EQ(a[page], 5);
  // Other pages over an image: zeros, and the image is not touched.
  ASSERT_TRUE(decommit(a, 2 * page));
  ASSERT_TRUE(commit(a, 2 * page, Access::ReadWrite));
  EXPECT_EQ(a[0], 0);
  EXPECT_EQ(b[0], 5);
  destroy_image(image);
  EXPECT_EQ(b[page], 5);
  release(a, 4 * page);
  release(b, 4 * page);
}

TEST(MemoryBase, IsOfTheThread) {
  u8 here = 0;
  u8* before = set_memory_base(&here);
  std::thread([&] { set_memory_base(nullptr); }).join();
  EXPECT_EQ(set_memory_base(before), &here);
}

TEST(MutexThreads, ExcludeEachOther) {
  Mutex mutex;
  int count = 0;
  auto body = [&] {
    for (int i = 0; i < 20'000; ++i) {
      MutexGuard guard(mutex);
      ++count;
    }
  };
  std::thread a(body), b(body), c(body);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(count, 60'000);
}

TEST(WaitThreads, WakesAndTimesOut) {
  std::atomic<u32> word = 0;
  auto* plain = reinterpret_cast<u32*>(&word);
  u64 start = monotonic_ns();
  wait_on(plain, 0, 5'000'000);
  EXPECT_GE(monotonic_ns() - start, 4'000'000u);
  wait_on(plain, 1, ~u64{0});  // the word differs: returns at once

  std::thread waker([&] {
    word = 1;
    wake_all(plain);
  });
  while (word == 0) wait_on(plain, 0, ~u64{0});
  waker.join();
}

TEST(WorkerThreads, RunAndJoin) {
  int result = 0;
  Worker* worker = *spawn_worker([](void* argument) { *static_cast<int*>(argument) = 42; }, &result);
  join_worker(worker);
  EXPECT_EQ(result, 42);
  EXPECT_GE(processor_count(), 1u);
}

TEST(StackLimit, LiesBelowTheFrame) {
  auto check = [] {
    u8* here = static_cast<u8*>(__builtin_frame_address(0));
    EXPECT_LT(stack_limit(), here);
    EXPECT_LT(usize(here - stack_limit()), 64 * GiB);
  };
  check();
  std::thread(check).join();
}

TEST(Entropy, Differs) {
  std::array<u8, 32> a{}, b{};
  fill_entropy(a);
  fill_entropy(b);
  EXPECT_NE(a, b);
}

// Faults. The handler is installed once in a process, behind a handler of the "embedder".

std::atomic<int> interrupts = 0;
volatile sig_atomic_t foreign = 0;
u64 fault_address = 0;
FaultKind fault_kind = FaultKind::Interrupt;

extern "C" void skerry_test_fault_here();
extern "C" void skerry_test_landing();
extern "C" u64 skerry_test_read(const u64* address);

// A read that faults continues at the landing, which returns its first argument.
asm(R"(
  .text
  .globl skerry_test_read
skerry_test_read:
  push %rbp
  mov %rsp, %rbp
  .globl skerry_test_fault_here
skerry_test_fault_here:
  mov (%rdi), %rax
  pop %rbp
  ret
  .globl skerry_test_landing
skerry_test_landing:
  lea (%rdi, %rsi), %rax
  mov %rbp, %rsp
  pop %rbp
  ret
)");

bool handle(const FaultContext& fault, Resume& resume) {
  if (fault.kind == FaultKind::Interrupt) {
    ++interrupts;
    return false;
  }
  if (fault.pc != reinterpret_cast<u64>(&skerry_test_fault_here)) return false;
  fault_address = fault.address;
  fault_kind = fault.kind;
  resume = {reinterpret_cast<u64>(&skerry_test_landing), fault.frame_pointer, fault.stack_pointer, 1000, 7};
  return true;
}

class Faults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static bool installed = false;
    if (std::exchange(installed, true)) return;
    struct sigaction action {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t*, void*) { foreign = foreign + 1; };
    sigaction(SIGURG, &action, nullptr);
    sigaction(SIGFPE, &action, nullptr);
    ASSERT_TRUE(install_fault_handler(handle));
    current_thread();
  }
};
using FaultsThreads = Faults;

TEST_F(FaultsThreads, ContinueWhereTheHandlerSays) {
  u64 value = 5;
  EXPECT_EQ(skerry_test_read(&value), 5u);
  u8* base = *reserve(page_size());
  EXPECT_EQ(skerry_test_read(reinterpret_cast<u64*>(base + 16)), 1007u);
  EXPECT_EQ(fault_address, reinterpret_cast<u64>(base + 16));
  EXPECT_EQ(fault_kind, FaultKind::Memory);
  std::thread([&] {
    current_thread();
    EXPECT_EQ(skerry_test_read(reinterpret_cast<u64*>(base)), 1007u);
  }).join();
  release(base, page_size());
}

TEST_F(Faults, NotOursEndTheProcess) {
  EXPECT_DEATH(*static_cast<volatile int*>(nullptr) = 1, "");
}

TEST_F(Faults, SentSignalsGoToWhoWasThereBefore) {
  int before = foreign;
  raise(SIGFPE);
  EXPECT_EQ(foreign, before + 1);
  int seen = interrupts;
  raise(SIGURG);
  EXPECT_EQ(foreign, before + 2);
  EXPECT_EQ(interrupts, seen + 1);
}

TEST_F(FaultsThreads, InterruptReachesTheThread) {
  std::atomic<Thread*> target = nullptr;
  std::atomic<bool> done = false;
  int before = interrupts, foreign_before = foreign;
  std::thread busy([&] {
    target = current_thread();
    while (interrupts == before) {}
    done = true;
    while (target) {}
  });
  while (!target) {}
  interrupt(target);
  while (!done) {}
  target = nullptr;
  busy.join();
  EXPECT_EQ(interrupts, before + 1);
  EXPECT_EQ(foreign, foreign_before);
}

}  // namespace
}  // namespace skerry::platform
