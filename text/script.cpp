#include "text/script.h"

#include <algorithm>

#include "base/string.h"
#include "text/cursor.h"
#include "text/number.h"

namespace skerry::text {
namespace {

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view wast) : source_{wast}, in_(source_) {}
  Result<std::vector<Command>> run();

 private:
  Result<Command> command();
  Result<void> module_command(usize start, Command& out);
  Result<ModuleSource> module(std::optional<usize> start);
  Result<ModuleSource> nested_module();
  Result<Action> action();
  Result<std::vector<Constant>> constants();
  Result<Constant> constant();
  Result<Constant> reference();
  Result<void> number(unsigned bits, bool is_float, u64& value, FloatPattern& pattern);
  Result<void> vector(Constant& out);
  std::optional<std::string> id();
  Source cut(usize start, usize end);
  u32 line_at(usize at);

  Source source_;
  Cursor in_;
  usize line_start_ = 0;  // of the line counted last
  u32 line_ = 1;
};

struct Shape {
  std::string_view keyword;
  LaneShape shape;
  u8 lanes;
  bool is_float;
};
constexpr Shape shapes[] = {
    {"i8x16", LaneShape::I8x16, 16, false}, {"i16x8", LaneShape::I16x8, 8, false},
    {"i32x4", LaneShape::I32x4, 4, false},  {"i64x2", LaneShape::I64x2, 2, false},
    {"f32x4", LaneShape::F32x4, 4, true},   {"f64x2", LaneShape::F64x2, 2, true},
};

struct Assertion {
  std::string_view keyword;
  Command::Kind kind;
};
constexpr Assertion assertions[] = {
    {"assert_return", Command::Kind::AssertReturn},         {"assert_trap", Command::Kind::AssertTrap},
    {"assert_exhaustion", Command::Kind::AssertExhaustion}, {"assert_exception", Command::Kind::AssertException},
    {"assert_invalid", Command::Kind::AssertInvalid},       {"assert_malformed", Command::Kind::AssertMalformed},
    {"assert_unlinkable", Command::Kind::AssertUnlinkable},
};

// The line of a place; places are asked for in ascending order, nearly.
u32 ScriptParser::line_at(usize at) {
  if (at < line_start_) line_start_ = 0, line_ = 1;
  for (usize end; (end = source_.text.find('\n', line_start_)) < at; line_start_ = end + 1) ++line_;
  return line_;
}

Source ScriptParser::cut(usize start, usize end) {
  u32 line = line_at(start);
  return {source_.text.substr(start, end - start), line, u32(start - line_start_) + 1, start};
}

Result<std::vector<Command>> ScriptParser::run() {
  std::vector<Command> commands;
  // Module fields alone are one module.
  for (std::string_view field : {"type", "import", "func", "table", "memory", "global", "export", "start", "elem",
                                 "data"}) {
    if (!in_.at_open(field)) continue;
    commands.push_back({.module = ModuleSource{.text = source_}});
    return commands;
  }
  while (!in_.at(TokenKind::End)) commands.push_back(TRY(command()));
  return commands;
}

std::optional<std::string> ScriptParser::id() {
  if (!in_.at_id()) return std::nullopt;
  std::string name = in_.id_name();
  in_.advance();
  return name;
}

Result<Command> ScriptParser::command() {
  usize start = in_.token().offset;
  Command out{.line = line_at(start)};
  if (in_.at_open("invoke") || in_.at_open("get")) {
    out.kind = Command::Kind::Action;
    out.action = TRY(action());
    return out;
  }
  if (in_.at_open("module")) {
    TRY(module_command(start, out));
    return out;
  }
  if (in_.accept_open("register")) {
    out.kind = Command::Kind::Register;
    out.name = TRY(in_.utf8_string());
    out.id = id();
    TRY(in_.expect_close());
    return out;
  }
  if (!in_.accept(TokenKind::LeftParen)) return in_.unexpected();
  auto assertion = std::find_if(std::begin(assertions), std::end(assertions),
                                [&](const Assertion& row) { return in_.at_keyword(row.keyword); });
  if (assertion == std::end(assertions)) return in_.unexpected();
  in_.advance();
  out.kind = assertion->kind;
  switch (out.kind) {
    case Command::Kind::AssertReturn:
      out.action = TRY(action());
      out.results = TRY(constants());
      break;
    case Command::Kind::AssertException:
      out.action = TRY(action());
      break;
    case Command::Kind::AssertTrap: case Command::Kind::AssertExhaustion:
      if (in_.at_open("module")) out.module = TRY(nested_module());
      else out.action = TRY(action());
      out.message = TRY(in_.string());
      break;
    default:
      out.module = TRY(nested_module());
      out.message = TRY(in_.string());
  }
  TRY(in_.expect_close());
  return out;
}

// (module instance $instance? $definition?), (module definition ...), or a module.
Result<void> ScriptParser::module_command(usize start, Command& out) {
  in_.accept_open("module");
  if (in_.accept_keyword("instance")) {
    out.kind = Command::Kind::ModuleInstance;
    out.id = id();
    out.definition = id();
    return in_.expect_close();
  }
  if (in_.accept_keyword("definition")) out.kind = Command::Kind::ModuleDefinition;
  out.module = TRY(module(out.kind == Command::Kind::ModuleDefinition ? std::nullopt : std::optional(start)));
  return {};
}

Result<ModuleSource> ScriptParser::nested_module() {
  usize start = in_.token().offset;
  TRY(in_.expect_open("module"));
  return module(start);
}

