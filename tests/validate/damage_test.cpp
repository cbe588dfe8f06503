// Damaged modules: cut at every byte, and with bytes changed at random. Whatever comes of it
// is a module or an Error, and the sink's contract holds until the error is found. Runs with
// every build; the address sanitizer's is the one that it is for.

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "tests/validate/check.h"
#include "tests/validate/log_sink.h"

namespace skerry::validate {
namespace {

using namespace test;

// Bodies that have all kinds of instructions between them.
Bytes rich_module() {
  const Bytes bodies[] = {
      // Numbers, locals, globals, select.
      body({{2, I32}, {1, F64}},
           {0x20, 0, 0x41, 0x80, 0x01, 0x6a, 0x22, 1, 0x23, 1, 0x6c, 0x24, 1, 0x43, 0, 0, 0x80, 0x3f, 0x43, 0, 0, 0, 0,
            0x20, 1, 0x1b, 0xbb, 0x21, 3, 0x43, 0, 0, 0, 0, 0xfc, 0x04, 0x1a, 0x20, 1, 0x0b}),
      // A loop in a block with a br_if, an if with else, a br_table.
      body({{1, I32}},
           {0x02, 0x40, 0x03, 0x40, 0x20, 0, 0x45, 0x0d, 1, 0x20, 0, 0x41, 1, 0x6b, 0x21, 0, 0x20, 0, 0x41, 3, 0x48,
            0x04, 0x7f, 0x41, 7, 0x05, 0x20, 1, 0x0b, 0x21, 1, 0x20, 1, 0x0e, 2, 0, 1, 0, 0x0b, 0x0b, 0x20, 1, 0x0b}),
      // Memory, bulk memory, tables, references, calls.
      body({{1, FuncRef}},
           {0x20, 0, 0x28, 0x42, 1, 0x10, 0x1a, 0x20, 0, 0x42, 5, 0x37, 3, 8, 0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0,
            0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 10, 1, 0, 0xd2, 0, 0x21, 1, 0x20, 1, 0xd1, 0x1a, 0x41, 0, 0x25, 0, 0x1a,
            0x20, 0, 0x10, 0, 0x41, 0, 0x11, 0, 0, 0x40, 0, 0x0b}),
      // Blocks with parameters, dead code, a tail call.
      body({}, {0x20, 0, 0x42, 9, 0x02, 2, 0x0c, 0, 0x1a, 0x0b, 0x1a, 0x03, 0, 0x41, 2, 0x6d, 0x0b, 0x20, 0, 0x04,
                0x40, 0x41, 1,
                0x0f, 0x0b, 0x00, 0x12, 1, 0x0b}),
  };
  return module({
      types({func_type({I32}, {I32}), func_type({}, {}), func_type({I32, I64}, {I32, I64})}),
      imports({import("env", "f", {0x00, 0x00}), import("env", "g", {0x03, 0x7f, 0x00})}),
      functions({0, 0, 0, 0}),
      tables({{0x70, 0x01, 0x04, 0x08}}),
      memories({{0x00, 0x01}, {0x01, 0x00, 0x02}}),
      globals({{0x7f, 0x01, 0x23, 0x00, 0x41, 0x02, 0x6a, 0x0b}}),
      exports({export_item("run", 0, 1), export_item("memory", 2, 0), export_item("table", 1, 0)}),
      elems({{0x00, 0x41, 0x00, 0x0b, 0x02, 0x00, 0x01}, {0x07, 0x70, 0x01, 0xd2, 0x02, 0x0b}}),
      data_count(1),
      code({bodies[0], bodies[1], bodies[2], bodies[3]}),
      datas({{0x00, 0x41, 0x04, 0x0b, 0x03, 'a', 'b', 'c'}}),
      custom("name", {0x01, 0x04, 0x01, 0x01, 0x01, 'f'}),
  });
}

// Decodes and validates, each body told to a LogSink.
Result<void> check_with_log(const Bytes& bytes, bool dead_ends) {
  auto module = wasm::decode(bytes);
  if (!module) return module.take_failure();
  TRY(validate_module(*module, Features::implemented()));
  LogSink sink;
  sink.dead_ends = dead_ends;
  Scratch<LogSink> scratch;
  for (FuncIndex f(module->imported_functions); f < module->functions.end_key(); f = f.next()) {
    sink.reset(*module);
    TRY(validate_function(*module, f, Features::implemented(), sink, scratch));
    EXPECT_TRUE(sink.finished);
  }
  return {};
}

TEST(Damage, TheModuleItselfIsValid) {
  for (bool dead_ends : {false, true}) {
    auto result = check_with_log(rich_module(), dead_ends);
    EXPECT_TRUE(result) << result.error().offset << ": " << result.error().message;
  }
}

TEST(Damage, EveryPrefix) {
  Bytes whole = rich_module();
  for (usize size = 0; size < whole.size(); ++size) {
    Bytes prefix(whole.begin(), whole.begin() + std::ptrdiff_t(size));
    auto result = check_with_log(prefix, true);
    if (!result) EXPECT_LE(result.error().offset, size) << result.error().message;
  }
}

// A module whose sizes still fit: one body is replaced by its first bytes.
TEST(Damage, EveryPrefixOfABody) {
  Bytes whole = rich_module();
  auto decoded = wasm::decode(whole);
  ASSERT_TRUE(decoded);
  wasm::Module& cut = *decoded;
  LogSink sink;
  Scratch<LogSink> scratch;
  for (FuncIndex f(1); f < cut.functions.end_key(); f = f.next()) {
    wasm::ByteRange range = cut.functions[f].body;
    for (u32 size = 0; size < range.size; ++size) {
      cut.functions[f].body = {range.offset, size};
      sink.reset(cut);
      auto result = validate_function(cut, f, Features::implemented(), sink, scratch);
      ASSERT_FALSE(result) << size;
      EXPECT_EQ(result.error().code, ErrorCode::Malformed) << result.error().message;
      EXPECT_LE(result.error().offset, range.offset + size);
    }
  }
}

TEST(Damage, RandomChanges) {
  const Bytes whole = rich_module();
  std::mt19937 random(20250101);
  auto below = [&](usize n) { return usize(random() % n); };
  u32 valid = 0, malformed = 0, invalid = 0;
  Bytes bytes;
  for (u32 round = 0; round < 40'000; ++round) {
    bytes = whole;
    for (usize changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
      auto at = bytes.begin() + std::ptrdiff_t(below(bytes.size()));
      switch (below(6)) {
        case 0: *at = u8(random()); break;
        case 1: *at ^= u8(1u << below(8)); break;
        case 2: *at = u8(*at + (random() & 1 ? 1 : -1)); break;
        case 3: *at = u8(info(Opcode(below(usize(Opcode::Count)))).code); break;
        case 4: bytes.erase(at); break;
        case 5: bytes.insert(at, u8(random())); break;
      }
    }
    bytes.shrink_to_fit();
    auto result = check_with_log(bytes, round & 1);
    if (result) {
      ++valid;
    } else {
      EXPECT_LE(result.error().offset, bytes.size());
      EXPECT_FALSE(result.error().message.empty());
      ++(result.error().code == ErrorCode::Malformed ? malformed : invalid);
    }
    if (HasFailure()) {
      for (u8 byte : bytes) std::cerr << hex(byte, 2);
      std::cerr << "\n";
      return;
    }
  }
  // The changes reach all of validation, not its first checks alone.
  EXPECT_GT(valid, 1'000u);
  EXPECT_GT(malformed, 1'000u);
  EXPECT_GT(invalid, 1'000u);
}

// Bodies put together from whole instructions at random: they pass the grammar, and fail or
// pass typing in more ways than changed bytes do.
TEST(Damage, RandomBodies) {
  std::mt19937 random(7);
  auto below = [&](u32 n) { return u32(random() % n); };
  u32 valid = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    Bytes code;
    u32 depth = 1;
    for (u32 i = 2 + below(30); i > 0 || depth > 0; --i) {
      Opcode op = Opcode(below(u32(Opcode::Count)));
      // Few of the numeric rows, so that control and constants are frequent.
      if (below(2)) op = Opcode(below(u32(Opcode::TableGet)));
      if (below(4) == 0) op = Opcode(u32(Opcode::I32Const) + below(4));
      if (i == 0 || (i < depth && below(2))) op = Opcode::End;
      if (op == Opcode::Else && below(4)) continue;
      const OpcodeInfo& row = info(op);
      if (row.prefix) code.push_back(row.prefix);
      write_leb_unsigned(code, row.code);
      switch (row.immediates) {
        case Immediates::None: break;
        case Immediates::BlockType: code.push_back(below(2) ? 0x40 : u8(below(6))); ++depth; break;
        case Immediates::LabelTable: code.insert(code.end(), {1, u8(below(depth)), u8(below(depth))}); break;
        case Immediates::Label: code.push_back(u8(below(depth))); break;
        case Immediates::ValueTypes: code.insert(code.end(), {1, 0x7f}); break;
        case Immediates::F32: code.insert(code.end(), 4, 0); break;
        case Immediates::F64: code.insert(code.end(), 8, 0); break;
        case Immediates::HeapType: code.push_back(u8(0x6f + below(2))); break;
        case Immediates::TypeTable: case Immediates::DataMemory: case Immediates::MemoryMemory:
        case Immediates::ElemTable: case Immediates::TableTable:
        case Immediates::Memory0: case Immediates::Memory1: case Immediates::Memory2: case Immediates::Memory3:
        case Immediates::Memory4:
          code.insert(code.end(), {u8(below(2)), u8(below(2))});
          break;
        default: code.push_back(u8(below(3))); break;
      }
      if (op == Opcode::End && --depth == 0) break;
      if (i == 0) i = 1;
    }
    auto result = check_with_log(with_body({I32}, {}, {{1, I64}, {1, I32}}, code), round & 1);
    valid += bool(result);
    if (!result) EXPECT_NE(result.error().code, ErrorCode::Limit);
    if (HasFailure()) {
      for (u8 byte : code) std::cerr << hex(byte, 2);
      std::cerr << "\n";
      return;
    }
  }
  EXPECT_GT(valid, 300u);
}

}  // namespace
}  // namespace skerry::validate
