// The pieces of code around functions (codegen/target.h, StubKind) for riscv64.

#include <algorithm>

#include "engine/codegen/parallel_move.h"
#include "engine/codegen/riscv64/assembler.h"
#include "engine/codegen/riscv64/convention.h"
#include "engine/codegen/riscv64/target.h"

namespace skerry::riscv64 {

namespace {

using codegen::Move;
using codegen::Place;

// The frame of enter, below the saved s0: what it keeps, and the Activation at its end.
//
//   [s0 - 8 .. -88]   s1 to s11
//   [s0 - 96]         values
//   [s0 - 104]        StoreState*
//   [s0 - 144 ..]     Activation
//
// s11, the memory base of whoever entered, is one of those that are kept.
constexpr i32 values_at = -96, store_at = -104, activation_at = -144;
constexpr Gpr kept_by_host[] = {Gpr::S1, Gpr::S2, Gpr::S3, Gpr::S4, Gpr::S5, Gpr::S6,
                                Gpr::S7, Gpr::S8, Gpr::S9, Gpr::S10, Gpr::S11};
static_assert(sizeof(Activation) == 32);

// Where the host's functions expect arguments (the psABI's LP64D): a float without a register of its own
// is passed as an integer.
class HostPlaces {
 public:
  struct Where {
    enum class Kind : u8 { Gpr, Fpr, Word } kind;
    u32 index;
  };
  Where next(bool is_float) {
    if (is_float && fprs_ < 8) return {Where::Kind::Fpr, number(Fpr::Fa0) + fprs_++};
    if (gprs_ < 8) return {Where::Kind::Gpr, number(Gpr::A0) + gprs_++};
    return {Where::Kind::Word, words_++};
  }
  u32 words() const { return words_; }

 private:
  u32 gprs_ = 0, fprs_ = 0, words_ = 0;
};

class Stub {
 public:
  explicit Stub(CpuFeatures cpu) : a_(cpu) {}

  // Appends the code, and answers where.
  u32 finish(Array<u8>& code) {
    static_assert(codegen::Target::stub_alignment % CodeBuffer::alignment() == 0);
    a_.finish();
    code.resize(align_up(code.size(), codegen::Target::stub_alignment));
    u32 at = u32(code.size());
    code.insert(code.end(), a_.code().begin(), a_.code().end());
    return at;
  }

  void enter(const FuncType& type);
  void bridge(const FuncType& type);
  void call_host(const FuncType& type);
  void call_host_array(const FuncType& type);
  void call_builtin(const FuncType& type, const void* address);
  void compile_lazily(const void* address);
  void warm_up(const void* address);
  void slot_entry(const void* address);
  void unwind();
  void tail_return();
  void far_entry();

