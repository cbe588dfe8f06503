// The x86-64 encoder: one function call, one instruction appended to a CodeBuffer.
//
//   Assembler a(features);
//   Label loop = a.new_label();
//   a.bind(loop);
//   a.mov(Width::W32, Gpr::Rax, Mem::at(Gpr::Rcx, 16).gs());   // mov eax, gs:[rcx + 16]
//   a.emit(Alu::Add, Width::W32, Gpr::Rax, Gpr::Rdx);          // add eax, edx
//   a.add(Width::W32, Gpr::Rax, Gpr::Rdx);                     // the same
//   a.jcc(Condition::NotEqual, loop);
//   a.finish();
//   a.code();
//
// Operands come in Intel's order, the destination first. insts.def lists all instructions. Those that share
// the shape of their operands share an enum and a function emit(op, operands...), for an emitter that
// dispatches on shapes; each also has a function of its own name. emit_vex() and v<name>() are the VEX forms
// of vector instructions.
//
// What an operand cannot be (an index register rsp, an immediate out of range, an instruction outside the
// processor's features) is a bug of the caller's: a DCHECK.
//
// An instruction is mandatory prefixes, REX, opcode, ModRM, SIB, displacement, immediate (SDM volume 2, chapter
// 2). Optional bytes are written always, and the cursor moves past them or does not: no branches to mispredict.
// Registers are encoded inline, where most of that folds away; memory operands by functions in assembler.cpp.

#pragma once

#include <concepts>

#include "engine/codegen/x64/code_buffer.h"
#include "engine/codegen/x64/cpu.h"
#include "engine/codegen/x64/insts.h"
#include "engine/codegen/x64/registers.h"

namespace skerry::x64 {

template <class T> concept Register = std::same_as<T, Gpr> || std::same_as<T, Xmm>;
template <class T> concept GprOrMem = std::same_as<T, Gpr> || std::same_as<T, Mem>;
template <class T> concept XmmOrMem = std::same_as<T, Xmm> || std::same_as<T, Mem>;

// How far a jump to a label that is not yet bound reaches. Short: at most 127 bytes, promised by the caller,
// who has seen what lies between (an instruction has at most 15 bytes); checked by finish(). A jump to a bound
// label is always as short as can be.
enum class Reach : u8 { Any, Short };

class Assembler : public CodeBuffer {
 public:
  explicit Assembler(CpuFeatures features) : features_(features) {}

  CpuFeatures features() const { return features_; }

  // Pads with nops up to a multiple of `alignment`, a power of two and at most that of the whole code.
  void align(u32 alignment) {
    DCHECK(alignment <= this->alignment());
    nop(u32(align_up(offset(), alignment)) - offset());
  }

  // --- shapes of integer instructions

  void emit(Alu op, Width width, GprOrMem auto const& to, Gpr from) {
    encode_rm(sized(u8(8 * info(op).digit), width), width, number(from), to, rex_byte(width, from, to));
  }
  void emit(Alu op, Width width, Gpr to, const Mem& from) {
    encode_rm(sized(u8(8 * info(op).digit + 2), width), width, number(to), from, rex_byte(width, to));
  }
  void emit(Alu op, Width width, GprOrMem auto const& to, i32 value);

  void emit(Shift op, Width width, GprOrMem auto const& to, u8 amount) {
    if (amount == 1) return encode_rm(sized(0xd0, width), width, info(op).digit, to, rex_byte(width, to));
    encode_rm_i8(sized(0xc0, width), width, info(op).digit, to, rex_byte(width, to), amount);
  }
  void emit(Shift op, Width width, GprOrMem auto const& to) {
    encode_rm(sized(0xd2, width), width, info(op).digit, to, rex_byte(width, to));
  }

  void emit(DoubleShift op, Width width, GprOrMem auto const& to, Gpr from, u8 amount) {
    DCHECK(width != Width::W8);
    encode_rm_i8(info(op).encoding, width, number(from), to, 0, amount);
  }
  void emit(DoubleShift op, Width width, GprOrMem auto const& to, Gpr from) {
    DCHECK(width != Width::W8);
    encode_rm({Prefix::None, Map::M0F, u8(info(op).encoding.opcode + 1)}, width, number(from), to, 0);
  }

