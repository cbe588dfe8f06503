// Sites of functions, kept as bytes; BLAKE2b.

#include "engine/runtime/function_table.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/runtime/blake2b.h"

namespace skerry::runtime {
namespace {

TEST(FunctionTable, GivesBackWhatWasEncoded) {
  std::mt19937 random(1);
  FunctionTable table;
  table.set_code(0x1000);
  std::vector<codegen::CompiledFunction> functions(20);
  u32 begin = 0;
  for (auto& function : functions) {
    u32 size = 64 + random() % 100'000;
    function.has_frame = random() % 2;
    for (u32 at = random() % 5; at < size; at += 1 + random() % 400) {
      function.traps.push_back({at, TrapCode(random() % u32(TrapCode::Count)), u32(random())});
    }
    for (u32 at = 5 + random() % 50; at <= size; at += 1 + random() % 900) function.calls.push_back({at, u32(random())});
    u32 positions = 1 + u32(random() % 1000), calls = u32(random() % 20);
    for (u32 i = 0; i < calls; ++i) {
      u32 body = 1 + u32(random() % 300);
      function.inlined.push_back({FuncIndex(u32(random())), u32(random()), body, positions, u32(random() % positions)});
      positions += body;
    }
    Array<u8> sites;
    FunctionTable::encode(function, sites);
    table.add(begin, size, sites);
    begin = u32(align_up(begin + size, 16));
  }
  EXPECT_TRUE(table.check(begin));
  EXPECT_FALSE(table.check(begin - 1000));
  for (u32 f = 0; f < functions.size(); ++f) {
    EXPECT_EQ(table.has_frame(f), functions[f].has_frame);
    for (const auto& site : functions[f].traps) {
      auto at = table.find(0x1000 + table.code_begin(f) + site.offset);
      ASSERT_TRUE(at);
      ASSERT_EQ(at->function, f);
      auto found = table.find_trap(f, at->offset);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->code, site.code);
      ASSERT_EQ(found->position, site.position);
      ASSERT_FALSE(at->offset + 1 == table.code_size(f) && table.find(0x1000 + table.code_begin(f) + at->offset + 1));
    }
    for (const auto& site : functions[f].calls) ASSERT_EQ(table.find_call(f, site.return_offset)->position, site.position);
    EXPECT_FALSE(table.find_trap(f, table.code_size(f)));
    const auto& inlined = functions[f].inlined;
    if (!inlined.empty()) EXPECT_FALSE(table.find_inlined(f, inlined[0].begin - 1));
    for (const ir::InlinedCall& call : inlined) {
      for (u32 distance : {u32{0}, call.size - 1}) {
        auto found = table.find_inlined(f, call.begin + distance);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->function, call.function.raw());
        ASSERT_EQ(found->distance, distance);
        ASSERT_EQ(found->call, call.call);
      }
    }
  }
  EXPECT_FALSE(table.find(0xfff));
  EXPECT_FALSE(table.find(0x1000 + begin + 16));
}

TEST(FunctionTable, DamageIsFoundOrHarmless) {
  codegen::CompiledFunction function;
  for (u32 i = 0; i < 50; ++i) function.traps.push_back({3 * i, TrapCode::Unreachable, 1000 + i});
  for (u32 i = 0; i < 20; ++i) function.calls.push_back({7 * i, 1000 + i});
  for (u32 i = 0; i < 10; ++i) function.inlined.push_back({FuncIndex(i), 0, 5, 2000 + 5 * i, 1999 + 5 * i});
  Array<u8> good;
  FunctionTable::encode(function, good);
  std::mt19937 random(2);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    Array<u8> bad = good;
    for (u32 n = 1 + random() % 3; n > 0; --n) bad[random() % bad.size()] = u8(random());
    if (random() % 4 == 0) bad.resize(random() % (bad.size() + 1));
    FunctionTable table;
    table.add(0, 200, bad);
    if (!table.check(200)) {
      ++refused;
      continue;
    }
    for (u32 at = 0; at < 200; ++at) {
      (void)table.find_trap(0, at), (void)table.find_call(0, at), (void)table.nearest_position(0, at, 0);
      // Calls in whose place something stands lead to the function itself.
      u32 position = 1990 + at;
      while (auto inlined = table.find_inlined(0, position)) {
        ASSERT_LT(inlined->call, position);
        position = inlined->call;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

std::string hash_of(std::string_view text) {
  Blake2b hash;
  hash.add(text);
  return hex(hash.finish());
}

TEST(Blake2b, KnownAnswers) {
  EXPECT_EQ(hash_of(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(hash_of("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Blake2b, PiecesDoNotMatter) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text.push_back(char(i * 7));
  for (usize length : {0, 1, 127, 128, 129, 255, 256, 257, 1000}) {
    std::string whole = text.substr(0, length);
    for (usize piece : {1, 7, 128, 129}) {
      Blake2b hash;
      for (usize at = 0; at < whole.size(); at += piece) hash.add(std::string_view(whole).substr(at, piece));
      EXPECT_EQ(hex(hash.finish()), hash_of(whole)) << length << " " << piece;
    }
  }
}

}  // namespace
}  // namespace skerry::runtime
