// The pieces of code around functions (codegen/target.h, StubKind) for x86-64.

#include <algorithm>

#include "engine/codegen/parallel_move.h"
#include "engine/codegen/x64/convention.h"
#include "engine/codegen/x64/target.h"
#include "engine/codegen/x64/assembler.h"

namespace skerry::x64 {

namespace {

using codegen::Move;
using codegen::Place;

// The frame of enter, below the saved rbp: what it keeps, and the Activation at its end.
//
//   [rbp - 8 .. -40]  rbx, r12, r13, r14, r15
//   [rbp - 48]        values
//   [rbp - 56]        the GS base of whoever entered
//   [rbp - 64]        StoreState*
//   [rbp - 96 ..]     Activation
constexpr i32 values_at = -48, gs_at = -56, store_at = -64, activation_at = -96;
constexpr Gpr kept_by_host[] = {Gpr::Rbx, Gpr::R12, Gpr::R13, Gpr::R14, Gpr::R15};
static_assert(sizeof(Activation) == 32);

class Stub {
 public:
  explicit Stub(CpuFeatures cpu) : a_(cpu), gs_(cpu.has(CpuFeature::Fsgsbase)) {}

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
  // The instructions that stubs consist of, out of line: they are written here dozens of times.
  [[gnu::noinline]] void load(Gpr to, Gpr base, i32 at) { a_.mov(Width::W64, to, Mem::at(base, at)); }
  [[gnu::noinline]] void store(Gpr base, i32 at, Gpr from) { a_.mov(Width::W64, Mem::at(base, at), from); }
  [[gnu::noinline]] void copy(Gpr to, Gpr from) { a_.mov(Width::W64, to, from); }
  // The memory base follows r14.
  void set_memory_base() {
    if (!gs_) return;
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, memory_base));
    a_.wrgsbase(scratch_gpr);
  }
  // From the Activation at rsp, with rbp set, back to the host with eax.
  void leave_to_host() {
    load(Gpr::Rdi, Gpr::Rbp, store_at);
    load(Gpr::Rcx, Gpr::Rbp, activation_at + i32(offsetof(Activation, previous)));
    store(Gpr::Rdi, offsetof(StoreState, activation), Gpr::Rcx);
    if (gs_) {
      // The outermost leaves the memory base where it is: hosts do not use it, and writing it costs as much as
      // many calls. A guest further out, of this store or of another, finds its own again.
      Label kept = a_.new_label();
      a_.or_(Width::W64, Gpr::Rcx, Mem::at(Gpr::Rdi, offsetof(StoreState, is_nested)));
      a_.jcc(Condition::Equal, kept, Reach::Short);
      load(Gpr::Rcx, Gpr::Rbp, gs_at);
      a_.rdgsbase(Gpr::Rdx);
      a_.cmp(Width::W64, Gpr::Rcx, Gpr::Rdx);
      a_.jcc(Condition::Equal, kept, Reach::Short);
      a_.wrgsbase(Gpr::Rcx);
      a_.bind(kept);
    }
    i32 at = 0;
    for (Gpr reg : kept_by_host) load(reg, Gpr::Rbp, at -= 8);
    a_.leave();
    a_.ret();
  }
  // Notes in the activation where the guest's stack ends. Uses r11.
  void note_exit() {
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, store));
    load(scratch_gpr, scratch_gpr, offsetof(StoreState, activation));
    store(scratch_gpr, offsetof(Activation, exit_frame_pointer), Gpr::Rbp);
  }
  // Goes on to `raise` if the host left a trap. Uses r11.
  void test_pending(Label raise) {
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, store));
    a_.cmp(Width::W32, Mem::at(scratch_gpr, offsetof(StoreState, pending_trap)), 0);
    a_.jcc(Condition::NotEqual, raise);
  }
  // r11: StoreState*
  void raise_pending() {
    a_.mov(Width::W32, Gpr::Rdi, Mem::at(scratch_gpr, offsetof(StoreState, pending_trap)));
    a_.sub(Width::W32, Gpr::Rdi, 1);
    copy(Gpr::Rsi, scratch_gpr);
    // Not in line: an interruption must find by its address that the way out has begun (docs/abi.md).
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, builtins));
    a_.jmp(Mem::at(scratch_gpr, 8 * i32(builtin_slot(RuntimeStub::Leave))));
  }
  void load_results(const FuncType& type, i32 at, i32 kept_at);
  void resolve(codegen::ParallelMove& moves) {
    constexpr u32 scratch[2] = {register_number(scratch_gpr), register_number(scratch_xmm)};
    moves.resolve(scratch, [&](const Move& move) {
      u32 to = move.to.reg(), from = move.from.place.reg();
      if (ir::is_float(move.type)) a_.movaps(Xmm(to - codegen::float_register_base), Xmm(from - codegen::float_register_base));
      else copy(Gpr(to), Gpr(from));
    });
  }
  static Xmm xmm(u32 reg) { return Xmm(reg - codegen::float_register_base); }
  static bool narrow(ValueType type) { return type != ValueType::I64 && type != ValueType::F64; }

  Assembler a_;
  bool gs_;
};

