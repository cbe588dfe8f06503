// The RISC-V encoder: one function call, one instruction appended to a CodeBuffer.
//
//   Assembler a(features);
//   Label loop = a.new_label();
//   a.bind(loop);
//   a.lw(Gpr::A0, Mem::at(Gpr::A1, 16));               // lw a0, 16(a1)
//   a.emit(RRR::Addw, Gpr::A0, Gpr::A0, Gpr::A2);      // addw a0, a0, a2
//   a.addw(Gpr::A0, Gpr::A0, Gpr::A2);                 // the same
//   a.branch(Condition::NotEqual, Gpr::A0, Gpr::Zero, loop);
//   a.finish();
//   a.code();
//
// Operands come with the destination first, memory that is stored to included. insts.def lists all instructions. Those
// that share the shape of their operands share an enum and a function emit(op, operands...), for an emitter that
// dispatches on shapes; each also has a function of its own name. Assemblers' pseudo-instructions (li, la, mv, j,
// sext.w) have their names here too.
//
// Where a compressed instruction does the same, it is what is emitted: an instruction has 2 or 4 bytes. Only those
// that wait for a label or a relocation keep their 4.
//
// What an operand cannot be (an immediate out of range, an instruction outside the processor's features) is a bug of
// the caller's: a DCHECK.

#pragma once

#include "engine/codegen/riscv64/code_buffer.h"
#include "engine/codegen/riscv64/cpu.h"
#include "engine/codegen/riscv64/insts.h"
#include "engine/codegen/riscv64/registers.h"

namespace skerry::riscv64 {

class Assembler : public CodeBuffer {
 public:
  explicit Assembler(CpuFeatures features) : features_(features) {}

  CpuFeatures features() const { return features_; }

  // Pads with nops up to a multiple of `alignment`, a power of two and at most that of the whole code.
  void align(u32 alignment);

  // `mem` if an instruction can hold its displacement, else an operand at assembler_gpr, which is given the rest.
  Mem near(const Mem& mem);

  // --- shapes of integer instructions

  void emit(RRR op, Gpr to, Gpr x, Gpr y) { put(word(info(op)) | rd(to) | rs1(x) | rs2(y)); }
  void emit(RR op, Gpr to, Gpr from) { put(word(info(op)) | rd(to) | rs1(from)); }
  void emit(RRI op, Gpr to, Gpr x, i32 y) {
    DCHECK(fits_signed(y, 12));
    put(word(info(op)) | rd(to) | rs1(x) | i_immediate(y));
  }
  void emit(Shift op, Gpr to, Gpr x, u32 amount) {
    DCHECK(amount < info(op).bits);
    put(word(info(op)) | rd(to) | rs1(x) | amount << 20);
  }
  void emit(Load op, Gpr to, const Mem& from) { put(word(info(op)) | rd(to) | load_operand(from)); }
  void emit(Store op, const Mem& to, Gpr from) { put(word(info(op)) | rs2(from) | store_operand(to)); }
  void emit(Atomic op, Width width, Gpr to, const Mem& mem, Gpr from) {
    DCHECK(mem.disp == 0);
    put(word(info(op)) | acquire_release | u32(width) << 12 | rd(to) | rs1(mem.base) | rs2(from));
  }
  void emit(Plain op) { put(info(op).word); }

  // --- shapes of floating-point instructions

  void emit(FFF op, Width width, Fpr to, Fpr x, Fpr y) {
    put(word(info(op)) | format(width) | rd(to) | rs1(x) | rs2(y));
  }
  void emit(RFF op, Width width, Gpr to, Fpr x, Fpr y) {
    put(word(info(op)) | format(width) | rd(to) | rs1(x) | rs2(y));
  }
  void emit(FloatToInt op, Width width, Gpr to, Fpr from, Rounding rounding) {
    put(word(info(op)) | format(width) | u32(rounding) << 12 | rd(to) | rs1(from));
  }
  // The width is the float's.
  void emit(IntToFloat op, Width width, Fpr to, Gpr from) {
    put(word(info(op)) | format(width) | rd(to) | rs1(from));
  }

  // --- every row by its name

#define R_R_R(Name, function, ...) void function(Gpr to, Gpr x, Gpr y) { emit(RRR::Name, to, x, y); }
#define R_R(Name, function, ...) void function(Gpr to, Gpr from) { emit(RR::Name, to, from); }
#define R_R_I(Name, function, ...) void function(Gpr to, Gpr x, i32 y) { emit(RRI::Name, to, x, y); }
#define SHIFT(Name, function, ...) void function(Gpr to, Gpr x, u32 amount) { emit(Shift::Name, to, x, amount); }
#define LOAD(Name, function, ...) void function(Gpr to, const Mem& from) { emit(Load::Name, to, from); }
#define STORE(Name, function, ...) void function(const Mem& to, Gpr from) { emit(Store::Name, to, from); }
#define ATOMIC(Name, function, ...) \
  void function(Width width, Gpr to, const Mem& mem, Gpr from) { emit(Atomic::Name, width, to, mem, from); }
#define F_F_F(Name, function, ...) \
  void function(Width width, Fpr to, Fpr x, Fpr y) { emit(FFF::Name, width, to, x, y); }
#define R_F_F(Name, function, ...) \
  void function(Width width, Gpr to, Fpr x, Fpr y) { emit(RFF::Name, width, to, x, y); }
#define FLOAT_TO_INT(Name, function, ...)                          \
  void function(Width width, Gpr to, Fpr from, Rounding rounding) { \
    emit(FloatToInt::Name, width, to, from, rounding);              \
  }
#define INT_TO_FLOAT(Name, function, ...) \
  void function(Width width, Fpr to, Gpr from) { emit(IntToFloat::Name, width, to, from); }
#define PLAIN(Name, function, ...) void function() { emit(Plain::Name); }
#define SINGLE(Name, function, parameters) void function parameters;
#include "engine/codegen/riscv64/insts.def"

 private:
  // --- parts of the encoding

  static constexpr u32 acquire_release = 3 << 25;

  u32 word(const InstInfo& info) const {
    DCHECK(features_.covers(info.needs));
    return info.word;
  }
  static constexpr u32 rd(auto reg) { return number(reg) << 7; }
  static constexpr u32 rs1(auto reg) { return number(reg) << 15; }
  static constexpr u32 rs2(auto reg) { return number(reg) << 20; }
  static constexpr u32 format(Width width) { return u32(width) << 25; }
  static constexpr u32 float_funct3(Width width) { return (2 + u32(width)) << 12; }
  static u32 load_operand(const Mem& mem) {
    DCHECK(mem.is_near());
    return rs1(mem.base) | i_immediate(mem.disp);
  }
  static u32 store_operand(const Mem& mem) {
    DCHECK(mem.is_near());
    return rs1(mem.base) | s_immediate(mem.disp);
  }

  // The instruction, or the compressed one that does the same.
  void put(u32 word);
  // As it is.
  void put_long(u32 word) {
    u8* p = reserve();
    memcpy(p, &word, 4);
    commit(p + 4);
  }
  // Both without an island between them.
  void put_pair(u32 first, u32 second);
  void label_pair(u32 first, u32 second, Label label);
  void jump(Gpr link, Label target);

  CpuFeatures features_;
};

}  // namespace skerry::riscv64
