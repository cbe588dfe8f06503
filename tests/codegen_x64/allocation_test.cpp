// The symbolic checker finds what an allocator may get wrong.

#include <gtest/gtest.h>

#include "engine/codegen/check_allocation.h"
#include "engine/codegen/linear_scan.h"
#include "engine/codegen/x64/select.h"
#include "tests/ir_interpreter/interpreter.h"
#include "text/parse.h"

namespace skerry::tests {
namespace {

// A loop with a call in it, and values that live across both.
constexpr std::string_view wat = R"((module (func $g (param i32) (result i32) (local.get 0))
  (func (param $n i32) (result i32) (local $s i32) (local $i i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $g (i32.mul (local.get $i) (local.get $n)))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.div_u (local.get $s) (local.get $i)))))";

class CheckAllocation : public testing::Test {
 protected:
  void SetUp() override {
    Result<std::vector<u8>> wasm = text::parse_module(wat);
    ASSERT_TRUE(wasm);
    auto program = oracle::Program::load(std::move(*wasm));
    ASSERT_TRUE(program);
    program_ = std::move(*program);
    layout_ = InstanceLayout::of(program_->module);
    codegen::ModuleContext context{program_->module, layout_, settings_};
    x64::Lower(context, x64::CpuFeatures(), scratch_, fired_).run(function(), code_, liveness_);
    codegen::find_liveness(function(), code_, x64::vop_table, liveness_);
    codegen::allocate_linear_scan(code_, liveness_, x64::register_file, scan_, allocation_);
  }
  const ir::Function& function() const { return program_->functions[FuncIndex(1)]; }
  std::string check() const {
    return codegen::check_allocation(function(), code_, x64::vop_table, x64::register_file, allocation_);
  }

  std::unique_ptr<oracle::Program> program_;
  InstanceLayout layout_;
  codegen::Settings settings_;
  codegen::SelectionScratch scratch_;
  std::vector<u8> fired_;
  codegen::VCode code_;
  codegen::Liveness liveness_;
  codegen::LinearScanScratch scan_;
  codegen::Allocation allocation_;
};

TEST_F(CheckAllocation, AcceptsWhatIsRight) { EXPECT_EQ(check(), ""); }

// Wherever a register that lives goes instead, into another's place or one that calls destroy, is noticed
// for at least the parameter and the loop's values.
TEST_F(CheckAllocation, FindsSharedPlaces) {
  u32 found = 0, tried = 0;
  for (codegen::VReg v(0); v != allocation_.places.end_key(); v = v.next()) {
    codegen::Place right = allocation_.places[v];
    if (right.is_none()) continue;
    for (codegen::VReg other(0); other != allocation_.places.end_key(); other = other.next()) {
      codegen::Place place = allocation_.places[other];
      if (place.is_none() || place == right) continue;
      allocation_.places[v] = place;
      ++tried;
      found += !check().empty();
    }
    allocation_.places[v] = right;
  }
  EXPECT_GT(tried, 20u);
  EXPECT_GT(found, tried / 3);
}

TEST_F(CheckAllocation, FindsValuesThatACallDestroys) {
  codegen::VReg parameter(function().blocks[ir::Block(0)].begin);
  ASSERT_EQ(check(), "");
  allocation_.places[parameter] = codegen::Place::reg(x64::number(x64::Gpr::R9));
  EXPECT_NE(check(), "");
}

}  // namespace
}  // namespace skerry::tests
