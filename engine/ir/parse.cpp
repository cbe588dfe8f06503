#include "engine/ir/parse.h"

#include "base/string.h"
#include "engine/abi/builtins.h"
#include "engine/ir/builder.h"
#include "engine/ir/print.h"

namespace skerry::ir {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), builder_(parsed_.function) {
    parsed_.signature = std::make_unique<FuncType>();
    parsed_.function.signature = parsed_.signature.get();
  }

  Result<ParsedFunction> run() {
    TRY(header());
    while (!at_end()) TRY(block());
    if (builder_.is_open()) return wrong("a terminator");
    for (u32 target : targets_) {
      if (!function().blocks.contains(function().target_block(target))) return wrong("the block of each target");
    }
    return std::move(parsed_);
  }

 private:
  Function& function() { return parsed_.function; }

  // ---------------------------------------------------------------------------------- Tokens

  Failure<Error> wrong(std::string_view expected) {
    return fail(ErrorCode::Malformed, at_, concat("expected ", expected));
  }

  void skip_space() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ';')) {
      if (text_[at_] == ';') while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      else ++at_;
    }
  }
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  std::string_view peek_word() {
    skip_space();
    usize end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  std::string_view word() {
    std::string_view found = peek_word();
    at_ += found.size();
    return found;
  }
  bool take(std::string_view punctuation) {
    skip_space();
    if (!text_.substr(at_).starts_with(punctuation)) return false;
    at_ += punctuation.size();
    return true;
  }
  Result<void> expect(std::string_view punctuation) {
    if (take(punctuation)) return {};
    return wrong(punctuation);
  }
  Result<void> expect_word(std::string_view expected) {
    if (peek_word() != expected) return wrong(expected);
    word();
    return {};
  }

  // Decimal with a sign, or hexadecimal with 0x: 64 bits.
  Result<u64> bits() {
    bool negative = take("-");
    u64 value = 0, base = take("0x") ? 16 : 10;
    std::string_view digits = word();
    if (digits.empty()) return wrong("a number");
    for (char c : digits) {
      u64 digit = is_digit(c) ? u64(c - '0') : c >= 'a' && c <= 'f' ? u64(c - 'a' + 10) : 16;
      if (digit >= base) return wrong("a number");
      value = value * base + digit;
    }
    return negative ? 0 - value : value;
  }
  Result<u32> number() {
    u64 value = TRY(bits());
    if (value > ~u32{0}) return wrong("a number of 32 bits");
    return u32(value);
  }
  // "v12", "block3", "memory0": the number behind a word.
  Result<u32> numbered(std::string_view prefix) {
    std::string_view found = peek_word();
    if (!found.starts_with(prefix) || found.size() == prefix.size() || !is_digit(found[prefix.size()]))
      return wrong(concat(prefix, " and a number"));
    at_ += prefix.size();
    return number();
  }

  Result<Type> type() {
    std::string_view found = word();
    for (Type type : {Type::I32, Type::I64, Type::F32, Type::F64, Type::V128, Type::Ref})
      if (name(type) == found) return type;
    return wrong("a type");
  }
  Result<ValueType> value_type() {
    std::string_view found = word();
    for (ValueType type : {ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64, ValueType::V128,
                           ValueType::FuncRef, ValueType::ExternRef})
      if (skerry::name(type) == found) return type;
    return wrong("a value type");
  }

  // The place among [0, count) of the word whose name in the text form it is.
  template <class Name>
  Result<u32> choice(std::string_view what, u32 count, Name name) {
    std::string_view found = word();
    for (u32 i = 0; i < count; ++i) if (name(i) == found) return i;
    return wrong(what);
  }

  // ------------------------------------------------------------------------ Values and targets

  // Names are dense where they come from print, and never more than there are characters.
  Result<u32> value() {
    u32 name = TRY(numbered("v"));
    if (name >= values_.size() || values_[name].is_none()) return wrong("a value that is defined before");
    return values_[name].raw();
  }
  Result<void> define(u32 name, Value value) {
    if (name >= text_.size()) return wrong("a smaller number of a value");
    if (name >= values_.size()) values_.resize(name + 1, Value::none());
    if (!values_[name].is_none()) return wrong("a name that is not taken");
    values_[name] = value;
    return {};
  }

  // Values separated by commas, up to `close`, which is taken.
  Result<std::vector<u32>> values_to(std::string_view close) {
    std::vector<u32> list;
    if (take(close)) return list;
    do list.push_back(TRY(value()));
    while (take(","));
    TRY(expect(close));
    return list;
  }

  Result<u32> target() {
    u32 block = TRY(numbered("block"));
    std::vector<u32> arguments;
    if (take("(")) arguments = TRY(values_to(")"));
    targets_.push_back(builder_.target(Block(block), arguments));
    return targets_.back();
  }

  // ---------------------------------------------------------------------------------- Grammar

  Result<std::vector<ValueType>> value_types() {
    std::vector<ValueType> types;
    TRY(expect("("));
    if (take(")")) return types;
    do types.push_back(TRY(value_type()));
    while (take(","));
    TRY(expect(")"));
    return types;
  }

  Result<void> header() {
    TRY(expect_word("function"));
    function().index = FuncIndex(TRY(number()));
    parsed_.signature->params = TRY(value_types());
    TRY(expect("->"));
    parsed_.signature->results = TRY(value_types());
    if (peek_word() == "at") {
      word();
      TRY(expect_word("a"));
      TRY(expect_word("loop"));
      function().entry = Entry::Loop;
    }
    if (peek_word() == "slots") {
      word();
      while (peek_word() != "loop" && !peek_word().starts_with("block")) function().slots.push_back(TRY(type()));
    }
    return {};
  }

  Result<void> block() {
    Block next = function().blocks.end_key();
    while (!loop_.is_none() && function().loops[loop_].end <= next) loop_ = function().loops[loop_].parent;
    while (peek_word() == "loop") {
      word();
      TRY(expect_word("to"));
      u32 end = TRY(numbered("block"));
      TRY(expect(":"));
      u32 depth = loop_.is_none() ? 1 : function().loops[loop_].depth + 1;
      loop_ = function().loops.push({.header = next, .end = Block(end), .parent = loop_, .depth = depth});
    }
    if (TRY(numbered("block")) != next.raw()) return wrong("the block's number in the order of blocks");
    builder_.begin_block(loop_);
    if (take("(")) {
      do {
        u32 name = TRY(numbered("v"));
        TRY(expect(":"));
        TRY(define(name, builder_.param(TRY(type()))));
      } while (take(","));
      TRY(expect(")"));
    }
    TRY(expect(":"));
    while (builder_.is_open()) TRY(instruction());
    return {};
  }

  Result<void> instruction() {
    u32 name = ~u32{0};
    Inst inst{.op = Op::Count};
    std::string_view first = peek_word();
    if (first.size() > 1 && first[0] == 'v' && is_digit(first[1])) {
      name = TRY(numbered("v"));
      TRY(expect(":"));
      inst.type = TRY(type());
      TRY(expect("="));
    }
    inst.op = Op(TRY(choice("an operation", u32(Op::Count), [](u32 i) { return text_name(info(Op(i)).name); })));
    TRY(fields(inst));
    if (inst.op == Op::Param) return wrong("parameters behind the name of their block only");
    Value value = info(inst.op).terminates() ? builder_.terminate(inst) : builder_.append(inst);
    if (name != ~u32{0}) TRY(define(name, value));
    return {};
  }

  Result<void> address(Inst& inst, u32& offset) {
    u32 memory = TRY(numbered("memory"));
    if (memory > 0xff) return wrong("a smaller number of a memory");
    inst.aux = u8(memory);
    TRY(expect("["));
    inst.a = TRY(value());
    if (take("+")) offset = TRY(number());
    return expect("]");
  }

  Result<void> fields(Inst& inst) {
    switch (info(inst.op).shape) {
      case Shape::Param: break;
      case Shape::Const: {
        u64 value = TRY(bits());
        if (!is_64(inst.type)) value = u32(value);
        inst.b = u32(value), inst.c = u32(value >> 32);
        break;
      }
      case Shape::V: inst.a = TRY(value()); break;
      case Shape::Compare:
        TRY(expect("."));
        inst.aux = u8(TRY(choice("a condition", 10, [](u32 i) { return name(Cond(i)); })));
        [[fallthrough]];
      case Shape::VV: case Shape::VVV:
        inst.a = TRY(value());
        TRY(expect(","));
        inst.b = TRY(value());
        if (info(inst.op).shape != Shape::VVV) break;
        TRY(expect(","));
        inst.c = TRY(value());
        break;
      case Shape::Load: return address(inst, inst.b);
      case Shape::Store:
        TRY(address(inst, inst.c));
        TRY(expect(","));
        inst.b = TRY(value());
        break;
      case Shape::Entity: inst.b = TRY(number()); break;
      case Shape::VEntity:
        inst.b = TRY(number());
        TRY(expect(","));
        inst.a = TRY(value());
        break;
      case Shape::Call: {
        if (inst.op == Op::CallBuiltin)
          inst.a = TRY(choice("a builtin", u32(Builtin::Count), [](u32 i) { return text_name(info(Builtin(i)).name); }));
        else inst.a = TRY(number());
        TRY(expect("("));
        std::vector<u32> arguments = TRY(values_to(")"));
        inst.b = builder_.list(arguments), inst.c = u32(arguments.size());
        break;
      }
      case Shape::Indirect: {
        inst.a = TRY(value());
        TRY(expect(","));
        TRY(expect_word("type"));
        u32 type = TRY(number());
        TRY(expect(","));
        TRY(expect_word("table"));
        u32 table = TRY(number());
        TRY(expect("("));
        std::vector<u32> arguments = TRY(values_to(")"));
        inst.b = builder_.list({{type, table}}), inst.c = u32(arguments.size());
        builder_.list(arguments);
        break;
      }
      case Shape::Result:
        inst.a = TRY(value());
        TRY(expect(","));
        inst.b = TRY(number());
        break;
      case Shape::Jump: inst.b = TRY(target()); break;
      case Shape::Branch:
        inst.a = TRY(value());
        TRY(expect(","));
        inst.b = TRY(target());
        TRY(expect(","));
        inst.c = TRY(target());
        break;
      case Shape::BrTable: {
        inst.a = TRY(value());
        std::vector<u32> targets;
        while (take(",")) targets.push_back(TRY(target()));
        inst.b = builder_.list(targets), inst.c = u32(targets.size());
        break;
      }
      case Shape::List: {
        std::vector<u32> list;
        std::string_view next = peek_word();
        if (next.size() > 1 && next[0] == 'v' && is_digit(next[1])) {
          do list.push_back(TRY(value()));
          while (take(","));
        }
        inst.b = builder_.list(list), inst.c = u32(list.size());
        break;
      }
      case Shape::Trap:
        inst.aux = u8(TRY(choice("a trap code", u32(TrapCode::Count),
                                 [](u32 i) { return text_name(skerry::name(TrapCode(i))); })));
        break;
    }
    return {};
  }

  std::string_view text_;
  usize at_ = 0;
  ParsedFunction parsed_;
  Builder builder_;
  Loop loop_ = Loop::none();
  std::vector<Value> values_;  // by name
  std::vector<u32> targets_;
};

}  // namespace

Result<ParsedFunction> parse(std::string_view text) { return Parser(text).run(); }

}  // namespace skerry::ir