 private:
  void ld(Gpr to, const Mem& from) { a_.ld(to, a_.near(from)); }
  void sd(const Mem& to, Gpr from) { a_.sd(a_.near(to), from); }
  void fld(Fpr to, const Mem& from) { a_.fload(Width::W64, to, a_.near(from)); }
  void fsd(const Mem& to, Fpr from) { a_.fstore(Width::W64, a_.near(to), from); }
  // A frame of `size` bytes below the two words that every frame begins with.
  void push_frame(u32 size) {
    a_.addi(Gpr::Sp, Gpr::Sp, -16);
    a_.sd(Mem::at(Gpr::Sp, 8), Gpr::Ra);
    a_.sd(Mem::at(Gpr::Sp), frame_register);
    a_.mv(frame_register, Gpr::Sp);
    move_stack(-i64(size));
  }
  void move_stack(i64 by) {
    if (by == 0) return;
    Mem to = a_.near(Mem::at(Gpr::Sp, i32(by)));
    a_.addi(Gpr::Sp, to.base, to.disp);
  }
  void pop_frame() {
    a_.mv(Gpr::Sp, frame_register);
    a_.ld(Gpr::Ra, Mem::at(Gpr::Sp, 8));
    a_.ld(frame_register, Mem::at(Gpr::Sp));
    a_.addi(Gpr::Sp, Gpr::Sp, 16);
  }
  // The memory base follows s1.
  void set_memory_base() { a_.ld(memory_base_register, Mem::at(instance_register, offsetof(InstanceHeader, memory_base))); }
  void switch_instance() {
    a_.ld(instance_register, Mem::at(far_register, offsetof(FuncRecord, instance)));
    set_memory_base();
  }
  void load_runtime_stub(RuntimeStub stub) {
    a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
    a_.ld(scratch_gpr, Mem::at(scratch_gpr, 8 * i32(builtin_slot(stub))));
  }
  // From the Activation, with s0 set, back to the host with a0.
  void leave_to_host() {
    a_.ld(Gpr::A1, Mem::at(frame_register, store_at));
    a_.ld(Gpr::A2, Mem::at(frame_register, activation_at + i32(offsetof(Activation, previous))));
    a_.sd(Mem::at(Gpr::A1, offsetof(StoreState, activation)), Gpr::A2);
    i32 at = 0;
    for (Gpr reg : kept_by_host) a_.ld(reg, Mem::at(frame_register, at -= 8));
    pop_frame();
    a_.ret();
  }
  // Notes in the activation where the guest's stack ends; the frame is there. Uses t2.
  void note_exit() {
    a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
    a_.ld(scratch_gpr, Mem::at(scratch_gpr, offsetof(StoreState, activation)));
    a_.sd(Mem::at(scratch_gpr, offsetof(Activation, exit_frame_pointer)), frame_register);
  }
  // Goes on to `raise` if the host left a trap. Uses t2 and t1.
  void test_pending(Label raise) {
    a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
    a_.lw(far_register, Mem::at(scratch_gpr, offsetof(StoreState, pending_trap)));
    a_.branch(Condition::NotEqual, far_register, Gpr::Zero, raise);
  }
  // t2: StoreState*, t1: what is pending
  void raise_pending() {
    a_.addi(Gpr::A0, far_register, -1);
    a_.mv(Gpr::A1, scratch_gpr);
    // Not in line: an interruption must find by its address that the way out has begun (docs/abi.md).
    load_runtime_stub(RuntimeStub::Leave);
    a_.jr(scratch_gpr);
  }
  // A value from a cell, of which a narrow one has anything in the upper half.
  void load_cell(ValueType type, u32 reg, const Mem& from) {
    Mem near = a_.near(from);
    if (ir::is_float(ir::type_of(type))) a_.fload(narrow(type) ? Width::W32 : Width::W64, fpr(reg), near);
    else a_.emit(narrow(type) ? Load::Lw : Load::Ld, Gpr(reg), near);
  }
  // To a cell, whose upper half is then zero if the value is narrow.
  void store_cell(ValueType type, const Mem& to, u32 reg) {
    bool is_float = ir::is_float(ir::type_of(type));
    Mem near = a_.near(to);
    if (is_float) a_.fstore(narrow(type) ? Width::W32 : Width::W64, near, fpr(reg));
    else a_.emit(narrow(type) ? Store::Sw : Store::Sd, near, Gpr(reg));
    if (narrow(type)) a_.sw(a_.near(Mem::at(to.base, to.disp + 4)), Gpr::Zero);
  }
  // From a cell to a word of the convention, which holds what a register would; through `gpr` or ft11.
  void cell_to_word(ValueType type, const Mem& to, const Mem& from, Gpr gpr) {
    bool is_float = ir::is_float(ir::type_of(type));
    u32 reg = is_float ? register_number(scratch_fpr) : register_number(gpr);
    load_cell(type, reg, from);
    if (is_float) fsd(to, scratch_fpr);
    else sd(to, gpr);
  }
  void word_to_cell(ValueType type, const Mem& to, const Mem& from) {
    bool is_float = ir::is_float(ir::type_of(type));
    if (is_float) fld(scratch_fpr, from);
    else ld(scratch_gpr, from);
    store_cell(type, to, is_float ? register_number(scratch_fpr) : register_number(scratch_gpr));
  }
  void load_results(const FuncType& type, i32 at, i32 kept_at);
  void resolve(codegen::ParallelMove& moves) {
    constexpr u32 scratch[2] = {register_number(scratch_gpr), register_number(scratch_fpr)};
    moves.resolve(scratch, [&](const Move& move) {
      u32 to = move.to.reg(), from = move.from.place.reg();
      bool from_float = codegen::class_of(from) == codegen::RegClass::Float;
      if (codegen::class_of(to) != codegen::RegClass::Float && from_float) a_.fmv(Width::W64, Gpr(to), fpr(from));
      else if (from_float) a_.fmv(Width::W64, fpr(to), fpr(from));
      else a_.mv(Gpr(to), Gpr(from));
    });
  }
  static Fpr fpr(u32 reg) { return Fpr(reg - codegen::float_register_base); }
  static bool narrow(ValueType type) { return type != ValueType::I64 && type != ValueType::F64; }

