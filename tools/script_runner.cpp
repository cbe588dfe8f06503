#include "tools/script_runner.h"

#include <cstdio>

#include "base/string.h"
#include "tools/values.h"

namespace skerry::tools {
namespace {

using text::Command;
using text::Constant;
using text::FloatPattern;

std::string_view name_of(Command::Kind kind) {
  switch (kind) {
    case Command::Kind::Module: return "module";
    case Command::Kind::ModuleDefinition: return "module definition";
    case Command::Kind::ModuleInstance: return "module instance";
    case Command::Kind::Register: return "register";
    case Command::Kind::Action: return "action";
    case Command::Kind::AssertReturn: return "assert_return";
    case Command::Kind::AssertTrap: return "assert_trap";
    case Command::Kind::AssertExhaustion: return "assert_exhaustion";
    case Command::Kind::AssertException: return "assert_exception";
    case Command::Kind::AssertInvalid: return "assert_invalid";
    case Command::Kind::AssertMalformed: return "assert_malformed";
    case Command::Kind::AssertUnlinkable: return "assert_unlinkable";
  }
  return "?";
}

Failure<Error> failed(std::string message) { return fail(ErrorCode::Argument, std::move(message)); }

bool agree(std::string_view found, std::string_view expected) {
  return found.starts_with(expected) || expected.starts_with(found);
}

// --------------------------------------------------------------------------- Expected results

bool matches_float(u64 bits, u64 expected, FloatPattern pattern, u64 quiet_nan, u64 sign) {
  switch (pattern) {
    case FloatPattern::Exact: return bits == expected;
    case FloatPattern::CanonicalNan: return (bits & ~sign) == quiet_nan;
    case FloatPattern::ArithmeticNan: return (bits & quiet_nan) == quiet_nan;
  }
  return false;
}

bool matches_reference(const Constant& expected, const Value& value) {
  bool is_null = value.link() == nullptr;
  bool is_extern = value.type() == ValueType::ExternRef;
  std::string_view heap = expected.heap_type;
  if (expected.kind == Constant::Kind::RefNull) {
    return is_null && (heap.empty() || heap == (is_extern ? "extern" : "func"));
  }
  if (is_null || heap != (is_extern ? "extern" : "func")) return false;
  if (!expected.number) return true;
  const u32* number = is_extern ? value.as_extern().data<u32>() : nullptr;
  return number && *number == *expected.number;
}

bool matches(const Constant& expected, const Value& value) {
  switch (expected.kind) {
    case Constant::Kind::I32: return value.type() == ValueType::I32 && value.bits() == expected.bits;
    case Constant::Kind::I64: return value.type() == ValueType::I64 && value.bits() == expected.bits;
    case Constant::Kind::F32:
      return value.type() == ValueType::F32 &&
             matches_float(value.bits(), expected.bits, expected.pattern, 0x7fc0'0000, u64{1} << 31);
    case Constant::Kind::F64:
      return value.type() == ValueType::F64 &&
             matches_float(value.bits(), expected.bits, expected.pattern, 0x7ff8'0000'0000'0000, u64{1} << 63);
    case Constant::Kind::V128: return false;
    case Constant::Kind::RefNull:
    case Constant::Kind::Ref: return is_reference(value.type()) && matches_reference(expected, value);
    case Constant::Kind::Either:
      for (const Constant& one : expected.alternatives) {
        if (matches(one, value)) return true;
      }
      return false;
  }
  return false;
}

std::string describe(const Value& value) {
  std::string text = concat(name(value.type()), " ", print_value(value));
  if (!is_reference(value.type())) text += concat(" (0x", hex(value.bits()), ")");
  return text;
}

std::string describe(const Constant& expected) {
  switch (expected.kind) {
    case Constant::Kind::I32: return describe(Value(ValueType::I32, expected.bits, nullptr));
    case Constant::Kind::I64: return describe(Value(ValueType::I64, expected.bits, nullptr));
    case Constant::Kind::F32:
    case Constant::Kind::F64:
      if (expected.pattern == FloatPattern::CanonicalNan) return "a canonical NaN";
      if (expected.pattern == FloatPattern::ArithmeticNan) return "an arithmetic NaN";
      return describe(Value(expected.kind == Constant::Kind::F32 ? ValueType::F32 : ValueType::F64, expected.bits, nullptr));
    case Constant::Kind::V128: return "a v128";
    case Constant::Kind::RefNull: return concat("ref.null ", expected.heap_type);
    case Constant::Kind::Ref:
      return expected.number ? concat("ref.", expected.heap_type, " ", *expected.number) : concat("ref.", expected.heap_type);
    case Constant::Kind::Either: {
      std::string text;
      for (const Constant& one : expected.alternatives) text += concat(text.empty() ? "" : " or ", describe(one));
      return text;
    }
  }
  return "?";
}

void print_arguments(std::span<const Value> arguments) {
  for (const Value& one : arguments) std::printf("%s : %s\n", print_value(one).c_str(), std::string(name(one.type())).c_str());
}

}  // namespace

// ---------------------------------------------------------------------------------- Modules

ScriptRunner::ScriptRunner(Engine engine, Features features, Store store, Tell tell)
    : engine_(std::move(engine)), features_(features), tell_(std::move(tell)), linker_(engine_), store_(std::move(store)) {}

Result<ScriptRunner> ScriptRunner::create(const Engine& engine, Features features, Tell tell) {
  Store store = TRY(Store::create(engine));
  ScriptRunner runner(engine, features, std::move(store), std::move(tell));
  TRY(runner.define_spectest());
  return runner;
}

// The host module of the suite: interpreter/host/spectest.ml of the specification.
Result<void> ScriptRunner::define_spectest() {
  auto function = [&](std::string_view name, std::vector<ValueType> params) {
    linker_.func_dynamic("spectest", name, {std::move(params), {}},
                         [](Caller&, std::span<const Value> arguments, std::span<Value>) -> Called<void> {
                           print_arguments(arguments);
                           return {};
                         });
  };
  function("print", {});
  function("print_i32", {ValueType::I32});
  function("print_i64", {ValueType::I64});
  function("print_f32", {ValueType::F32});
  function("print_f64", {ValueType::F64});
  function("print_i32_f32", {ValueType::I32, ValueType::F32});
  function("print_f64_f64", {ValueType::F64, ValueType::F64});
  for (const Value& value : {Value(i32{666}), Value(i64{666}), Value(f32{666.6f}), Value(f64{666.6})}) {
    Global global = TRY(Global::create(store_, {value.type(), Mutability::Const}, value));
    linker_.define("spectest", concat("global_", name(value.type())), global);
  }
  linker_.define("spectest", "table",
                 TRY(Table::create(store_, {ValueType::FuncRef, {10, 20}}, Value::null(ValueType::FuncRef))));
  linker_.define("spectest", "memory", TRY(Memory::create(store_, {.limits = {1, 2}})));
  return {};
}

Result<Module> ScriptRunner::load(const text::ModuleSource& source) {
  std::vector<u8> wasm = TRY(source.parse(features_));
  return Module::from_binary(engine_, wasm);
}

Result<void> ScriptRunner::define(const text::ModuleSource& source) {
  last_module_.reset();
  if (source.id) modules_.erase(*source.id);
  Module module = TRY(load(source));
  last_module_ = module;
  if (source.id) modules_.insert_or_assign(*source.id, module);
  return {};
}

Result<void> ScriptRunner::instantiate(const Module& module, const std::optional<std::string>& id) {
  last_instance_.reset();
  if (id) instances_.erase(*id);
  Result<Instance, InstantiationError> made = linker_.instantiate(store_, module);
  if (!made) return failed(made.error().message());
  last_instance_ = *made;
  if (id) instances_.insert_or_assign(*id, *made);
  return {};
}

Result<Instance> ScriptRunner::instance(const std::optional<std::string>& id) const {
  if (!id) {
    if (!last_instance_) return failed("there is no instance");
    return *last_instance_;
  }
  auto found = instances_.find(*id);
  if (found == instances_.end()) return failed(concat("there is no instance $", *id));
  return found->second;
}

Result<Module> ScriptRunner::definition(const std::optional<std::string>& id) const {
  if (!id) {
    if (!last_module_) return failed("there is no module");
    return *last_module_;
  }
  auto found = modules_.find(*id);
  if (found == modules_.end()) return failed(concat("there is no module $", *id));
  return found->second;
}

// --------------------------------------------------------------------------------- Commands

bool ScriptRunner::run(const Command& command) {
  Result<void> done = carry_out(command);
  if (!done) tell_(Finding::Failure, command.line, name_of(command.kind), done.error().message);
  return bool(done);
}

Result<void> ScriptRunner::carry_out(const Command& command) {
  switch (command.kind) {
    case Command::Kind::Module:
      last_instance_.reset();
      TRY(define(*command.module));
      return instantiate(*last_module_, command.module->id);
    case Command::Kind::ModuleDefinition: return define(*command.module);
    case Command::Kind::ModuleInstance: return instantiate(TRY(definition(command.definition)), command.id);
    case Command::Kind::Register:
      linker_.define_instance(command.name, TRY(instance(command.id)));
      return {};
    case Command::Kind::Action: {
      Called<std::vector<Value>> outcome = TRY(act(*command.action));
      if (!outcome) return failed(outcome.error().text());
      return {};
    }
    case Command::Kind::AssertReturn: return assert_return(command);
    case Command::Kind::AssertTrap:
    case Command::Kind::AssertExhaustion: return assert_trap(command);
    case Command::Kind::AssertException: return failed("exceptions are not implemented");
    case Command::Kind::AssertInvalid: return assert_refused(command, ErrorCode::Invalid);
    case Command::Kind::AssertMalformed: return assert_refused(command, ErrorCode::Malformed);
    case Command::Kind::AssertUnlinkable: return assert_unlinkable(command);
  }
  return failed("no such command");
}

Result<Value> ScriptRunner::argument(const Constant& constant) {
  switch (constant.kind) {
    case Constant::Kind::I32: return Value(ValueType::I32, constant.bits, nullptr);
    case Constant::Kind::I64: return Value(ValueType::I64, constant.bits, nullptr);
    case Constant::Kind::F32: return Value(ValueType::F32, constant.bits, nullptr);
    case Constant::Kind::F64: return Value(ValueType::F64, constant.bits, nullptr);
    case Constant::Kind::RefNull:
      return Value::null(constant.heap_type == "extern" ? ValueType::ExternRef : ValueType::FuncRef);
    case Constant::Kind::Ref: {
      if (!constant.number) break;
      auto known = externs_.find(*constant.number);
      if (known == externs_.end()) {
        ExternRef made = TRY(ExternRef::create(store_, *constant.number));
        known = externs_.emplace(*constant.number, std::move(made)).first;
      }
      return Value(known->second);
    }
    case Constant::Kind::V128:
    case Constant::Kind::Either: break;
  }
  return failed(concat("an argument that cannot be: ", describe(constant)));
}

Result<Called<std::vector<Value>>> ScriptRunner::act(const text::Action& action) {
  Instance callee = TRY(instance(action.module));
  if (action.kind == text::Action::Kind::Get) {
    Global global = TRY(callee.global(action.name));
    return Called<std::vector<Value>>(std::vector<Value>{TRY(global.get())});
  }
  Func function = TRY(callee.func(action.name));
  std::vector<Value> arguments;
  for (const Constant& one : action.arguments) arguments.push_back(TRY(argument(one)));
  Called<std::vector<Value>> outcome = function.call(arguments);
  return outcome;
}

Result<void> ScriptRunner::assert_return(const Command& command) {
  Called<std::vector<Value>> outcome = TRY(act(*command.action));
  if (!outcome) return failed(concat("it traps: ", outcome.error().text()));
  if (outcome->size() != command.results.size()) {
    return failed(concat(outcome->size(), " results, expected ", command.results.size()));
  }
  for (usize i = 0; i < outcome->size(); ++i) {
    if (matches(command.results[i], (*outcome)[i])) continue;
    return failed(concat("result ", i, " is ", describe((*outcome)[i]), ", expected ", describe(command.results[i])));
  }
  return {};
}

Result<void> ScriptRunner::assert_trap(const Command& command) {
  std::optional<Trap> trap;
  if (command.action) {
    Called<std::vector<Value>> outcome = TRY(act(*command.action));
    if (!outcome) trap = outcome.error();
  } else {
    Module module = TRY(load(*command.module));
    Result<Instance, InstantiationError> made = linker_.instantiate(store_, module);
    if (!made && made.error().error()) return failed(concat("it does not link: ", made.error().message()));
    if (!made) trap = *made.error().trap();
  }
  if (!trap) return failed(concat("it does not trap, expected ", command.message));
  bool is_exhaustion = command.kind == Command::Kind::AssertExhaustion;
  if (!agree(trap->message(), command.message) || is_exhaustion != (trap->code() == TrapCode::StackExhausted)) {
    return failed(concat("it traps with \"", trap->message(), "\", expected \"", command.message, "\""));
  }
  return {};
}

// A feature that is off or missing, and a limit, are found wherever they are met: they are either verdict. As a
// body is decoded while it is validated, and the earliest fault wins, what is malformed further on may be found
// to be invalid; but what is only invalid is never malformed.
Result<void> ScriptRunner::assert_refused(const Command& command, ErrorCode code) {
  Result<Module> module = load(*command.module);
  if (module) return failed(concat("it is accepted, expected ", command.message));
  const Error& error = module.error();
  if (error.code == ErrorCode::Malformed && code == ErrorCode::Invalid) {
    return failed(concat("it is malformed: ", error.message, ", expected ", command.message));
  }
  compare_words(command, error.message);
  return {};
}

Result<void> ScriptRunner::assert_unlinkable(const Command& command) {
  Module module = TRY(load(*command.module));
  Result<Instance, InstantiationError> made = linker_.instantiate(store_, module);
  if (made) return failed(concat("it links, expected ", command.message));
  if (!made.error().error()) return failed(concat("it traps: ", made.error().message()));
  compare_words(command, made.error().message());
  return {};
}

void ScriptRunner::compare_words(const Command& command, std::string_view found) {
  if (agree(found, command.message)) return;
  tell_(Finding::OtherWords, command.line, name_of(command.kind), concat(found, ", the script says ", command.message));
}

}  // namespace skerry::tools
