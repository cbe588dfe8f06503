// validate_function: one function body through the specification's stack machine (Core 3.3,
// Appendix 7.3), told to a sink as it goes (sink.h).
//
//   NullSink sink;
//   Scratch<NullSink> scratch;                 // reused for the next function
//   TRY(validate_function(module, index, features, sink, scratch));
//
// The module has passed validate_module. Errors found only here: the body's bytes are not
// code (Malformed), do not type-check (Invalid), are of a feature that is off (Unsupported),
// declare too many locals or leave too many operands on the stack (Limit). Time is linear in
// the body times the longest type it names; nesting is not limited and uses no recursion.
//
// This is the hot path from bytes to code. Each row of opcodes.def becomes a case of one
// switch with its signature as a constant. A step answers false once it has noted a fault in
// the reader: a Result per instruction would cost more than the checks. Every instruction
// has a fast path, which sees operands of the right types above the frame's floor; all else,
// errors and unreachable code, goes through functions that are not inlined.

#pragma once

#include <algorithm>
#include <type_traits>

#include "base/array.h"
#include "base/result.h"
#include "base/string.h"
#include "engine/validate/fault.h"
#include "engine/validate/signature.h"
#include "engine/validate/sink.h"
#include "engine/wasm/features.h"
#include "engine/wasm/limits.h"
#include "engine/wasm/module.h"

namespace skerry::validate {

// The arrays of one validation, kept from function to function. One thread at a time.
template <FunctionSink Sink>
struct Scratch {
  Array<Operand<typename Sink::Value>> operands;
  Array<ControlFrame<typename Sink::Value, typename Sink::Frame>> frames;
  Array<ControlFrame<typename Sink::Value, typename Sink::Frame>*> targets;  // of a br_table
  Array<ValueType> locals;
};

namespace detail {

template <Opcode op>
using Tag = std::integral_constant<Opcode, op>;

// A row's place in the switch: bytes first, then what is behind the prefix.
constexpr u64 switch_key(bool prefixed, u64 code) { return prefixed ? 0x100 + code : code; }

template <FunctionSink Sink>
class BodyValidator {
 public:
  BodyValidator(const wasm::Module& module, FuncIndex function, Features features, Sink& sink, Scratch<Sink>& scratch)
      : module_(module),
        function_(function),
        features_(features & Features::implemented()),
        sink_(sink),
        reader_(module.bytes, module.functions[function].body),
        operands_(scratch.operands),
        frames_(scratch.frames),
        targets_(scratch.targets),
        locals_(scratch.locals) {
    if (operands_.size() < 64) operands_.resize(64);
    frames_.clear();
    base_ = top_ = floor_ = operands_.data();
    limit_ = base_ + operands_.size();
  }

  Result<void> run() {
    if (read_locals() && read_code()) return {};
    Failure<Error> failure = reader_.failure();
    failure.error.message += concat(", in function ", function_.raw());
    return failure;
  }

 private:
  using Value = typename Sink::Value;
  using Slot = Operand<Value>;
  using Frame = ControlFrame<Value, typename Sink::Frame>;
  using Types = std::span<const ValueType>;

  // ------------------------------------------------------------------- The body as a whole

  bool read_locals() {
    const FuncType& type = module_.type_of(function_);
    locals_.assign(type.params.begin(), type.params.end());
    u32 start = reader_.offset();
    auto groups = reader_.count(~u32{0}, "groups of locals");
    if (!groups) return false;
    u64 total = locals_.size();
    for (u32 i = 0; i < *groups; ++i) {
      auto count = reader_.leb_u32();
      if (!count) return false;
      auto local = wasm::read_value_type(reader_, features_);
      if (!local) return false;
      total += *count;
      if (total <= limits::locals) locals_.resize(total, *local);
    }
    if (total <= limits::locals) return true;
    // Over 2**32 - 1 they are no function of any implementation's.
    return reader_.fail(total > ~u32{0} ? ErrorCode::Malformed : ErrorCode::Limit, start,
                        concat("too many locals: ", total, ", the limit is ", limits::locals));
  }