  void emit(Unary op, Width width, GprOrMem auto const& x) {
    encode_rm(sized(0xf6, width), width, info(op).digit, x, rex_byte(width, x));
  }

  void emit(RmR op, Width width, GprOrMem auto const& to, Gpr from) {
    encode_rm(sized(info(op).encoding, width), width, number(from), to, rex_byte(width, from, to));
  }

  void emit(RmI op, Width width, GprOrMem auto const& to, i32 value) {
    DCHECK(is_immediate(value, width));
    u32 size = immediate_bytes(width);
    u8* p = encode(sized(info(op).encoding, width), width, info(op).digit, to, rex_byte(width, to), size);
    memcpy(p, &value, 4);
    commit(p + size);
  }

  void emit(Locked op, Width width, const Mem& to, Gpr from) {
    u8* p = reserve();
    *p = 0xf0;
    commit(p + 1);
    encode_rm(sized(info(op).encoding, width), width, number(from), to, rex_byte(width, from));
  }

  void emit(RRm op, Width width, Gpr to, GprOrMem auto const& from) {
    DCHECK(width != Width::W8 && features_.has(info(op).feature));
    encode_rm(info(op).encoding, width, number(to), from, 0);
  }

  void emit(Bit op, Width width, Gpr bits, Gpr index) {
    DCHECK(width != Width::W8);
    encode_rm({Prefix::None, Map::M0F, u8(0x83 + 8 * info(op).digit)}, width, number(index), bits, 0);
  }
  void emit(Bit op, Width width, Gpr bits, u8 index) {
    DCHECK(width != Width::W8);
    encode_rm_i8({Prefix::None, Map::M0F, 0xba}, width, info(op).digit, bits, 0, index);
  }

  void emit(VexRRRm op, Width width, Gpr to, Gpr x, GprOrMem auto const& y) {
    DCHECK(features_.has(info(op).feature));
    encode_vex_rm(info(op).encoding, vex_w(width), number(to), number(x), y);
  }
  void emit(VexRRmR op, Width width, Gpr to, GprOrMem auto const& x, Gpr y) {
    DCHECK(features_.has(info(op).feature));
    encode_vex_rm(info(op).encoding, vex_w(width), number(to), number(y), x);
  }
  void emit(VexRRm op, Width width, Gpr to, GprOrMem auto const& from) {
    DCHECK(features_.has(info(op).feature));
    encode_vex_rm(info(op).encoding, vex_w(width), info(op).digit, number(to), from);
  }

  void emit(SegmentBase op, Gpr reg) {
    DCHECK(features_.has(info(op).feature));
    encode_rm({Prefix::PF3, Map::M0F, 0xae}, Width::W64, info(op).digit, reg, 0);
  }

  void emit(Plain op) {
    DCHECK(features_.has(info(op).feature));
    u8* p = reserve();
    memcpy(p, &info(op).bytes, 4);
    commit(p + info(op).length);
  }

  // --- shapes of vector instructions, with legacy encoding

  void emit(Sse op, Xmm to, XmmOrMem auto const& from) {
    DCHECK(features_.has(info(op).feature));
    encode_rm(info(op).encoding, Width::W32, number(to), from, 0);
  }
  void emit(SseI op, Xmm to, XmmOrMem auto const& from, u8 control) {
    DCHECK(features_.has(info(op).feature));
    encode_rm_i8(info(op).encoding, Width::W32, number(to), from, 0, control);
  }
  void emit(SseMove op, Xmm to, XmmOrMem auto const& from) {
    DCHECK((std::same_as<decltype(from), const Mem&>) || info(op).from == MoveFrom::Register);
    encode_rm(info(op).load, Width::W32, number(to), from, 0);
  }
  void emit(SseMove op, const Mem& to, Xmm from) {
    encode_rm(info(op).store, Width::W32, number(from), to, 0);
  }
  void emit(SseShift op, Xmm to, u8 amount) {
    encode_rm_i8(info(op).encoding, Width::W32, info(op).digit, to, 0, amount);
  }
  void emit(SseToGpr op, Width width, Gpr to, XmmOrMem auto const& from) {
    DCHECK(width >= Width::W32);
    encode_rm(info(op).encoding, width, number(to), from, 0);
  }
  void emit(SseMask op, Gpr to, Xmm from) {
    encode_rm(info(op).encoding, Width::W32, number(to), from, 0);
  }
  void emit(GprToSse op, Width width, Xmm to, GprOrMem auto const& from) {
    DCHECK(width >= Width::W32);
    encode_rm(info(op).encoding, width, number(to), from, 0);
  }

