#include "engine/runtime/ahead.h"

#include <gtest/gtest.h>

namespace skerry::runtime {
namespace {

using codegen::Relocation;
using codegen::RelocationKind;

// Functions of so many bytes each, behind one import.
wasm::Module module_of(u32 count, u32 bytes) {
  wasm::Module module;
  module.imported_functions = 1;
  for (u32 i = 0; i <= count; ++i) {
    wasm::Func function{};
    function.body.size = i == 0 ? 0 : bytes;
    module.functions.push(function);
  }
  return module;
}

// Calls of functions of the module's own, and what else there is in code.
std::vector<Relocation> calls(std::initializer_list<u32> callees) {
  std::vector<Relocation> all{{0, RelocationKind::Counter, FuncIndex(1)}};
  for (u32 callee : callees) all.push_back({0, RelocationKind::EntrySlot, FuncIndex(1 + callee)});
  return all;
}

std::vector<u32> claimed(Ahead& ahead, u32 most) {
  std::vector<u32> all;
  while (all.size() < most) {
    auto function = ahead.claim();
    if (!function) break;
    all.push_back(*function);
  }
  return all;
}

constexpr u64 plenty = 1 * MiB;
using List = std::vector<u32>;

TEST(Ahead, NothingIsClaimedBeforeEnoughWasCalled) {
  constexpr u32 bytes = 1 * KiB;
  wasm::Module module = module_of(1000, bytes);
  Ahead ahead(module, plenty);
  for (u32 i = 0; (i + 1) * bytes < Ahead::begins_at; ++i) {
    ahead.called(i, {});
    EXPECT_FALSE(ahead.should_begin());
    if (i == 0) EXPECT_FALSE(ahead.claim());
  }
  ahead.called(500, {});
  EXPECT_TRUE(ahead.should_begin());
  EXPECT_FALSE(ahead.should_begin()) << "somebody is at work";
  EXPECT_EQ(ahead.claim(), 501u);
}

// The callees of who was called last come first, in the order of its code; then those of who called it; what was
// called, or is being compiled, is left out; at last come those behind the function that was called last.
TEST(Ahead, CandidatesComeInTheOrderOfAWalk) {
  wasm::Module module = module_of(100, 2 * KiB);
  Ahead ahead(module, plenty);
  for (u32 i = 60; i < 92; ++i) ahead.called(i, {});
  ahead.called(10, calls({20, 30, 61, 40}));
  ahead.called(20, calls({21, 22, 21}));
  EXPECT_EQ(claimed(ahead, 2), (List{21, 22}));
  ahead.called(22, calls({5}));
  ahead.begin_call(30);
  EXPECT_EQ(claimed(ahead, 4), (List{5, 40, 23, 24}));
  // What was made ahead tells of its callees when it is called.
  int body = 0;
  ahead.made(5, &body, calls({6, 7}));
  EXPECT_EQ(claimed(ahead, 1), (List{25}));
  EXPECT_EQ(ahead.take(5), &body);
  EXPECT_EQ(ahead.take(5), nullptr);
  EXPECT_EQ(claimed(ahead, 2), (List{6, 7}));
}

TEST(Ahead, WhatIsMadeInVainIsBounded) {
  constexpr u32 bytes = 4 * KiB, first = 32;
  wasm::Module module = module_of(2000, bytes);
  for (u64 most : {u64{16 * KiB}, plenty}) {
    Ahead ahead(module, most);
    std::vector<Relocation> all;
    for (u32 i = first; i < 2000; ++i) all.push_back({0, RelocationKind::EntrySlot, FuncIndex(1 + i)});
    ahead.called(0, all);
    for (u32 i = 1; i < first; ++i) ahead.called(i, {});
    auto bound = [&](u64 guessed, u64 called) { return std::min(most, Ahead::spare + guessed + called / 8) / bytes; };
    u64 called = first * bytes;
    List made = claimed(ahead, 2000);
    EXPECT_EQ(made.size(), bound(0, called));
    // Those that are called make room for as many that were guessed as well, and for themselves.
    int body = 0;
    for (u32 function : made) ahead.made(function, &body, {});
    for (u32 i = 0; i < 3; ++i) EXPECT_TRUE(ahead.take(made[i]));
    called += 3 * bytes;
    u64 left = made.size() - 3;
    EXPECT_EQ(claimed(ahead, 2000).size(), bound(3 * bytes, called) - left);
  }
}

// What could not be compiled takes no room, and is not tried again before its call.
TEST(Ahead, WhatIsDroppedIsPassedOver) {
  wasm::Module module = module_of(100, 4 * KiB);
  Ahead ahead(module, plenty);
  for (u32 i = 0; i < 20; ++i) ahead.called(i, calls({30 + 2 * i, 31 + 2 * i}));
  List first = claimed(ahead, 100);
  ASSERT_GT(first.size(), 2u);
  ahead.dropped(first[0]);
  EXPECT_EQ(claimed(ahead, 100).size(), 1u) << "there is room for one again";
  EXPECT_FALSE(ahead.is_claimed(first[0]));
  EXPECT_EQ(ahead.take(first[0]), nullptr);
  ahead.called(first[0], {});
  // Who was faster than the one who had claimed it.
  EXPECT_TRUE(ahead.is_claimed(first[1]));
  ahead.called(first[1], {});
  EXPECT_FALSE(ahead.is_claimed(first[1]));
  ahead.dropped(first[1]);
  EXPECT_EQ(ahead.take(first[1]), nullptr);
}

// Who rested is roused when some more was called, not with each call.
TEST(Ahead, WhoRestsIsNotRousedByEachCall) {
  wasm::Module module = module_of(1000, 1 * KiB);
  Ahead ahead(module, plenty);
  for (u32 i = 0; i < 64; ++i) ahead.called(i, {});
  EXPECT_TRUE(ahead.should_begin());
  while (ahead.claim()) {}
  u32 calls = 0;
  for (; !ahead.should_begin(); ++calls) {
    ASSERT_LT(calls, 100u);
    ahead.called(500 + 2 * calls, {});
  }
  EXPECT_GE(calls, 16u);
}

}  // namespace
}  // namespace skerry::runtime
