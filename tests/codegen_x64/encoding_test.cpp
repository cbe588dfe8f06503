// Every form of every row of insts.def, read back by a disassembler that is not ours.
//
// insts.def drives the test: each shape has a cover_ function that is run for each of its rows, and each row
// of the shape SINGLE has its own. A row or a shape without one does not compile.

#include <gtest/gtest.h>

#include "base/string.h"
#include "tests/codegen_x64/listing.h"

namespace skerry::x64 {
namespace {

constexpr Width all_widths[] = {Width::W8, Width::W16, Width::W32, Width::W64};
constexpr Width word_widths[] = {Width::W16, Width::W32, Width::W64};
constexpr Width large_widths[] = {Width::W32, Width::W64};
constexpr Scale scales[] = {Scale::By1, Scale::By2, Scale::By4, Scale::By8};
constexpr i32 displacements[] = {0, 1, -1, 127, -128, 128, -129, INT32_MAX, INT32_MIN};

// One of each kind: ModRM's and SIB's special cases, both halves of the register file.
constexpr Gpr some_gprs[] = {Gpr::Rax, Gpr::Rcx, Gpr::Rsp, Gpr::Rbp, Gpr::Rsi, Gpr::R8, Gpr::R12, Gpr::R13, Gpr::R15};
constexpr Xmm some_xmms[] = {Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm5, Xmm::Xmm7, Xmm::Xmm8, Xmm::Xmm13, Xmm::Xmm15};

std::vector<Gpr> all_gprs() {
  std::vector<Gpr> regs;
  for (u32 i = 0; i < gpr_count; ++i) regs.push_back(Gpr(i));
  return regs;
}

std::vector<Xmm> all_xmms() {
  std::vector<Xmm> regs;
  for (u32 i = 0; i < xmm_count; ++i) regs.push_back(Xmm(i));
  return regs;
}

std::vector<Mem> some_mems(const Listing& l) {
  return {
      Mem::at(Gpr::Rax),
      Mem::at(Gpr::Rsp),
      Mem::at(Gpr::Rbp),
      Mem::at(Gpr::R12),
      Mem::at(Gpr::R13),
      Mem::at(Gpr::Rdi, 127),
      Mem::at(Gpr::Rsp, -128),
      Mem::at(Gpr::R12, 128),
      Mem::at(Gpr::R9, INT32_MIN),
      Mem::at(Gpr::Rcx, 16).gs(),
      Mem::at(Gpr::R14, 4096).gs(),
      Mem::indexed(Gpr::Rbp, Gpr::Rcx),
      Mem::indexed(Gpr::R13, Gpr::R12, Scale::By4),
      Mem::indexed(Gpr::Rsp, Gpr::Rbp, Scale::By8, -20),
      Mem::indexed(Gpr::Rdx, Gpr::R8, Scale::By2, 1000).gs(),
      Mem::indexed(Gpr::R9, Gpr::Rcx, Scale::By4, -16).gs().wraps(),
      Mem::at(Gpr::Rax).wraps(),
      Mem::scaled(Gpr::R13, Scale::By8, 64),
      Mem::absolute(40).gs(),
      Mem::rip(l.origin),
      Mem::rip(l.origin, 8),
  };
}

std::vector<i32> immediates(Width width) {
  std::vector<i32> values = {0, 1, 2, 127, -1, -128};
  if (width == Width::W8) return values;
  values.insert(values.end(), {128, 255, 256, -129, 32767, -32768});
  if (width == Width::W16) return values;
  values.insert(values.end(), {32768, 65535, -32769, INT32_MAX, INT32_MIN});
  return values;
}

u32 bits(Width width) { return 8 * bytes(width); }

// How the disassembler writes an immediate: as a signed number, but for those that fill 16 or 32 bits.
std::string immediate_text(Width width, i32 value, u32 size) {
  if (width == Width::W16 && size == 2) return Listing::text(u16(value));
  if (width == Width::W32 && size == 4) return Listing::text(u32(value));
  return Listing::text(value);
}
std::string short_immediate_text(Width width, i32 value) {
  return immediate_text(width, value, value == i8(value) ? 1 : bytes(width));
}

// --- shapes: `call` appends an instruction with the row's function

void cover_alu(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : all_widths) {
    for (Gpr to : all_gprs()) {
      for (Gpr from : all_gprs()) {
        call(l.code, w, to, from);
        l.expect(mnemonic, {name(to, w), name(from, w)});
      }
      for (i32 value : immediates(w)) {
        call(l.code, w, to, value);
        l.expect(mnemonic, {name(to, w), short_immediate_text(w, value)});
      }
    }
    for (const Mem& mem : some_mems(l)) {
      for (Gpr reg : some_gprs) {
        call(l.code, w, mem, reg);
        l.expect(mnemonic, {l.text(mem, bits(w)), name(reg, w)});
        call(l.code, w, reg, mem);
        l.expect(mnemonic, {name(reg, w), l.text(mem, bits(w))});
      }
      for (i32 value : immediates(w)) {
        call(l.code, w, mem, value);
        l.expect(mnemonic, {l.text(mem, bits(w)), short_immediate_text(w, value)});
      }
    }
  }
}

void cover_shift(Listing& l, std::string_view mnemonic, auto by_immediate, auto by_cl) {
  for (Width w : all_widths) {
    for (Gpr to : all_gprs()) {
      for (u8 amount : {u8{0}, u8{1}, u8{2}, u8(bits(w) - 1)}) {
        by_immediate(l.code, w, to, amount);
        if (amount == 1) l.expect(mnemonic, {name(to, w)});
        else l.expect(mnemonic, {name(to, w), l.text(amount)});
      }
      by_cl(l.code, w, to);
      l.expect(mnemonic, {name(to, w), "cl"});
    }
    for (const Mem& mem : some_mems(l)) {
      by_immediate(l.code, w, mem, u8{5});
      l.expect(mnemonic, {l.text(mem, bits(w)), "5"});
      by_immediate(l.code, w, mem, u8{1});
      l.expect(mnemonic, {l.text(mem, bits(w))});
      by_cl(l.code, w, mem);
      l.expect(mnemonic, {l.text(mem, bits(w)), "cl"});
    }
  }
}

void cover_double_shift(Listing& l, std::string_view mnemonic, auto by_immediate, auto by_cl) {
  for (Width w : word_widths) {
    for (Gpr from : some_gprs) {
      for (Gpr to : all_gprs()) {
        by_immediate(l.code, w, to, from, u8(bits(w) - 1));
        l.expect(mnemonic, {name(to, w), name(from, w), l.text(bits(w) - 1)});
        by_cl(l.code, w, to, from);
        l.expect(mnemonic, {name(to, w), name(from, w), "cl"});
      }
      for (const Mem& mem : some_mems(l)) {
        by_immediate(l.code, w, mem, from, u8{7});
        l.expect(mnemonic, {l.text(mem, bits(w)), name(from, w), "7"});
        by_cl(l.code, w, mem, from);
        l.expect(mnemonic, {l.text(mem, bits(w)), name(from, w), "cl"});
      }
    }
  }
}

void cover_unary(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : all_widths) {
    for (Gpr reg : all_gprs()) {
      call(l.code, w, reg);
      l.expect(mnemonic, {name(reg, w)});
    }
    for (const Mem& mem : some_mems(l)) {
      call(l.code, w, mem);
      l.expect(mnemonic, {l.text(mem, bits(w))});
    }
  }
}