  // --- the same with VEX encoding

  void emit_vex(Sse op, Xmm to, Xmm x, XmmOrMem auto const& y) {
    DCHECK(info(op).vex == VexForm::Three && has_avx());
    encode_vex_rm(info(op).encoding, 0, number(to), number(x), y);
  }
  void emit_vex(Sse op, Xmm to, XmmOrMem auto const& from) {
    DCHECK(info(op).vex == VexForm::Two && has_avx());
    encode_vex_rm(info(op).encoding, 0, number(to), 0, from);
  }
  void emit_vex(SseI op, Xmm to, Xmm x, XmmOrMem auto const& y, u8 control) {
    DCHECK(info(op).vex == VexForm::Three && has_avx());
    encode_vex_rm_i8(info(op).encoding, 0, number(to), number(x), y, control);
  }
  void emit_vex(SseI op, Xmm to, XmmOrMem auto const& from, u8 control) {
    DCHECK(info(op).vex == VexForm::Two && has_avx());
    encode_vex_rm_i8(info(op).encoding, 0, number(to), 0, from, control);
  }
  void emit_vex(SseMove op, Xmm to, XmmOrMem auto const& from) {
    DCHECK((std::same_as<decltype(from), const Mem&>) || info(op).from == MoveFrom::Register);
    DCHECK(has_avx());
    encode_vex_rm(info(op).load, 0, number(to), 0, from);
  }
  void emit_vex(SseMove op, const Mem& to, Xmm from) {
    DCHECK(has_avx());
    encode_vex_rm(info(op).store, 0, number(from), 0, to);
  }
  void emit_vex(SseShift op, Xmm to, Xmm from, u8 amount) {
    DCHECK(has_avx());
    encode_vex_rm_i8(info(op).encoding, 0, info(op).digit, number(to), from, amount);
  }
  void emit_vex(SseToGpr op, Width width, Gpr to, XmmOrMem auto const& from) {
    DCHECK(has_avx());
    encode_vex_rm(info(op).encoding, vex_w(width), number(to), 0, from);
  }
  void emit_vex(SseMask op, Gpr to, Xmm from) {
    DCHECK(has_avx());
    encode_vex_rm(info(op).encoding, 0, number(to), 0, from);
  }
  void emit_vex(GprToSse op, Width width, Xmm to, Xmm x, GprOrMem auto const& y) {
    DCHECK(has_avx());
    encode_vex_rm(info(op).encoding, vex_w(width), number(to), number(x), y);
  }

