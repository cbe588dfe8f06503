#include "engine/codegen/riscv64/assembler.h"

#include <bit>

#include "engine/codegen/riscv64/compress.h"

namespace skerry::riscv64 {
namespace {

// How a constant is made, one instruction a step; the first one reads no register, or zero.
struct Step {
  enum class Op : u8 { Lui, Addi, Addiw, Slli, Srli, ZextW, Bseti } op;
  i32 imm;
};

struct Sequence {
  static constexpr u32 most = 8;
  u32 count = 0;
  Step steps[most];

  void add(Step::Op op, i32 imm = 0) { steps[count++] = {op, imm}; }
};

// The low 12 bits as a signed number.
constexpr i32 low12(u64 value) { return i32(u32(value) << 20) >> 20; }

// From the top down: lui and addiw for a signed number of 32 bits, and for a wider one what makes its upper part,
// a shift, and addi for 12 bits more.
void build_by_parts(Sequence& sequence, i64 value, CpuFeatures features) {
  using enum Step::Op;
  if (value == i32(value)) {
    i32 low = low12(u64(value)), upper = i32((value - low) >> 12);
    if (fits_signed(value, 12)) return sequence.add(Addi, low);
    if (features.has(CpuFeature::Zbs) && std::has_single_bit(u64(value)) && low != 0)
      return sequence.add(Bseti, std::countr_zero(u64(value)));
    sequence.add(Lui, i32(u32(upper) << 12) >> 12);
    if (low != 0) sequence.add(Addiw, low);
    return;
  }
  if (features.has(CpuFeature::Zbs) && std::has_single_bit(u64(value)))
    return sequence.add(Bseti, std::countr_zero(u64(value)));
  i32 low = low12(u64(value));
  u64 rest = u64(value) - u64(i64(low));
  u32 shift = u32(std::countr_zero(rest));
  i64 upper = i64(rest) >> shift;
  // What lui alone can make needs no addiw.
  if (!fits_signed(upper, 12) && fits_signed(upper, 20)) {
    shift -= 12;
    upper <<= 12;
  }
  build_by_parts(sequence, upper, features);
  sequence.add(Slli, i32(shift));
  if (low != 0) sequence.add(Addi, low);
}

// The shortest of a few ways.
Sequence build(u64 value, CpuFeatures features) {
  using enum Step::Op;
  Sequence best;
  build_by_parts(best, i64(value), features);
  auto attempt = [&](u64 start, Step::Op op, i32 imm) {
    Sequence other;
    build_by_parts(other, i64(start), features);
    if (other.count + 1 < best.count) {
      other.add(op, imm);
      best = other;
    }
  };
  if (best.count <= 2) return best;
  if (features.has(CpuFeature::Zba) && value == u32(value)) attempt(u64(i64(i32(value))), ZextW, 0);
  // With zeros at the top: shifted in from the right, over ones or over zeros.
  if (i32 zeros = std::countl_zero(value); zeros != 0) {
    attempt(value << zeros | ((u64{1} << zeros) - 1), Srli, zeros);
    attempt(value << zeros, Srli, zeros);
  }
  return best;
}

}  // namespace

void Assembler::put(u32 word) {
  u8* p = reserve();
  u32 compressed = compress(word);
  u32 bytes = compressed ? compressed : word;
  memcpy(p, &bytes, 4);
  commit(p + (compressed ? 2 : 4));
}

void Assembler::put_pair(u32 first, u32 second) {
  u8* p = reserve();
  memcpy(p, &first, 4);
  memcpy(p + 4, &second, 4);
  commit(p + 8);
}

void Assembler::label_pair(u32 first, u32 second, Label label) {
  put_pair(first, second);
  refer_pair(offset() - 8, label);
}

void Assembler::align(u32 alignment) {
  DCHECK(alignment <= this->alignment());
  keep_together(alignment);
  while (offset() % alignment != 0) nop();
}

Mem Assembler::near(const Mem& mem) {
  if (mem.is_near()) return mem;
  DCHECK(mem.base != assembler_gpr);
  i32 low = low12(u32(mem.disp));
  i64 upper = i64(mem.disp) - low;
  if (upper != i32(upper)) {
    li(assembler_gpr, u64(i64(mem.disp)));
    low = 0;
  } else {
    lui(assembler_gpr, i32(upper) >> 12);
  }
  add(assembler_gpr, assembler_gpr, mem.base);
  return Mem::at(assembler_gpr, low);
}

// --- constants and addresses

void Assembler::li(Gpr to, u64 value) {
  constexpr u32 most_steps = 4;  // more are longer than a pair and what it loads
  Sequence sequence = build(value, features_);
  if (sequence.count > most_steps) return ld(to, constant64(value));
  Gpr from = Gpr::Zero;
  for (u32 i = 0; i < sequence.count; ++i) {
    Step step = sequence.steps[i];
    switch (step.op) {
      case Step::Op::Lui: lui(to, step.imm); break;
      case Step::Op::Addi: addi(to, from, step.imm); break;
      case Step::Op::Addiw: addiw(to, from, step.imm); break;
      case Step::Op::Slli: slli(to, from, u32(step.imm)); break;
      case Step::Op::Srli: srli(to, from, u32(step.imm)); break;
      case Step::Op::ZextW: zext_w(to, from); break;
      case Step::Op::Bseti: bseti(to, from, u32(step.imm)); break;
    }
    from = to;
  }
}

void Assembler::la(Gpr to, Label label) {
  label_pair(opcode_auipc | rd(to), info(RRI::Addi).word | rd(to) | rs1(to), label);
}

void Assembler::ld(Gpr to, Label from) {
  label_pair(opcode_auipc | rd(to), info(Load::Ld).word | rd(to) | rs1(to), from);
}

void Assembler::fload(Width width, Fpr to, Label from) {
  label_pair(opcode_auipc | rd(assembler_gpr), opcode_load_fp | float_funct3(width) | rd(to) | rs1(assembler_gpr),
             from);
}

void Assembler::lui(Gpr to, i32 upper) {
  DCHECK(fits_signed(upper, 20));
  put(opcode_lui | rd(to) | u_immediate(upper));
}

// --- single instructions

void Assembler::lr(Width width, Gpr to, const Mem& from) {
  constexpr u32 funct5 = 2;
  DCHECK(from.disp == 0);
  put(opcode_word(opcode_amo, 2, funct5, 27) | acquire_release | u32(width) << 12 | rd(to) | rs1(from.base));
}

void Assembler::fload(Width width, Fpr to, const Mem& from) {
  put(opcode_load_fp | float_funct3(width) | rd(to) | load_operand(from));
}

void Assembler::fstore(Width width, const Mem& to, Fpr from) {
  put(opcode_store_fp | float_funct3(width) | rs2(from) | store_operand(to));
}

void Assembler::fsqrt(Width width, Fpr to, Fpr from) {
  put(opcode_word(opcode_op_fp, 0, 0x0b, 27) | format(width) | rd(to) | rs1(from));
}

void Assembler::fcvt_d_s(Fpr to, Fpr from) {
  put(opcode_word(opcode_op_fp, 0, 0x08, 27) | format(Width::W64) | rd(to) | rs1(from) | u32(Width::W32) << 20);
}

void Assembler::fcvt_s_d(Fpr to, Fpr from) {
  put(opcode_word(opcode_op_fp, 0, 0x08, 27) | format(Width::W32) | rd(to) | rs1(from) | u32(Width::W64) << 20);
}

void Assembler::fclass(Width width, Gpr to, Fpr from) {
  put(opcode_word(opcode_op_fp, 1, 0x1c, 27) | format(width) | rd(to) | rs1(from));
}

void Assembler::fmv(Width width, Gpr to, Fpr from) {
  put(opcode_word(opcode_op_fp, 0, 0x1c, 27) | format(width) | rd(to) | rs1(from));
}

void Assembler::fmv(Width width, Fpr to, Gpr from) {
  put(opcode_word(opcode_op_fp, 0, 0x1e, 27) | format(width) | rd(to) | rs1(from));
}

void Assembler::fmv(Width width, Fpr to, Fpr from) { fsgnj(width, to, from, from); }
void Assembler::fneg(Width width, Fpr to, Fpr from) { fsgnjn(width, to, from, from); }
void Assembler::fabs(Width width, Fpr to, Fpr from) { fsgnjx(width, to, from, from); }

void Assembler::mv(Gpr to, Gpr from) { addi(to, from, 0); }
void Assembler::not_(Gpr to, Gpr from) { xori(to, from, -1); }
void Assembler::neg(Gpr to, Gpr from) { sub(to, Gpr::Zero, from); }
void Assembler::negw(Gpr to, Gpr from) { subw(to, Gpr::Zero, from); }
void Assembler::seqz(Gpr to, Gpr from) { sltiu(to, from, 1); }
void Assembler::snez(Gpr to, Gpr from) { sltu(to, Gpr::Zero, from); }
void Assembler::sext_w(Gpr to, Gpr from) { addiw(to, from, 0); }

void Assembler::zext_w(Gpr to, Gpr from) {
  if (features_.has(CpuFeature::Zba)) return add_uw(to, from, Gpr::Zero);
  slli(to, from, 32);
  srli(to, to, 32);
}

void Assembler::unimp() {
  u8* p = reserve();
  memset(p, 0, 2);
  commit(p + 2);
}

void Assembler::nop() { addi(Gpr::Zero, Gpr::Zero, 0); }

// --- branches

void Assembler::branch(Condition condition, Gpr x, Gpr y, Label target) {
  auto word = [&](Condition condition) { return opcode_word(opcode_branch, u32(condition)) | rs1(x) | rs2(y); };
  keep_together(12);  // no island between a branch and the jump that it goes around
  u32 start = offset();
  if (!is_bound(target)) {
    put_long(word(condition));
    return refer_branch(start, target);
  }
  i64 distance = i64(offset_of(target)) - start;
  if (fits_signed(distance, 13)) return put(word(condition) | b_immediate(i32(distance)));
  // Over a jump that reaches farther, of 4 bytes or 8.
  bool near = fits_signed(distance - 4, 21);
  put_long(word(invert(condition)) | b_immediate(near ? 8 : 12));
  if (near) return put_long(opcode_jal | j_immediate(i32(distance - 4)));
  label_pair(opcode_auipc | rd(assembler_gpr), opcode_jalr | rs1(assembler_gpr), target);
}

void Assembler::jump(Gpr link, Label target) {
  u32 start = next_offset();
  if (!is_bound(target)) {
    put_long(opcode_jal | rd(link));
    return refer_jump(start, target);
  }
  i64 distance = i64(offset_of(target)) - start;
  if (fits_signed(distance, 21)) return put(opcode_jal | rd(link) | j_immediate(i32(distance)));
  label_pair(opcode_auipc | rd(assembler_gpr), opcode_jalr | rd(link) | rs1(assembler_gpr), target);
}

void Assembler::j(Label target) { jump(Gpr::Zero, target); }
void Assembler::call(Label target) { jump(Gpr::Ra, target); }

void Assembler::jr(Gpr target, i32 disp) {
  put(opcode_jalr | rs1(target) | i_immediate(disp));
}

void Assembler::call(Gpr target, i32 disp) {
  put(opcode_jalr | rd(Gpr::Ra) | rs1(target) | i_immediate(disp));
}

void Assembler::ret() { jr(Gpr::Ra); }

void Assembler::call_elsewhere() { put_pair(opcode_auipc | rd(Gpr::Ra), opcode_jalr | rd(Gpr::Ra) | rs1(Gpr::Ra)); }

void Assembler::tail_elsewhere() {
  put_pair(opcode_auipc | rd(assembler_gpr), opcode_jalr | rs1(assembler_gpr));
}

void Assembler::la_elsewhere(Gpr to) {
  put_pair(opcode_auipc | rd(to), info(RRI::Addi).word | rd(to) | rs1(to));
}

}  // namespace skerry::riscv64