  Assembler a_;
};

// a0: StoreState*, a1: FuncRecord*, a2: values
void Stub::enter(const FuncType& type) {
  push_frame(u32(-activation_at));
  i32 at = 0;
  for (Gpr reg : kept_by_host) a_.sd(Mem::at(frame_register, at -= 8), reg);
  a_.sd(Mem::at(frame_register, values_at), Gpr::A2);
  a_.sd(Mem::at(frame_register, store_at), Gpr::A0);
  a_.ld(scratch_gpr, Mem::at(Gpr::A0, offsetof(StoreState, activation)));
  a_.sd(Mem::at(Gpr::Sp, offsetof(Activation, previous)), scratch_gpr);
  a_.sd(Mem::at(Gpr::Sp, offsetof(Activation, entry_stack_pointer)), Gpr::Sp);
  a_.sd(Mem::at(Gpr::Sp, offsetof(Activation, exit_frame_pointer)), Gpr::Zero);
  a_.sd(Mem::at(Gpr::A0, offsetof(StoreState, activation)), Gpr::Sp);

  u32 words = convention.stack_arguments(type), overflow = convention.overflowing_results(type);
  move_stack(-i64(align_up(8 * u64(words + overflow), 16)));
  // A host function has no code, and is reached as from anywhere else.
  Gpr values = Gpr::S3, code = Gpr::S2;
  Label guest = a_.new_label();
  a_.mv(far_register, Gpr::A1);
  a_.mv(values, Gpr::A2);
  switch_instance();
  a_.ld(code, Mem::at(far_register, offsetof(FuncRecord, code)));
  a_.branch(Condition::NotEqual, code, Gpr::Zero, guest);
  a_.ld(code, Mem::at(far_register, offsetof(FuncRecord, far_code)));
  a_.bind(guest);
  PlaceCounter places = convention.argument_places();
  if (overflow) {
    places.next(false);
    Mem results = a_.near(Mem::at(Gpr::Sp, 8 * i32(words)));
    a_.addi(argument_gprs[0], results.base, results.disp);
  }
  for (u32 i = 0; i < type.params.size(); ++i) {
    ValueType param = type.params[i];
    Mem from = Mem::at(values, 8 * i32(i));
    auto where = places.next(ir::is_float(ir::type_of(param)));
    if (where.in_register) load_cell(param, where.index, from);
    else cell_to_word(param, Mem::at(Gpr::Sp, 8 * i32(where.index)), from, scratch_gpr);
  }
  a_.call(code);

  a_.ld(values, Mem::at(frame_register, values_at));
  PlaceCounter results = convention.result_places();
  for (u32 i = 0; i < type.results.size(); ++i) {
    ValueType result = type.results[i];
    Mem to = Mem::at(values, 8 * i32(i));
    auto where = results.next(ir::is_float(ir::type_of(result)));
    if (where.in_register) store_cell(result, to, where.index);
    else word_to_cell(result, to, Mem::at(Gpr::Sp, 8 * i32(words + where.index)));
  }
  a_.li(Gpr::A0, 0);
  leave_to_host();
}

// a0: TrapCode, a1: StoreState*
void Stub::unwind() {
  a_.ld(scratch_gpr, Mem::at(Gpr::A1, offsetof(StoreState, activation)));
  a_.ld(Gpr::Sp, Mem::at(scratch_gpr, offsetof(Activation, entry_stack_pointer)));
  a_.addi(frame_register, Gpr::Sp, -activation_at);
  a_.addiw(Gpr::A0, Gpr::A0, 1);
  leave_to_host();
}

void Stub::tail_return() {
  a_.ld(instance_register, Mem::at(frame_register, -8));
  set_memory_base();
  pop_frame();
  a_.ret();
}

void Stub::far_entry() {
  far_record_from_entry(a_, entry_register);
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, far_code)));
  a_.jr(scratch_gpr);
}

