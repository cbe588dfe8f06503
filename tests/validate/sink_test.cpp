// What a sink is told, call by call: reachable code alone, in order, with the operands that
// the contract of validate/sink.h names. LogSink checks more of the contract as it listens.

#include <gtest/gtest.h>

#include "engine/validate/null_sink.h"
#include "tests/validate/check.h"
#include "tests/validate/log_sink.h"

namespace skerry::validate {
namespace {

using namespace test;

enum class Ends { Assumed, Tracked };  // does end_results tell of ends that are not reached?

std::string transcript(const Types& params, const Types& results, const std::vector<Locals>& locals, const Bytes& code,
                       Ends ends = Ends::Assumed) {
  Bytes bytes = with_body(params, results, locals, code);
  auto module = wasm::decode(bytes);
  if (!module) return module.error().message;
  LogSink sink;
  sink.reset(*module);
  sink.dead_ends = ends == Ends::Tracked;
  Scratch<LogSink> scratch;
  auto result = validate_function(*module, FuncIndex(2), Features::implemented(), sink, scratch);
  if (!result) return result.error().message;
  EXPECT_TRUE(sink.finished);
  return sink.text();
}

TEST(Sink, StraightCode) {
  EXPECT_EQ(transcript({I32}, {I32}, {{1, F32}},
                       {0x20, 0, 0x41, 5, 0x6a, 0x22, 0, 0x20, 0, 0x28, 2, 16, 0x1a, 0x43, 0, 0, 0x80, 0x3f, 0x21, 1,
                        0x0b}),
            "function [i32 f32]\n"
            "v0 = local.get 0\n"
            "v1 = i32.const 5\n"
            "v2 = i32.add v0 v1\n"
            "local.tee 0 v2\n"
            "v3 = local.get 0\n"
            "v4 = i32.load 0+16 align 2 v3\n"
            "v5 = f32.const 0x3f800000\n"
            "local.set 1 v5\n"
            "end_function v2\n");
}

TEST(Sink, IfElseWithParametersAndResults) {
  EXPECT_EQ(transcript({}, {I32, I64}, {},
                       {0x41, 1, 0x42, 2, 0x41, 3, 0x04, 3, 0x05, 0x1a, 0x1a, 0x41, 8, 0x42, 9, 0x0b, 0x0b}),
            "function []\n"
            "v0 = i32.const 1\n"
            "v1 = i64.const 2\n"
            "v2 = i32.const 3\n"
            "if v2 L1 v0 v1\n"
            "else L1 v0 v1\n"
            "else_params v3 v4\n"
            "v5 = i32.const 8\n"
            "v6 = i64.const 9\n"
            "end L1 v5 v6\n"
            "end_results v7 v8\n"
            "end_function v7 v8\n");
}

TEST(Sink, IfWithoutElse) {
  EXPECT_EQ(transcript({}, {I32}, {}, {0x41, 1, 0x41, 0, 0x04, 1, 0x0f, 0x0b, 0x0b}),
            "function []\n"
            "v0 = i32.const 1\n"
            "v1 = i32.const 0\n"
            "if v1 L1 v0\n"
            "return v0\n"
            "end L1 unreachable\n"
            "end_results v2\n"
            "end_function v2\n");
}

TEST(Sink, LoopRewritesItsParameters) {
  EXPECT_EQ(transcript({}, {I32}, {}, {0x41, 7, 0x03, 1, 0x22, 0, 0x20, 0, 0x0d, 0, 0x0b, 0x0b}),
            "unknown local 0, there are 0, in function 2");
  EXPECT_EQ(transcript({I32}, {I32}, {}, {0x41, 7, 0x03, 1, 0x22, 0, 0x20, 0, 0x0d, 0, 0x0b, 0x0b}),
            "function [i32]\n"
            "v0 = i32.const 7\n"
            "loop L1 v0\n"
            "local.tee 0 v1\n"
            "v2 = local.get 0\n"
            "br_if v2 L1 v1\n"
            "end L1 v1\n"
            "end_results v3\n"
            "end_function v3\n");
}

TEST(Sink, DeadCodeIsNotTold) {
  // Blocks that start in dead code are not told of at all, wherever they end.
  EXPECT_EQ(transcript({}, {I32}, {},
                       {0x02, 0x40, 0x0c, 0, 0x41, 1, 0x04, 0x40, 0x41, 2, 0x1a, 0x05, 0x0b, 0x1a, 0x03, 0x7f, 0x41, 1,
                        0x0b, 0x1a, 0x0b, 0x41, 3, 0x0b}),
            "function []\n"
            "block L1\n"
            "br L1\n"
            "end L1 unreachable\n"
            "end_results\n"
            "v0 = i32.const 3\n"
            "end_function v0\n");
}

TEST(Sink, ElseRevivesAnEnteredIf) {
  EXPECT_EQ(transcript({}, {}, {}, {0x41, 0, 0x04, 0x40, 0x00, 0x01, 0x05, 0x41, 4, 0x1a, 0x0b, 0x0b}),
            "function []\n"
            "v0 = i32.const 0\n"
            "if v0 L1\n"
            "unreachable\n"
            "else L1 unreachable\n"
            "else_params\n"
            "v1 = i32.const 4\n"
            "end L1\n"
            "end_results\n"
            "end_function\n");
}

TEST(Sink, BranchTable) {
  EXPECT_EQ(transcript({}, {I32}, {},
                       {0x02, 0x7f, 0x02, 0x7f, 0x41, 8, 0x41, 9, 0x0e, 2, 0, 1, 2, 0x0b, 0x1a, 0x41, 5, 0x0b, 0x0b}),
            "function []\n"
            "block L1\n"
            "block L2\n"
            "v0 = i32.const 8\n"
            "v1 = i32.const 9\n"
            "br_table v1 L2 L1 L0 v0\n"
            "end L2 unreachable\n"
            "end_results v2\n"
            "v3 = i32.const 5\n"
            "end L1 v3\n"
            "end_results v4\n"
            "end_function v4\n");
}

TEST(Sink, Calls) {
  EXPECT_EQ(transcript({}, {I32, I64}, {},
                       {0x41, 1, 0x10, 0, 0x42, 2, 0x10, 1, 0x41, 3, 0x11, 3, 0, 0x41, 4, 0x13, 3, 0, 0x0b}),
            "function []\n"
            "v0 = i32.const 1\n"
            "call 0 v0\n"
            "call_results v1\n"
            "v2 = i64.const 2\n"
            "call 1 v1 v2\n"
            "call_results v3 v4\n"
            "v5 = i32.const 3\n"
            "call_indirect 3 0 v5 v3 v4\n"
            "call_results v6 v7\n"
            "v8 = i32.const 4\n"
            "return_call_indirect 3 0 v8 v6 v7\n"
            "end_function unreachable\n");
}

// Code behind an end that the sink calls unreachable is not told, and its types are checked
// all the same: the stack there is not polymorphic.
TEST(Sink, EndsThatAreNotReached) {
  const Bytes code = {0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 1, 0x02, 0x40, 0x0b, 0x0b};
  EXPECT_EQ(transcript({}, {I32}, {}, code, Ends::Tracked),
            "function []\n"
            "loop L1\n"
            "br L1\n"
            "end L1 unreachable\n"
            "end_results dead\n"
            "end_function unreachable\n");
  EXPECT_EQ(transcript({}, {I32}, {}, {0x03, 0x40, 0x0c, 0, 0x0b, 0x0b}, Ends::Tracked),
            "type mismatch: expected i32, found nothing, in function 2");
  EXPECT_EQ(transcript({}, {I32}, {}, {0x03, 0x40, 0x0c, 0, 0x0b, 0x45, 0x0b}, Ends::Tracked),
            "type mismatch: expected i32, found nothing, in function 2");
  EXPECT_EQ(transcript({}, {}, {}, {0x02, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 1, 0x0b, 0x0b}, Ends::Tracked),
            "type mismatch: expected 0 operands at the end of the block, found 1, in function 2");
  // A branch out keeps the end alive; an else does after a dead first arm.
  EXPECT_EQ(transcript({}, {}, {},
                       {0x41, 0, 0x04, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x01, 0x05, 0x0b, 0x0b}, Ends::Tracked),
            "function []\n"
            "v0 = i32.const 0\n"
            "if v0 L1\n"
            "loop L2\n"
            "br L2\n"
            "end L2 unreachable\n"
            "end_results dead\n"
            "else L1 unreachable\n"
            "else_params\n"
            "end L1\n"
            "end_results\n"
            "end_function\n");
}

TEST(Sink, OffsetsAreOfTheModule) {
  struct OffsetSink : NullSink {
    std::vector<u32>& seen;
    u32 offset = 0;
    explicit OffsetSink(std::vector<u32>& out) : seen(out) {}
    void at(u32 value) { offset = value; }
    Value i32_const(i32) {
      seen.push_back(offset);
      return {};
    }
  };
  Bytes bytes = with_body({}, {}, {}, {0x41, 0x81, 0x01, 0x1a, 0x41, 2, 0x1a, 0x0b});
  auto module = wasm::decode(bytes);
  ASSERT_TRUE(module);
  std::vector<u32> seen;
  OffsetSink sink(seen);
  Scratch<OffsetSink> scratch;
  ASSERT_TRUE(validate_function(*module, FuncIndex(2), Features::implemented(), sink, scratch));
  u32 start = module->functions[FuncIndex(2)].body.offset;
  EXPECT_EQ(seen, (std::vector<u32>{start + 1, start + 5}));
}

}  // namespace
}  // namespace skerry::validate
