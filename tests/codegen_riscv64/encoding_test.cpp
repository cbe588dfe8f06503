// Every form of every row of insts.def, held against an assembler and a disassembler that are not ours.
//
// insts.def drives the test: each shape has a cover_ function that is run for each of its rows, and each row
// of the shape SINGLE has its own. A row or a shape without one does not compile.

#include <gtest/gtest.h>

#include "base/string.h"
#include "tests/codegen_riscv64/listing.h"

namespace skerry::riscv64 {
namespace {

constexpr Width widths[] = {Width::W32, Width::W64};

// One of each kind: zero, the link and stack registers, those that compressed instructions reach and their neighbours.
constexpr Gpr some_gprs[] = {Gpr::Zero, Gpr::Ra, Gpr::Sp, Gpr::T2, Gpr::S0, Gpr::A0, Gpr::A5, Gpr::A6, Gpr::S11, Gpr::T6};
constexpr Fpr some_fprs[] = {Fpr::Ft0, Fpr::Ft7, Fpr::Fs0, Fpr::Fa0, Fpr::Fa5, Fpr::Fa6, Fpr::Ft11};

constexpr i32 immediates[] = {0, 1, -1, 4, 12, 16, 31, 32, -32, -33, 48, 63, 255, -256, 496, -512, 512, 1020, 1024, 2047, -2048};
constexpr i32 displacements[] = {0, 1, 2, 4, 8, -8, 124, 128, 132, 248, 252, 256, 264, 504, 508, 512, 2040, 2047, -2048};

std::vector<Gpr> all_gprs() {
  std::vector<Gpr> regs;
  for (u32 i = 0; i < gpr_count; ++i) regs.push_back(Gpr(i));
  return regs;
}

std::vector<Fpr> all_fprs() {
  std::vector<Fpr> regs;
  for (u32 i = 0; i < fpr_count; ++i) regs.push_back(Fpr(i));
  return regs;
}

std::string_view dot(Width width, std::string_view w32, std::string_view w64) {
  return width == Width::W32 ? w32 : w64;
}
std::string float_mnemonic(std::string_view mnemonic, Width width) { return concat(mnemonic, dot(width, ".s", ".d")); }

// --- shapes: `call` appends an instruction with the row's function

// Each operand takes every register once, with a few of the others'; and a few registers meet in all ways.
void for_each_three(auto body) {
  for (Gpr x : some_gprs)
    for (Gpr y : some_gprs)
      for (Gpr z : some_gprs) body(x, y, z);
  for (Gpr reg : all_gprs()) {
    body(reg, Gpr::A1, Gpr::S3);
    body(Gpr::A1, reg, Gpr::S3);
    body(Gpr::A1, Gpr::S3, reg);
  }
}

void for_each_two(auto body) {
  for (Gpr x : all_gprs())
    for (Gpr y : some_gprs) {
      body(x, y);
      body(y, x);
    }
}

void cover_r_r_r(Listing& l, std::string_view mnemonic, auto call) {
  for_each_three([&](Gpr to, Gpr x, Gpr y) {
    call(l.code, to, x, y);
    l.expect(mnemonic, {name(to), name(x), name(y)});
  });
}

void cover_r_r(Listing& l, std::string_view mnemonic, auto call) {
  for_each_two([&](Gpr to, Gpr from) {
    call(l.code, to, from);
    l.expect(mnemonic, {name(to), name(from)});
  });
}

void cover_r_r_i(Listing& l, std::string_view mnemonic, auto call) {
  for_each_two([&](Gpr to, Gpr x) {
    for (i32 y : immediates) {
      call(l.code, to, x, y);
      l.expect(mnemonic, {name(to), name(x), l.text(y)});
    }
  });
}

void cover_shift(Listing& l, std::string_view mnemonic, u32 bits, auto call) {
  for_each_two([&](Gpr to, Gpr x) {
    for (u32 amount : {0u, 1u, 15u, 31u, 32u, bits - 1}) {
      if (amount >= bits) continue;
      call(l.code, to, x, amount);
      l.expect(mnemonic, {name(to), name(x), l.text(amount)});
    }
  });
}

void cover_load(Listing& l, std::string_view mnemonic, auto call) {
  for_each_two([&](Gpr to, Gpr base) {
    for (i32 disp : displacements) {
      call(l.code, to, Mem::at(base, disp));
      l.expect(mnemonic, {name(to), l.text(Mem::at(base, disp))});
    }
  });
}

void cover_store(Listing& l, std::string_view mnemonic, auto call) {
  for_each_two([&](Gpr from, Gpr base) {
    for (i32 disp : displacements) {
      call(l.code, Mem::at(base, disp), from);
      l.expect(mnemonic, {name(from), l.text(Mem::at(base, disp))});
    }
  });
}

void cover_atomic(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : widths) {
    for_each_three([&](Gpr to, Gpr base, Gpr from) {
      call(l.code, w, to, Mem::at(base), from);
      l.expect(concat(mnemonic, dot(w, ".w", ".d"), ".aqrl"), {name(to), name(from), concat("(", name(base), ")")});
    });
  }
}

void cover_f_f_f(Listing& l, std::string_view mnemonic, bool rounds, auto call) {
  auto check = [&](Width w, Fpr to, Fpr x, Fpr y) {
    call(l.code, w, to, x, y);
    if (rounds) l.expect(float_mnemonic(mnemonic, w), {name(to), name(x), name(y), "rne"});
    else l.expect(float_mnemonic(mnemonic, w), {name(to), name(x), name(y)});
  };
  for (Width w : widths) {
    for (Fpr reg : all_fprs()) {
      check(w, reg, Fpr::Fa1, Fpr::Fs3);
      check(w, Fpr::Fa1, reg, Fpr::Fs3);
      check(w, Fpr::Fa1, Fpr::Fs3, reg);
    }
  }
}

void cover_r_f_f(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : widths)
    for (Gpr to : some_gprs)
      for (Fpr x : all_fprs())
        for (Fpr y : some_fprs) {
          call(l.code, w, to, x, y);
          l.expect(float_mnemonic(mnemonic, w), {name(to), name(x), name(y)});
        }
}