void Stub::bridge(const FuncType& type) {
  Label push = a_.new_label();
  load_runtime_stub(RuntimeStub::TailReturn);
  a_.branch(Condition::NotEqual, scratch_gpr, Gpr::Ra, push);
  switch_instance();
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, code)));
  a_.jr(scratch_gpr);

  a_.bind(push);
  u32 words = convention.stack_arguments(type);
  push_frame(u32(16 + align_up(8 * u64(words), 16)));
  a_.sd(Mem::at(frame_register, -8), instance_register);
  a_.li(scratch_gpr, words);
  a_.sd(Mem::at(frame_register, -16), scratch_gpr);
  for (u32 i = 0; i < words; ++i) {
    ld(scratch_gpr, Mem::at(frame_register, 16 + 8 * i32(i)));
    sd(Mem::at(Gpr::Sp, 8 * i32(i)), scratch_gpr);
  }
  load_runtime_stub(RuntimeStub::TailReturn);
  a_.mv(Gpr::Ra, scratch_gpr);
  switch_instance();
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, code)));
  a_.jr(scratch_gpr);
}

void Stub::call_host(const FuncType& type) {
  u32 result_count = u32(type.results.size());
  bool by_pointer = result_count > 1;
  bool overflow = convention.overflowing_results(type) != 0;
  HostPlaces to_first;
  to_first.next(false);  // environment
  to_first.next(false);  // caller
  if (by_pointer) to_first.next(false);
  HostPlaces to = to_first;
  for (ValueType param : type.params) to.next(ir::is_float(ir::type_of(param)));
  u32 host_words = to.words();
  u32 result_words = by_pointer ? result_count : 0;
  u32 kept_words = overflow ? 1 : 0;  // where our own caller wants results that overflow
  // [sp ..] the host's words, then results, then what is kept. The host's own frames check nothing; its share of the
  // stack lies below the limit.
  push_frame(u32(align_up(8 * u64(host_words + result_words + kept_words), 16)));
  note_exit();
  i32 kept_at = 8 * i32(host_words + result_words);
  PlaceCounter from_first = convention.argument_places();
  if (overflow) {
    from_first.next(false);
    sd(Mem::at(Gpr::Sp, kept_at), argument_gprs[0]);
  }

  codegen::ParallelMove moves;
  using Kind = HostPlaces::Where::Kind;
  enum class Round : u8 { ToWords, Registers, FromWords };
  for (Round round : {Round::ToWords, Round::Registers, Round::FromWords}) {
    PlaceCounter source = from_first;
    HostPlaces destination = to_first;
    for (ValueType param : type.params) {
      ir::Type t = ir::type_of(param);
      auto s = source.next(ir::is_float(t));
      auto d = destination.next(ir::is_float(t));
      Mem source_word = Mem::at(frame_register, 16 + 8 * i32(s.index)), destination_word = Mem::at(Gpr::Sp, 8 * i32(d.index));
      u32 destination_register = d.kind == Kind::Fpr ? codegen::float_register_base + d.index : d.index;
      if (round == Round::ToWords && d.kind == Kind::Word) {
        if (!s.in_register) {
          ld(scratch_gpr, source_word);
          sd(destination_word, scratch_gpr);
        } else if (ir::is_float(t)) {
          fsd(destination_word, fpr(s.index));
        } else {
          sd(destination_word, Gpr(s.index));
        }
      } else if (round == Round::Registers && s.in_register && d.kind != Kind::Word) {
        moves.add({Place::reg(destination_register), {Place::reg(s.index)}, t});
      } else if (round == Round::FromWords && !s.in_register && d.kind != Kind::Word) {
        if (d.kind == Kind::Fpr) fld(fpr(destination_register), source_word);
        else ld(Gpr(destination_register), source_word);
      }
    }
    if (round == Round::Registers) resolve(moves);
  }
  a_.ld(Gpr::A0, Mem::at(far_register, offsetof(FuncRecord, host_environment)));
  a_.mv(Gpr::A1, instance_register);
  if (by_pointer) {
    Mem results = a_.near(Mem::at(Gpr::Sp, 8 * i32(host_words)));
    a_.addi(Gpr::A2, results.base, results.disp);
  }
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, host_function)));
  a_.call(scratch_gpr);

  Label raise = a_.new_label();
  test_pending(raise);
  if (result_count == 1) {
    // The host may leave anything in the upper half, and an f32 without its box.
    ValueType result = type.results[0];
    if (ir::is_float(ir::type_of(result))) {
      if (narrow(result)) {
        a_.fmv(Width::W32, scratch_gpr, Fpr::Fa0);
        a_.fmv(Width::W32, Fpr::Fa0, scratch_gpr);
      }
    } else if (narrow(result)) {
      a_.sext_w(Gpr::A0, Gpr::A0);
    }
  } else if (by_pointer) {
    load_results(type, 8 * i32(host_words), kept_at);
  }
  pop_frame();
  a_.ret();
  a_.bind(raise);
  raise_pending();
}