  bool read_code() {
    at_ = reader_.offset();
    push_frame(FrameKind::Function, {}, module_.type_of(function_).results);
    reachable_ = frames_.back().entered = true;
    sink_.begin_function(frames_.back(), locals_);
    while (!frames_.empty()) {
      if (top_ == limit_ && !grow(1)) [[unlikely]] return false;
      at_ = reader_.offset();
      sink_.at(at_);
      if (!step()) return false;
    }
    if (reader_.at_end()) return true;
    return reader_.malformed(reader_.offset(), "section size mismatch: the body goes on behind its end");
  }

  bool step() {
    if (reader_.at_end()) [[unlikely]] return missing_end(reader_, at_, u32(frames_.size()));
    u8 byte = *reader_.byte();
    u32 code = byte;
    if (byte == misc_prefix) {
      auto number = reader_.leb_u32();
      if (!number) return false;
      code = *number;
    }
    switch (switch_key(byte == misc_prefix, code)) {
#define WASM_OP(name, mnemonic, prefix, code, immediates, signature, feature)          \
  case switch_key(prefix != 0, code):                                                  \
    if (Feature::feature != Feature::Mvp && !features_.has(Feature::feature)) [[unlikely]] \
      return wasm::fail_feature(reader_, at_, Opcode::name);                           \
    return on(Tag<Opcode::name>());
#include "engine/wasm/opcodes.def"
#undef WASM_OP
      default:
        return wasm::fail_opcode(reader_, at_, byte, code);
    }
  }

  // ------------------------------------------------------------------------- Operand stack

  // A call of two bytes may leave a thousand operands, so that a body could ask for a thousand times its size and more.
  [[gnu::noinline]] bool grow(usize more) {
    usize used = usize(top_ - base_), floor = usize(floor_ - base_);
    usize most = 3 * usize{module_.functions[function_].body.size} + 2 * MiB;
    if (used + more > most)
      return reader_.fail(ErrorCode::Limit, at_, concat("too many operands at once: ", used + more, ", the limit is ", most));
    operands_.resize(std::min(std::max(2 * operands_.size(), used + more), std::max(most, operands_.size())));
    base_ = operands_.data();
    top_ = base_ + used;
    floor_ = base_ + floor;
    limit_ = base_ + operands_.size();
    return true;
  }

  u32 available() const { return u32(top_ - floor_); }
  std::span<Slot> top_operands(usize count) { return {top_ - count, count}; }

  // There is room for one operand at the start of each instruction.
  void push(ValueType type) { (top_++)->type = type; }
  void push(ValueType type, Value value) {
    top_->type = type;
    top_->value = value;
    ++top_;
  }
  bool push(Types types) {
    if (usize(limit_ - top_) < types.size() && !grow(types.size())) [[unlikely]] return false;
    for (ValueType type : types) push(type);
    return true;
  }

  // After popping n operands in reachable code they are at top_[0] ... top_[n - 1].
  bool pop(ValueType expected) {
    if (top_ != floor_ && top_[-1].type == expected) [[likely]] {
      --top_;
      return true;
    }
    return pop_slowly(expected);
  }
  bool pop(ValueType first, ValueType second) { return pop(second) && pop(first); }
  bool pop(ValueType first, ValueType second, ValueType third) { return pop(third) && pop(second) && pop(first); }

  [[gnu::noinline]] bool pop_slowly(ValueType expected) {
    if (top_ == floor_) {
      if (frames_.back().polymorphic) return true;
      return missing(reader_, at_, expected);
    }
    ValueType found = top_[-1].type;
    if (found != expected && found != ValueType::Bottom) return mismatch(reader_, at_, expected, found);
    --top_;
    return true;
  }

  // Pops an operand of any type, Bottom if that is unknown.
  bool pop_any(ValueType& type) {
    if (top_ != floor_) [[likely]] {
      type = (--top_)->type;
      return true;
    }
    type = ValueType::Bottom;
    return frames_.back().polymorphic || mismatch(reader_, at_, "expected an operand, found nothing");
  }

