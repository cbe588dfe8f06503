#include "engine/ir/print.h"

#include "base/string.h"
#include "engine/abi/builtins.h"

namespace skerry::ir {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

void append_values(std::string& out, std::span<const u32> values) {
  std::string_view separator = "";
  for (u32 value : values) {
    out += concat(separator, "v", value);
    separator = ", ";
  }
}

void append_target(std::string& out, const Function& function, u32 target) {
  out += concat("block", function.target_block(target).raw());
  std::span<const u32> arguments = function.target_args(target);
  if (arguments.empty()) return;
  out += '(';
  append_values(out, arguments);
  out += ')';
}

void append_types(std::string& out, const std::vector<ValueType>& types) {
  out += '(';
  std::string_view separator = "";
  for (ValueType type : types) {
    out += concat(separator, skerry::name(type));
    separator = ", ";
  }
  out += ')';
}

// "memory1[v2 + 8]"
std::string address(const Inst& inst, u32 offset) {
  std::string out = concat("memory", inst.aux, "[v", inst.a);
  if (offset) out += concat(" + ", offset);
  return out + "]";
}

std::string constant(const Inst& inst) {
  switch (inst.type) {
    case Type::I32: return decimal_signed(i32(inst.b));
    case Type::I64: return decimal_signed(i64(inst.imm64()));
    default: return concat("0x", hex(inst.imm64()));  // the bits
  }
}

}  // namespace

std::string_view name(Type type) {
  constexpr std::string_view names[] = {"void", "i32", "i64", "f32", "f64", "v128", "ref"};
  return names[u8(type)];
}

std::string_view name(Cond cond) {
  constexpr std::string_view names[] = {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
  return names[u8(cond)];
}

std::string text_name(std::string_view name) {
  std::string out;
  for (usize i = 0; i < name.size(); ++i) {
    if (i > 0 && is_upper(name[i]) && !is_upper(name[i - 1])) out += '_';
    out += is_upper(name[i]) ? char(name[i] - 'A' + 'a') : name[i];
  }
  return out;
}

std::string print(const Function& function, Value value) {
  const Inst& inst = function[value];
  std::string out = text_name(info(inst.op).name);
  auto operands = [&](std::initializer_list<u32> values) {
    out += ' ';
    append_values(out, {values.begin(), values.size()});
  };
  auto arguments = [&](u32 at) {
    out += '(';
    append_values(out, function.list(at, inst.c));
    out += ')';
  };
  switch (info(inst.op).shape) {
    case Shape::Param: break;
    case Shape::Const: out += concat(' ', constant(inst)); break;
    case Shape::V: operands({inst.a}); break;
    case Shape::VV: operands({inst.a, inst.b}); break;
    case Shape::VVV: operands({inst.a, inst.b, inst.c}); break;
    case Shape::Compare:
      out += concat('.', name(inst.cond()));
      operands({inst.a, inst.b});
      break;
    case Shape::Load: out += concat(' ', address(inst, inst.b)); break;
    case Shape::Store: out += concat(' ', address(inst, inst.c), ", v", inst.b); break;
    case Shape::Entity: out += concat(' ', inst.b); break;
    case Shape::VEntity: out += concat(' ', inst.b, ", v", inst.a); break;
    case Shape::Call:
      if (inst.op == Op::CallBuiltin) out += concat(' ', text_name(info(Builtin(inst.a)).name));
      else out += concat(' ', inst.a);
      arguments(inst.b);
      break;
    case Shape::Indirect:
      out += concat(" v", inst.a, ", type ", function.extra[inst.b], ", table ", function.extra[inst.b + 1], ' ');
      arguments(inst.b + 2);
      break;
    case Shape::Result: out += concat(" v", inst.a, ", ", inst.b); break;
    case Shape::Jump:
      out += ' ';
      append_target(out, function, inst.b);
      break;
    case Shape::Branch:
      operands({inst.a});
      out += ", ";
      append_target(out, function, inst.b);
      out += ", ";
      append_target(out, function, inst.c);
      break;
    case Shape::BrTable:
      operands({inst.a});
      for (u32 target : function.list(inst.b, inst.c)) {
        out += ", ";
        append_target(out, function, target);
      }
      break;
    case Shape::List:
      if (inst.c == 0) break;
      out += ' ';
      append_values(out, function.list(inst.b, inst.c));
      break;
    case Shape::Trap: out += concat(' ', text_name(skerry::name(TrapCode(inst.aux)))); break;
  }
  return out;
}

std::string print(const Function& function) {
  std::string out;
  for (const PrintedLine& line : print_lines(function)) out += concat(line.text, '\n');
  return out;
}

std::vector<PrintedLine> print_lines(const Function& function) {
  std::vector<PrintedLine> lines;
  auto head = [&](std::string text) { lines.push_back({PrintedLine::no_position, std::move(text)}); };
  std::string first = concat("function ", function.index.raw(), ' ');
  append_types(first, function.signature->params);
  first += " -> ";
  append_types(first, function.signature->results);
  head(std::move(first));
  if (function.entry == Entry::Loop) head("at a loop");
  if (!function.slots.empty()) {
    std::string slots = "slots";
    for (Type type : function.slots) slots += concat(' ', name(type));
    head(std::move(slots));
  }
  u32 next_loop = 0;
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    for (; next_loop < function.loops.size() && function.loops[Loop(next_loop)].header == block; ++next_loop)
      head(concat("loop to block", function.loops[Loop(next_loop)].end.raw(), ":"));
    const BlockData& data = function.blocks[block];
    std::string begin = concat("block", block.raw());
    if (data.params > 0) {
      begin += '(';
      for (u32 i = 0; i < data.params; ++i) {
        Value value(data.begin + i);
        begin += concat(i > 0 ? ", v" : "v", value.raw(), ": ", name(function.type(value)));
      }
      begin += ')';
    }
    head(begin + ":");
    for (Value value(data.begin + data.params); value.raw() < data.end; value = value.next()) {
      std::string text = "  ";
      if (function.type(value) != Type::Void) text += concat('v', value.raw(), ": ", name(function.type(value)), " = ");
      u32 at = value.raw();
      lines.push_back({at < function.positions.size() ? function.positions[at] : PrintedLine::no_position,
                       text + print(function, value)});
    }
  }
  return lines;
}

}  // namespace skerry::ir