  // --- every row by its name

#define ALU(Name, function, ...)                                                                            \
  void function(Width width, GprOrMem auto const& to, Gpr from) { emit(Alu::Name, width, to, from); }       \
  void function(Width width, Gpr to, const Mem& from) { emit(Alu::Name, width, to, from); }                 \
  void function(Width width, GprOrMem auto const& to, i32 value) { emit(Alu::Name, width, to, value); }
#define SHIFT(Name, function, ...)                                                                          \
  void function(Width width, GprOrMem auto const& to, u8 amount) { emit(Shift::Name, width, to, amount); }  \
  void function##_cl(Width width, GprOrMem auto const& to) { emit(Shift::Name, width, to); }
#define DOUBLE_SHIFT(Name, function, ...)                                                                   \
  void function(Width width, GprOrMem auto const& to, Gpr from, u8 amount) {                                \
    emit(DoubleShift::Name, width, to, from, amount);                                                       \
  }                                                                                                         \
  void function##_cl(Width width, GprOrMem auto const& to, Gpr from) { emit(DoubleShift::Name, width, to, from); }
#define UNARY(Name, function, ...) \
  void function(Width width, GprOrMem auto const& x) { emit(Unary::Name, width, x); }
#define RM_R(Name, function, ...) \
  void function(Width width, GprOrMem auto const& to, Gpr from) { emit(RmR::Name, width, to, from); }
#define RM_I(Name, function, ...) \
  void function(Width width, GprOrMem auto const& to, i32 value) { emit(RmI::Name, width, to, value); }
#define LOCKED(Name, function, ...) \
  void lock_##function(Width width, const Mem& to, Gpr from) { emit(Locked::Name, width, to, from); }
#define R_RM(Name, function, ...) \
  void function(Width width, Gpr to, GprOrMem auto const& from) { emit(RRm::Name, width, to, from); }
#define BIT(Name, function, ...)                                                            \
  void function(Width width, Gpr bits, Gpr index) { emit(Bit::Name, width, bits, index); }  \
  void function(Width width, Gpr bits, u8 index) { emit(Bit::Name, width, bits, index); }
#define VEX_R_R_RM(Name, function, ...) \
  void function(Width width, Gpr to, Gpr x, GprOrMem auto const& y) { emit(VexRRRm::Name, width, to, x, y); }
#define VEX_R_RM_R(Name, function, ...) \
  void function(Width width, Gpr to, GprOrMem auto const& x, Gpr y) { emit(VexRRmR::Name, width, to, x, y); }
#define VEX_R_RM(Name, function, ...) \
  void function(Width width, Gpr to, GprOrMem auto const& from) { emit(VexRRm::Name, width, to, from); }
#define SEGMENT_BASE(Name, function, ...) \
  void function(Gpr reg) { emit(SegmentBase::Name, reg); }
#define PLAIN(Name, function, ...) \
  void function() { emit(Plain::Name); }
#define SSE(Name, function, ...)                                                                            \
  void function(Xmm to, XmmOrMem auto const& from) { emit(Sse::Name, to, from); }                           \
  void v##function(Xmm to, Xmm x, XmmOrMem auto const& y) requires(info(Sse::Name).vex == VexForm::Three) { \
    emit_vex(Sse::Name, to, x, y);                                                                          \
  }                                                                                                         \
  void v##function(Xmm to, XmmOrMem auto const& from) requires(info(Sse::Name).vex == VexForm::Two) {       \
    emit_vex(Sse::Name, to, from);                                                                          \
  }
#define SSE_I(Name, function, ...)                                                                          \
  void function(Xmm to, XmmOrMem auto const& from, u8 control) { emit(SseI::Name, to, from, control); }     \
  void v##function(Xmm to, Xmm x, XmmOrMem auto const& y, u8 control)                                       \
    requires(info(SseI::Name).vex == VexForm::Three) {                                                      \
    emit_vex(SseI::Name, to, x, y, control);                                                                \
  }                                                                                                         \
  void v##function(Xmm to, XmmOrMem auto const& from, u8 control)                                           \
    requires(info(SseI::Name).vex == VexForm::Two) {                                                        \
    emit_vex(SseI::Name, to, from, control);                                                                \
  }
#define SSE_MOVE(Name, function, ...)                                                       \
  void function(Xmm to, XmmOrMem auto const& from) { emit(SseMove::Name, to, from); }       \
  void function(const Mem& to, Xmm from) { emit(SseMove::Name, to, from); }                 \
  void v##function(Xmm to, XmmOrMem auto const& from) { emit_vex(SseMove::Name, to, from); } \
  void v##function(const Mem& to, Xmm from) { emit_vex(SseMove::Name, to, from); }
#define SSE_SHIFT(Name, function, ...)                                                      \
  void function(Xmm to, u8 amount) { emit(SseShift::Name, to, amount); }                    \
  void v##function(Xmm to, Xmm from, u8 amount) { emit_vex(SseShift::Name, to, from, amount); }
#define SSE_TO_GPR(Name, function, ...)                                                                         \
  void function(Width width, Gpr to, XmmOrMem auto const& from) { emit(SseToGpr::Name, width, to, from); }      \
  void v##function(Width width, Gpr to, XmmOrMem auto const& from) { emit_vex(SseToGpr::Name, width, to, from); }
