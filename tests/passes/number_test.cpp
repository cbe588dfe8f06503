#include <gtest/gtest.h>

#include "tests/passes/after.h"

namespace skerry::passes {
namespace {

TEST(Number, AcrossBlocksThatDominate) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = iadd v0, v1
      v3: i32 = idiv_u v0, v1
      branch v0, block1, block2
    block1:
      v4: i32 = iadd v0, v1
      v5: i32 = idiv_u v0, v1
      v6: i32 = ixor v4, v5
      return v6
    block2:
      v7: i32 = isub v0, v1
      return v7)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = iadd v0, v1
  v3: i32 = idiv_u v0, v1
  branch v0, block1, block2
block1:
  v5: i32 = ixor v2, v3
  return v5
block2:
  v7: i32 = isub v0, v1
  return v7
)");
}

// Neither side of a branch dominates the other, nor what is behind both.
TEST(Number, NotAcrossSides) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  branch v0, block1, block2
block1:
  v3: i32 = iadd v0, v1
  jump block3(v3)
block2:
  v5: i32 = iadd v0, v1
  v6: i32 = ishl v5, v0
  jump block3(v6)
block3(v8: i32):
  v9: i32 = iadd v0, v1
  v10: i32 = ixor v8, v9
  return v10
)";
  EXPECT_EQ(after(Pass::Number, text), text);
}

TEST(Number, ParametersThatAreOneValue) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = const 7
      v3: i32 = iadd v0, v1
      jump block1(v0, v3, v2)
    loop to block2:
    block1(v4: i32, v5: i32, v6: i32):
      v7: i32 = iadd v0, v1
      v8: i32 = const 7
      v9: i32 = const -1
      v10: i32 = iadd v4, v9
      branch v10, block1(v10, v5, v8), block2
    block2:
      jump block3(v7)
    block3(v11: i32):
      v12: i32 = ixor v11, v5
      v13: i32 = ior v12, v6
      return v13)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = const 7
  v3: i32 = const -1
  jump block1(v0)
loop to block2:
block1(v5: i32):
  v6: i32 = iadd v5, v3
  branch v6, block1(v6), block2
block2:
  return v2
)");
}

// v5 swaps with v4 in each round: both bring another value.
TEST(Number, ParametersThatChange) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  jump block1(v0, v1)
loop to block2:
block1(v3: i32, v4: i32):
  branch v4, block1(v4, v3), block2
block2:
  return v3
)";
  EXPECT_EQ(after(Pass::Number, text), text);
}

TEST(Number, BranchesThatAreDecided) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = icmp.lt_u v0, v1
      branch v2, block1, block3
    block1:
      v3: i32 = icmp.lt_u v0, v1
      branch v3, block2(v0), block2(v1)
    block2(v4: i32):
      return v4
    block3:
      v5: i32 = icmp.gt_u v1, v0
      v6: i32 = const 1
      v7: i32 = const 2
      v8: i32 = select v6, v7, v5
      return v8)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = const 2
  v3: i32 = icmp.lt_u v0, v1
  branch v3, block1, block2
block1:
  return v0
block2:
  return v2
)");
}

// v0 = 0 decides what v0 decides.
TEST(Number, BranchesThatTheOppositeDecides) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = const 0
      v3: i32 = icmp.eq v0, v2
      branch v3, block1, block2
    block1:
      return v1
    block2:
      v4: i32 = icmp.eq v0, v2
      branch v4, block3, block4
    block3:
      return v4
    block4:
      v5: i32 = select v1, v0, v4
      return v5)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  branch v0, block2, block1
block1:
  return v1
block2:
  return v0
)");
}

// A block of two edges of the condition knows nothing.
TEST(Number, BranchesThatAreNotDecided) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  branch v0, block1(v0), block1(v1)
block1(v3: i32):
  branch v0, block2, block3
block2:
  return v3
block3:
  return v1
)";
  EXPECT_EQ(after(Pass::Number, text), text);
}