void cover_rm_r(Listing& l, std::string_view mnemonic, auto call) {
  // The disassembler writes the operands of xchg between registers in the other order.
  bool exchanges = mnemonic == "xchg";
  for (Width w : all_widths) {
    for (Gpr from : all_gprs()) {
      for (Gpr to : all_gprs()) {
        call(l.code, w, to, from);
        if (exchanges) l.expect(mnemonic, {name(from, w), name(to, w)});
        else l.expect(mnemonic, {name(to, w), name(from, w)});
      }
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, mem, from);
        l.expect(mnemonic, {l.text(mem, bits(w)), name(from, w)});
      }
    }
  }
}

void cover_rm_i(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : all_widths) {
    for (i32 value : immediates(w)) {
      for (Gpr to : all_gprs()) {
        call(l.code, w, to, value);
        l.expect(mnemonic, {name(to, w), immediate_text(w, value, bytes(w))});
      }
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, mem, value);
        l.expect(mnemonic, {l.text(mem, bits(w)), immediate_text(w, value, bytes(w))});
      }
    }
  }
}

void cover_locked(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : all_widths) {
    for (Gpr from : all_gprs()) {
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, mem, from);
        l.expect(concat("lock ", mnemonic), {l.text(mem, bits(w)), name(from, w)});
      }
    }
  }
}

void cover_r_rm(Listing& l, std::string_view mnemonic, std::initializer_list<Width> widths, auto call) {
  for (Width w : widths) {
    for (Gpr to : all_gprs()) {
      for (Gpr from : all_gprs()) {
        call(l.code, w, to, from);
        l.expect(mnemonic, {name(to, w), name(from, w)});
      }
    }
    for (Gpr to : some_gprs) {
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, to, mem);
        l.expect(mnemonic, {name(to, w), l.text(mem, bits(w))});
      }
    }
  }
}

void cover_bit(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : word_widths) {
    for (Gpr reg : all_gprs()) {
      for (Gpr index : all_gprs()) {
        call(l.code, w, reg, index);
        l.expect(mnemonic, {name(reg, w), name(index, w)});
      }
      for (u8 index : {u8{0}, u8(bits(w) - 1)}) {
        call(l.code, w, reg, index);
        l.expect(mnemonic, {name(reg, w), l.text(index)});
      }
    }
  }
}

// The vvvv register stands second, or last.
enum class VvvvPlace { Second, Last };

