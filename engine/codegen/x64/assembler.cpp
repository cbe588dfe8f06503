#include "engine/codegen/x64/assembler.h"

#include <algorithm>

namespace skerry::x64 {
namespace {

u8* put32(u8* p, u32 value) {
  memcpy(p, &value, 4);
  return p + 4;
}

// ModRM's field mod, and what its field rm and SIB's fields mean beyond registers (SDM volume 2, 2.1.5).
constexpr u32 mod_disp0 = 0, mod_disp8 = 1, mod_disp32 = 2;
constexpr u32 rm_sib = 4;        // mod other than 3: a SIB byte follows; so rsp and r12 need one as a base
constexpr u32 rm_rip = 5;        // mod 0: rip + disp32; so rbp and r13 need a displacement as a base
constexpr u32 sib_no_index = 4;  // so rsp cannot be an index
constexpr u32 sib_no_base = 5;   // mod 0: disp32 instead of a base; so again rbp and r13

constexpr u8 modrm(u32 mod, u32 reg, u32 rm) { return u8(mod << 6 | (reg & 7) << 3 | (rm & 7)); }
constexpr u8 sib(Scale scale, u32 index, u32 base) { return u8(u32(scale) << 6 | (index & 7) << 3 | (base & 7)); }

// Bits X and B of REX. A register that is not there has the number 0xff: bit 3 must not count.
u32 rex_of(const Mem& mem) {
  return (mem.index == Mem::none ? 0 : mem.index & 8u) >> 2 | (mem.base == Mem::none ? 0 : mem.base & 8u) >> 3;
}

u8* put_memory_prefixes(u8* p, const Mem& mem) {
  *p = 0x65;
  p += mem.segment == Segment::Gs;
  *p = 0x67;
  return p + (mem.sum == Sum::Wraps);
}

}  // namespace

// ModRM, SIB and displacement.
u8* Assembler::put_operand(u8* p, u32 reg, const Mem& mem, u32 immediate) {
  if (mem.base != Mem::none) [[likely]] {
    DCHECK(mem.label.is_none());
    u32 base = mem.base, mod = mem.disp == i8(mem.disp) ? mod_disp8 : mod_disp32;
    if (mem.disp == 0 && (base & 7) != sib_no_base) mod = mod_disp0;
    bool needs_sib = mem.index != Mem::none || (base & 7) == rm_sib;
    *p++ = modrm(mod, reg, needs_sib ? rm_sib : base);
    *p = sib(mem.scale, mem.index == Mem::none ? sib_no_index : mem.index, base);
    p += needs_sib;
    put32(p, u32(mem.disp));
    return p + (0x040100 >> 8 * mod & 0xff);
  }
  if (!mem.label.is_none()) {
    DCHECK(mem.index == Mem::none && mem.segment == Segment::None);
    *p++ = modrm(mod_disp0, reg, rm_rip);
    refer32(p, mem.label);
    return put32(p, u32(mem.disp) - 4 - immediate);
  }
  *p++ = modrm(mod_disp0, reg, rm_sib);
  *p++ = sib(mem.scale, mem.index == Mem::none ? sib_no_index : mem.index, sib_no_base);
  return put32(p, u32(mem.disp));
}

u8* Assembler::encode(Encoding encoding, Width width, u32 reg, const Mem& rm, u32 rex, u32 immediate) {
  u8* p = put_memory_prefixes(reserve(), rm);
  p = put_opcode(p, encoding, width, rex | (reg & 8) >> 1 | rex_of(rm));
  return put_operand(p, reg, rm, immediate);
}

u8* Assembler::encode_vex(Encoding encoding, u32 w, u32 reg, u32 vvvv, const Mem& rm, u32 immediate) {
  u8* p = put_memory_prefixes(reserve(), rm);
  p = put_vex(p, encoding, w, (reg & 8) >> 1 | rex_of(rm), vvvv);
  return put_operand(p, reg, rm, immediate);
}

void Assembler::mov_constant(Gpr to, u64 value) {
  if (value == u32(value)) {
    encode_opcode_register(0xb8, Map::Primary, Width::W32, to);
    data32(u32(value));
  } else if (i64(value) == i32(value)) {
    emit(RmI::Mov, Width::W64, to, i32(value));
  } else {
    mov_absolute(to, value);
  }
}

void Assembler::mov_absolute(Gpr to, u64 value) {
  encode_opcode_register(0xb8, Map::Primary, Width::W64, to);
  data64(value);
}

void Assembler::push(i32 value) {
  bool fits = value == i8(value);
  u8* p = reserve();
  *p = fits ? 0x6a : 0x68;
  put32(p + 1, u32(value));
  commit(p + (fits ? 2 : 5));
}

// --- branches

// Emits a branch with an 8-bit field if the target is bound and near, or not bound and promised to be.
bool Assembler::try_short_branch(u8 opcode, Label target, Reach reach) {
  constexpr u32 length = 2;
  bool bound = is_bound(target);
  i64 distance = bound ? i64(offset_of(target)) - (offset() + length) : -1;
  if (bound ? distance != i8(distance) : reach != Reach::Short) return false;
  u8* p = reserve();
  p[0] = opcode;
  p[1] = u8(distance);  // unbound: the addend, -1
  if (!bound) refer8(p + 1, target);
  commit(p + length);
  return true;
}

void Assembler::encode_branch(Map map, u8 opcode, Label target) {
  u8* start = reserve();
  u8* p = put_opcode(start, {Prefix::None, map, opcode}, Width::W32, 0);
  u32 end = offset() + u32(p + 4 - start);
  if (is_bound(target)) return commit(put32(p, offset_of(target) - end));
  refer32(p, target);
  commit(put32(p, u32(-4)));
}

void Assembler::jmp(Label target, Reach reach) {
  if (!try_short_branch(0xeb, target, reach)) encode_branch(Map::Primary, 0xe9, target);
}

void Assembler::jcc(Condition condition, Label target, Reach reach) {
  u8 code = u8(condition);
  if (!try_short_branch(0x70 | code, target, reach)) encode_branch(Map::M0F, 0x80 | code, target);
}

void Assembler::call(Label target) { encode_branch(Map::Primary, 0xe8, target); }

void Assembler::call_elsewhere() {
  u8* p = reserve();
  *p = 0xe8;
  commit(put32(p + 1, 0));
}

void Assembler::jmp_elsewhere() {
  u8* p = reserve();
  *p = 0xe9;
  commit(put32(p + 1, 0));
}

// The sequences that the SDM recommends (volume 2, NOP).
void Assembler::nop(u32 length) {
  constexpr u32 longest = 9;
  static constexpr u8 sequences[longest + 1][longest] = {
      {},
      {0x90},
      {0x66, 0x90},
      {0x0f, 0x1f, 0x00},
      {0x0f, 0x1f, 0x40, 0x00},
      {0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
      {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
  };
  while (length != 0) {
    u32 step = std::min(length, longest);
    data({sequences[step], step});
    length -= step;
  }
}

}  // namespace skerry::x64