void Stub::enter(const FuncType& type) {
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  for (Gpr reg : kept_by_host) a_.push(reg);
  a_.push(Gpr::Rdx);
  if (gs_) a_.rdgsbase(Gpr::Rax);
  a_.push(Gpr::Rax);
  a_.push(Gpr::Rdi);
  a_.sub(Width::W64, Gpr::Rsp, i32(sizeof(Activation)));
  load(Gpr::Rax, Gpr::Rdi, offsetof(StoreState, activation));
  store(Gpr::Rsp, offsetof(Activation, previous), Gpr::Rax);
  store(Gpr::Rsp, offsetof(Activation, entry_stack_pointer), Gpr::Rsp);
  a_.mov(Width::W64, Mem::at(Gpr::Rsp, offsetof(Activation, exit_frame_pointer)), 0);
  store(Gpr::Rdi, offsetof(StoreState, activation), Gpr::Rsp);

  u32 words = stack_arguments(type), overflow = overflowing_results(type);
  u32 area = u32(align_up(8 * u64(words + overflow), 16));
  if (area) a_.sub(Width::W64, Gpr::Rsp, i32(area));
  // A host function has no code, and is reached as from anywhere else.
  Gpr values = scratch_gpr, code = Gpr::Rbx;
  Label guest = a_.new_label();
  copy(far_register, Gpr::Rsi);
  load(instance_register, Gpr::Rsi, offsetof(FuncRecord, instance));
  load(code, Gpr::Rsi, offsetof(FuncRecord, code));
  a_.test(Width::W64, code, code);
  a_.jcc(Condition::NotEqual, guest);
  load(code, Gpr::Rsi, offsetof(FuncRecord, far_code));
  a_.bind(guest);
  if (gs_) {
    Label same = a_.new_label();
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, memory_base));
    a_.cmp(Width::W64, scratch_gpr, Mem::at(Gpr::Rbp, gs_at));
    a_.jcc(Condition::Equal, same, Reach::Short);
    a_.wrgsbase(scratch_gpr);
    a_.bind(same);
  }
  copy(values, Gpr::Rdx);
  // A word may have anything in the upper half where a value is narrow.
  PlaceCounter places = argument_places();
  if (overflow) {
    places.next(false);
    a_.lea(Width::W64, argument_gprs[0], Mem::at(Gpr::Rsp, 8 * i32(words)));
  }
  for (u32 i = 0; i < type.params.size(); ++i) {
    ValueType param = type.params[i];
    Mem from = Mem::at(values, 8 * i32(i));
    auto where = places.next(ir::is_float(ir::type_of(param)));
    if (!where.in_register) {
      a_.mov(narrow(param) ? Width::W32 : Width::W64, Gpr::R12, from);
      store(Gpr::Rsp, 8 * i32(where.index), Gpr::R12);
    } else if (param == ValueType::F32) {
      a_.movss(xmm(where.index), from);
    } else if (param == ValueType::F64) {
      a_.movsd(xmm(where.index), from);
    } else {
      a_.mov(narrow(param) ? Width::W32 : Width::W64, Gpr(where.index), from);
    }
  }
  a_.call(code);

  load(values, Gpr::Rbp, values_at);
  PlaceCounter results = result_places();
  for (u32 i = 0; i < type.results.size(); ++i) {
    ValueType result = type.results[i];
    Mem to = Mem::at(values, 8 * i32(i));
    auto where = results.next(ir::is_float(ir::type_of(result)));
    if (!where.in_register) {
      load(far_register, Gpr::Rsp, 8 * i32(words + where.index));
      a_.mov(Width::W64, to, far_register);
    } else if (result == ValueType::F32) {
      a_.mov(Width::W64, to, 0);
      a_.movss(to, xmm(where.index));
    } else if (result == ValueType::F64) {
      a_.movsd(to, xmm(where.index));
    } else {
      a_.mov(Width::W64, to, Gpr(where.index));
    }
  }
  a_.xor_(Width::W32, Gpr::Rax, Gpr::Rax);
  leave_to_host();
}

