// The verifier finds each kind of damage, and names the place.

#include "engine/ir/verify.h"

#include <gtest/gtest.h>

#include "engine/ir/parse.h"

namespace skerry::ir {
namespace {

std::string verdict(const char* text) {
  Result<ParsedFunction> parsed = parse(text);
  if (!parsed) return "parse: " + parsed.error().message;
  Result<void> verified = verify(parsed->function);
  return verified ? "" : verified.error().message;
}

TEST(Verify, AcceptsWhatIsWellFormed) {
  EXPECT_EQ(verdict(R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      branch v0, block1, block2(v0)
    block1:
      v2: i32 = iadd v0, v0
      jump block2(v2)
    block2(v3: i32):
      return v3
  )"), "");
}

TEST(Verify, FindsDamage) {
  struct {
    const char *text, *message;
  } const cases[] = {
      // Types
      {"function 0 (i64) -> () block0(v0: i64): v1: i32 = iadd v0, v0 return", "v1 (IAdd): the operand v0 is of the wrong type"},
      {"function 0 (f32) -> () block0(v0: f32): v1: f32 = iadd v0, v0 return", "v1 (IAdd): its own type is wrong"},
      {"function 0 (f32) -> () block0(v0: f32): v1: i32 = icmp.eq v0, v0 return", "v1 (ICmp): its operands are of the wrong kind"},
      {"function 0 (f32) -> () block0(v0: f32): v1: i32 = fcmp.lt_u v0, v0 return", "v1 (FCmp): an unsigned comparison of floats"},
      {"function 0 (i32) -> () block0(v0: i32): v1: i64 = wrap v0 return", "v1 (Wrap): its own type is wrong"},
      {"function 0 (i32) -> () block0(v0: i32): v1: f64 = reinterpret v0 return", "v1 (Reinterpret): the operand v0 is of the wrong type"},
      {"function 0 (i32, i64) -> () block0(v0: i32, v1: i64): v2: i32 = select v0, v1, v0 return", "v2 (Select): the operand v1 is of the wrong type"},
      {"function 0 (i64) -> () block0(v0: i64): v1: i32 = load memory0[v0] return", "v1 (Load): the operand v0 is of the wrong type"},
      {"function 0 (i32) -> () block0(v0: i32): store32 memory0[v0], v0 return", "v1 (Store32): stores a value of the wrong type"},
      {"function 0 (i32) -> (i64) block0(v0: i32): return v0", "v1 (Return): the operand v0 is of the wrong type"},
      {"function 0 (i32) -> () block0(v0: i32): return v0", "v1 (Return): 1 values where 0 are expected"},
      {"function 0 (i32) -> () block0: return", "the entry block has not the function's parameters"},
      {"function 0 () -> () slots i32 block0: v0: i64 = slot_get 0 return", "v0 (SlotGet): its own type is wrong"},
      {"function 0 () -> () block0: v0: i64 = slot_get 0 return", "v0 (SlotGet): no such slot"},
      {"function 0 (i32) -> () block0(v0: i32): v1: i32 = call_builtin memory_grow(v0) return", "v1 (CallBuiltin): wrong number of arguments"},
      // Blocks and targets
      {"function 0 (i32) -> () block0(v0: i32): jump block1(v0) block1: return", "v1 (Jump): 1 arguments for 0 parameters of block1"},
      {"function 0 (i32) -> () block0(v0: i32): jump block1(v0) block1(v1: i64): return", "v1 (Jump): the operand v0 is of the wrong type"},
      {"function 0 () -> () block0: jump block0", "v0 (Jump): a target to the entry block"},
      {"function 0 () -> () block0: return block1: return", "block1: it cannot be reached"},
      // Dominance
      {"function 0 (i32) -> (i32) block0(v0: i32): branch v0, block1, block2 block1: v2: i32 = const 1 jump block2 block2: return v2",
       "v4 (Return): the operand v2 does not dominate it"},
      // Calls
      {"function 0 () -> () block0: v0: i32 = call 1() v1: i32 = const 0 v2: i32 = call_result v0, 1 return",
       "v2 (CallResult): it does not follow its call"},
      // Loops
      {"function 0 (i32) -> () block0(v0: i32): jump block1 block1: branch v0, block1, block2 block2: return",
       "block1: it goes back, but not to the header of a loop that it is in"},
      {"function 0 (i32) -> () block0(v0: i32): branch v0, block1, block2 loop to block3: block1: jump block2 block2: branch v0, block1, block3 block3: return",
       "loop0: block2 is reached past the header"},
      {"function 0 (i32) -> () block0(v0: i32): jump block1 loop to block9: block1: branch v0, block1, block2 block2: return",
       "loop0: wrong end"},
  };
  for (auto& [text, message] : cases) EXPECT_EQ(verdict(text), message) << text;
}

// Damage that the text form cannot express.
TEST(Verify, FindsDamageInTheArrays) {
  auto damaged = [](auto damage) {
    Result<ParsedFunction> parsed = parse(R"(function 0 (i32) -> (i32)
      block0(v0: i32):
        v1: i32 = const 1
        v2: i32 = iadd v0, v1
        jump block1(v2)
      block1(v4: i32):
        return v4
    )");
    CHECK(parsed && verify(parsed->function));
    damage(parsed->function);
    Result<void> verified = verify(parsed->function);
    return verified ? "" : verified.error().message;
  };
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(2)].b = 3; }), "v2 (IAdd): the operand v3 has no value");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(2)].b = 2; }), "v2 (IAdd): the operand v2 does not dominate it");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(2)].b = 99; }), "v2 (IAdd): an operand that is no value");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(3)].b = 99; }), "v3 (Jump): a target beyond the end of extra");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(3)].op = Op::IAdd; }), "v3 (IAdd): a terminator is last, and only last");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(1)].op = Op::Param; }), "v1 (Param): parameters stand first in their block");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(4)].b = 1; }), "v4 (Param): it names another place");
  EXPECT_EQ(damaged([](Function& f) { f.blocks[Block(1)].begin = 5; }), "block1: its range does not follow the block before");
  EXPECT_EQ(damaged([](Function& f) { f.blocks[Block(1)].loop = Loop(0); }), "block1: names another loop than the ranges do");
  EXPECT_EQ(damaged([](Function& f) { f.positions.pop_back(); }), "positions are not beside insts");
  EXPECT_EQ(damaged([](Function& f) { f.insts.push(f.insts[Value(5)]), f.positions.push_back(0); }), "instructions after the last block");
  EXPECT_EQ(damaged([](Function& f) { f.insts[Value(5)].c = 9; }), "v5 (Return): a list beyond the end of extra");
}

}  // namespace
}  // namespace skerry::ir
