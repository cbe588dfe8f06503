// VCode: machine instructions over virtual registers, between selection and emission.
//
// A VInst is one instruction of the ISA (or a short fixed sequence that is treated as one).
// What it does is the ISA's affair; here is only what register allocation must know: which
// of its four operands are read and written, when, and which registers it destroys.
//
// A virtual register has one definition (its number is the IR value's; temporaries come
// behind those), so that its live range is known from one pass over the instructions.
//
//   time within an instruction p:   4p            4p + 1       4p + 2       4p + 3
//                                   reads         destroys     writes       late reads end
//
// Operands that are read end there at 4p + 1 and may share a register with what is written.
// A late read must not: the instruction still needs it after it has begun to write. An
// early write likewise begins at 4p + 1 and is kept apart from what is destroyed.

#pragma once

#include <span>
#include <vector>

#include "base/array.h"
#include "base/index.h"
#include "base/types.h"
#include "engine/ir/function.h"

namespace skerry::codegen {

struct VRegTag;
using VReg = Index<VRegTag>;

constexpr VReg vreg_of(ir::Value value) { return VReg(value.raw()); }

// Unused: a parameter of a block that nobody reads; it gets no place, and nothing is handed over.
enum class RegClass : u8 { Int, Float, Unused };

// How an instruction treats one of its operands. Any: a spill slot serves as well as a register.
enum class Role : u8 { None, Write, EarlyWrite, Read, ReadLate, ReadAny, ReadAnyLate };

constexpr bool is_write(Role role) { return role == Role::Write || role == Role::EarlyWrite; }
constexpr bool is_read(Role role) { return role >= Role::Read; }
constexpr bool is_late(Role role) { return role == Role::ReadLate || role == Role::ReadAnyLate; }
constexpr bool takes_slot(Role role) { return role == Role::ReadAny || role == Role::ReadAnyLate; }

enum class VKind : u8 {
  Plain,
  Call,    // reads and writes the lists of its CallInfo; destroys the caller-saved registers
  Entry,   // the function's first: its block's Params have arrived, and the list of its CallInfo
  Jump,    // a terminator with targets: reads what it hands over
  Return,  // reads a list
};

struct VOpInfo {
  std::string_view name;
  Role d, a, b, c;
  bool tied;       // d wants the register of a
  VKind kind;
  u32 destroys;    // registers, a bit each
};

struct VInst {
  u16 op;
  u8 width;
  u8 aux;        // condition, scale, opcode of a family: the ISA's
  u32 position;  // byte offset in the .wasm
  VReg d, a, b, c;
  i64 imm;
};
static_assert(sizeof(VInst) == 32);

// The lists of a call, of the function's entry or of a return; the ISA assigns their places.
struct CallInfo {
  u32 arguments;  // position in VCode::lists; as many as argument_count
  u32 argument_count;
  u32 results;
  u32 result_count;
  const FuncType* type;  // null for builtins
  u32 target;            // function, builtin or type index
};

struct VBlock {
  u32 begin = 0;  // insts[begin, end)
  u32 end = 0;
  u32 weight = 1;  // how often it runs, estimated from loop depth
};

struct VCode {
  Array<VInst> insts;
  IndexMap<ir::Block, VBlock> blocks;
  IndexMap<VReg, RegClass> classes;
  Array<CallInfo> calls;
  Array<VReg> lists;
  // A register that whoever reads it can do without: where it is in a slot, another form of the instruction serves.
  VReg optional = VReg::none();

  void clear();
  VReg new_vreg(RegClass reg_class) { return classes.push(reg_class); }
  std::span<const VReg> arguments(const CallInfo& call) const { return {lists.data() + call.arguments, call.argument_count}; }
  std::span<const VReg> results(const CallInfo& call) const { return {lists.data() + call.results, call.result_count}; }
};

}  // namespace skerry::codegen