TEST(Number, LoadsOfWhatIsStored) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32, f64) -> (i32)
    block0(v0: i32, v1: i32, v2: f64):
      v3: i32 = load memory0[v0 + 8]
      store memory0[v0 + 12], v1
      store memory0[v0 + 16], v2
      v4: i32 = load memory0[v0 + 12]
      v5: i32 = load memory0[v0 + 8]
      store memory0[v0 + 12], v1
      v6: f64 = load memory0[v0 + 16]
      v7: i32 = trunc_s v6
      v8: i32 = ixor v3, v4
      v9: i32 = isub v8, v5
      v10: i32 = imul v9, v7
      return v10)"),
            R"(function 0 (i32, i32, f64) -> (i32)
block0(v0: i32, v1: i32, v2: f64):
  v3: i32 = load memory0[v0 + 8]
  store memory0[v0 + 12], v1
  store memory0[v0 + 16], v2
  v6: i32 = trunc_s v2
  v7: i32 = ixor v1, v3
  v8: i32 = isub v7, v3
  v9: i32 = imul v6, v8
  return v9
)");
}

// Each store may write what the load behind it reads: by another base, by an overlap from below and from above, by one
// that wraps, by a memory that may be the same.
TEST(Number, LoadsBehindStoresThatMayBeThere) {
  for (const char* store : {"store memory0[v1 + 64]", "store memory0[v0 + 5]", "store memory0[v0 + 11]",
                            "store8 memory0[v2 + 4]"}) {
    std::string text = concat(R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = const 4
  v3: i32 = iadd v0, v2
  v4: i32 = load memory0[v0 + 8]
  )", store, R"(, v1
  v6: i32 = load memory0[v0 + 8]
  v7: i32 = isub v4, v6
  store memory0[v3], v7
  return v7
)");
    std::string printed = after(Pass::Number, text);
    EXPECT_EQ(printed, text) << store;
  }
  std::string apart = after(Pass::Number, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = const -4
      v3: i32 = iadd v0, v2
      v4: i32 = load memory0[v0 + 8]
      store memory0[v3 + 8], v1
      store memory1[v0 + 8], v1
      v6: i32 = load memory0[v0 + 8]
      v7: i32 = isub v4, v6
      return v7)");
  EXPECT_TRUE(apart.find("return v7") != apart.npos && apart.find("const 0") != apart.npos) << apart;
}

TEST(Number, StateThatEdgesAndLoopsChange) {
  const char* text = R"(function 0 (i32) -> (i32)
block0(v0: i32):
  v1: i32 = global_get 2
  v2: i32 = global_get 3
  branch v0, block1, block2
block1:
  global_set 2, v0
  jump block2
block2:
  v6: i32 = global_get 2
  v7: i32 = iadd v1, v6
  v8: i32 = iadd v2, v7
  jump block3(v8)
loop to block4:
block3(v10: i32):
  v11: i32 = global_get 3
  v12: i32 = iadd v10, v11
  global_set 3, v12
  branch v12, block3(v12), block4
block4:
  return v12
)";
  EXPECT_EQ(after(Pass::Number, text), text);
}

TEST(Number, StateThatCallsChange) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      v1: i32 = global_get 2
      v2: i32 = global_get 6
      v3: i32 = memory_size 0
      v4: i32 = load memory0[v0]
      v5: i32 = call 1()
      v6: i32 = global_get 2
      v7: i32 = global_get 6
      v8: i32 = memory_size 0
      v9: i32 = load memory0[v0]
      v10: i32 = isub v1, v6
      v11: i32 = isub v2, v7
      v12: i32 = isub v3, v8
      v13: i32 = isub v4, v9
      v14: i32 = ior v10, v11
      v15: i32 = ior v12, v13
      v16: i32 = ixor v14, v15
      return v16)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  v1: i32 = global_get 2
  v2: i32 = memory_size 0
  v3: i32 = load memory0[v0]
  v4: i32 = call 1()
  v5: i32 = global_get 2
  v6: i32 = memory_size 0
  v7: i32 = load memory0[v0]
  v8: i32 = isub v1, v5
  v9: i32 = isub v2, v6
  v10: i32 = isub v3, v7
  v11: i32 = ior v9, v10
  v12: i32 = ixor v8, v11
  return v12
)");
}