template <VvvvPlace place>
void cover_vex_gpr(Listing& l, std::string_view mnemonic, auto call) {
  for (Width w : large_widths) {
    for (Gpr to : some_gprs) {
      for (Gpr second : all_gprs()) {
        for (Gpr last : all_gprs()) {
          call(l.code, w, to, second, last);
          l.expect(mnemonic, {name(to, w), name(second, w), name(last, w)});
        }
        for (const Mem& mem : some_mems(l)) {
          if constexpr (place == VvvvPlace::Second) {
            call(l.code, w, to, second, mem);
            l.expect(mnemonic, {name(to, w), name(second, w), l.text(mem, bits(w))});
          } else {
            call(l.code, w, to, mem, second);
            l.expect(mnemonic, {name(to, w), l.text(mem, bits(w)), name(second, w)});
          }
        }
      }
    }
  }
}

void cover_segment_base(Listing& l, std::string_view mnemonic, auto call) {
  for (Gpr reg : all_gprs()) {
    call(l.code, reg);
    l.expect(mnemonic, {name(reg)});
  }
}

// x,xm
void cover_two(Listing& l, std::string_view mnemonic, u32 memory_bits, auto call) {
  for (Xmm to : all_xmms()) {
    for (Xmm from : all_xmms()) {
      call(l.code, to, from);
      l.expect(mnemonic, {name(to), name(from)});
    }
    for (const Mem& mem : some_mems(l)) {
      call(l.code, to, mem);
      l.expect(mnemonic, {name(to), l.text(mem, memory_bits)});
    }
  }
}

// x,x,xm
void cover_three(Listing& l, std::string_view mnemonic, u32 memory_bits, auto call) {
  for (Xmm to : some_xmms) {
    for (Xmm x : all_xmms()) {
      for (Xmm y : some_xmms) {
        call(l.code, to, x, y);
        l.expect(mnemonic, {name(to), name(x), name(y)});
      }
      for (const Mem& mem : some_mems(l)) {
        call(l.code, to, x, mem);
        l.expect(mnemonic, {name(to), name(x), l.text(mem, memory_bits)});
      }
    }
  }
}

template <VexForm form>
void cover_sse(Listing& l, std::string_view mnemonic, u32 memory_bits, auto call, auto call_vex) {
  cover_two(l, mnemonic, memory_bits, call);
  std::string vex_mnemonic = concat("v", mnemonic);
  if constexpr (form == VexForm::Two) cover_two(l, vex_mnemonic, memory_bits, call_vex);
  if constexpr (form == VexForm::Three) cover_three(l, vex_mnemonic, memory_bits, call_vex);
}

template <VexForm form>
void cover_sse_i(Listing& l, std::string_view mnemonic, u32 memory_bits, auto call, auto call_vex) {
  auto two = [&](std::string_view mnemonic, auto call) {
    for (u8 control : {u8{0}, u8{3}, u8{11}, u8{255}}) {
      for (Xmm to : some_xmms) {
        for (Xmm from : some_xmms) {
          call(l.code, to, from, control);
          l.expect(mnemonic, {name(to), name(from), l.text(control)});
        }
        for (const Mem& mem : some_mems(l)) {
          call(l.code, to, mem, control);
          l.expect(mnemonic, {name(to), l.text(mem, memory_bits), l.text(control)});
        }
      }
    }
  };
  std::string vex_mnemonic = concat("v", mnemonic);
  two(mnemonic, call);
  if constexpr (form == VexForm::Two) two(vex_mnemonic, call_vex);
  if constexpr (form == VexForm::Three) {
    for (Xmm to : some_xmms) {
      for (Xmm x : some_xmms) {
        for (Xmm y : some_xmms) {
          call_vex(l.code, to, x, y, u8{9});
          l.expect(vex_mnemonic, {name(to), name(x), name(y), "9"});
        }
        for (const Mem& mem : some_mems(l)) {
          call_vex(l.code, to, x, mem, u8{10});
          l.expect(vex_mnemonic, {name(to), name(x), l.text(mem, memory_bits), "10"});
        }
      }
    }
  }
}

void cover_sse_move(Listing& l, std::string_view mnemonic, u32 memory_bits, MoveFrom from, auto call) {
  for (Xmm reg : all_xmms()) {
    for (const Mem& mem : some_mems(l)) {
      call(l.code, reg, mem);
      l.expect(mnemonic, {name(reg), l.text(mem, memory_bits)});
      call(l.code, mem, reg);
      l.expect(mnemonic, {l.text(mem, memory_bits), name(reg)});
    }
    if (from == MoveFrom::Memory) continue;
    for (Xmm to : all_xmms()) {
      call(l.code, to, reg);
      l.expect(mnemonic, {name(to), name(reg)});
    }
  }
}