  // Pops and pushes again operands of these types: they are on top afterwards.
  bool settle(Types types) {
    if (available() >= types.size()) [[likely]] {
      const Slot* slot = top_ - types.size();
      bool equal = true;
      for (ValueType type : types) equal &= (slot++)->type == type;
      if (equal) [[likely]] return true;
    }
    return settle_slowly(types);
  }
  [[gnu::noinline]] bool settle_slowly(Types types) {
    for (usize i = types.size(); i-- > 0;) {
      if (!pop(types[i])) return false;
    }
    return push(types);
  }

  // Whether operands of these types are on top, or could be. Changes nothing, so that an
  // operand of unknown type may be different things to the labels of one br_table.
  bool check(Types types) {
    usize count = std::min<usize>(types.size(), available());
    for (usize i = 1; i <= count; ++i) {
      ValueType found = (top_ - i)->type, expected = types[types.size() - i];
      if (found != expected && found != ValueType::Bottom) [[unlikely]] return mismatch(reader_, at_, expected, found);
    }
    if (count == types.size() || frames_.back().polymorphic) [[likely]] return true;
    return missing(reader_, at_, types[types.size() - count - 1]);
  }

  // ------------------------------------------------------------------------- Control stack

  void push_frame(FrameKind kind, Types params, Types results) {
    floor_ = top_ - params.size();
    Frame& frame = frames_.emplace_back();
    frame.kind = kind;
    frame.entered = reachable_;
    frame.unreachable = frame.polymorphic = false;
    frame.height = u32(floor_ - base_);
    frame.offset = at_;
    frame.params = params;
    frame.results = results;
  }

  void leave_sequence() {
    Frame& frame = frames_.back();
    frame.unreachable = frame.polymorphic = true;
    reachable_ = false;
    top_ = floor_;
  }

  // The operands at the end of a sequence are the frame's results and nothing else.
  bool check_end(const Frame& frame) {
    if (!check(frame.results)) return false;
    if (available() <= frame.results.size()) [[likely]] return true;
    return mismatch(reader_, at_, concat("expected ", frame.results.size(), " operands at the end of the block, found ",
                                         available()));
  }

  // What a sink is told at the end of a sequence: nothing if that is not reached.
  std::span<Slot> end_operands(const Frame& frame) {
    return frame.unreachable ? std::span<Slot>() : top_operands(frame.results.size());
  }

  Frame* label() {
    auto depth = reader_.leb_u32();
    if (!depth) return nullptr;
    if (*depth < frames_.size()) [[likely]] return &frames_[frames_.size() - 1 - *depth];
    unknown(reader_, at_, "label", *depth, u32(frames_.size()));
    return nullptr;
  }

  bool enter(FrameKind kind) {
    auto type = wasm::read_block_type(reader_, features_);
    if (!type) return false;
    Types params, results;
    if (type->kind == wasm::BlockType::Kind::Value) {
      results = single_type(type->value);
    } else if (type->kind == wasm::BlockType::Kind::Type) {
      if (!known(module_.types, type->type, "type")) return false;
      params = module_.types[type->type].params;
      results = module_.types[type->type].results;
    }
    if (kind == FrameKind::If && !pop(ValueType::I32)) return false;
    Value condition = top_->value;
    if (!settle(params)) return false;
    push_frame(kind, params, results);
    if (!reachable_) return true;
    Frame& frame = frames_.back();
    std::span<Slot> operands = top_operands(params.size());
    if (kind == FrameKind::Block) sink_.block(frame, operands);
    else if (kind == FrameKind::Loop) sink_.loop(frame, operands);
    else sink_.if_(frame, condition, operands);
    return true;
  }