#define SSE_MASK(Name, function, ...)                                 \
  void function(Gpr to, Xmm from) { emit(SseMask::Name, to, from); }  \
  void v##function(Gpr to, Xmm from) { emit_vex(SseMask::Name, to, from); }
#define GPR_TO_SSE(Name, function, ...)                                                                     \
  void function(Width width, Xmm to, GprOrMem auto const& from) { emit(GprToSse::Name, width, to, from); }  \
  void v##function(Width width, Xmm to, Xmm x, GprOrMem auto const& y) {                                    \
    emit_vex(GprToSse::Name, width, to, x, y);                                                              \
  }
#define SINGLE(Name, function, parameters) void function parameters;
#include "engine/codegen/x64/insts.def"

 private:
  // --- parts of the encoding

  static constexpr Encoding sized(Encoding encoding, Width width) {
    encoding.opcode |= u8(width != Width::W8);
    return encoding;
  }
  static constexpr Encoding sized(u8 opcode, Width width) { return sized({Prefix::None, Map::Primary, opcode}, width); }

  // Byte operations reach spl, bpl, sil and dil only with a REX prefix; without one these numbers are ah to bh.
  static constexpr u32 rex_byte(Width width, Gpr reg) {
    return u32(width == Width::W8 && number(reg) >= number(Gpr::Rsp)) << 6;
  }
  static constexpr u32 rex_byte(Width, const Mem&) { return 0; }
  static constexpr u32 rex_byte(Width width, Gpr reg, GprOrMem auto const& rm) {
    return rex_byte(width, reg) | rex_byte(width, rm);
  }

  static constexpr u32 immediate_bytes(Width width) { return width == Width::W64 ? 4 : bytes(width); }
  // An immediate of W8 and W16 is given as either the signed or the unsigned number.
  static constexpr bool is_immediate(i32 value, Width width) {
    if (width == Width::W8) return value >= -128 && value <= 255;
    if (width == Width::W16) return value >= -32768 && value <= 65535;
    return true;
  }

  static u32 vex_w(Width width) {
    DCHECK(width >= Width::W32);
    return u32(width == Width::W64);
  }
  bool has_avx() const { return features_.has(CpuFeature::Avx); }

  // Prefixes, REX and opcode. `rex` has the bits R, X and B, and 0x40 if the prefix must be there without them.
  static u8* put_opcode(u8* p, Encoding encoding, Width width, u32 rex) {
    constexpr u32 prefixes = 0xf2f36600;
    constexpr u32 escapes[] = {0, 0x0f, 0x380f, 0x3a0f};
    constexpr u32 escape_bytes = 0x02020100;
    *p = 0x66;
    p += width == Width::W16;
    *p = u8(prefixes >> 8 * u32(encoding.prefix));
    p += encoding.prefix != Prefix::None;
    rex |= u32(width == Width::W64) << 3;
    *p = u8(0x40 | rex);
    p += rex != 0;
    u32 length = escape_bytes >> 8 * u32(encoding.map) & 0xff;
    u32 opcode = escapes[u32(encoding.map)] | u32(encoding.opcode) << 8 * length;
    memcpy(p, &opcode, 4);
    return p + length + 1;
  }

  // VEX and opcode: two bytes of prefix if X, B and W are 0 and the map is 0f, else three. `rex` as above; L is 0.
  static u8* put_vex(u8* p, Encoding encoding, u32 w, u32 rex, u32 vvvv) {
    u32 low = (vvvv ^ 15) << 3 | u32(encoding.prefix);
    if ((rex & 3) == 0 && w == 0 && encoding.map == Map::M0F) {
      u32 word = 0xc5 | (((rex << 5 & 0x80) ^ 0x80) | low) << 8 | u32(encoding.opcode) << 16;
      memcpy(p, &word, 4);
      return p + 3;
    }
    u32 word = 0xc4 | ((rex << 5 ^ 0xe0) | u32(encoding.map)) << 8 | (w << 7 | low) << 16 | u32(encoding.opcode) << 24;
    memcpy(p, &word, 4);
    return p + 4;
  }

  static constexpr u8 modrm_register(u32 reg, u32 rm) { return u8(0xc0 | (reg & 7) << 3 | (rm & 7)); }

  // An instruction up to its immediate of `immediate` bytes; the caller writes that and commits.
  u8* encode(Encoding encoding, Width width, u32 reg, Register auto rm, u32 rex, u32) {
    u8* p = put_opcode(reserve(), encoding, width, rex | (reg & 8) >> 1 | number(rm) >> 3);
    *p = modrm_register(reg, number(rm));
    return p + 1;
  }
  u8* encode(Encoding encoding, Width width, u32 reg, const Mem& rm, u32 rex, u32 immediate);

  u8* encode_vex(Encoding encoding, u32 w, u32 reg, u32 vvvv, Register auto rm, u32) {
    u8* p = put_vex(reserve(), encoding, w, (reg & 8) >> 1 | number(rm) >> 3, vvvv);
    *p = modrm_register(reg, number(rm));
    return p + 1;
  }
  u8* encode_vex(Encoding encoding, u32 w, u32 reg, u32 vvvv, const Mem& rm, u32 immediate);

  u8* put_operand(u8* p, u32 reg, const Mem& mem, u32 immediate);

  // Whole instructions, without an immediate and with one of a byte.
  void encode_rm(Encoding encoding, Width width, u32 reg, auto const& rm, u32 rex) {
    commit(encode(encoding, width, reg, rm, rex, 0));
  }
  void encode_rm_i8(Encoding encoding, Width width, u32 reg, auto const& rm, u32 rex, u8 value) {
    u8* p = encode(encoding, width, reg, rm, rex, 1);
    *p = value;
    commit(p + 1);
  }
  void encode_vex_rm(Encoding encoding, u32 w, u32 reg, u32 vvvv, auto const& rm) {
    commit(encode_vex(encoding, w, reg, vvvv, rm, 0));
  }
  void encode_vex_rm_i8(Encoding encoding, u32 w, u32 reg, u32 vvvv, auto const& rm, u8 value) {
    u8* p = encode_vex(encoding, w, reg, vvvv, rm, 1);
    *p = value;
    commit(p + 1);
  }
  // An opcode that holds a register in its low bits.
  void encode_opcode_register(u8 opcode, Map map, Width width, Gpr reg) {
    u8 with_register = u8(opcode | (number(reg) & 7));
    commit(put_opcode(reserve(), {Prefix::None, map, with_register}, width, number(reg) >> 3));
  }
  // A jump, conditional jump or call, to a label with a 32-bit field.
  void encode_branch(Map map, u8 opcode, Label target);
  bool try_short_branch(u8 opcode, Label target, Reach reach);

  CpuFeatures features_;
};

