// riscv64's instructions over virtual registers: vinsts.def as enum and table, and the small
// enums that their `aux` holds.

#pragma once

#include "engine/codegen/riscv64/assembler.h"
#include "engine/codegen/riscv64/convention.h"
#include "engine/codegen/vcode.h"

namespace skerry::codegen {
template <class Lower> class RuleTable;
}

namespace skerry::riscv64 {

class Lower;
class Emitter;

using codegen::Role;
using codegen::VInst;
using codegen::VKind;
using codegen::VOpInfo;
using codegen::VReg;

enum class VOp : u16 {
#define VINST(name, ...) name,
#include "engine/codegen/riscv64/vinsts.def"
#undef VINST
};

inline constexpr VOpInfo vop_table[] = {
#define VINST(name, d, a, b, c, tied, kind) {#name, Role::d, Role::a, Role::b, Role::c, tied, VKind::kind, 0},
#include "engine/codegen/riscv64/vinsts.def"
#undef VINST
};

// What of a register is added to a memory's base: its low half as an unsigned number, or all of it.
enum class AddressPart : u8 { LowHalf, Whole };
enum class CountKind : u8 { LeadingZeros, TrailingZeros, Ones };
enum class FloatUnaryOp : u8 { Sqrt, Promote, Demote };
// Of a float to an integer: unsigned ones are odd, those of 64 bits have 2, as in insts.def.
enum class TruncateKind : u8 { S32, U32, S64, U64 };

// What is loaded or stored: size, and extension to the register.
enum class Access : u8 { S8, U8, S16, U16, S32, U32, W64, F32, F64 };
constexpr u32 bytes(Access access) {
  constexpr u8 sizes[] = {1, 1, 2, 2, 4, 4, 8, 4, 8};
  return sizes[u8(access)];
}
constexpr bool is_float_access(Access access) { return access >= Access::F32; }

// What codegen/selection.h and codegen/emission.h want to know.
struct Isa {
  using Lower = riscv64::Lower;
  using Emitter = riscv64::Emitter;
  using Assembler = riscv64::Assembler;
  using Gpr = riscv64::Gpr;
  using Mem = riscv64::Mem;
  using Label = riscv64::Label;
  static constexpr const codegen::Convention<Gpr>& convention = riscv64::convention;
  static constexpr const auto& vops = vop_table;
  static constexpr u16 entry_op = u16(VOp::Entry);
  static constexpr bool holds_constants = true;
  static constexpr Gpr stack_register = Gpr::Sp, frame_register = riscv64::frame_register;
  static constexpr Gpr far_register = riscv64::far_register, scratch_gpr = riscv64::scratch_gpr;
  static constexpr u32 scratch[2] = {register_number(riscv64::scratch_gpr), register_number(scratch_fpr)};
  static constexpr u64 register_bits(ir::Type type, u64 bits) {
    if (type == ir::Type::F32) return bits | ~u64{0} << 32;
    return type == ir::Type::I64 || type == ir::Type::F64 ? bits : u64(i64(i32(bits)));
  }
  static const codegen::RuleTable<riscv64::Lower>& rules();
};

}  // namespace skerry::riscv64
