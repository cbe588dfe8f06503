// Functions and expressions as text.

#include "base/string.h"
#include "engine/wasm/limits.h"
#include "text/module_printer.h"
#include "text/number.h"

namespace skerry::text {
namespace {

// The blocks that are open in a sequence of instructions. The sequence's own `end` is one more
// than its blocks have.
class Nesting {
 public:
  u32 depth() const { return u32(may_have_else_.size()); }

  Result<void> step(const wasm::Instruction& inst) {
    if (info(inst.opcode).immediates == Immediates::BlockType) {
      may_have_else_.push_back(inst.opcode == Opcode::If);
    } else if (inst.opcode == Opcode::Else) {
      if (may_have_else_.empty() || !may_have_else_.back()) {
        return fail(ErrorCode::Malformed, inst.offset, "an else without its if");
      }
      may_have_else_.back() = false;
    } else if (inst.opcode == Opcode::End) {
      if (may_have_else_.empty()) return fail(ErrorCode::Malformed, inst.offset, "an end without its block");
      may_have_else_.pop_back();
    }
    return {};
  }

 private:
  std::vector<bool> may_have_else_;  // whether a block is an `if` before its `else`
};

}  // namespace

// (param $x t) for those with an id, (param t t) for runs of those without; also locals.
void ModulePrinter::named_types(std::string_view keyword, u32 first, std::span<const ValueType> types) {
  bool open = false;
  for (u32 i = 0; i < types.size(); ++i) {
    std::string_view id = ids_.local(function_, first + i);
    if (!id.empty() && open) put(")"), open = false;
    if (!open) put(concat(" (", keyword));
    if (!id.empty()) put(" "), put(id);
    put(" ");
    put(name(types[i]));
    if (!id.empty()) put(")");
    open = id.empty();
  }
  if (open) put(")");
}

Result<void> ModulePrinter::function(FuncIndex index) {
  const wasm::Func& func = module_.functions[index];
  function_ = index;
  line(1);
  begin("func", Space::Func, index.raw());
  type_use(func.type);
  u32 params = 0;
  if (module_.types.contains(func.type)) {
    const FuncType& type = module_.types[func.type];
    params = u32(type.params.size());
    named_types("param", 0, type.params);
    value_types("result", type.results);
  }
  wasm::Reader reader(module_.bytes, func.body);
  TRY(locals(reader, params));
  TRY(body(reader));
  put(")");
  return check_size();
}

Result<std::vector<PrintedInstruction>> ModulePrinter::run_function(FuncIndex index) {
  std::vector<Mark> marks;
  out_.clear();
  marks_ = &marks;
  Result<void> done = function(index);
  marks_ = nullptr;
  if (!done) return done.take_failure();
  out_.pop_back();  // the parenthesis that closes it
  u32 body = module_.functions[index].body.offset;
  usize first = marks.empty() ? out_.size() : marks[0].text;
  std::vector<PrintedInstruction> lines;
  // A line of text begins with its break; the first four spaces are the indentation of a function in its module.
  auto add = [&](u32 position, std::string_view text) {
    while (text.starts_with('\n')) text.remove_prefix(1);
    for (int i = 0; i < 2 && text.starts_with(' '); ++i) text.remove_prefix(1);
    lines.push_back({position, std::string(text)});
  };
  std::string_view out = out_, head = out.substr(0, first);
  while (!head.empty()) {
    usize end = std::min(head.find('\n', 1), head.size());
    add(body, head.substr(0, end));
    head.remove_prefix(end);
  }
  for (usize i = 0; i < marks.size(); ++i) {
    usize end = i + 1 < marks.size() ? marks[i + 1].text : out.size();
    add(marks[i].position, out.substr(marks[i].text, end - marks[i].text));
  }
  return lines;
}

FunctionPrinter::FunctionPrinter(const wasm::Module& module, Features features)
    : printer_(std::make_unique<ModulePrinter>(module, features)) {}
FunctionPrinter::~FunctionPrinter() = default;
Result<std::vector<PrintedInstruction>> FunctionPrinter::print(FuncIndex function) {
  return printer_->run_function(function);
}

// The locals at the start of a body, of which the first has the index `first`.
Result<void> ModulePrinter::locals(wasm::Reader& reader, u32 first) {
  std::vector<ValueType> types;
  u32 runs = TRY(reader.count(~u32{0}, "runs of locals"));
  for (u32 i = 0; i < runs; ++i) {
    u32 at = reader.offset(), length = TRY(reader.leb_u32());
    if (length > limits::locals - types.size()) {
      return fail(ErrorCode::Limit, at, concat("too many locals, the limit is ", limits::locals));
    }
    types.insert(types.end(), length, TRY(wasm::read_value_type(reader, features_)));
  }
  if (types.empty()) return {};
  line(2);
  usize start = out_.size();
  named_types("local", first, types);
  out_.erase(start, 1);  // the space in front
  return check_size();
}

// The instructions of a body, whose own `end` is the last.
Result<void> ModulePrinter::body(wasm::Reader& reader) {
  Nesting nesting;
  for (;;) {
    wasm::Instruction inst = TRY(wasm::read_instruction(reader, features_));
    if (inst.opcode == Opcode::End && nesting.depth() == 0) break;
    bool outdented = inst.opcode == Opcode::End || inst.opcode == Opcode::Else;
    if (marks_) marks_->push_back({out_.size(), inst.offset});
    line(2 + nesting.depth() - (outdented && nesting.depth() > 0));
    TRY(nesting.step(inst));
    put(info(inst.opcode).mnemonic);
    TRY(immediates(inst));
    TRY(check_size());
  }
  if (!reader.at_end()) return fail(ErrorCode::Malformed, reader.offset(), "instructions behind the end of a function");
  return {};
}

// A constant expression: one instruction folded, or any number as (wrapper ...), which for a
// global is nothing.
Result<void> ModulePrinter::expression(wasm::ConstExpr expr, std::string_view wrapper) {
  wasm::Reader reader(module_.bytes, expr.code), probe = reader;
  u32 count = 0;  // of instructions, its `end` included: up to 3
  for (; count < 3 && !probe.at_end(); ++count) TRY(wasm::read_instruction(probe, features_));
  bool folded = count == 2;
  if (folded) put(" (");
  else if (!wrapper.empty()) put(concat(" (", wrapper));
  Nesting nesting;
  for (;;) {
    wasm::Instruction inst = TRY(wasm::read_instruction(reader, features_));
    if (inst.opcode == Opcode::End && nesting.depth() == 0) break;
    TRY(nesting.step(inst));
    if (!folded) put(" ");
    put(info(inst.opcode).mnemonic);
    TRY(immediates(inst));
    TRY(check_size());
  }
  if (folded || !wrapper.empty()) put(")");
  return {};
}

Result<void> ModulePrinter::immediates(const wasm::Instruction& inst) {
  switch (info(inst.opcode).immediates) {
    case Immediates::None:
      break;
    case Immediates::BlockType:
      if (inst.block.kind == wasm::BlockType::Kind::Value) put(concat(" (result ", name(inst.block.value), ")"));
      if (inst.block.kind == wasm::BlockType::Kind::Type) type_use(inst.block.type);
      break;
    case Immediates::Label:
      number(inst.index);
      break;
    case Immediates::LabelTable: {
      wasm::Reader labels(module_.bytes, inst.items);
      for (u32 i = 0; i < inst.count; ++i) {
        number(TRY(labels.leb_u32()));
        TRY(check_size());
      }
      number(inst.index);
      break;
    }
    case Immediates::Func:
      use(Space::Func, inst.index);
      break;
    case Immediates::TypeTable:
      use_unless_zero(Space::Table, inst.second_index);
      type_use(TypeIndex(inst.index));
      break;
    case Immediates::ValueTypes: {
      wasm::Reader types(module_.bytes, inst.items);
      put(" (result");
      for (u32 i = 0; i < inst.count; ++i) put(concat(" ", name(TRY(wasm::read_value_type(types, features_)))));
      put(")");
      break;
    }
    case Immediates::Local: {
      std::string_view id = ids_.local(function_, inst.index);
      if (id.empty() || id.size() > longest_id) number(inst.index);
      else put(" "), put(id);
      break;
    }
    case Immediates::Global:
      use(Space::Global, inst.index);
      break;
    case Immediates::Table:
      use_unless_zero(Space::Table, inst.index);
      break;
    case Immediates::Memory:
      use_unless_zero(Space::Memory, inst.index);
      break;
    case Immediates::Memory0: memarg(inst.memarg, 0); break;
    case Immediates::Memory1: memarg(inst.memarg, 1); break;
    case Immediates::Memory2: memarg(inst.memarg, 2); break;
    case Immediates::Memory3: memarg(inst.memarg, 3); break;
    case Immediates::Memory4: memarg(inst.memarg, 4); break;
    case Immediates::I32: case Immediates::I64:
      put(concat(" ", i64(inst.bits)));
      break;
    case Immediates::F32:
      put(concat(" ", float_text(u32(inst.bits), 32)));
      break;
    case Immediates::F64:
      put(concat(" ", float_text(inst.bits, 64)));
      break;
    case Immediates::HeapType:
      put(inst.type == ValueType::ExternRef ? " extern" : " func");
      break;
    case Immediates::DataMemory:
      uses_data_count_ = true;
      use_unless_zero(Space::Memory, inst.second_index);
      use(Space::Data, inst.index);
      break;
    case Immediates::Data:
      uses_data_count_ = true;
      use(Space::Data, inst.index);
      break;
    case Immediates::ElemTable:
      use_unless_zero(Space::Table, inst.second_index);
      use(Space::Elem, inst.index);
      break;
    case Immediates::Elem:
      use(Space::Elem, inst.index);
      break;
    case Immediates::MemoryMemory: case Immediates::TableTable: {
      Space space = info(inst.opcode).immediates == Immediates::MemoryMemory ? Space::Memory : Space::Table;
      if (inst.index == 0 && inst.second_index == 0) break;
      use(space, inst.index);
      use(space, inst.second_index);
      break;
    }
  }
  return {};
}

void ModulePrinter::memarg(const wasm::MemArg& memarg, u32 natural_alignment) {
  use_unless_zero(Space::Memory, memarg.memory.raw());
  if (memarg.offset != 0) put(concat(" offset=", memarg.offset));
  if (memarg.align != natural_alignment) put(concat(" align=", u64{1} << memarg.align));
}

}  // namespace skerry::text