// rdi: TrapCode, rsi: StoreState*
void Stub::unwind() {
  load(Gpr::Rcx, Gpr::Rsi, offsetof(StoreState, activation));
  load(Gpr::Rsp, Gpr::Rcx, offsetof(Activation, entry_stack_pointer));
  a_.lea(Width::W64, Gpr::Rbp, Mem::at(Gpr::Rsp, -activation_at));
  a_.lea(Width::W32, Gpr::Rax, Mem::at(Gpr::Rdi, 1));
  leave_to_host();
}

void Stub::tail_return() {
  load(instance_register, Gpr::Rbp, -8);
  set_memory_base();
  a_.leave();
  a_.ret();
}

void Stub::far_entry() {
  far_record_from_entry(a_);
  a_.jmp(Mem::at(far_register, offsetof(FuncRecord, far_code)));
}

void Stub::bridge(const FuncType& type) {
  auto load_tail_return = [&] {
    load(scratch_gpr, instance_register, offsetof(InstanceHeader, builtins));
    load(scratch_gpr, scratch_gpr, 8 * i32(builtin_slot(RuntimeStub::TailReturn)));
  };
  auto switch_instance = [&] {
    load(instance_register, far_register, offsetof(FuncRecord, instance));
    set_memory_base();
  };
  Label push_frame = a_.new_label();
  load_tail_return();
  a_.cmp(Width::W64, scratch_gpr, Mem::at(Gpr::Rsp));
  a_.jcc(Condition::NotEqual, push_frame);
  switch_instance();
  a_.jmp(Mem::at(far_register, offsetof(FuncRecord, code)));

  a_.bind(push_frame);
  u32 words = stack_arguments(type);
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  a_.push(instance_register);
  a_.push(i32(words));
  u32 area = u32(align_up(8 * u64(words), 16));
  if (area) a_.sub(Width::W64, Gpr::Rsp, i32(area));
  for (u32 i = 0; i < words; ++i) {
    load(scratch_gpr, Gpr::Rbp, 16 + 8 * i32(i));
    store(Gpr::Rsp, 8 * i32(i), scratch_gpr);
  }
  switch_instance();
  load_tail_return();
  a_.push(scratch_gpr);
  a_.jmp(Mem::at(far_register, offsetof(FuncRecord, code)));
}

// The System V convention: rdi, rsi, rdx, rcx, r8, r9 and xmm0 to xmm7, then words of the stack.
void Stub::call_host(const FuncType& type) {
  constexpr Gpr host_gprs[] = {Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::Rcx, Gpr::R8, Gpr::R9};
  u32 result_count = u32(type.results.size());
  bool by_pointer = result_count > 1;
  bool overflow = overflowing_results(type) != 0;
  const PlaceCounter to_first(host_gprs, convention.first_float, 8);
  PlaceCounter to = to_first;
  to.next(false);  // environment
  to.next(false);  // caller
  if (by_pointer) to.next(false);
  for (ValueType param : type.params) to.next(ir::is_float(ir::type_of(param)));
  u32 host_words = to.words();
  u32 result_words = by_pointer ? result_count : 0;
  u32 kept_words = overflow ? 1 : 0;  // where our own caller wants results that overflow
  // [rsp ..] the host's words, then results, then what is kept
  u32 area = u32(align_up(8 * u64(host_words + result_words + kept_words), 16));

  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  note_exit();
  if (area) {
    // The host's own frames check nothing; its share of the stack lies below the limit.
    a_.sub(Width::W64, Gpr::Rsp, i32(area));
  }
  i32 kept_at = 8 * i32(host_words + result_words);
  PlaceCounter from = argument_places();
  if (overflow) {
    from.next(false);
    store(Gpr::Rsp, kept_at, argument_gprs[0]);
  }
  PlaceCounter from_start = from, to_start = to_first;
  to_start.next(false);
  to_start.next(false);
  if (by_pointer) to_start.next(false);

  codegen::ParallelMove moves;
  enum class Round : u8 { ToWords, Registers, FromWords };
  for (Round round : {Round::ToWords, Round::Registers, Round::FromWords}) {
    PlaceCounter source = from_start, destination = to_start;
    for (ValueType param : type.params) {
      ir::Type t = ir::type_of(param);
      auto s = source.next(ir::is_float(t)), d = destination.next(ir::is_float(t));
      Mem source_word = Mem::at(Gpr::Rbp, 16 + 8 * i32(s.index)), destination_word = Mem::at(Gpr::Rsp, 8 * i32(d.index));
      if (round == Round::ToWords && !d.in_register) {
        if (!s.in_register) {
          a_.mov(Width::W64, scratch_gpr, source_word);
          a_.mov(Width::W64, destination_word, scratch_gpr);
        } else if (ir::is_float(t)) {
          a_.movsd(destination_word, xmm(s.index));
        } else {
          a_.mov(Width::W64, destination_word, Gpr(s.index));
        }
      } else if (round == Round::Registers && s.in_register && d.in_register) {
        moves.add({Place::reg(d.index), {Place::reg(s.index)}, t});
      } else if (round == Round::FromWords && !s.in_register && d.in_register) {
        if (ir::is_float(t)) a_.movsd(xmm(d.index), source_word);
        else a_.mov(Width::W64, Gpr(d.index), source_word);
      }
    }
    if (round == Round::Registers) resolve(moves);
  }
  load(Gpr::Rdi, far_register, offsetof(FuncRecord, host_environment));
  copy(Gpr::Rsi, instance_register);
  if (by_pointer) a_.lea(Width::W64, Gpr::Rdx, Mem::at(Gpr::Rsp, 8 * i32(host_words)));
  a_.call(Mem::at(far_register, offsetof(FuncRecord, host_function)));

  Label raise = a_.new_label();
  test_pending(raise);
  if (result_count == 1) {
    // The host may leave anything in the upper half.
    ValueType result = type.results[0];
    if (!ir::is_float(ir::type_of(result)) && narrow(result)) a_.mov(Width::W32, Gpr::Rax, Gpr::Rax);
  } else if (by_pointer) {
    load_results(type, 8 * i32(host_words), kept_at);
  }
  a_.leave();
  a_.ret();
  a_.bind(raise);
  raise_pending();
}

