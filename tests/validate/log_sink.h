// LogSink: writes down what the validator tells, a line per call, with values numbered in the
// order in which the sink gave them; and checks what it is handed against the contract of
// validate/sink.h (types of values, nesting of frames, nothing of dead code).
//
// A join's values (end_results, else_params, the parameters of a loop, call_results) get new
// numbers. `dead_ends` makes end_results answer false for frames of which the sink knows no
// way out, as a sink that tracks reachability would.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/string.h"
#include "engine/validate/sink.h"

namespace skerry::test {

class LogSink {
 public:
  struct Value {
    u32 number = ~u32{0};
  };
  struct Frame {
    u32 id = 0;
    bool left = false;  // by a branch, or by flow to its end
  };
  using Label = validate::ControlFrame<Value, Frame>;
  using Operand = validate::Operand<Value>;
  using Operands = std::span<Operand>;

  bool dead_ends = false;
  std::vector<std::string> lines;
  const wasm::Module* module = nullptr;

  std::string text() const {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }
  void reset(const wasm::Module& of) {
    module = &of;
    lines.clear();
    types_.clear();
    open_.clear();
    next_frame_ = 0;
    reachable_ = true;
    finished = false;
  }
  bool finished = false;  // end_function was called

  void at(u32 offset) { offset_ = offset; }

  void begin_function(Label& frame, std::span<const ValueType> locals) {
    locals_.assign(locals.begin(), locals.end());
    open(frame);
    log("function ", list(locals));
  }
  void end_function(Label& frame, Operands operands) {
    check_end(frame, operands);
    log("end_function", frame.unreachable ? std::string(" unreachable") : list(operands));
    close(frame);
    EXPECT_TRUE(open_.empty());
    finished = true;
  }
  void block(Label& frame, Operands operands) { enter("block", frame, operands); }
  void loop(Label& frame, Operands operands) {
    enter("loop", frame, operands);
    renew(operands);
  }
  void if_(Label& frame, Value condition, Operands operands) {
    use(condition, ValueType::I32);
    enter(concat("if v", condition.number), frame, operands);
  }
  void else_(Label& frame, Operands operands) {
    check_end(frame, operands);
    EXPECT_EQ(int(frame.kind), int(validate::FrameKind::If));
    log("else ", label(frame), frame.unreachable ? std::string(" unreachable") : list(operands));
    if (!frame.unreachable) frame.data.left = true;
    reachable_ = true;
  }
  void else_params(Label& frame, Operands operands) {
    EXPECT_EQ(int(frame.kind), int(validate::FrameKind::Else));
    EXPECT_FALSE(frame.unreachable);
    check_types(operands, frame.params);
    renew(operands);
    log("else_params", list(operands));
  }
  void end(Label& frame, Operands operands) {
    check_end(frame, operands);
    log("end ", label(frame), frame.unreachable ? std::string(" unreachable") : list(operands));
    if (!frame.unreachable || frame.kind == validate::FrameKind::If) frame.data.left = true;
    close(frame);
  }
  bool end_results(Label& frame, Operands operands) {
    check_types(operands, frame.results);
    renew(operands);
    reachable_ = frame.data.left || !dead_ends;
    log("end_results", list(operands), reachable_ ? "" : " dead");
    return reachable_;
  }

  void br(Label& frame, Operands operands) {
    branch(frame, operands);
    log("br ", label(frame), list(operands));
    reachable_ = false;
  }
  void br_if(Label& frame, Value condition, Operands operands) {
    use(condition, ValueType::I32);
    branch(frame, operands);
    log("br_if v", condition.number, " ", label(frame), list(operands));
  }
  void br_table(std::span<Label* const> frames, Value index, Operands operands) {
    use(index, ValueType::I32);
    std::string labels;
    for (Label* frame : frames) {
      branch(*frame, operands);
      labels += " " + label(*frame);
    }
    log("br_table v", index.number, labels, list(operands));
    reachable_ = false;
  }
  void return_(Operands operands) {
    check_types(operands, open_.front().results);
    log("return", list(operands));
    reachable_ = false;
  }
  void unreachable() {
    log("unreachable");
    reachable_ = false;
  }

  Value local_get(u32 index) { return define(local(index), "local.get ", index); }
  void local_set(u32 index, Value value) {
    use(value, local(index));
    log("local.set ", index, " v", value.number);
  }
  void local_tee(u32 index, Value value) {
    use(value, local(index));
    log("local.tee ", index, " v", value.number);
  }
  Value global_get(GlobalIndex global) { return define(global_type(global), "global.get ", global.raw()); }
  void global_set(GlobalIndex global, Value value) {
    use(value, global_type(global));
    log("global.set ", global.raw(), " v", value.number);
  }
  Value select(ValueType type, Value first, Value second, Value condition) {
    use(first, type);
    use(second, type);
    use(condition, ValueType::I32);
    return define(type, "select v", first.number, " v", second.number, " v", condition.number);
  }