// Of memories, by what overlaps and by what is wider; of globals; of slots, which nobody else ever sees.
TEST(Number, StoresThatAreOverwritten) {
  EXPECT_EQ(after(Pass::Number, R"(function 0 (i32, i32, i64) -> (i32)
    slots i32
    block0(v0: i32, v1: i32, v2: i64):
      v4: i32 = const 9
      store memory0[v0 + 20], v4
      store memory0[v0 + 8], v1
      store8 memory0[v0 + 15], v1
      global_set 2, v1
      slot_set 0, v1
      v5: i32 = load memory0[v0 + 16]
      store memory0[v0 + 8], v2
      global_set 2, v4
      v6: i32 = call 1(v5)
      slot_set 0, v4
      v7: i32 = slot_get 0
      store memory0[v4], v1
      v8: i32 = load8_u memory0[v4 + 4]
      store16 memory0[v4 + 2], v8
      store memory0[v4], v8
      return v7)"),
            R"(function 0 (i32, i32, i64) -> (i32)
slots i32
block0(v0: i32, v1: i32, v2: i64):
  v3: i32 = const 9
  store memory0[v0 + 20], v3
  v5: i32 = load memory0[v0 + 16]
  store memory0[v0 + 8], v2
  global_set 2, v3
  v8: i32 = call 1(v5)
  slot_set 0, v3
  store memory0[v3], v1
  v11: i32 = load8_u memory0[v3 + 4]
  store memory0[v3], v11
  return v3
)");
}

// What stands between may read what is stored, or may trap, and then whoever calls next sees it.
TEST(Number, StoresThatMayBeSeen) {
  for (const char* between :
       {"v6: i32 = load memory0[v1]", "v6: i32 = load8_u memory0[v0 + 11]", "v6: i32 = idiv_u v0, v1",
        "v6: i32 = call 1()", "v6: i32 = load memory0[v0 + 64]", "store memory0[v1], v1", "fuel 1",
        "v6: i32 = load memory1[v0]", "v6: i32 = trunc_s v2", "v6: i32 = call_builtin memory_grow(v0, v1)",
        "v6: ref = table_get 0, v0"}) {
    std::string text = concat(R"(function 0 (i32, i32, f64) -> ()
block0(v0: i32, v1: i32, v2: f64):
  store memory0[v0 + 12], v0
  store memory0[v0 + 8], v0
  global_set 2, v0
  )", between, R"(
  store memory0[v0 + 8], v1
  global_set 2, v1
  return
)");
    auto count = [](std::string_view printed, std::string_view word) {
      u32 found = 0;
      for (usize at = printed.find(word); at != printed.npos; at = printed.find(word, at + 1)) ++found;
      return found;
    };
    std::string printed = after(only(Pass::Number), text);
    bool is_known_to_be_there = std::string_view(between).find("11]") != std::string_view::npos;
    EXPECT_EQ(count(printed, "store memory0[v0 + 8]"), 2u) << printed;
    EXPECT_EQ(count(printed, "global_set"), is_known_to_be_there ? 1u : 2u) << printed;
  }
}

TEST(Number, StoresInBlocksThatOthersFollow) {
  const char* text = R"(function 0 (i32, i32) -> ()
block0(v0: i32, v1: i32):
  store memory0[v0], v0
  global_set 2, v0
  branch v1, block1, block2
block1:
  store memory0[v0], v1
  global_set 2, v1
  return
block2:
  return
)";
  EXPECT_EQ(after(Pass::Number, text), text);
}