void cover_float_to_int(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : widths)
    for (Gpr to : all_gprs())
      for (Fpr from : some_fprs)
        for (Rounding rounding : {Rounding::Rne, Rounding::Rtz, Rounding::Rdn, Rounding::Rup, Rounding::Rmm}) {
          call(l.code, w, to, from, rounding);
          l.expect(float_mnemonic(mnemonic, w), {name(to), name(from), name(rounding)});
        }
}

void cover_int_to_float(Listing& l, std::string_view suffix, auto call) {
  for (Width w : widths)
    for (Fpr to : all_fprs())
      for (Gpr from : some_gprs) {
        call(l.code, w, to, from);
        // Every i32 is a double: there is nothing to round, and the assembler wants no rounding mode.
        bool exact = w == Width::W64 && (suffix == ".w" || suffix == ".wu");
        std::string mnemonic = concat(float_mnemonic("fcvt", w), suffix);
        if (exact) l.expect(mnemonic, {name(to), name(from)});
        else l.expect(mnemonic, {name(to), name(from), "rne"});
      }
}

// --- single instructions

void cover_Lui(Listing& l) {
  for (Gpr to : all_gprs())
    for (i32 upper : {0, 1, 31, 32, -1, -32, -33, 0x7ffff, -0x80000}) {
      l.code.lui(to, upper);
      l.expect("lui", {name(to), l.text(upper & 0xfffff)});
    }
}

void cover_LoadReserved(Listing& l) {
  for (Width w : widths)
    for_each_two([&](Gpr to, Gpr base) {
      l.code.lr(w, to, Mem::at(base));
      l.expect(dot(w, "lr.w.aqrl", "lr.d.aqrl"), {name(to), concat("(", name(base), ")")});
    });
}

void cover_float_memory(Listing& l, auto body) {
  for (Width w : widths)
    for (Fpr reg : all_fprs())
      for (Gpr base : some_gprs)
        for (i32 disp : displacements) body(w, reg, Mem::at(base, disp), l.text(Mem::at(base, disp)));
}

void cover_FloatLoad(Listing& l) {
  cover_float_memory(l, [&](Width w, Fpr reg, const Mem& mem, std::string_view text) {
    l.code.fload(w, reg, mem);
    l.expect(dot(w, "flw", "fld"), {name(reg), text});
  });
}

void cover_FloatStore(Listing& l) {
  cover_float_memory(l, [&](Width w, Fpr reg, const Mem& mem, std::string_view text) {
    l.code.fstore(w, mem, reg);
    l.expect(dot(w, "fsw", "fsd"), {name(reg), text});
  });
}

void cover_two_fprs(auto body) {
  for (Fpr to : all_fprs())
    for (Fpr from : some_fprs) body(to, from);
}

void cover_Fsqrt(Listing& l) {
  for (Width w : widths)
    cover_two_fprs([&](Fpr to, Fpr from) {
      l.code.fsqrt(w, to, from);
      l.expect(float_mnemonic("fsqrt", w), {name(to), name(from), "rne"});
    });
}