  Value i32_const(i32 value) { return define(ValueType::I32, "i32.const ", value); }
  Value i64_const(i64 value) { return define(ValueType::I64, "i64.const ", value); }
  Value f32_const(u32 bits) { return define(ValueType::F32, "f32.const 0x", hex(bits)); }
  Value f64_const(u64 bits) { return define(ValueType::F64, "f64.const 0x", hex(bits)); }
  Value unary(Opcode op, Value x) {
    use(x, operand(op, 0));
    return define(result(op), info(op).mnemonic, " v", x.number);
  }
  Value binary(Opcode op, Value x, Value y) {
    use(x, operand(op, 0));
    use(y, operand(op, 1));
    return define(result(op), info(op).mnemonic, " v", x.number, " v", y.number);
  }
  Value load(Opcode op, validate::MemArg memarg, Value address) {
    use(address, ValueType::I32);
    return define(result(op), info(op).mnemonic, memarg_text(memarg), " v", address.number);
  }
  void store(Opcode op, validate::MemArg memarg, Value address, Value value) {
    use(address, ValueType::I32);
    use(value, operand(op, 1));
    log(info(op).mnemonic, memarg_text(memarg), " v", address.number, " v", value.number);
  }
  Value memory_size(MemoryIndex memory) { return define(ValueType::I32, "memory.size ", memory.raw()); }
  Value memory_grow(MemoryIndex memory, Value pages) {
    use(pages, ValueType::I32);
    return define(ValueType::I32, "memory.grow ", memory.raw(), " v", pages.number);
  }
  void memory_init(DataIndex data, MemoryIndex memory, Value to, Value from, Value count) {
    three("memory.init", data.raw(), memory.raw(), to, from, count);
  }
  void data_drop(DataIndex data) { log("data.drop ", data.raw()); }
  void memory_copy(MemoryIndex to_memory, MemoryIndex from_memory, Value to, Value from, Value count) {
    three("memory.copy", to_memory.raw(), from_memory.raw(), to, from, count);
  }
  void memory_fill(MemoryIndex memory, Value to, Value value, Value count) {
    three("memory.fill", memory.raw(), memory.raw(), to, value, count);
  }

  Value table_get(TableIndex table, Value index) {
    use(index, ValueType::I32);
    return define(element(table), "table.get ", table.raw(), " v", index.number);
  }
  void table_set(TableIndex table, Value index, Value value) {
    use(index, ValueType::I32);
    use(value, element(table));
    log("table.set ", table.raw(), " v", index.number, " v", value.number);
  }
  Value table_size(TableIndex table) { return define(ValueType::I32, "table.size ", table.raw()); }
  Value table_grow(TableIndex table, Value value, Value count) {
    use(value, element(table));
    use(count, ValueType::I32);
    return define(ValueType::I32, "table.grow ", table.raw(), " v", value.number, " v", count.number);
  }
  void table_fill(TableIndex table, Value first, Value value, Value count) {
    use(first, ValueType::I32);
    use(value, element(table));
    use(count, ValueType::I32);
    log("table.fill ", table.raw(), " v", first.number, " v", value.number, " v", count.number);
  }
  void table_init(ElemIndex elem, TableIndex table, Value to, Value from, Value count) {
    three("table.init", elem.raw(), table.raw(), to, from, count);
  }
  void elem_drop(ElemIndex elem) { log("elem.drop ", elem.raw()); }
  void table_copy(TableIndex to_table, TableIndex from_table, Value to, Value from, Value count) {
    three("table.copy", to_table.raw(), from_table.raw(), to, from, count);
  }

  Value ref_null(ValueType type) { return define(type, "ref.null ", name(type)); }
  Value ref_is_null(Value reference) {
    EXPECT_TRUE(known(reference) && is_reference(types_[reference.number]));
    return define(ValueType::I32, "ref.is_null v", reference.number);
  }
  Value ref_func(FuncIndex function) { return define(ValueType::FuncRef, "ref.func ", function.raw()); }

  void call(FuncIndex function, Operands arguments) {
    callee_ = &module->type_of(function);
    check_types(arguments, callee_->params);
    log("call ", function.raw(), list(arguments));
  }
  void call_indirect(TypeIndex type, TableIndex table, Value index, Operands arguments) {
    use(index, ValueType::I32);
    callee_ = &module->types[type];
    check_types(arguments, callee_->params);
    log("call_indirect ", type.raw(), " ", table.raw(), " v", index.number, list(arguments));
  }
  bool call_results(Operands results) {
    EXPECT_TRUE(callee_ != nullptr);
    for (usize i = 0; i < results.size(); ++i) EXPECT_EQ(int(results[i].type), int(callee_->results[i]));
    EXPECT_EQ(results.size(), callee_->results.size());
    callee_ = nullptr;
    renew(results);
    log("call_results", list(results));
    return true;
  }
  void return_call(FuncIndex function, Operands arguments) {
    check_types(arguments, module->type_of(function).params);
    log("return_call ", function.raw(), list(arguments));
    reachable_ = false;
  }
  void return_call_indirect(TypeIndex type, TableIndex table, Value index, Operands arguments) {
    use(index, ValueType::I32);
    check_types(arguments, module->types[type].params);
    log("return_call_indirect ", type.raw(), " ", table.raw(), " v", index.number, list(arguments));
    reachable_ = false;
  }