// A wider one may trap where the narrower did not. One that may trap itself goes only if nothing changes meanwhile, and
// nothing relies on its place.
TEST(Number, StoresThatMayTrap) {
  for (const char* lines : {"store8 memory0[v0 + 4], v1\n  store memory0[v0 + 4], v1",
                            "store memory0[v0 + 8], v0\n  global_set 2, v1\n  store memory0[v0 + 8], v1",
                            "store memory0[v0 + 8], v0\n  store memory0[v0], v0\n  store memory0[v0 + 8], v1"}) {
    std::string text = concat("function 0 (i32, i32) -> ()\nblock0(v0: i32, v1: i32):\n  ", lines, "\n  return\n");
    EXPECT_EQ(after(Pass::Number, text), text);
  }
  // The trap comes where the first store is.
  auto parsed = ir::parse(R"(function 0 (i32, i32) -> ()
    block0(v0: i32, v1: i32):
      store memory0[v0 + 8], v0
      v3: i32 = imul v0, v1
      store memory0[v0 + 8], v1
      store memory0[v0 + 8], v3
      return)");
  ASSERT_TRUE(parsed);
  ir::Function& function = parsed->function;
  for (u32 i = 0; i < function.positions.size(); ++i) function.positions[i] = 100 + i;
  const wasm::Module module = test_module();
  Pipeline(only(Pass::Number) | only(Pass::Prune)).run(module, function);
  EXPECT_EQ(ir::print(function), R"(function 0 (i32, i32) -> ()
block0(v0: i32, v1: i32):
  v2: i32 = imul v0, v1
  store memory0[v0 + 8], v2
  return
)");
  EXPECT_EQ(function.positions[3], 102u);
}

// At a constant place that is there from the beginning a store does not trap.
TEST(Number, StoresWithinTheLeastMemory) {
  wasm::Module module = test_module();
  module.memories[MemoryIndex(0)].limits.min = 1;
  for (u32 place : {65532, 65533}) {
    auto parsed = ir::parse(concat(R"(function 0 (i32) -> ()
      block0(v0: i32):
        v1: i32 = const 65000
        global_set 2, v0
        store memory0[v1 + )", place - 65000, R"(], v0
        global_set 2, v1
        return)"));
    ASSERT_TRUE(parsed);
    Pipeline(only(Pass::Number) | only(Pass::Prune)).run(module, parsed->function);
    std::string text = ir::print(parsed->function);
    EXPECT_EQ(text.find("global_set 2, v0") == text.npos, place == 65532) << text;
  }
}

// Imported memories may be one and the same, as may imported globals.
TEST(Number, StoresThatAreReadByAnotherName) {
  wasm::Module module = test_module();
  module.imported_memories = 2;
  auto parsed = ir::parse(R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      store memory1[v0 + 8], v0
      store memory0[v0 + 12], v0
      store memory0[v0 + 8], v1
      global_set 0, v1
      v4: i32 = load memory1[v0 + 8]
      v5: i32 = global_get 1
      store memory0[v0 + 8], v0
      global_set 0, v0
      v6: i32 = iadd v1, v4
      v7: i32 = iadd v5, v6
      return v7)");
  ASSERT_TRUE(parsed);
  std::string before = ir::print(parsed->function);
  Pipeline(only(Pass::Number) | only(Pass::Prune)).run(module, parsed->function);
  EXPECT_EQ(ir::print(parsed->function), before);
}

// Globals 0 and 1 are imported, and may be one.
TEST(Number, ImportedGlobalsMayBeOne) {
  std::string text = after(Pass::Number, R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      v1: i32 = global_get 0
      global_set 1, v0
      v2: i32 = global_get 0
      v3: i32 = isub v1, v2
      global_set 2, v3
      v4: i32 = global_get 0
      v5: i32 = isub v2, v4
      return v5)");
  EXPECT_TRUE(text.find("isub") != text.npos && text.find("isub", text.find("isub") + 4) == text.npos) << text;
}

}  // namespace
}  // namespace skerry::passes
