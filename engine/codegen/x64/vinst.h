// x86-64's instructions over virtual registers: vinsts.def as enum and table, and the small
// enums that their `aux` holds.

#pragma once

#include "engine/codegen/vcode.h"
#include "engine/codegen/x64/assembler.h"
#include "engine/codegen/x64/convention.h"

namespace skerry::codegen {
template <class Lower> class RuleTable;
}

namespace skerry::x64 {

class Lower;
class Emitter;

using codegen::Role;
using codegen::VInst;
using codegen::VKind;
using codegen::VOpInfo;
using codegen::VReg;

enum class VOp : u16 {
#define VINST(name, ...) name,
#include "engine/codegen/x64/vinsts.def"
#undef VINST
};

constexpr u32 bit(Gpr reg) { return 1u << number(reg); }

inline constexpr VOpInfo vop_table[] = {
#define VINST(name, d, a, b, c, tied, kind, destroys) \
  {#name, Role::d, Role::a, Role::b, Role::c, tied, VKind::kind, destroys},
#include "engine/codegen/x64/vinsts.def"
#undef VINST
};

enum class DivideKind : u8 { DivS, DivU, RemS, RemU };
enum class CountKind : u8 { LeadingZeros, TrailingZeros, Ones };
enum class Extension : u8 { S8, S16, S32, U8, U16, U32 };  // to `width`
enum class FloatOp : u8 { Add, Sub, Mul, Div };
enum class FloatUnaryOp : u8 { Sqrt, Promote, Demote };
enum class FloatBitsOp : u8 { And, Xor };
enum class TruncateKind : u8 { S32, U32, S64, U64, SatS32, SatU32, SatS64, SatU64 };

// Conditions behind a float comparison that no single flag tells; they continue Condition.
enum class FloatCondition : u8 { Equal = 16, NotEqual = 17 };

// What is loaded or stored: size, and extension to the register.
enum class Access : u8 { U8, S8To32, S8To64, U16, S16To32, S16To64, W32, S32To64, W64, F32, F64 };
constexpr u32 bytes(Access access) {
  switch (access) {
    case Access::U8: case Access::S8To32: case Access::S8To64: return 1;
    case Access::U16: case Access::S16To32: case Access::S16To64: return 2;
    case Access::W32: case Access::S32To64: case Access::F32: return 4;
    case Access::W64: case Access::F64: return 8;
  }
  return 0;
}

constexpr bool is_float_access(Access access) { return access == Access::F32 || access == Access::F64; }
constexpr Width width_of(Access access) {
  u32 size = bytes(access);
  return size == 1 ? Width::W8 : size == 2 ? Width::W16 : size == 4 ? Width::W32 : Width::W64;
}

// The upper half of an address's imm: 0, or for a sum that wraps at 2^32 one more than the scale of b.
constexpr i64 wrapping_address(i32 disp, u32 scale) { return i64(u64(scale + 1) << 32 | u32(disp)); }
constexpr u32 address_form(i64 imm) { return u32(u64(imm) >> 32); }
constexpr i64 plain_address(i32 disp) { return i64(u32(disp)); }

// What codegen/selection.h and codegen/emission.h want to know.
struct Isa {
  using Lower = x64::Lower;
  using Emitter = x64::Emitter;
  using Assembler = x64::Assembler;
  using Gpr = x64::Gpr;
  using Mem = x64::Mem;
  using Label = x64::Label;
  static constexpr const codegen::Convention<Gpr>& convention = x64::convention;
  static constexpr const auto& vops = vop_table;
  static constexpr u16 entry_op = u16(VOp::Entry);
  static constexpr bool holds_constants = false;
  static constexpr Gpr stack_register = Gpr::Rsp, frame_register = Gpr::Rbp;
  static constexpr Gpr far_register = x64::far_register, scratch_gpr = x64::scratch_gpr;
  static constexpr u32 scratch[2] = {register_number(x64::scratch_gpr), register_number(scratch_xmm)};
  static constexpr u64 register_bits(ir::Type, u64 bits) { return bits; }
  static const codegen::RuleTable<x64::Lower>& rules();
};

}  // namespace skerry::x64