 private:
  // Any of these in code that is not reached breaks the contract. `end` and `else` are told
  // of all frames that were entered.
  template <class... Parts>
  void log(const Parts&... parts) {
    lines.push_back(concat(parts...));
    EXPECT_TRUE(reachable_ || lines.back().starts_with("e")) << lines.back();
  }
  template <class... Parts>
  Value define(ValueType type, const Parts&... parts) {
    Value value{u32(types_.size())};
    types_.push_back(type);
    log("v", value.number, " = ", parts...);
    return value;
  }
  void renew(Operands operands) {
    for (Operand& operand : operands) {
      operand.value = {u32(types_.size())};
      types_.push_back(operand.type);
    }
  }
  bool known(Value value) const { return value.number < types_.size(); }
  void use(Value value, ValueType type) {
    ASSERT_TRUE(known(value)) << "before it is defined, at " << offset_;
    EXPECT_EQ(int(types_[value.number]), int(type)) << "v" << value.number << " at " << offset_;
  }
  void check_types(Operands operands, std::span<const ValueType> types) {
    ASSERT_EQ(operands.size(), types.size()) << "at " << offset_;
    for (usize i = 0; i < types.size(); ++i) EXPECT_EQ(int(operands[i].type), int(types[i])) << "at " << offset_;
  }
  void check_values(Operands operands) {
    for (Operand& operand : operands) use(operand.value, operand.type);
  }

  void open(Label& frame) {
    frame.data.id = next_frame_++;
    EXPECT_TRUE(frame.entered);
    EXPECT_FALSE(frame.unreachable);
    open_.push_back(Open{frame.data.id, {frame.results.begin(), frame.results.end()}});
  }
  void enter(const std::string& text, Label& frame, Operands operands) {
    check_types(operands, frame.params);
    check_values(operands);
    open(frame);
    log(text, " ", label(frame), list(operands));
  }
  void check_end(Label& frame, Operands operands) {
    ASSERT_FALSE(open_.empty());
    EXPECT_EQ(open_.back().id, frame.data.id) << "frames are nested";
    EXPECT_EQ(frame.unreachable, !reachable_) << "at " << offset_;
    if (frame.unreachable) {
      EXPECT_TRUE(operands.empty());
      return;
    }
    check_types(operands, frame.results);
    check_values(operands);
  }
  void close(Label&) { open_.pop_back(); }
  void branch(Label& frame, Operands operands) {
    bool found = false;
    for (const Open& open : open_) found |= open.id == frame.data.id;
    EXPECT_TRUE(found) << "a label that is not open";
    check_types(operands, frame.label_types());
    check_values(operands);
    if (frame.kind != validate::FrameKind::Loop) frame.data.left = true;
  }

  static std::string label(const Label& frame) { return concat("L", frame.data.id); }
  static std::string list(Operands operands) {
    std::string out;
    for (const Operand& operand : operands) out += concat(" v", operand.value.number);
    return out;
  }
  static std::string list(std::span<const ValueType> types) {
    std::string out = "[";
    for (ValueType type : types) out += concat(out.size() > 1 ? " " : "", name(type));
    return out + "]";
  }
  static std::string memarg_text(validate::MemArg memarg) {
    return concat(" ", memarg.memory.raw(), "+", memarg.offset, " align ", memarg.align);
  }
  void three(std::string_view text, u32 first, u32 second, Value x, Value y, Value z) {
    for (Value value : {x, y, z}) use(value, ValueType::I32);
    log(text, " ", first, " ", second, " v", x.number, " v", y.number, " v", z.number);
  }

  ValueType local(u32 index) const {
    EXPECT_LT(index, locals_.size());
    return locals_[index];
  }
  ValueType global_type(GlobalIndex global) const { return module->globals[global].type.value; }
  ValueType element(TableIndex table) const { return module->tables[table].type.element; }
  static ValueType letter(char c) {
    return c == 'l' ? ValueType::I64 : c == 'f' ? ValueType::F32 : c == 'd' ? ValueType::F64 : ValueType::I32;
  }
  static ValueType operand(Opcode op, usize i) { return letter(info(op).signature[i]); }
  static ValueType result(Opcode op) { return letter(info(op).signature.back()); }

  struct Open {
    u32 id;
    std::vector<ValueType> results;
  };

  std::vector<ValueType> types_;  // of each value
  std::vector<ValueType> locals_;
  std::vector<Open> open_;
  const FuncType* callee_ = nullptr;
  u32 next_frame_ = 0;
  u32 offset_ = 0;
  bool reachable_ = true;
};
static_assert(validate::FunctionSink<LogSink>);

}  // namespace skerry::test
