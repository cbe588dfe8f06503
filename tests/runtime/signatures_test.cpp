// The registry of types (HAZARDS 23), without and with threads.

#include "engine/runtime/signatures.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "engine/runtime/targets.h"

namespace skerry::runtime {
namespace {

FuncType type_number(u32 n) {
  FuncType type;
  for (; n; n /= 4) type.params.push_back(ValueType(0x7f - n % 4));
  type.results.push_back(ValueType::I64);
  return type;
}

class Hazard23 : public testing::Test {
 protected:
  ChosenTarget chosen = *choose_target("", "");
};
using Hazard23Threads = Hazard23;

TEST_F(Hazard23, EqualTypesHaveOneIdWhileTheyAreReferredTo) {
  Signatures signatures(*chosen.target);
  u32 a = *signatures.acquire(type_number(1)), b = *signatures.acquire(type_number(2));
  EXPECT_NE(a, 0u);
  EXPECT_NE(a, b);
  EXPECT_EQ(*signatures.acquire(type_number(1)), a);
  EXPECT_EQ(signatures.type(a), type_number(1));
  signatures.release(a);
  EXPECT_EQ(*signatures.acquire(type_number(1)), a);
  signatures.release(a);
  signatures.release(a);
  EXPECT_EQ(signatures.live(), 1u);
  EXPECT_DEATH(signatures.type(a), "");
  // The parts of a type are not confused: () -> (i64) and (i64) -> ().
  FuncType none_i64{{}, {ValueType::I64}}, i64_none{{ValueType::I64}, {}};
  EXPECT_NE(*signatures.acquire(none_i64), *signatures.acquire(i64_none));
}

TEST_F(Hazard23, TheCapIsACleanError) {
  Signatures signatures(*chosen.target, 100);
  std::vector<u32> ids;
  for (u32 i = 0; i < 100; ++i) ids.push_back(*signatures.acquire(type_number(i)));
  auto refused = signatures.acquire(type_number(100));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Limit);
  EXPECT_TRUE(signatures.acquire(type_number(5)));
  signatures.release(ids[7]);
  auto reused = signatures.acquire(type_number(100));
  ASSERT_TRUE(reused);
  EXPECT_EQ(*reused, ids[7]);
}

TEST_F(Hazard23, StubsAreMadeOnceAndGoWithTheirTypes) {
  Signatures signatures(*chosen.target);
  u32 a = *signatures.acquire(type_number(9)), b = *signatures.acquire(type_number(10));
  WantedStubs both[] = {{.id = a, .enter = true, .bridge = true}, {.id = b, .call_host = true}};
  ASSERT_TRUE(signatures.make_stubs(both));
  Stubs stubs = signatures.stubs(a);
  EXPECT_TRUE(!stubs.call_host && !stubs.call_host_array && !signatures.stubs(b).enter);
  ASSERT_TRUE(signatures.make_stubs(both));
  EXPECT_EQ(signatures.stubs(a).enter, stubs.enter);
  EXPECT_EQ(find_code_range(reinterpret_cast<u64>(stubs.enter))->kind, CodeKind::Enter);
  EXPECT_EQ(find_code_range(reinterpret_cast<u64>(stubs.bridge))->kind, CodeKind::Stubs);
  EXPECT_EQ(find_code_range(reinterpret_cast<u64>(signatures.stubs(b).call_host))->kind, CodeKind::Stubs);
  // A kind that is wanted later is made later, and those that there are stay.
  WantedStubs another{.id = a, .enter = true, .call_host_array = true};
  ASSERT_TRUE(signatures.make_stubs({&another, 1}));
  EXPECT_EQ(signatures.stubs(a).enter, stubs.enter);
  u64 later = reinterpret_cast<u64>(signatures.stubs(a).call_host_array);
  EXPECT_EQ(find_code_range(later)->kind, CodeKind::Stubs);
  signatures.release(b);
  EXPECT_TRUE(find_code_range(reinterpret_cast<u64>(stubs.enter)));
  signatures.release(a);
  EXPECT_FALSE(find_code_range(reinterpret_cast<u64>(stubs.enter)));
  EXPECT_FALSE(find_code_range(later));
}

TEST_F(Hazard23Threads, RegisterAndDropOneType) {
  Signatures signatures(*chosen.target);
  auto body = [&](u32 seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 2000; ++i) {
      FuncType type = type_number(random() % 5);
      u32 id = *signatures.acquire(type);
      EXPECT_EQ(signatures.type(id), type);
      if (i % 16 == 0) {
        WantedStubs wanted{.id = id, .enter = true, .bridge = true};
        ASSERT_TRUE(signatures.make_stubs({&wanted, 1}));
        u64 pc = reinterpret_cast<u64>(signatures.stubs(id).enter);
        EXPECT_EQ(find_code_range(pc)->kind, CodeKind::Enter);
      }
      signatures.release(id);
    }
  };
  std::thread a(body, 1), b(body, 2), c(body, 3);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(signatures.live(), 0u);
}

}  // namespace
}  // namespace skerry::runtime