// --- instructions of more than one encoding

inline void Assembler::emit(Alu op, Width width, GprOrMem auto const& to, i32 value) {
  DCHECK(is_immediate(value, width));
  u32 rex = rex_byte(width, to);
  if (width == Width::W16) value = i16(value);
  bool is_rax = false;
  if constexpr (std::same_as<decltype(to), const Gpr&>) is_rax = to == Gpr::Rax;
  if (width != Width::W8 && value == i8(value))
    return encode_rm_i8({Prefix::None, Map::Primary, 0x83}, width, info(op).digit, to, rex, u8(value));
  u32 size = immediate_bytes(width);
  // rax has an encoding of its own, without ModRM.
  u8* p = is_rax ? put_opcode(reserve(), sized(u8(8 * info(op).digit + 4), width), width, 0)
                 : encode(sized(0x80, width), width, info(op).digit, to, rex, size);
  memcpy(p, &value, 4);
  commit(p + size);
}

inline void Assembler::mov(Width width, Gpr to, const Mem& from) {
  encode_rm(sized(0x8a, width), width, number(to), from, rex_byte(width, to));
}

inline void Assembler::movzx(Width width, Gpr to, GprOrMem auto const& from) {
  if (width >= Width::W32) return encode_rm({Prefix::None, Map::Primary, 0x8b}, width, number(to), from, 0);
  encode_rm(sized({Prefix::None, Map::M0F, 0xb6}, width), Width::W32, number(to), from, rex_byte(width, from));
}