// [rsp ..] the values, then where our own caller wants results that overflow.
void Stub::call_host_array(const FuncType& type) {
  u32 count = u32(std::max(type.params.size(), type.results.size()));
  bool overflow = overflowing_results(type) != 0;
  u32 area = u32(align_up(8 * u64(count + overflow), 16));
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  note_exit();
  if (area) a_.sub(Width::W64, Gpr::Rsp, i32(area));
  PlaceCounter arguments = argument_places();
  if (overflow) {
    arguments.next(false);
    store(Gpr::Rsp, 8 * i32(count), argument_gprs[0]);
  }
  for (u32 i = 0; i < type.params.size(); ++i) {
    bool is_float = ir::is_float(ir::type_of(type.params[i]));
    auto where = arguments.next(is_float);
    Mem word = Mem::at(Gpr::Rsp, 8 * i32(i));
    if (!where.in_register) {
      load(scratch_gpr, Gpr::Rbp, 16 + 8 * i32(where.index));
      a_.mov(Width::W64, word, scratch_gpr);
    } else if (is_float) {
      a_.movsd(word, xmm(where.index));
    } else {
      a_.mov(Width::W64, word, Gpr(where.index));
    }
  }
  load(Gpr::Rdi, far_register, offsetof(FuncRecord, host_environment));
  copy(Gpr::Rsi, instance_register);
  copy(Gpr::Rdx, Gpr::Rsp);
  a_.call(Mem::at(far_register, offsetof(FuncRecord, host_function)));
  Label raise = a_.new_label();
  test_pending(raise);
  load_results(type, 0, 8 * i32(count));
  a_.leave();
  a_.ret();
  a_.bind(raise);
  raise_pending();
}

// Results as words at [rsp + at ..] go to where the convention has them; the address for
// those that overflow is kept at [rsp + kept_at].
void Stub::load_results(const FuncType& type, i32 at, i32 kept_at) {
  if (overflowing_results(type)) load(far_register, Gpr::Rsp, kept_at);
  PlaceCounter places = result_places();
  for (u32 i = 0; i < type.results.size(); ++i) {
    ir::Type t = ir::type_of(type.results[i]);
    Mem word = Mem::at(Gpr::Rsp, at + 8 * i32(i));
    auto where = places.next(ir::is_float(t));
    Width width = narrow(type.results[i]) ? Width::W32 : Width::W64;
    if (!where.in_register) {
      a_.mov(width, scratch_gpr, word);
      store(far_register, 8 * i32(where.index), scratch_gpr);
    } else if (ir::is_float(t)) {
      a_.movsd(xmm(where.index), word);
    } else {
      a_.mov(width, Gpr(where.index), word);
    }
  }
}

