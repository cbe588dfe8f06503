// Text -> function -> the same text.

#include "engine/ir/parse.h"

#include <gtest/gtest.h>

#include "engine/ir/print.h"
#include "engine/ir/verify.h"

namespace skerry::ir {
namespace {

// Every shape of instruction.
constexpr const char* texts[] = {
    R"(function 0 () -> ()
block0:
  return
)",
    R"(function 7 (i32, i64, f32, f64, externref) -> (i64, f32)
slots i32 f64
block0(v0: i32, v1: i64, v2: f32, v3: f64, v4: ref):
  v5: i32 = const -5
  v6: i64 = const -9223372036854775808
  v7: f32 = const 0x7fc00000
  v8: f64 = const 0xbff0000000000000
  v9: ref = const 0x0
  v10: i64 = iadd v1, v6
  v11: i32 = iextend8_s v0
  v12: i32 = icmp.eq v4, v9
  v13: i32 = fcmp.lt_s v2, v7
  v14: i64 = select v1, v10, v12
  v15: i32 = load16_s memory0[v0 + 4294967295]
  v16: i64 = load memory3[v0]
  store8 memory0[v15 + 3], v16
  store memory1[v0], v8
  v19: i32 = memory_size 1
  v20: i32 = global_get 4
  global_set 4, v20
  v22: ref = table_get 2, v19
  v23: i32 = table_size 2
  v24: ref = ref_func 9
  v25: f64 = slot_get 1
  slot_set 1, v25
  fuel 12
  v28: i32 = call 3(v0, v24)
  v29: i64 = call_result v28, 1
  v30: f32 = call_result v28, 2
  call_indirect v23, type 1, table 0 (v29)
  v32: i32 = call_indirect v23, type 2, table 1 ()
  call_builtin memory_fill(v5, v0, v32, v28)
  return v14, v30
)",
    R"(function 1 (i32) -> ()
block0(v0: i32):
  br_table v0, block3, block1, block2(v0), block3
block1:
  trap integer_divide_by_zero
block2(v3: i32):
  return_call 1(v3)
block3:
  return_call_indirect v0, type 0, table 0 (v0, v0)
)",
    R"(function 2 (i32) -> (i32)
block0(v0: i32):
  v1: i32 = const 0
  jump block1(v0, v1)
loop to block5:
block1(v3: i32, v4: i32):
  jump block2(v3)
loop to block3:
block2(v6: i32):
  v7: i32 = const 1
  v8: i32 = isub v6, v7
  branch v8, block2(v8), block3
block3:
  branch v4, block5, block4
block4:
  jump block1(v8, v3)
block5:
  return v4
)",
};

TEST(Parse, ReadsWhatPrintWrites) {
  for (const char* text : texts) {
    Result<ParsedFunction> parsed = parse(text);
    ASSERT_TRUE(parsed) << parsed.error().message << " at " << std::string_view(text).substr(parsed.error().offset);
    EXPECT_EQ(print(parsed->function), text);
  }
}

TEST(Parse, EveryOperationHasAName) {
  EXPECT_EQ(text_name("IAdd"), "iadd");
  EXPECT_EQ(text_name("IExtend16S"), "iextend16_s");
  EXPECT_EQ(text_name("CallIndirect"), "call_indirect");
  EXPECT_EQ(text_name("BrTable"), "br_table");
  for (u32 i = 0; i < u32(Op::Count); ++i)
    for (u32 j = 0; j < i; ++j) EXPECT_NE(text_name(op_table[i].name), text_name(op_table[j].name));
}

TEST(Parse, NamesNeedNotBeDense) {
  Result<ParsedFunction> parsed = parse(R"(function 0 (i32) -> (i32)  ; a comment
    block0(v30: i32):
      v2: i32 = iadd v30, v30   ; another
      return v2)");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(print(parsed->function),
            "function 0 (i32) -> (i32)\nblock0(v0: i32):\n  v1: i32 = iadd v0, v0\n  return v1\n");
}

TEST(Parse, LoopsNestAsTheirRangesDo) {
  Result<ParsedFunction> parsed = parse(texts[3]);
  ASSERT_TRUE(parsed);
  const Function& function = parsed->function;
  ASSERT_EQ(function.loops.size(), 2u);
  EXPECT_EQ(function.loops[Loop(1)].parent, Loop(0));
  EXPECT_EQ(function.loops[Loop(1)].depth, 2u);
  EXPECT_EQ(function.blocks[Block(2)].loop, Loop(1));
  EXPECT_EQ(function.blocks[Block(3)].loop, Loop(0));
  EXPECT_EQ(function.blocks[Block(5)].loop, Loop::none());
  EXPECT_TRUE(verify(function));
}

TEST(Parse, SaysWhatItExpected) {
  struct {
    const char *text, *expected;
  } const cases[] = {
      {"", "expected function"},
      {"function x", "expected a number"},
      {"function 0 (i33) -> ()", "expected a value type"},
      {"function 0 () -> () block1:", "expected the block's number in the order of blocks"},
      {"function 0 () -> () block0: v0: i32 = addi v1", "expected an operation"},
      {"function 0 () -> () block0: v0: i32 = iadd v1, v1", "expected a value that is defined before"},
      {"function 0 () -> () block0: v0: i32 = const 1 v0: i32 = const 1", "expected a name that is not taken"},
      {"function 0 () -> () block0: v4000000000: i32 = const 1", "expected a smaller number of a value"},
      {"function 0 () -> () block0: v0: i32 = const 12345678901234567890z", "expected a number"},
      {"function 0 () -> () block0: jump block9", "expected the block of each target"},
      {"function 0 () -> () block0: trap sunday", "expected a trap code"},
      {"function 0 () -> () block0: v1: i32 = param", "expected parameters behind the name of their block only"},
      {"function 0 () -> () block0:", "expected an operation"},
  };
  for (auto& [text, expected] : cases) {
    Result<ParsedFunction> parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, expected) << text;
  }
}

}  // namespace
}  // namespace skerry::ir