  bool on(Tag<Opcode::Unreachable>) {
    if (reachable_) sink_.unreachable();
    leave_sequence();
    return true;
  }
  bool on(Tag<Opcode::Nop>) { return true; }
  bool on(Tag<Opcode::Block>) { return enter(FrameKind::Block); }
  bool on(Tag<Opcode::Loop>) { return enter(FrameKind::Loop); }
  bool on(Tag<Opcode::If>) { return enter(FrameKind::If); }

  bool on(Tag<Opcode::Else>) {
    Frame& frame = frames_.back();
    if (frame.kind != FrameKind::If) return reader_.malformed(at_, "misplaced ELSE opcode");
    if (!check_end(frame)) return false;
    if (frame.entered) sink_.else_(frame, end_operands(frame));
    frame.kind = FrameKind::Else;
    frame.unreachable = frame.polymorphic = false;
    reachable_ = frame.entered;
    top_ = floor_;
    if (!push(frame.params)) return false;
    if (reachable_) sink_.else_params(frame, top_operands(frame.params.size()));
    return true;
  }

  bool on(Tag<Opcode::End>) {
    Frame& last = frames_.back();
    if (!check_end(last)) return false;
    if (last.kind == FrameKind::Function) {
      sink_.end_function(last, end_operands(last));
      frames_.pop_back();
      return true;
    }
    if (last.kind == FrameKind::If && !std::ranges::equal(last.params, last.results))
      return mismatch(reader_, at_, "an if without else must have results that equal its parameters");
    if (last.entered) sink_.end(last, end_operands(last));
    Frame ended = std::move(last);
    frames_.pop_back();
    Frame& outer = frames_.back();
    top_ = floor_;
    floor_ = base_ + outer.height;
    if (!push(ended.results)) return false;
    if (ended.entered && !sink_.end_results(ended, top_operands(ended.results.size()))) outer.unreachable = true;
    reachable_ = outer.entered && !outer.unreachable;
    return true;
  }

  bool on(Tag<Opcode::Br>) {
    Frame* target = label();
    if (target == nullptr || !check(target->label_types())) return false;
    if (reachable_) sink_.br(*target, top_operands(target->label_types().size()));
    leave_sequence();
    return true;
  }

  bool on(Tag<Opcode::BrIf>) {
    Frame* target = label();
    if (target == nullptr || !pop(ValueType::I32)) return false;
    Value condition = top_->value;
    if (!settle(target->label_types())) return false;
    if (reachable_) sink_.br_if(*target, condition, top_operands(target->label_types().size()));
    return true;
  }

  bool on(Tag<Opcode::BrTable>) {
    auto count = reader_.count(~u32{0}, "labels");
    if (!count) return false;
    targets_.clear();
    for (u32 i = 0; i <= *count; ++i) {  // the last is the default
      Frame* target = label();
      if (target == nullptr) return false;
      targets_.push_back(target);
    }
    if (!pop(ValueType::I32)) return false;
    Value index = top_->value;
    Types last = targets_.back()->label_types();
    if (!check(last)) return false;
    for (Frame* target : targets_) {
      Types types = target->label_types();
      if (types.size() != last.size()) return mismatch(reader_, at_, "labels of a br_table with different arities");
      // Often they are one list; checking it once keeps long tables cheap.
      if (types.data() != last.data() && !check(types)) return false;
      last = types;
    }
    if (reachable_) sink_.br_table(targets_, index, top_operands(last.size()));
    leave_sequence();
    return true;
  }

  bool on(Tag<Opcode::Return>) {
    Types results = frames_.front().results;
    if (!check(results)) return false;
    if (reachable_) sink_.return_(top_operands(results.size()));
    leave_sequence();
    return true;
  }

  // --------------------------------------------------------------------------------- Calls

