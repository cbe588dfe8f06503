// HAZARDS 17: the symbolic checker finds what an allocator may get wrong.

#include <gtest/gtest.h>

#include "engine/codegen/check_allocation.h"
#include "engine/codegen/linear_scan.h"
#include "engine/codegen/riscv64/select.h"
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

struct X64 {
  using Lower = x64::Lower;
  static std::span<const codegen::VOpInfo> ops() { return x64::vop_table; }
  static constexpr const auto& registers = x64::register_file;
  static x64::CpuFeatures cpu() { return {}; }
  static constexpr u32 caller_saved = x64::number(x64::Gpr::R9);
};
struct Riscv64 {
  using Lower = riscv64::Lower;
  static std::span<const codegen::VOpInfo> ops() { return riscv64::vop_table; }
  static constexpr const auto& registers = riscv64::register_file;
  static riscv64::CpuFeatures cpu() { return {}; }
  static constexpr u32 caller_saved = riscv64::number(riscv64::Gpr::A6);
};

template <class Isa>
class Hazard17 : public testing::Test {
 protected:
  void SetUp() override {
    Result<std::vector<u8>> wasm = text::parse_module(wat);
    ASSERT_TRUE(wasm);
    auto program = oracle::Program::load(std::move(*wasm));
    ASSERT_TRUE(program);
    program_ = std::move(*program);
    layout_ = InstanceLayout::of(program_->module);
    codegen::ModuleContext context{program_->module, layout_, settings_};
    typename Isa::Lower(context, Isa::cpu(), scratch_, fired_).run(function(), code_, liveness_);
    codegen::find_liveness(function(), code_, Isa::ops(), liveness_);
    codegen::allocate_linear_scan(code_, liveness_, Isa::registers, scan_, allocation_);
  }
  const ir::Function& function() const { return program_->functions[FuncIndex(1)]; }
  std::string check() const {
    return codegen::check_allocation(function(), code_, Isa::ops(), Isa::registers, allocation_);
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

using Isas = testing::Types<X64, Riscv64>;
TYPED_TEST_SUITE(Hazard17, Isas);

TYPED_TEST(Hazard17, AcceptsWhatIsRight) { EXPECT_EQ(this->check(), ""); }

// Wherever a register that lives goes instead, into another's place or one that calls destroy, is noticed
// for at least the parameter and the loop's values.
TYPED_TEST(Hazard17, FindsSharedPlaces) {
  u32 found = 0, tried = 0;
  for (codegen::VReg v(0); v != this->allocation_.places.end_key(); v = v.next()) {
    codegen::Place right = this->allocation_.places[v];
    if (right.is_none()) continue;
    for (codegen::VReg other(0); other != this->allocation_.places.end_key(); other = other.next()) {
      codegen::Place place = this->allocation_.places[other];
      if (place.is_none() || place == right) continue;
      this->allocation_.places[v] = place;
      ++tried;
      found += !this->check().empty();
    }
    this->allocation_.places[v] = right;
  }
  EXPECT_GT(tried, 20u);
  EXPECT_GT(found, tried / 3);
}

TYPED_TEST(Hazard17, FindsValuesThatACallDestroys) {
  codegen::VReg parameter(this->function().blocks[ir::Block(0)].begin);
  ASSERT_EQ(this->check(), "");
  this->allocation_.places[parameter] = codegen::Place::reg(TypeParam::caller_saved);
  EXPECT_NE(this->check(), "");
}

}  // namespace
}  // namespace skerry::tests