// All arguments are kept: seven integers, eight floats, and a word of padding.
void Stub::compile_lazily(const void* address) {
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  constexpr i32 words = argument_gpr_count + argument_xmm_count + 1;
  a_.sub(Width::W64, Gpr::Rsp, 8 * words);
  copy(far_register, scratch_gpr);
  i32 at = 0;
  for (Gpr reg : argument_gprs) store(Gpr::Rsp, 8 * at++, reg);
  for (u32 i = 0; i < argument_xmm_count; ++i) a_.movsd(Mem::at(Gpr::Rsp, 8 * at++), Xmm(i));
  note_exit();
  copy(Gpr::Rdi, instance_register);
  copy(Gpr::Rsi, far_register);
  a_.mov_constant(Gpr::Rax, u64(address));
  a_.call(Gpr::Rax);
  copy(far_register, Gpr::Rax);
  Label raise = a_.new_label();
  test_pending(raise);
  at = 0;
  for (Gpr reg : argument_gprs) load(reg, Gpr::Rsp, 8 * at++);
  for (u32 i = 0; i < argument_xmm_count; ++i) a_.movsd(Xmm(i), Mem::at(Gpr::Rsp, 8 * at++));
  a_.leave();
  a_.jmp(far_register);
  a_.bind(raise);
  raise_pending();
}

// The record is this stub's frame, with the two words that every frame begins with.
void Stub::warm_up(const void* address) {
  static_assert(offsetof(WarmUpFrame, frame_pointer) % 16 == 0);
  static_assert(offsetof(WarmUpFrame, return_address) == offsetof(WarmUpFrame, frame_pointer) + 8);
  const codegen::RegisterFile& file = register_file;
  auto each_gpr = [&](auto visit) {
    for (u32 i = 0; i < file.classes[0].count; ++i) {
      u32 reg = file.classes[0].order[i];
      visit(Gpr(reg), Mem::at(Gpr::Rsp, 8 * i32(reg)));
    }
  };
  auto each_xmm = [&](auto visit) {
    for (u32 i = 0; i < file.classes[1].count; ++i) {
      u32 reg = file.classes[1].order[i];
      visit(xmm(reg), Mem::at(Gpr::Rsp, 8 * i32(reg)));
    }
  };
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  a_.sub(Width::W64, Gpr::Rsp, i32(offsetof(WarmUpFrame, frame_pointer)));
  copy(far_register, scratch_gpr);
  each_gpr([&](Gpr reg, Mem word) { a_.mov(Width::W64, word, reg); });
  each_xmm([&](Xmm reg, Mem word) { a_.movsd(word, reg); });
  note_exit();
  copy(Gpr::Rdi, instance_register);
  copy(Gpr::Rsi, Gpr::Rsp);
  a_.mov(Width::W32, Gpr::Rdx, far_register);
  a_.mov_constant(Gpr::Rax, u64(address));
  a_.call(Gpr::Rax);
  copy(far_register, Gpr::Rax);
  Label raise = a_.new_label(), leave = a_.new_label();
  test_pending(raise);
  a_.test(Width::W64, far_register, far_register);
  a_.jcc(Condition::NotEqual, leave);
  each_gpr([&](Gpr reg, Mem word) { a_.mov(Width::W64, reg, word); });
  each_xmm([&](Xmm reg, Mem word) { a_.movsd(reg, word); });
  a_.leave();
  a_.ret();
  // The caller's frame goes as well.
  a_.bind(leave);
  for (Gpr reg : callee_saved) load(reg, Gpr::Rsp, 8 * i32(register_number(reg)));
  load(argument_gprs[0], Gpr::Rsp, offsetof(WarmUpFrame, result_pointer));
  load(Gpr::Rbp, Gpr::Rbp, 0);
  a_.leave();
  a_.jmp(far_register);
  a_.bind(raise);
  raise_pending();
}

void Stub::slot_entry(const void* address) {
  a_.mov_constant(scratch_gpr, u64(address));
  a_.jmp(Mem::at(scratch_gpr));
}

void Stub::call_builtin(const FuncType& type, const void* address) {
  a_.push(Gpr::Rbp);
  copy(Gpr::Rbp, Gpr::Rsp);
  note_exit();
  a_.mov_constant(scratch_gpr, u64(address));
  a_.call(scratch_gpr);
  Label raise = a_.new_label();
  test_pending(raise);
  if (!type.results.empty() && narrow(type.results[0])) a_.mov(Width::W32, Gpr::Rax, Gpr::Rax);
  a_.leave();
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

}  // namespace skerry::x64