  // Pops the parameters, tells the sink of the call, pushes the results.
  template <class Tell>
  bool call(const FuncType& type, Tell tell) {
    if (!settle(type.params)) return false;
    if (reachable_) tell(top_operands(type.params.size()));
    top_ -= type.params.size();
    if (!push(type.results)) return false;
    if (reachable_ && !sink_.call_results(top_operands(type.results.size()))) {
      frames_.back().unreachable = true;
      reachable_ = false;
    }
    return true;
  }
  template <class Tell>
  bool return_call(const FuncType& type, Tell tell) {
    if (!std::ranges::equal(type.results, frames_.front().results))
      return mismatch(reader_, at_, "a tail call must have the results of its caller");
    if (!check(type.params)) return false;
    if (reachable_) tell(top_operands(type.params.size()));
    leave_sequence();
    return true;
  }

  bool read_callee(FuncIndex& function) {
    auto index = reader_.leb_u32();
    if (!index) return false;
    function = FuncIndex(*index);
    return known(module_.functions, function, "function");
  }
  bool read_indirect_callee(TypeIndex& type, TableIndex& table) {
    auto first = reader_.leb_u32();
    if (!first) return false;
    auto second = wasm::read_called_table(reader_, features_);
    if (!second) return false;
    type = TypeIndex(*first);
    table = TableIndex(*second);
    if (!known(module_.tables, table, "table") || !known(module_.types, type, "type")) return false;
    ValueType element = module_.tables[table].type.element;
    return (element == ValueType::FuncRef || mismatch(reader_, at_, ValueType::FuncRef, element)) &&
           pop(ValueType::I32);
  }

  bool on(Tag<Opcode::Call>) {
    FuncIndex function;
    if (!read_callee(function)) return false;
    return call(module_.type_of(function), [&](std::span<Slot> arguments) { sink_.call(function, arguments); });
  }
  bool on(Tag<Opcode::ReturnCall>) {
    FuncIndex function;
    if (!read_callee(function)) return false;
    return return_call(module_.type_of(function),
                       [&](std::span<Slot> arguments) { sink_.return_call(function, arguments); });
  }
  bool on(Tag<Opcode::CallIndirect>) {
    TypeIndex type;
    TableIndex table;
    if (!read_indirect_callee(type, table)) return false;
    Value callee = top_->value;
    return call(module_.types[type],
                [&](std::span<Slot> arguments) { sink_.call_indirect(type, table, callee, arguments); });
  }
  bool on(Tag<Opcode::ReturnCallIndirect>) {
    TypeIndex type;
    TableIndex table;
    if (!read_indirect_callee(type, table)) return false;
    Value callee = top_->value;
    return return_call(module_.types[type],
                       [&](std::span<Slot> arguments) { sink_.return_call_indirect(type, table, callee, arguments); });
  }

  // ----------------------------------------------------------------- Parametric, variables

  bool on(Tag<Opcode::Drop>) {
    ValueType type;
    return pop_any(type);
  }

  bool on(Tag<Opcode::Select>) {
    ValueType first, second;
    if (!pop(ValueType::I32) || !pop_any(second) || !pop_any(first)) return false;
    if (is_reference(first) || is_reference(second))
      return mismatch(reader_, at_, "select without a type takes numbers, found a reference");
    if (first == ValueType::Bottom) first = second;
    if (second != first && second != ValueType::Bottom) return mismatch(reader_, at_, first, second);
    return select(first);
  }
  bool on(Tag<Opcode::SelectTyped>) {
    auto count = reader_.leb_u32();
    if (!count) return false;
    if (*count != 1) return reader_.invalid(at_, concat("invalid result arity: select has ", *count, " types"));
    auto type = wasm::read_value_type(reader_, features_);
    if (!type || !pop(*type, *type, ValueType::I32)) return false;
    return select(*type);
  }
  // The three operands are popped.
  bool select(ValueType type) {
    if (reachable_) top_->value = sink_.select(type, top_[0].value, top_[1].value, top_[2].value);
    push(type);
    return true;
  }