void cover_sse_shift(Listing& l, std::string_view mnemonic, auto call, auto call_vex) {
  std::string vex_mnemonic = concat("v", mnemonic);
  for (u8 amount : {u8{0}, u8{1}, u8{31}, u8{63}, u8{255}}) {
    for (Xmm to : all_xmms()) {
      call(l.code, to, amount);
      l.expect(mnemonic, {name(to), l.text(amount)});
      for (Xmm from : all_xmms()) {
        call_vex(l.code, to, from, amount);
        l.expect(vex_mnemonic, {name(to), name(from), l.text(amount)});
      }
    }
  }
}

void cover_sse_to_gpr(Listing& l, std::string_view mnemonic, u32 memory_bits, auto call) {
  for (Width w : large_widths) {
    for (Gpr to : all_gprs()) {
      for (Xmm from : all_xmms()) {
        call(l.code, w, to, from);
        l.expect(mnemonic, {name(to, w), name(from)});
      }
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, to, mem);
        l.expect(mnemonic, {name(to, w), l.text(mem, memory_bits)});
      }
    }
  }
}

void cover_sse_mask(Listing& l, std::string_view mnemonic, auto call) {
  for (Gpr to : all_gprs()) {
    for (Xmm from : all_xmms()) {
      call(l.code, to, from);
      l.expect(mnemonic, {name(to, Width::W32), name(from)});
    }
  }
}

void cover_gpr_to_sse(Listing& l, std::string_view mnemonic, auto call, auto call_vex) {
  std::string vex_mnemonic = concat("v", mnemonic);
  for (Width w : large_widths) {
    for (Xmm to : some_xmms) {
      for (Gpr from : all_gprs()) {
        call(l.code, w, to, from);
        l.expect(mnemonic, {name(to), name(from, w)});
        for (Xmm x : some_xmms) {
          call_vex(l.code, w, to, x, from);
          l.expect(vex_mnemonic, {name(to), name(x), name(from, w)});
        }
      }
      for (const Mem& mem : some_mems(l)) {
        call(l.code, w, to, mem);
        l.expect(mnemonic, {name(to), l.text(mem, bits(w))});
        call_vex(l.code, w, to, Xmm::Xmm9, mem);
        l.expect(vex_mnemonic, {name(to), "xmm9", l.text(mem, bits(w))});
      }
    }
  }
}

// --- single instructions

void cover_MovLoad(Listing& l) {
  for (Width w : all_widths) {
    for (Gpr to : all_gprs()) {
      for (const Mem& mem : some_mems(l)) {
        l.code.mov(w, to, mem);
        l.expect("mov", {name(to, w), l.text(mem, bits(w))});
      }
    }
  }
}

void cover_MovConstant(Listing& l) {
  for (Gpr to : all_gprs()) {
    for (u64 value : {u64{0}, u64{1}, u64{0x7fffffff}, u64{0x80000000}, u64{0xffffffff}}) {
      l.code.mov_constant(to, value);
      l.expect("mov", {name(to, Width::W32), l.text(i64(value))});
    }
    for (i64 value : {i64{-1}, i64{INT32_MIN}}) {
      l.code.mov_constant(to, u64(value));
      l.expect("mov", {name(to), l.text(value)});
    }
    for (i64 value : {i64{1} << 32, i64{INT32_MIN} - 1, INT64_MAX, INT64_MIN}) {
      l.code.mov_constant(to, u64(value));
      l.expect("movabs", {name(to), l.text(value)});
    }
  }
}

void cover_MovAbsolute(Listing& l) {
  for (Gpr to : all_gprs()) {
    for (u64 value : {u64{0}, u64{0x123456789abcdef}}) {
      l.code.mov_absolute(to, value);
      l.expect("movabs", {name(to), l.text(i64(value))});
    }
  }
}

void cover_Movzx(Listing& l) {
  for (Width w : all_widths) {
    std::string_view mnemonic = w <= Width::W16 ? "movzx" : "mov";
    Width to_width = std::max(w, Width::W32);
    for (Gpr to : all_gprs()) {
      for (Gpr from : all_gprs()) {
        l.code.movzx(w, to, from);
        l.expect(mnemonic, {name(to, to_width), name(from, w)});
      }
      for (const Mem& mem : some_mems(l)) {
        l.code.movzx(w, to, mem);
        l.expect(mnemonic, {name(to, to_width), l.text(mem, bits(w))});
      }
    }
  }
}

void cover_Movsx(Listing& l) {
  for (Width to_width : word_widths) {
    for (Width w : all_widths) {
      if (w >= to_width) continue;
      std::string_view mnemonic = w == Width::W32 ? "movsxd" : "movsx";
      for (Gpr to : all_gprs()) {
        for (Gpr from : all_gprs()) {
          l.code.movsx(to_width, w, to, from);
          l.expect(mnemonic, {name(to, to_width), name(from, w)});
        }
        for (const Mem& mem : some_mems(l)) {
          l.code.movsx(to_width, w, to, mem);
          l.expect(mnemonic, {name(to, to_width), l.text(mem, bits(w))});
        }
      }
    }
  }
}