// [sp ..] the values, then where our own caller wants results that overflow.
void Stub::call_host_array(const FuncType& type) {
  u32 count = u32(std::max(type.params.size(), type.results.size()));
  bool overflow = convention.overflowing_results(type) != 0;
  push_frame(u32(align_up(8 * u64(count + overflow), 16)));
  note_exit();
  PlaceCounter arguments = convention.argument_places();
  if (overflow) {
    arguments.next(false);
    sd(Mem::at(Gpr::Sp, 8 * i32(count)), argument_gprs[0]);
  }
  for (u32 i = 0; i < type.params.size(); ++i) {
    ValueType param = type.params[i];
    auto where = arguments.next(ir::is_float(ir::type_of(param)));
    Mem cell = Mem::at(Gpr::Sp, 8 * i32(i));
    if (where.in_register) store_cell(param, cell, where.index);
    else word_to_cell(param, cell, Mem::at(frame_register, 16 + 8 * i32(where.index)));
  }
  a_.ld(Gpr::A0, Mem::at(far_register, offsetof(FuncRecord, host_environment)));
  a_.mv(Gpr::A1, instance_register);
  a_.mv(Gpr::A2, Gpr::Sp);
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, host_function)));
  a_.call(scratch_gpr);
  Label raise = a_.new_label();
  test_pending(raise);
  load_results(type, 0, 8 * i32(count));
  pop_frame();
  a_.ret();
  a_.bind(raise);
  raise_pending();
}

// Results in cells at [sp + at ..] go to where the convention has them; the address for
// those that overflow is kept at [sp + kept_at].
void Stub::load_results(const FuncType& type, i32 at, i32 kept_at) {
  if (convention.overflowing_results(type)) ld(far_register, Mem::at(Gpr::Sp, kept_at));
  PlaceCounter places = convention.result_places();
  for (u32 i = 0; i < type.results.size(); ++i) {
    ValueType result = type.results[i];
    Mem cell = Mem::at(Gpr::Sp, at + 8 * i32(i));
    auto where = places.next(ir::is_float(ir::type_of(result)));
    if (where.in_register) load_cell(result, where.index, cell);
    else cell_to_word(result, Mem::at(far_register, 8 * i32(where.index)), cell, scratch_gpr);
  }
}

// All arguments are kept: eight integers and eight floats.
void Stub::compile_lazily(const void* address) {
  constexpr u32 gprs = std::size(argument_gprs), fprs = convention.floats;
  push_frame(8 * (gprs + fprs));
  auto keep = [&](auto integer, auto floating) {
    i32 at = 0;
    for (Gpr reg : argument_gprs) integer(reg, Mem::at(Gpr::Sp, 8 * at++));
    for (u32 i = 0; i < fprs; ++i) floating(Fpr(number(Fpr::Fa0) + i), Mem::at(Gpr::Sp, 8 * at++));
  };
  keep([&](Gpr reg, Mem word) { a_.sd(word, reg); }, [&](Fpr reg, Mem word) { a_.fstore(Width::W64, word, reg); });
  a_.mv(far_register, scratch_gpr);
  note_exit();
  a_.mv(Gpr::A0, instance_register);
  a_.mv(Gpr::A1, far_register);
  a_.li(scratch_gpr, u64(address));
  a_.call(scratch_gpr);
  a_.mv(assembler_gpr, Gpr::A0);
  Label raise = a_.new_label();
  test_pending(raise);
  a_.mv(far_register, assembler_gpr);
  keep([&](Gpr reg, Mem word) { a_.ld(reg, word); }, [&](Fpr reg, Mem word) { a_.fload(Width::W64, reg, word); });
  pop_frame();
  a_.jr(far_register);
  a_.bind(raise);
  raise_pending();
}