void cover_Promote(Listing& l) {
  cover_two_fprs([&](Fpr to, Fpr from) {
    l.code.fcvt_d_s(to, from);
    l.expect("fcvt.d.s", {name(to), name(from)});
  });
}

void cover_Demote(Listing& l) {
  cover_two_fprs([&](Fpr to, Fpr from) {
    l.code.fcvt_s_d(to, from);
    l.expect("fcvt.s.d", {name(to), name(from), "rne"});
  });
}

void cover_Fclass(Listing& l) {
  for (Width w : widths)
    for (Gpr to : all_gprs())
      for (Fpr from : some_fprs) {
        l.code.fclass(w, to, from);
        l.expect(float_mnemonic("fclass", w), {name(to), name(from)});
      }
}

void cover_FmvToGpr(Listing& l) {
  for (Width w : widths)
    for (Gpr to : all_gprs())
      for (Fpr from : all_fprs()) {
        l.code.fmv(w, to, from);
        l.expect(dot(w, "fmv.x.w", "fmv.x.d"), {name(to), name(from)});
      }
}

void cover_FmvToFpr(Listing& l) {
  for (Width w : widths)
    for (Fpr to : all_fprs())
      for (Gpr from : all_gprs()) {
        l.code.fmv(w, to, from);
        l.expect(dot(w, "fmv.w.x", "fmv.d.x"), {name(to), name(from)});
      }
}

void cover_sign(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : widths)
    cover_two_fprs([&](Fpr to, Fpr from) {
      call(w, to, from);
      l.expect(float_mnemonic(mnemonic, w), {name(to), name(from)});
    });
}

void cover_Fmv(Listing& l) {
  cover_sign(l, "fmv", [&](auto... operands) { l.code.fmv(operands...); });
}
void cover_Fneg(Listing& l) {
  cover_sign(l, "fneg", [&](auto... operands) { l.code.fneg(operands...); });
}
void cover_Fabs(Listing& l) {
  cover_sign(l, "fabs", [&](auto... operands) { l.code.fabs(operands...); });
}

#define PSEUDO(Name, function, mnemonic) \
  void cover_##Name(Listing& l) { cover_r_r(l, mnemonic, [](Assembler& a, Gpr to, Gpr from) { a.function(to, from); }); }
PSEUDO(Mv, mv, "mv")
PSEUDO(Not, not_, "not")
PSEUDO(Neg, neg, "neg")
PSEUDO(Negw, negw, "negw")
PSEUDO(Seqz, seqz, "seqz")
PSEUDO(Snez, snez, "snez")
PSEUDO(SextW, sext_w, "sext.w")
PSEUDO(ZextW, zext_w, "zext.w")
#undef PSEUDO

// constant_test.cpp has the values.
void cover_Li(Listing& l) {
  for (Gpr to : all_gprs()) {
    if (to == Gpr::Zero) continue;
    l.code.li(to, 5);
    l.expect("addi", {name(to), "zero", "5"});
  }
}

// Pairs refer to 8 bytes from where they begin. `second` is a directive where an assembler would compress it.
void cover_pair(Listing& l, auto call, std::string_view through, std::string second) {
  Label behind = l.code.new_label();
  call(behind);
  l.code.bind(behind);
  l.expect("auipc", {through, "0"});
  l.expect(second);
}

void cover_La(Listing& l) {
  for (Gpr to : all_gprs())
    cover_pair(l, [&](Label label) { l.code.la(to, label); }, name(to),
               concat(".insn i 0x13, 0, ", name(to), ", ", name(to), ", 8"));
}

void cover_LoadLabel(Listing& l) {
  for (Gpr to : all_gprs())
    cover_pair(l, [&](Label label) { l.code.ld(to, label); }, name(to),
               concat(".insn i 0x03, 3, ", name(to), ", 8(", name(to), ")"));
}

void cover_FloatLoadLabel(Listing& l) {
  for (Width w : widths)
    for (Fpr to : all_fprs())
      cover_pair(l, [&](Label label) { l.code.fload(w, to, label); }, "t6",
                 concat(dot(w, "flw ", "fld "), name(to), ", 8(t6)"));
}

// Backward over all distances that have a form of 2 bytes and on, such that each bit of the field is there alone.
void cover_backward(Listing& l, std::initializer_list<u32> distances, auto branch) {
  Label start = l.code.new_label();
  l.code.bind(start);
  u32 origin = l.code.offset();
  for (u32 distance : distances) {
    while (l.code.offset() < origin + distance) {
      l.code.unimp();
      l.expect("c.unimp");
    }
    std::string text = l.text(i64(origin) - l.code.offset());
    branch(start, text);
  }
}