inline void Assembler::movsx(Width to_width, Width from_width, Gpr to, GprOrMem auto const& from) {
  DCHECK(from_width < to_width);
  if (from_width == Width::W32) return encode_rm({Prefix::None, Map::Primary, 0x63}, to_width, number(to), from, 0);
  encode_rm(sized({Prefix::None, Map::M0F, 0xbe}, from_width), to_width, number(to), from, rex_byte(from_width, from));
}

inline void Assembler::lea(Width width, Gpr to, const Mem& address) {
  DCHECK(width != Width::W8 && address.segment == Segment::None);
  encode_rm({Prefix::None, Map::Primary, 0x8d}, width, number(to), address, 0);
}

inline void Assembler::imul(Width width, Gpr to, GprOrMem auto const& x, i32 y) {
  DCHECK(width != Width::W8 && is_immediate(y, width));
  if (width == Width::W16) y = i16(y);
  if (y == i8(y)) return encode_rm_i8({Prefix::None, Map::Primary, 0x6b}, width, number(to), x, 0, u8(y));
  u32 size = immediate_bytes(width);
  u8* p = encode({Prefix::None, Map::Primary, 0x69}, width, number(to), x, 0, size);
  memcpy(p, &y, 4);
  commit(p + size);
}

inline void Assembler::setcc(Condition condition, GprOrMem auto const& to) {
  encode_rm({Prefix::None, Map::M0F, u8(0x90 | u8(condition))}, Width::W8, 0, to, rex_byte(Width::W8, to));
}

inline void Assembler::cmov(Condition condition, Width width, Gpr to, GprOrMem auto const& from) {
  DCHECK(width != Width::W8);
  encode_rm({Prefix::None, Map::M0F, u8(0x40 | u8(condition))}, width, number(to), from, 0);
}

inline void Assembler::bswap(Width width, Gpr reg) {
  DCHECK(width >= Width::W32);
  encode_opcode_register(0xc8, Map::M0F, width, reg);
}

inline void Assembler::rorx(Width width, Gpr to, GprOrMem auto const& from, u8 amount) {
  DCHECK(features_.has(CpuFeature::Bmi2));
  encode_vex_rm_i8({Prefix::PF2, Map::M0F3A, 0xf0}, vex_w(width), number(to), 0, from, amount);
}

// push and pop are 64 bits wide without REX.W.
inline void Assembler::push(Gpr reg) { encode_opcode_register(0x50, Map::Primary, Width::W32, reg); }
inline void Assembler::pop(Gpr reg) { encode_opcode_register(0x58, Map::Primary, Width::W32, reg); }
inline void Assembler::push(const Mem& from) { encode_rm({Prefix::None, Map::Primary, 0xff}, Width::W32, 6, from, 0); }
inline void Assembler::pop(const Mem& to) { encode_rm({Prefix::None, Map::Primary, 0x8f}, Width::W32, 0, to, 0); }

inline void Assembler::movd(Width width, Xmm to, Gpr from) {
  DCHECK(width >= Width::W32);
  encode_rm({Prefix::P66, Map::M0F, 0x6e}, width, number(to), from, 0);
}
inline void Assembler::movd(Width width, Gpr to, Xmm from) {
  DCHECK(width >= Width::W32);
  encode_rm({Prefix::P66, Map::M0F, 0x7e}, width, number(from), to, 0);
}
inline void Assembler::vmovd(Width width, Xmm to, Gpr from) {
  DCHECK(has_avx());
  encode_vex_rm({Prefix::P66, Map::M0F, 0x6e}, vex_w(width), number(to), 0, from);
}
inline void Assembler::vmovd(Width width, Gpr to, Xmm from) {
  DCHECK(has_avx());
  encode_vex_rm({Prefix::P66, Map::M0F, 0x7e}, vex_w(width), number(from), 0, to);
}

inline void Assembler::jmp(GprOrMem auto const& target) {
  encode_rm({Prefix::None, Map::Primary, 0xff}, Width::W32, 4, target, 0);
}
inline void Assembler::call(GprOrMem auto const& target) {
  encode_rm({Prefix::None, Map::Primary, 0xff}, Width::W32, 2, target, 0);
}

}  // namespace skerry::x64