// The record is this stub's frame, with the two words that every frame begins with.
void Stub::warm_up(const void* address) {
  static_assert(offsetof(WarmUpFrame, frame_pointer) % 16 == 0);
  static_assert(offsetof(WarmUpFrame, return_address) == offsetof(WarmUpFrame, frame_pointer) + 8);
  const codegen::RegisterFile& file = register_file;
  auto each = [&](auto integer, auto floating) {
    for (const codegen::RegisterFile::Class& all : file.classes) {
      for (u32 i = 0; i < all.count; ++i) {
        u32 reg = all.order[i];
        Mem word = Mem::at(Gpr::Sp, 8 * i32(reg));
        if (codegen::class_of(reg) == codegen::RegClass::Int) integer(Gpr(reg), word);
        else floating(fpr(reg), word);
      }
    }
  };
  push_frame(offsetof(WarmUpFrame, frame_pointer));
  each([&](Gpr reg, Mem word) { a_.sd(word, reg); }, [&](Fpr reg, Mem word) { a_.fstore(Width::W64, word, reg); });
  a_.mv(Gpr::A2, scratch_gpr);
  note_exit();
  a_.mv(Gpr::A0, instance_register);
  a_.mv(Gpr::A1, Gpr::Sp);
  a_.li(scratch_gpr, u64(address));
  a_.call(scratch_gpr);
  a_.mv(assembler_gpr, Gpr::A0);
  Label raise = a_.new_label(), leave = a_.new_label();
  test_pending(raise);
  a_.branch(Condition::NotEqual, assembler_gpr, Gpr::Zero, leave);
  each([&](Gpr reg, Mem word) { a_.ld(reg, word); }, [&](Fpr reg, Mem word) { a_.fload(Width::W64, reg, word); });
  pop_frame();
  a_.ret();
  // The caller's frame goes as well.
  a_.bind(leave);
  a_.mv(far_register, assembler_gpr);
  for (Gpr reg : callee_saved) a_.ld(reg, Mem::at(Gpr::Sp, 8 * i32(register_number(reg))));
  a_.ld(argument_gprs[0], Mem::at(Gpr::Sp, offsetof(WarmUpFrame, result_pointer)));
  a_.ld(frame_register, Mem::at(frame_register));
  pop_frame();
  a_.jr(far_register);
  a_.bind(raise);
  raise_pending();
}

// t2 holds the slot's address at the jump.
void Stub::slot_entry(const void* address) {
  a_.li(scratch_gpr, u64(address));
  a_.ld(far_register, Mem::at(scratch_gpr));
  a_.jr(far_register);
}

void Stub::call_builtin(const FuncType& type, const void* address) {
  push_frame(0);
  note_exit();
  a_.li(scratch_gpr, u64(address));
  a_.call(scratch_gpr);
  Label raise = a_.new_label();
  test_pending(raise);
  if (!type.results.empty() && narrow(type.results[0])) a_.sext_w(Gpr::A0, Gpr::A0);
  pop_frame();
  a_.ret();
  a_.bind(raise);
  raise_pending();
}

}  // namespace

u32 add_stub(CpuFeatures cpu, codegen::StubKind kind, const FuncType* type, const void* address, Array<u8>& code) {
  Stub stub(cpu);
  switch (kind) {
    case codegen::StubKind::Enter: stub.enter(*type); break;
    case codegen::StubKind::Bridge: stub.bridge(*type); break;
    case codegen::StubKind::CallHost: stub.call_host(*type); break;
    case codegen::StubKind::CallHostArray: stub.call_host_array(*type); break;
    case codegen::StubKind::CallBuiltin: stub.call_builtin(*type, address); break;
    case codegen::StubKind::CompileLazily: stub.compile_lazily(address); break;
    case codegen::StubKind::WarmUp: stub.warm_up(address); break;
    case codegen::StubKind::SlotEntry: stub.slot_entry(address); break;
    case codegen::StubKind::Unwind: stub.unwind(); break;
    case codegen::StubKind::TailReturn: stub.tail_return(); break;
    case codegen::StubKind::FarEntry: stub.far_entry(); break;
  }
  return stub.finish(code);
}

}  // namespace skerry::riscv64