void cover_Branch(Listing& l) {
  for (u32 code : {0u, 1u, 4u, 5u, 6u, 7u}) {
    Condition condition = Condition(code);
    std::string mnemonic = concat("b", name(condition));
    for_each_two([&](Gpr x, Gpr y) {
      Label here = l.code.new_label();
      l.code.bind(here);
      l.code.branch(condition, x, y, here);
      l.expect(mnemonic, {name(x), name(y), "0"});
    });
    for (Gpr y : {Gpr::Zero, Gpr::A1})
      cover_backward(l, {2, 4, 8, 16, 32, 64, 128, 252, 254, 256, 258, 260, 512, 1024, 2048, 4092, 4096},
                     [&](Label target, std::string_view text) {
                       l.code.branch(condition, Gpr::A0, y, target);
                       l.expect(mnemonic, {"a0", name(y), text});
                     });
  }
}

void cover_Jump(Listing& l) {
  cover_backward(l, {0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2044, 2046, 2048, 2050, 4096, 8192, 16384, 65536},
                 [&](Label target, std::string_view text) {
                   l.code.j(target);
                   l.expect("j", {text});
                 });
}

void cover_Call(Listing& l) {
  cover_backward(l, {0, 2, 2048, 4096, 16384}, [&](Label target, std::string_view text) {
    l.code.call(target);
    l.expect("jal", {"ra", text});
  });
}

void cover_JumpRegister(Listing& l) {
  for (Gpr target : all_gprs())
    for (i32 disp : {0, 8, -2048}) {
      l.code.jr(target, disp);
      l.expect("jalr", {"zero", l.text(Mem::at(target, disp))});
    }
}

void cover_CallRegister(Listing& l) {
  for (Gpr target : all_gprs())
    for (i32 disp : {0, 8, -2048}) {
      l.code.call(target, disp);
      l.expect("jalr", {"ra", l.text(Mem::at(target, disp))});
    }
}

void cover_Ret(Listing& l) {
  l.code.ret();
  l.expect("ret");
}

void cover_CallElsewhere(Listing& l) {
  l.code.call_elsewhere();
  l.expect("auipc", {"ra", "0"});
  l.expect(".insn i 0x67, 0, ra, ra, 0");
}

void cover_TailElsewhere(Listing& l) {
  l.code.tail_elsewhere();
  l.expect("auipc", {"t6", "0"});
  l.expect(".insn i 0x67, 0, zero, t6, 0");
}

void cover_LaElsewhere(Listing& l) {
  for (Gpr to : all_gprs()) {
    l.code.la_elsewhere(to);
    l.expect("auipc", {name(to), "0"});
    l.expect(concat(".insn i 0x13, 0, ", name(to), ", ", name(to), ", 0"));
  }
}

void cover_Unimp(Listing& l) {
  l.code.unimp();
  l.expect("c.unimp");
}

void cover_Nop(Listing& l) {
  l.code.nop();
  l.expect("nop");
}

// --- all of insts.def

#define CALL(function) [](Assembler& a, auto... operands) { a.function(operands...); }