// Behind "(module" or "(module definition". A text is taken from `start`, or without one is the
// fields alone.
Result<ModuleSource> ScriptParser::module(std::optional<usize> start) {
  ModuleSource out{.id = id()};
  if (in_.at_keyword("binary") || in_.at_keyword("quote")) {
    out.form = in_.at_keyword("binary") ? ModuleSource::Form::Binary : ModuleSource::Form::Quote;
    in_.advance();
    while (in_.at(TokenKind::String)) out.bytes += TRY(in_.string());
    TRY(in_.expect_close());
    return out;
  }
  usize from = start.value_or(in_.token().offset), close = from;
  for (usize depth = 1; depth > 0; in_.advance()) {
    if (in_.at(TokenKind::LeftParen) || in_.at(TokenKind::Annotation)) ++depth;
    else if (in_.at(TokenKind::RightParen)) --depth;
    else if (in_.at(TokenKind::End) || in_.at(TokenKind::Damaged)) return in_.unexpected();
    close = in_.token().offset;
  }
  out.text = cut(from, start ? close + 1 : close);
  return out;
}

// (invoke $id? "name" constant*) or (get $id? "name")
Result<Action> ScriptParser::action() {
  Action out;
  if (!in_.accept_open("invoke")) {
    TRY(in_.expect_open("get"));
    out.kind = Action::Kind::Get;
  }
  out.module = id();
  out.name = TRY(in_.utf8_string());
  if (out.kind == Action::Kind::Invoke) out.arguments = TRY(constants());
  TRY(in_.expect_close());
  return out;
}

Result<std::vector<Constant>> ScriptParser::constants() {
  std::vector<Constant> out;
  while (in_.at(TokenKind::LeftParen)) out.push_back(TRY(constant()));
  return out;
}

Result<Constant> ScriptParser::constant() {
  Constant out;
  if (in_.accept_open("i32.const")) {
    TRY(number(32, false, out.bits, out.pattern));
  } else if (in_.accept_open("i64.const")) {
    out.kind = Constant::Kind::I64;
    TRY(number(64, false, out.bits, out.pattern));
  } else if (in_.accept_open("f32.const")) {
    out.kind = Constant::Kind::F32;
    TRY(number(32, true, out.bits, out.pattern));
  } else if (in_.accept_open("f64.const")) {
    out.kind = Constant::Kind::F64;
    TRY(number(64, true, out.bits, out.pattern));
  } else if (in_.accept_open("v128.const")) {
    out.kind = Constant::Kind::V128;
    TRY(vector(out));
  } else if (in_.accept_open("either")) {
    out.kind = Constant::Kind::Either;
    // An alternative is a plain value: so that nesting stays flat.
    while (in_.at(TokenKind::LeftParen) && !in_.at_open("either")) out.alternatives.push_back(TRY(constant()));
  } else {
    return reference();
  }
  TRY(in_.expect_close());
  return out;
}

// (ref.null heaptype?), or (ref.x number?)
Result<Constant> ScriptParser::reference() {
  if (!in_.accept(TokenKind::LeftParen)) return in_.unexpected();
  if (!in_.at(TokenKind::Keyword) || !in_.spelling().starts_with("ref.")) return in_.unexpected();
  Constant out{.kind = Constant::Kind::Ref, .heap_type = in_.spelling().substr(4)};
  in_.advance();
  if (out.heap_type == "null") {
    out.kind = Constant::Kind::RefNull;
    out.heap_type = in_.at(TokenKind::Keyword) ? in_.spelling() : std::string_view();
    in_.accept(TokenKind::Keyword);
  } else if (in_.at(TokenKind::Natural)) {
    out.number = u32(TRY(in_.natural(32)));
  }
  TRY(in_.expect_close());
  return out;
}

// A number of 8 to 64 bits, or what is expected of a float.
Result<void> ScriptParser::number(unsigned bits, bool is_float, u64& value, FloatPattern& pattern) {
  if (is_float && in_.accept_keyword("nan:canonical")) {
    pattern = FloatPattern::CanonicalNan;
    return {};
  }
  if (is_float && in_.accept_keyword("nan:arithmetic")) {
    pattern = FloatPattern::ArithmeticNan;
    return {};
  }
  bool is_integer = in_.at(TokenKind::Natural) || in_.at(TokenKind::Integer);
  if (!is_integer && !(is_float && in_.at(TokenKind::Float))) return in_.unexpected();
  std::optional<u64> read = is_float ? float_value(in_.spelling(), bits) : integer_value(in_.spelling(), bits);
  if (!read) return in_.fail_here("constant out of range");
  value = *read;
  in_.advance();
  return {};
}

// shape number*, one for each lane
Result<void> ScriptParser::vector(Constant& out) {
  auto shape = std::find_if(std::begin(shapes), std::end(shapes),
                            [&](const Shape& row) { return in_.at_keyword(row.keyword); });
  if (shape == std::end(shapes)) return in_.unexpected();
  in_.advance();
  out.shape = shape->shape;
  usize size = 16 / shape->lanes;
  for (usize lane = 0; lane < shape->lanes; ++lane) {
    u64 value = 0;
    FloatPattern pattern = FloatPattern::Exact;
    TRY(number(unsigned(8 * size), shape->is_float, value, pattern));
    if (shape->is_float) out.lanes[lane] = pattern;
    for (usize i = 0; i < size; ++i) out.bytes[lane * size + i] = u8(value >> (8 * i));
  }
  return {};
}

}  // namespace

Result<std::vector<u8>> ModuleSource::parse(Features features) const {
  switch (form) {
    case Form::Text: return parse_module(text, features);
    case Form::Quote: return parse_module(bytes, features);
    case Form::Binary: return std::vector<u8>(bytes.begin(), bytes.end());
  }
  UNREACHABLE("a form of module");
}

Result<std::vector<Command>> parse_script(std::string_view wast) { return ScriptParser(wast).run(); }

}  // namespace skerry::text