void cover_Lea(Listing& l) {
  for (Width w : word_widths) {
    for (Gpr to : all_gprs()) {
      for (const Mem& mem : some_mems(l)) {
        if (mem.segment != Segment::None) continue;
        l.code.lea(w, to, mem);
        l.expect("lea", {name(to, w), l.text(mem, 0)});
      }
    }
  }
}

void cover_ImulImmediate(Listing& l) {
  for (Width w : word_widths) {
    for (i32 value : immediates(w)) {
      for (Gpr to : some_gprs) {
        for (Gpr from : all_gprs()) {
          l.code.imul(w, to, from, value);
          l.expect("imul", {name(to, w), name(from, w), short_immediate_text(w, value)});
        }
        for (const Mem& mem : some_mems(l)) {
          l.code.imul(w, to, mem, value);
          l.expect("imul", {name(to, w), l.text(mem, bits(w)), short_immediate_text(w, value)});
        }
      }
    }
  }
}

void cover_Setcc(Listing& l) {
  for (u32 code = 0; code < 16; ++code) {
    Condition condition = Condition(code);
    std::string mnemonic = concat("set", name(condition));
    for (Gpr to : all_gprs()) {
      l.code.setcc(condition, to);
      l.expect(mnemonic, {name(to, Width::W8)});
    }
    for (const Mem& mem : some_mems(l)) {
      l.code.setcc(condition, mem);
      l.expect(mnemonic, {l.text(mem, 8)});
    }
  }
}

void cover_Cmov(Listing& l) {
  for (u32 code = 0; code < 16; ++code) {
    Condition condition = Condition(code);
    cover_r_rm(l, concat("cmov", name(condition)), {Width::W16, Width::W32, Width::W64},
               [condition](Assembler& a, Width w, auto... operands) { a.cmov(condition, w, operands...); });
  }
}

void cover_Bswap(Listing& l) {
  for (Width w : large_widths) {
    for (Gpr reg : all_gprs()) {
      l.code.bswap(w, reg);
      l.expect("bswap", {name(reg, w)});
    }
  }
}

void cover_Rorx(Listing& l) {
  for (u8 amount : {u8{0}, u8{1}, u8{63}}) {
    std::string amount_text = l.text(amount);
    for (Width w : large_widths) {
      for (Gpr to : all_gprs()) {
        for (Gpr from : all_gprs()) {
          l.code.rorx(w, to, from, amount);
          l.expect("rorx", {name(to, w), name(from, w), amount_text});
        }
        for (const Mem& mem : some_mems(l)) {
          l.code.rorx(w, to, mem, amount);
          l.expect("rorx", {name(to, w), l.text(mem, bits(w)), amount_text});
        }
      }
    }
  }
}

void cover_Push(Listing& l) {
  for (Gpr reg : all_gprs()) {
    l.code.push(reg);
    l.expect("push", {name(reg)});
  }
}

void cover_PushMem(Listing& l) {
  for (const Mem& mem : some_mems(l)) {
    l.code.push(mem);
    l.expect("push", {l.text(mem, 64)});
  }
}

void cover_PushImmediate(Listing& l) {
  for (i32 value : immediates(Width::W32)) {
    l.code.push(value);
    l.expect("push", {l.text(value)});
  }
}

void cover_Pop(Listing& l) {
  for (Gpr reg : all_gprs()) {
    l.code.pop(reg);
    l.expect("pop", {name(reg)});
  }
}

void cover_PopMem(Listing& l) {
  for (const Mem& mem : some_mems(l)) {
    l.code.pop(mem);
    l.expect("pop", {l.text(mem, 64)});
  }
}

void cover_between_files(auto call) {
  for (Width w : large_widths)
    for (Gpr gpr : all_gprs())
      for (Xmm xmm : all_xmms()) call(w, gpr, xmm, w == Width::W32 ? "movd" : "movq");
}

void cover_MovdToXmm(Listing& l) {
  cover_between_files([&](Width w, Gpr gpr, Xmm xmm, std::string_view mnemonic) {
    l.code.movd(w, xmm, gpr);
    l.expect(mnemonic, {name(xmm), name(gpr, w)});
  });
}

void cover_MovdToGpr(Listing& l) {
  cover_between_files([&](Width w, Gpr gpr, Xmm xmm, std::string_view mnemonic) {
    l.code.movd(w, gpr, xmm);
    l.expect(mnemonic, {name(gpr, w), name(xmm)});
  });
}

void cover_VmovdToXmm(Listing& l) {
  cover_between_files([&](Width w, Gpr gpr, Xmm xmm, std::string_view mnemonic) {
    l.code.vmovd(w, xmm, gpr);
    l.expect(concat("v", mnemonic), {name(xmm), name(gpr, w)});
  });
}

void cover_VmovdToGpr(Listing& l) {
  cover_between_files([&](Width w, Gpr gpr, Xmm xmm, std::string_view mnemonic) {
    l.code.vmovd(w, gpr, xmm);
    l.expect(concat("v", mnemonic), {name(gpr, w), name(xmm)});
  });
}