void cover_rows(Listing& l) {
  usize lines = l.size();
  auto covered = [&](const char* function) {
    EXPECT_GT(l.size(), lines) << function << " is not covered";
    lines = l.size();
  };

#define INST_UNUSED static_assert(false, "a shape that no cover_ function covers");
#define R_R_R(Name, function, ...) cover_r_r_r(l, info(RRR::Name).mnemonic, CALL(function)); covered(#function);
#define R_R(Name, function, ...) cover_r_r(l, info(RR::Name).mnemonic, CALL(function)); covered(#function);
#define R_R_I(Name, function, ...) cover_r_r_i(l, info(RRI::Name).mnemonic, CALL(function)); covered(#function);
#define SHIFT(Name, function, ...) \
  cover_shift(l, info(Shift::Name).mnemonic, info(Shift::Name).bits, CALL(function)); covered(#function);
#define LOAD(Name, function, ...) cover_load(l, info(Load::Name).mnemonic, CALL(function)); covered(#function);
#define STORE(Name, function, ...) cover_store(l, info(Store::Name).mnemonic, CALL(function)); covered(#function);
#define ATOMIC(Name, function, ...) cover_atomic(l, info(Atomic::Name).mnemonic, CALL(function)); covered(#function);
#define F_F_F(Name, function, ...) \
  cover_f_f_f(l, info(FFF::Name).mnemonic, info(FFF::Name).rounds, CALL(function)); covered(#function);
#define R_F_F(Name, function, ...) cover_r_f_f(l, info(RFF::Name).mnemonic, CALL(function)); covered(#function);
#define FLOAT_TO_INT(Name, function, ...) \
  cover_float_to_int(l, info(FloatToInt::Name).mnemonic, CALL(function)); covered(#function);
#define INT_TO_FLOAT(Name, function, ...) \
  cover_int_to_float(l, info(IntToFloat::Name).mnemonic, CALL(function)); covered(#function);
#define PLAIN(Name, function, ...) l.code.function(); l.expect(info(Plain::Name).mnemonic); covered(#function);
#define SINGLE(Name, function, parameters) cover_##Name(l); covered(#Name);
#include "engine/codegen/riscv64/insts.def"
}

TEST(Riscv64Encoding, EveryRowReadsBack) {
  Listing l;
  cover_rows(l);
  std::string mismatches = l.mismatches();
  EXPECT_TRUE(mismatches.empty()) << mismatches;
}

// The shortest forms are the ones taken.
TEST(Riscv64Encoding, Lengths) {
  Assembler a(CpuFeatures::all());
  auto length = [&a](auto emit) {
    u32 start = a.next_offset();
    emit();
    return a.offset() - start;
  };
  EXPECT_EQ(length([&] { a.add(Gpr::A0, Gpr::A1, Gpr::A0); }), 2u);
  EXPECT_EQ(length([&] { a.add(Gpr::A0, Gpr::A1, Gpr::A2); }), 4u);
  EXPECT_EQ(length([&] { a.ld(Gpr::S11, Mem::at(Gpr::Sp, 504)); }), 2u);
  EXPECT_EQ(length([&] { a.lw(Gpr::A0, Mem::at(Gpr::S1, 124)); }), 2u);
  EXPECT_EQ(length([&] { a.lw(Gpr::A0, Mem::at(Gpr::S2, 124)); }), 4u);
  EXPECT_EQ(length([&] { a.sext_w(Gpr::S2, Gpr::S2); }), 2u);
  EXPECT_EQ(length([&] { a.sext_w(Gpr::S2, Gpr::A0); }), 4u);
  EXPECT_EQ(length([&] { a.ret(); }), 2u);
  EXPECT_EQ(length([&] { a.call(Gpr::T1); }), 2u);
  // What is patched later keeps its length.
  EXPECT_EQ(length([&] { a.call_elsewhere(); }), 8u);
  EXPECT_EQ(length([&] { a.tail_elsewhere(); }), 8u);
  EXPECT_EQ(length([&] { a.la_elsewhere(Gpr::A0); }), 8u);
  Label label = a.new_label();
  EXPECT_EQ(length([&] { a.branch(Condition::Equal, Gpr::A0, Gpr::Zero, label); }), 4u);
  EXPECT_EQ(length([&] { a.j(label); }), 4u);
}

TEST(Riscv64Encoding, NearOperands) {
  Listing l;
  auto near = [&](i32 disp, std::string_view operand) {
    l.code.lbu(Gpr::A0, l.code.near(Mem::at(Gpr::A1, disp)));
    l.expect("lbu", {"a0", operand});
  };
  near(2047, "2047(a1)");
  near(-2048, "-2048(a1)");
  auto upper = [&](std::string_view immediate) {
    l.expect("lui", {"t6", immediate});
    l.expect("add", {"t6", "t6", "a1"});
  };
  // What precedes the load is expected before it.
  for (auto [disp, high, operand] : {std::tuple(2048, "1", "-2048(t6)"), {4096, "1", "0(t6)"}, {-2049, "1048575", "2047(t6)"},
                                     {INT32_MIN, "524288", "0(t6)"}, {0x7ffff7ff, "524287", "2047(t6)"}}) {
    upper(high);
    near(disp, operand);
  }
  // lui would extend the sign.
  l.expect("lui", {"t6", "524288"});
  l.expect("addiw", {"t6", "t6", "-1"});
  l.expect("add", {"t6", "t6", "a1"});
  near(INT32_MAX, "0(t6)");
  std::string mismatches = l.mismatches();
  EXPECT_TRUE(mismatches.empty()) << mismatches;
}

TEST(Riscv64Registers, ConditionsInvert) {
  EXPECT_EQ(invert(Condition::Less), Condition::GreaterEqual);
  EXPECT_EQ(invert(Condition::AboveEqual), Condition::Below);
  EXPECT_EQ(invert(Condition::NotEqual), Condition::Equal);
}

}  // namespace
}  // namespace skerry::riscv64