  bool read_local(u32& index) {
    auto number = reader_.leb_u32();
    if (!number) return false;
    index = *number;
    if (index < locals_.size()) [[likely]] return true;
    return unknown(reader_, at_, "local", index, u32(locals_.size()));
  }
  bool on(Tag<Opcode::LocalGet>) {
    u32 index;
    if (!read_local(index)) return false;
    if (reachable_) top_->value = sink_.local_get(index);
    push(locals_[index]);
    return true;
  }
  bool on(Tag<Opcode::LocalSet>) {
    u32 index;
    if (!read_local(index) || !pop(locals_[index])) return false;
    if (reachable_) sink_.local_set(index, top_->value);
    return true;
  }
  bool on(Tag<Opcode::LocalTee>) {
    u32 index;
    if (!read_local(index) || !pop(locals_[index])) return false;
    if (reachable_) sink_.local_tee(index, top_->value);
    push(locals_[index]);
    return true;
  }

  bool on(Tag<Opcode::GlobalGet>) {
    GlobalIndex global;
    if (!read_index(module_.globals, global, "global")) return false;
    if (reachable_) top_->value = sink_.global_get(global);
    push(module_.globals[global].type.value);
    return true;
  }
  bool on(Tag<Opcode::GlobalSet>) {
    GlobalIndex global;
    if (!read_index(module_.globals, global, "global")) return false;
    GlobalType type = module_.globals[global].type;
    if (type.mutability == Mutability::Const)
      return reader_.invalid(at_, concat("global is immutable: global ", global.raw()));
    if (!pop(type.value)) return false;
    if (reachable_) sink_.global_set(global, top_->value);
    return true;
  }

  // ------------------------------------------------------------- Numeric, loads and stores

  // Every row whose signature is spelled out.
  template <Opcode op>
  bool on(Tag<op>) {
    constexpr Immediates immediates = info(op).immediates;
    if constexpr (immediates == Immediates::I32) {
      auto number = reader_.leb_s32();
      return number && apply<op>([&] { return sink_.i32_const(*number); });
    } else if constexpr (immediates == Immediates::I64) {
      auto number = reader_.leb_s64();
      return number && apply<op>([&] { return sink_.i64_const(*number); });
    } else if constexpr (immediates == Immediates::F32) {
      auto bits = reader_.bits32();
      return bits && apply<op>([&] { return sink_.f32_const(*bits); });
    } else if constexpr (immediates == Immediates::F64) {
      auto bits = reader_.bits64();
      return bits && apply<op>([&] { return sink_.f64_const(*bits); });
    } else if constexpr (immediates == Immediates::None) {
      if constexpr (signature(op).count == 1) return apply<op>([&](Value x) { return sink_.unary(op, x); });
      else return apply<op>([&](Value x, Value y) { return sink_.binary(op, x, y); });
    } else {
      static_assert(immediates >= Immediates::Memory0 && immediates <= Immediates::Memory4);
      constexpr u32 natural = u32(immediates) - u32(Immediates::Memory0);
      auto memarg = wasm::read_memarg(reader_, features_);
      if (!memarg || !known(module_.memories, memarg->memory, "memory")) return false;
      if (memarg->align > natural) [[unlikely]] return bad_alignment(reader_, at_, memarg->align, natural);
      if constexpr (signature(op).has_result) return apply<op>([&](Value x) { return sink_.load(op, *memarg, x); });
      else return apply<op>([&](Value x, Value y) { sink_.store(op, *memarg, x, y); });
    }
  }

  // Pops operands and pushes the result of `op`, told to the sink by `tell`.
  template <Opcode op, class Tell>
  bool apply(Tell tell) {
    constexpr Signature s = signature(op);
    if constexpr (s.count == 0) {
      if (reachable_) top_->value = tell();
      push(s.result);
      return true;
    } else {
      Slot* slot = top_ - s.count;
      bool typed = available() >= s.count && slot[s.count - 1].type == s.operands[s.count - 1];
      if constexpr (s.count == 2) typed = typed && slot[0].type == s.operands[0];
      if (!typed) [[unlikely]] return apply_slowly(s);
      top_ = slot + s.has_result;
      if constexpr (s.has_result) slot->type = s.result;
      if (!reachable_) return true;
      if constexpr (s.count == 1) slot->value = tell(slot->value);
      else if constexpr (s.has_result) slot->value = tell(slot->value, slot[1].value);
      else tell(slot->value, slot[1].value);
      return true;
    }
  }
  // Operands that are not there with the right types: an error, or of a polymorphic stack.
  [[gnu::noinline]] bool apply_slowly(const Signature& s) {
    for (u32 i = s.count; i-- > 0;) {
      if (!pop(s.operands[i])) return false;
    }
    if (s.has_result) push(s.result);
    return true;
  }