// Branches over `distance` bytes of one-byte instructions, in both directions.
void cover_branch(Listing& l, std::string_view mnemonic, auto branch) {
  auto ret = [&l](u32 count) {
    for (u32 i = 0; i < count; ++i) {
      l.code.ret();
      l.expect("ret");
    }
  };
  for (u32 distance : {0u, 1u, 125u, 126u, 127u, 128u, 300u}) {
    for (Reach reach : {Reach::Any, Reach::Short}) {
      if (reach == Reach::Short && distance > 127) continue;
      Label forward = l.code.new_label();
      branch(forward, reach);
      l.expect(mnemonic, {l.text(distance)});
      ret(distance);
      l.code.bind(forward);

      Label backward = l.code.new_label();
      l.code.bind(backward);
      ret(distance);
      branch(backward, reach);
      l.expect(mnemonic, {l.text(backward)});
    }
  }
}

void cover_Jmp(Listing& l) {
  cover_branch(l, "jmp", [&l](Label target, Reach reach) { l.code.jmp(target, reach); });
}

void cover_Jcc(Listing& l) {
  for (u32 code = 0; code < 16; ++code) {
    Condition condition = Condition(code);
    cover_branch(l, concat("j", name(condition)),
                 [&](Label target, Reach reach) { l.code.jcc(condition, target, reach); });
  }
}

void cover_Call(Listing& l) {
  cover_branch(l, "call", [&l](Label target, Reach) { l.code.call(target); });
}

void cover_indirect(Listing& l, std::string_view mnemonic, auto call) {
  for (Gpr reg : all_gprs()) {
    call(reg);
    l.expect(mnemonic, {name(reg)});
  }
  for (const Mem& mem : some_mems(l)) {
    call(mem);
    l.expect(mnemonic, {l.text(mem, 64)});
  }
}

void cover_JmpIndirect(Listing& l) {
  cover_indirect(l, "jmp", [&l](auto target) { l.code.jmp(target); });
}

void cover_CallIndirect(Listing& l) {
  cover_indirect(l, "call", [&l](auto target) { l.code.call(target); });
}

void cover_CallElsewhere(Listing& l) {
  l.code.call_elsewhere();
  l.code.patch32(l.code.offset() - 4, 1000);
  l.expect("call", {"1000"});
}

void cover_JmpElsewhere(Listing& l) {
  l.code.jmp_elsewhere();
  l.code.patch32(l.code.offset() - 4, u32(-1000));
  l.expect("jmp", {"-1000"});
}

