// HAZARDS 17: the symbolic checker finds what an allocator may get wrong.

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/codegen/allocate_ranges.h"
#include "engine/codegen/check_allocation.h"
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

// Twenty-four values, of which half are floats, across a loop with a call and one without: more than there are
// registers.
std::string crowded() {
  std::string text = "(module (func $g (param i32) (result i32) (local.get 0)) (memory 1)\n"
                     "(func (param $n i32) (result i32) (local $s i32) (local $f f64)";
  for (u32 i = 0; i < 12; ++i) text += concat(" (local $i", i, " i32) (local $f", i, " f64)");
  for (u32 i = 0; i < 12; ++i) {
    text += concat("(local.set $i", i, " (i32.load offset=", 8 * i, " (local.get $n)))\n");
    text += concat("(local.set $f", i, " (f64.load offset=", 8 * i, " (local.get $n)))\n");
  }
  std::string uses;
  for (u32 i = 0; i < 12; ++i) {
    uses += concat("(local.set $s (i32.xor (i32.add (local.get $s) (local.get $i", i, ")) (local.get $n)))\n");
    uses += concat("(local.set $f (f64.add (f64.mul (local.get $f) (local.get $f", i, ")) (local.get $f", i, ")))\n");
  }
  std::string again = "(br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))";
  text += concat("(loop ", uses, "(local.set $s (call $g (local.get $s))) ", uses, again, ")\n");
  text += concat("(loop ", uses, again, ")\n", uses);
  return text + "(f64.store (local.get $n) (local.get $f)) (local.get $s)))";
}

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
    select(wat);
    codegen::allocate_linear_scan(code_, liveness_, Isa::registers, scan_, allocation_);
    before_ = code_;
  }
  void select(std::string_view text) {
    Result<std::vector<u8>> wasm = text::parse_module(text);
    ASSERT_TRUE(wasm) << wasm.error().message;
    auto program = oracle::Program::load(std::move(*wasm));
    ASSERT_TRUE(program);
    program_ = std::move(*program);
    layout_ = InstanceLayout::of(program_->module);
    codegen::ModuleContext context{program_->module, layout_, settings_};
    typename Isa::Lower(context, Isa::cpu(), scratch_, fired_).run(function(), code_, liveness_);
    codegen::find_liveness(function(), code_, Isa::ops(), liveness_);
  }
  const ir::Function& function() const { return program_->functions[FuncIndex(1)]; }
  std::string check() const {
    return codegen::check_allocation(function(), before_, code_, Isa::ops(), Isa::registers, allocation_);
  }

  std::unique_ptr<oracle::Program> program_;
  InstanceLayout layout_;
  codegen::Settings settings_;
  codegen::SelectionScratch scratch_;
  std::vector<u8> fired_;
  codegen::VCode code_, before_;
  codegen::Liveness liveness_;
  codegen::LinearScanScratch scan_;
  codegen::Allocation allocation_;
};

// The same with live ranges that are split.
template <class Isa>
class Hazard17Ranges : public Hazard17<Isa> {
 protected:
  void SetUp() override { allocate(crowded()); }
  void allocate(std::string_view text) {
    this->select(text);
    this->before_ = this->code_;
    codegen::allocate_ranges(this->function(), this->code_, Isa::ops(), this->liveness_, Isa::registers, ranges_,
                             this->allocation_);
  }
  codegen::AllocateRangesScratch ranges_;
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

TYPED_TEST_SUITE(Hazard17Ranges, Isas);

TYPED_TEST(Hazard17Ranges, SplitsAndAcceptsWhatIsRight) {
  EXPECT_EQ(this->check(), "");
  EXPECT_EQ(this->allocation_.counts.simple, 0u);
  EXPECT_GT(this->allocation_.values.size(), 10u);
  EXPECT_GT(this->allocation_.moves.size(), 10u);
  this->allocate(wat);
  EXPECT_EQ(this->check(), "");
}

// No move is planned that nobody needs, and none is missed unnoticed.
TYPED_TEST(Hazard17Ranges, FindsMovesThatAreLeftOut) {
  for (auto* moves : {&this->allocation_.moves, &this->allocation_.edge_moves}) {
    for (usize i = 0; i < moves->size(); ++i) {
      codegen::PlannedMove removed = (*moves)[i];
      moves->erase(moves->begin() + i64(i));
      EXPECT_NE(this->check(), "") << "move " << i << " of value " << removed.value.raw();
      moves->insert(moves->begin() + i64(i), removed);
    }
  }
  EXPECT_EQ(this->check(), "");
}

TYPED_TEST(Hazard17Ranges, FindsMovesToAndFromElsewhere) {
  for (codegen::PlannedMove& move : this->allocation_.moves) {
    codegen::PlannedMove right = move;
    move.to = codegen::Place::slot(this->allocation_.slot_count - 1);
    if (move.to != right.to) EXPECT_NE(this->check(), "");
    move = right;
    move.from = codegen::Place::slot(this->allocation_.slot_count - 1);
    if (move.from != right.from) EXPECT_NE(this->check(), "");
    move = right;
  }
}

TYPED_TEST(Hazard17Ranges, FindsOperandsOfOtherValues) {
  u32 tried = 0;
  for (codegen::VInst& inst : this->code_.insts) {
    codegen::VReg right = inst.a;
    if (right.is_none() || !this->allocation_.places.contains(right)) continue;
    codegen::VReg other(this->allocation_.first_copy);
    for (; other != this->allocation_.places.end_key(); other = other.next()) {
      if (this->allocation_.value_of(other) == this->allocation_.value_of(right)) continue;
      inst.a = other;
      EXPECT_NE(this->check(), "");
      inst.a = right;
      if (++tried % 8 == 0) break;
    }
  }
  EXPECT_GT(tried, 20u);
}

}  // namespace
}  // namespace skerry::tests