  // -------------------------------------------------------------- Memories, tables, references

  bool read_memory(MemoryIndex& memory) {
    auto index = wasm::read_memory_index(reader_, features_);
    if (!index) return false;
    memory = MemoryIndex(*index);
    return known(module_.memories, memory, "memory");
  }
  bool read_table(TableIndex& table) { return read_index(module_.tables, table, "table"); }

  bool known_data(DataIndex data) {
    // Counted in front of the code, so that bodies can be checked before the data is seen (5.5.16).
    if (!module_.data_count) return reader_.malformed(at_, "data count section required");
    return data.raw() < *module_.data_count ||
           unknown(reader_, at_, "data segment", data.raw(), *module_.data_count);
  }

  ValueType element_type(TableIndex table) const { return module_.tables[table].type.element; }
  bool same_element(ValueType to, ValueType from) { return to == from || mismatch(reader_, at_, to, from); }

  bool on(Tag<Opcode::MemorySize>) {
    MemoryIndex memory;
    if (!read_memory(memory)) return false;
    if (reachable_) top_->value = sink_.memory_size(memory);
    push(ValueType::I32);
    return true;
  }
  bool on(Tag<Opcode::MemoryGrow>) {
    MemoryIndex memory;
    if (!read_memory(memory) || !pop(ValueType::I32)) return false;
    if (reachable_) top_->value = sink_.memory_grow(memory, top_->value);
    push(ValueType::I32);
    return true;
  }
  bool on(Tag<Opcode::MemoryInit>) {
    auto index = reader_.leb_u32();
    MemoryIndex memory;
    if (!index || !read_memory(memory)) return false;
    DataIndex data(*index);
    if (!known_data(data) || !pop_range()) return false;
    if (reachable_) sink_.memory_init(data, memory, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }
  bool on(Tag<Opcode::DataDrop>) {
    auto index = reader_.leb_u32();
    if (!index || !known_data(DataIndex(*index))) return false;
    if (reachable_) sink_.data_drop(DataIndex(*index));
    return true;
  }
  bool on(Tag<Opcode::MemoryCopy>) {
    MemoryIndex to, from;
    if (!read_memory(to) || !read_memory(from) || !pop_range()) return false;
    if (reachable_) sink_.memory_copy(to, from, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }
  bool on(Tag<Opcode::MemoryFill>) {
    MemoryIndex memory;
    if (!read_memory(memory) || !pop_range()) return false;
    if (reachable_) sink_.memory_fill(memory, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }
  // Destination, source or value, count.
  bool pop_range() { return pop(ValueType::I32, ValueType::I32, ValueType::I32); }

  bool on(Tag<Opcode::TableGet>) {
    TableIndex table;
    if (!read_table(table) || !pop(ValueType::I32)) return false;
    if (reachable_) top_->value = sink_.table_get(table, top_->value);
    push(element_type(table));
    return true;
  }
  bool on(Tag<Opcode::TableSet>) {
    TableIndex table;
    if (!read_table(table) || !pop(ValueType::I32, element_type(table))) return false;
    if (reachable_) sink_.table_set(table, top_[0].value, top_[1].value);
    return true;
  }
  bool on(Tag<Opcode::TableSize>) {
    TableIndex table;
    if (!read_table(table)) return false;
    if (reachable_) top_->value = sink_.table_size(table);
    push(ValueType::I32);
    return true;
  }
  bool on(Tag<Opcode::TableGrow>) {
    TableIndex table;
    if (!read_table(table) || !pop(element_type(table), ValueType::I32)) return false;
    if (reachable_) top_->value = sink_.table_grow(table, top_[0].value, top_[1].value);
    push(ValueType::I32);
    return true;
  }
  bool on(Tag<Opcode::TableFill>) {
    TableIndex table;
    if (!read_table(table) || !pop(ValueType::I32, element_type(table), ValueType::I32)) return false;
    if (reachable_) sink_.table_fill(table, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }
  bool on(Tag<Opcode::TableInit>) {
    auto index = reader_.leb_u32();
    TableIndex table;
    if (!index || !read_table(table)) return false;
    ElemIndex elem(*index);
    if (!known(module_.elems, elem, "elem segment")) return false;
    if (!same_element(element_type(table), module_.elems[elem].type) || !pop_range()) return false;
    if (reachable_) sink_.table_init(elem, table, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }
  bool on(Tag<Opcode::ElemDrop>) {
    ElemIndex elem;
    if (!read_index(module_.elems, elem, "elem segment")) return false;
    if (reachable_) sink_.elem_drop(elem);
    return true;
  }
  bool on(Tag<Opcode::TableCopy>) {
    TableIndex to, from;
    if (!read_table(to) || !read_table(from)) return false;
    if (!same_element(element_type(to), element_type(from)) || !pop_range()) return false;
    if (reachable_) sink_.table_copy(to, from, top_[0].value, top_[1].value, top_[2].value);
    return true;
  }

  bool on(Tag<Opcode::RefNull>) {
    auto type = wasm::read_heap_type(reader_, features_);
    if (!type) return false;
    if (reachable_) top_->value = sink_.ref_null(*type);
    push(*type);
    return true;
  }
  bool on(Tag<Opcode::RefIsNull>) {
    ValueType type;
    if (!pop_any(type)) return false;
    if (!is_reference(type) && type != ValueType::Bottom)
      return mismatch(reader_, at_, concat("expected a reference, found ", name(type)));
    if (reachable_) top_->value = sink_.ref_is_null(top_->value);
    push(ValueType::I32);
    return true;
  }
  bool on(Tag<Opcode::RefFunc>) {
    FuncIndex function;
    if (!read_callee(function)) return false;
    if (!module_.declared_functions.contains(function.raw()))
      return reader_.invalid(at_, concat("undeclared function reference: function ", function.raw(),
                                         " occurs in no export, global or element segment"));
    if (reachable_) top_->value = sink_.ref_func(function);
    push(ValueType::FuncRef);
    return true;
  }

  template <class K, class T>
  bool known(const IndexMap<K, T>& space, K index, std::string_view what) {
    if (space.contains(index)) [[likely]] return true;
    return unknown(reader_, at_, what, index.raw(), space.size());
  }
  template <class K, class T>
  bool read_index(const IndexMap<K, T>& space, K& index, std::string_view what) {
    auto number = reader_.leb_u32();
    if (!number) return false;
    index = K(*number);
    return known(space, index, what);
  }

  const wasm::Module& module_;
  const FuncIndex function_;
  const Features features_;
  Sink& sink_;
  Reader reader_;
  u32 at_ = 0;              // offset of the current instruction
  bool reachable_ = false;  // the innermost frame is entered and not unreachable

  // The operand stack: base_ <= floor_ <= top_ <= limit_; operands below floor_ are of outer
  // frames. The memory is operands_'.
  Slot* base_;
  Slot* floor_;
  Slot* top_;
  Slot* limit_;
  Array<Slot>& operands_;
  Array<Frame>& frames_;
  Array<Frame*>& targets_;
  Array<ValueType>& locals_;
};

}  // namespace detail

template <FunctionSink Sink>
Result<void> validate_function(const wasm::Module& module, FuncIndex function, Features features, Sink& sink,
                               Scratch<Sink>& scratch) {
  return detail::BodyValidator<Sink>(module, function, features, sink, scratch).run();
}

}  // namespace skerry::validate