void cover_Nop(Listing& l) {
  static constexpr std::string_view texts[] = {
      "",
      "nop",
      "nop",
      "nop dword ptr [rax]",
      "nop dword ptr [rax]",
      "nop dword ptr [rax + rax]",
      "nop word ptr [rax + rax]",
      "nop dword ptr [rax]",
      "nop dword ptr [rax + rax]",
      "nop word ptr [rax + rax]",
  };
  for (u32 length = 1; length < std::size(texts); ++length) {
    u32 start = l.code.offset();
    l.code.nop(length);
    EXPECT_EQ(l.code.offset() - start, length);
    l.expect(texts[length]);
  }
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
#define ALU(Name, function, ...) cover_alu(l, info(Alu::Name).mnemonic, CALL(function)); covered(#function);
#define SHIFT(Name, function, ...) \
  cover_shift(l, info(Shift::Name).mnemonic, CALL(function), CALL(function##_cl)); covered(#function);
#define DOUBLE_SHIFT(Name, function, ...) \
  cover_double_shift(l, info(DoubleShift::Name).mnemonic, CALL(function), CALL(function##_cl)); covered(#function);
#define UNARY(Name, function, ...) cover_unary(l, info(Unary::Name).mnemonic, CALL(function)); covered(#function);
#define RM_R(Name, function, ...) cover_rm_r(l, info(RmR::Name).mnemonic, CALL(function)); covered(#function);
#define RM_I(Name, function, ...) cover_rm_i(l, info(RmI::Name).mnemonic, CALL(function)); covered(#function);
#define LOCKED(Name, function, ...) \
  cover_locked(l, info(Locked::Name).mnemonic, CALL(lock_##function)); covered(#function);
#define R_RM(Name, function, ...) \
  cover_r_rm(l, info(RRm::Name).mnemonic, {Width::W16, Width::W32, Width::W64}, CALL(function)); covered(#function);
#define BIT(Name, function, ...) cover_bit(l, info(Bit::Name).mnemonic, CALL(function)); covered(#function);
#define VEX_R_R_RM(Name, function, ...) \
  cover_vex_gpr<VvvvPlace::Second>(l, info(VexRRRm::Name).mnemonic, CALL(function)); covered(#function);
#define VEX_R_RM_R(Name, function, ...) \
  cover_vex_gpr<VvvvPlace::Last>(l, info(VexRRmR::Name).mnemonic, CALL(function)); covered(#function);
#define VEX_R_RM(Name, function, ...) \
  cover_r_rm(l, info(VexRRm::Name).mnemonic, {Width::W32, Width::W64}, CALL(function)); covered(#function);
#define SEGMENT_BASE(Name, function, ...) \
  cover_segment_base(l, info(SegmentBase::Name).mnemonic, CALL(function)); covered(#function);
#define PLAIN(Name, function, ...) l.code.function(); l.expect(info(Plain::Name).mnemonic); covered(#function);
#define SSE(Name, function, ...)                                                                           \
  cover_sse<info(Sse::Name).vex>(l, info(Sse::Name).mnemonic, info(Sse::Name).bits, CALL(function),        \
                                 CALL(v##function));                                                       \
  covered(#function);
#define SSE_I(Name, function, ...)                                                                         \
  cover_sse_i<info(SseI::Name).vex>(l, info(SseI::Name).mnemonic, info(SseI::Name).bits, CALL(function),   \
                                    CALL(v##function));                                                    \
  covered(#function);
#define SSE_MOVE(Name, function, ...)                                                                      \
  cover_sse_move(l, #function, info(SseMove::Name).bits, info(SseMove::Name).from, CALL(function));        \
  cover_sse_move(l, "v" #function, info(SseMove::Name).bits, info(SseMove::Name).from, CALL(v##function)); \
  covered(#function);
#define SSE_SHIFT(Name, function, ...) \
  cover_sse_shift(l, info(SseShift::Name).mnemonic, CALL(function), CALL(v##function)); covered(#function);
#define SSE_TO_GPR(Name, function, ...)                                                      \
  cover_sse_to_gpr(l, #function, info(SseToGpr::Name).bits, CALL(function));                 \
  cover_sse_to_gpr(l, "v" #function, info(SseToGpr::Name).bits, CALL(v##function));          \
  covered(#function);
#define SSE_MASK(Name, function, ...)                     \
  cover_sse_mask(l, #function, CALL(function));           \
  cover_sse_mask(l, "v" #function, CALL(v##function));    \
  covered(#function);
#define GPR_TO_SSE(Name, function, ...) \
  cover_gpr_to_sse(l, info(GprToSse::Name).mnemonic, CALL(function), CALL(v##function)); covered(#function);
#define SINGLE(Name, function, parameters) cover_##Name(l); covered(#Name);
#include "engine/codegen/x64/insts.def"
}

TEST(X64Encoding, EveryRowReadsBack) {
  Listing l;
  cover_rows(l);
  std::string mismatches = l.mismatches();
  EXPECT_TRUE(mismatches.empty()) << mismatches;
}

TEST(X64Encoding, EveryAddressReadsBack) {
  Listing l;
  auto check = [&l](const Mem& mem) {
    l.code.mov(Width::W64, Gpr::R9, mem);
    l.expect("mov", {"r9", l.text(mem, 64)});
    l.code.vaddsd(Xmm::Xmm2, Xmm::Xmm10, mem);
    l.expect("vaddsd", {"xmm2", "xmm10", l.text(mem, 64)});
    if (mem.segment != Segment::None) return;
    l.code.lea(Width::W32, Gpr::Rdx, mem);
    l.expect("lea", {"edx", l.text(mem, 0)});
  };
  for (i32 disp : displacements) {
    for (Gpr base : all_gprs()) {
      check(Mem::at(base, disp));
      check(Mem::at(base, disp).gs());
      check(Mem::at(base, disp).gs().wraps());
      for (Gpr index : all_gprs()) {
        if (index == Gpr::Rsp) continue;
        for (Scale scale : scales) {
          check(Mem::indexed(base, index, scale, disp));
          check(Mem::indexed(base, index, scale, disp).gs());
          check(Mem::indexed(base, index, scale, disp).gs().wraps());
        }
      }
    }
    for (Gpr index : all_gprs()) {
      if (index == Gpr::Rsp) continue;
      for (Scale scale : scales) {
        check(Mem::scaled(index, scale, disp));
        check(Mem::scaled(index, scale, disp).gs());
        check(Mem::scaled(index, scale, disp).gs().wraps());
      }
    }
    check(Mem::absolute(disp));
    check(Mem::absolute(disp).gs());
    if (disp > -1000 && disp < 1000) check(Mem::rip(l.origin, disp));
  }
  std::string mismatches = l.mismatches();
  EXPECT_TRUE(mismatches.empty()) << mismatches;
}

// A field relative to rip counts from the end of the instruction, behind its immediate.
TEST(X64Encoding, RipRelativeBeforeImmediates) {
  Listing l;
  Mem mem = Mem::rip(l.origin, -4);
  auto expect = [&](std::string_view mnemonic, u32 bits, std::string_view immediate) {
    l.expect(mnemonic, {l.text(mem, bits), immediate});
  };
  l.code.add(Width::W8, mem, 5);
  expect("add", 8, "5");
  l.code.add(Width::W16, mem, 500);
  expect("add", 16, "500");
  l.code.add(Width::W64, mem, 5);
  expect("add", 64, "5");
  l.code.add(Width::W64, mem, 500);
  expect("add", 64, "500");
  l.code.vroundsd(Xmm::Xmm0, Xmm::Xmm1, mem, 3);
  l.expect("vroundsd", {"xmm0", "xmm1", l.text(mem, 64), "3"});
  std::string mismatches = l.mismatches();
  EXPECT_TRUE(mismatches.empty()) << mismatches;
}

// The shortest encodings are the ones taken.
TEST(X64Encoding, Lengths) {
  Assembler a(CpuFeatures::all());
  auto length = [&a](auto emit) {
    u32 start = a.offset();
    emit();
    return a.offset() - start;
  };
  EXPECT_EQ(length([&] { a.mov_constant(Gpr::Rax, 0xffffffff); }), 5u);
  EXPECT_EQ(length([&] { a.mov_constant(Gpr::R8, 1); }), 6u);
  EXPECT_EQ(length([&] { a.mov_constant(Gpr::R8, u64(-1)); }), 7u);
  EXPECT_EQ(length([&] { a.mov_constant(Gpr::R8, u64{1} << 32); }), 10u);
  EXPECT_EQ(length([&] { a.mov_absolute(Gpr::R8, 1); }), 10u);
  EXPECT_EQ(length([&] { a.add(Width::W32, Gpr::Rcx, Gpr::Rax); }), 2u);
  EXPECT_EQ(length([&] { a.add(Width::W8, Gpr::Rcx, Gpr::Rax); }), 2u);
  EXPECT_EQ(length([&] { a.add(Width::W8, Gpr::Rcx, Gpr::Rsi); }), 3u);
  EXPECT_EQ(length([&] { a.add(Width::W64, Gpr::Rcx, -128); }), 4u);
  EXPECT_EQ(length([&] { a.add(Width::W16, Gpr::Rcx, 0xffff); }), 4u);
  EXPECT_EQ(length([&] { a.add(Width::W32, Gpr::Rax, 128); }), 5u);
  EXPECT_EQ(length([&] { a.add(Width::W32, Gpr::Rcx, 128); }), 6u);
  EXPECT_EQ(length([&] { a.shl(Width::W32, Gpr::Rcx, 1); }), 2u);
  EXPECT_EQ(length([&] { a.movzx(Width::W8, Gpr::Rax, Mem::at(Gpr::Rsi)); }), 3u);
  EXPECT_EQ(length([&] { a.movzx(Width::W8, Gpr::Rsi, Gpr::Rax); }), 3u);
  EXPECT_EQ(length([&] { a.mov(Width::W32, Gpr::Rax, Mem::at(Gpr::Rcx, 127).gs()); }), 4u);
  EXPECT_EQ(length([&] { a.vaddsd(Xmm::Xmm8, Xmm::Xmm9, Xmm::Xmm7); }), 4u);
  EXPECT_EQ(length([&] { a.vaddsd(Xmm::Xmm7, Xmm::Xmm6, Xmm::Xmm8); }), 5u);
  EXPECT_EQ(length([&] { a.push(1); }), 2u);
}

TEST(X64Registers, ConditionsInvertAndCommute) {
  EXPECT_EQ(invert(Condition::Less), Condition::GreaterEqual);
  EXPECT_EQ(invert(Condition::Above), Condition::BelowEqual);
  EXPECT_EQ(invert(Condition::NotParity), Condition::Parity);
  for (u32 code = 0; code < 16; ++code) EXPECT_EQ(invert(invert(Condition(code))), Condition(code));
  // x < y exactly if y > x, and so on, over a few pairs.
  auto holds = [](Condition condition, i32 x, i32 y) {
    switch (condition) {
      case Condition::Below: return u32(x) < u32(y);
      case Condition::AboveEqual: return u32(x) >= u32(y);
      case Condition::BelowEqual: return u32(x) <= u32(y);
      case Condition::Above: return u32(x) > u32(y);
      case Condition::Less: return x < y;
      case Condition::GreaterEqual: return x >= y;
      case Condition::LessEqual: return x <= y;
      case Condition::Greater: return x > y;
      case Condition::Equal: return x == y;
      default: return x != y;
    }
  };
  for (Condition condition : {Condition::Below, Condition::AboveEqual, Condition::BelowEqual, Condition::Above,
                              Condition::Less, Condition::GreaterEqual, Condition::LessEqual, Condition::Greater,
                              Condition::Equal, Condition::NotEqual})
    for (i32 x : {-1, 0, 1})
      for (i32 y : {-1, 0, 1}) {
        EXPECT_EQ(holds(condition, x, y), holds(commute(condition), y, x));
        EXPECT_NE(holds(condition, x, y), holds(invert(condition), x, y));
      }
}

}  // namespace
}  // namespace skerry::x64
