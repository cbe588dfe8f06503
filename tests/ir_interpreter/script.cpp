#include "tests/ir_interpreter/script.h"

#include <bit>
#include <map>

#include "base/string.h"
#include "text/script.h"

namespace skerry::oracle {
namespace {

using text::Command;
using text::Constant;

class Runner {
 public:
  Runner(Features features, const translate::Options& options) : features_(features), options_(options) { add_spectest(); }

  void run(const Command& command) {
    line_ = command.line;
    switch (command.kind) {
      case Command::Kind::Module:
        if (Program* program = load(*command.module)) {
          remember_program(command.module->id, program);
          instantiate(*program, command.module->id);
        }
        break;
      case Command::Kind::ModuleDefinition:
        if (Program* program = load(*command.module)) remember_program(command.module->id, program);
        break;
      case Command::Kind::ModuleInstance: {
        Program* program = command.definition ? programs_by_id_[*command.definition] : last_program_;
        if (program) instantiate(*program, command.id);
        else fail("no such module");
        break;
      }
      case Command::Kind::Register:
        if (Instance* instance = instance_of(command.id)) registered_[command.name] = instance;
        else fail("no such instance");
        break;
      case Command::Kind::Action: {
        Outcome outcome = act(*command.action);
        if (outcome.kind != Outcome::Kind::Returned) fail(concat("it does not return: ", sentence(outcome.trap)));
        break;
      }
      case Command::Kind::AssertReturn: assert_return(command); break;
      case Command::Kind::AssertTrap: case Command::Kind::AssertExhaustion: assert_trap(command); break;
      case Command::Kind::AssertInvalid: case Command::Kind::AssertMalformed: {
        Result<std::vector<u8>> bytes = command.module->parse(features_);
        if (!bytes) break;
        Result<std::unique_ptr<Program>> program = Program::load(std::move(*bytes), features_, options_);
        if (program) fail("it is accepted");
        else if (program.error().code == ErrorCode::Artifact) fail(program.error().message);
        break;
      }
      case Command::Kind::AssertUnlinkable:
        if (Program* program = load(*command.module)) {
          Instantiation made = link(*program);
          if (!made.error) fail("it links");
        }
        break;
      case Command::Kind::AssertException: fail("exceptions are not implemented"); break;
    }
  }
  std::vector<std::string> take_failures() { return std::move(failures_); }

 private:
  void fail(std::string_view why) { failures_.push_back(concat("line ", line_, ": ", why)); }

  // ---------------------------------------------------------------------------------- Modules

  void add_spectest() {
    auto function = [&](const char* name, std::vector<ValueType> params) {
      spectest_[name] = store_.add_function({std::move(params), {}}, [](std::span<const u64>) { return Outcome(); });
    };
    function("print", {});
    function("print_i32", {ValueType::I32});
    function("print_i64", {ValueType::I64});
    function("print_f32", {ValueType::F32});
    function("print_f64", {ValueType::F64});
    function("print_i32_f32", {ValueType::I32, ValueType::F32});
    function("print_f64_f64", {ValueType::F64, ValueType::F64});
    auto global = [&](const char* name, ValueType type, u64 bits) {
      spectest_[name] = store_.add_global({type, Mutability::Const}, bits);
    };
    global("global_i32", ValueType::I32, 666);
    global("global_i64", ValueType::I64, 666);
    global("global_f32", ValueType::F32, std::bit_cast<u32>(666.6f));
    global("global_f64", ValueType::F64, std::bit_cast<u64>(666.6));
    spectest_["table"] = store_.add_table({ValueType::FuncRef, {10, 20}});
    spectest_["memory"] = store_.add_memory({.limits = {1, 2}});
  }

  std::optional<Extern> resolve(const wasm::Import& import) {
    if (import.module == "spectest") {
      auto found = spectest_.find(std::string(import.name));
      return found == spectest_.end() ? std::nullopt : std::optional(found->second);
    }
    auto instance = registered_.find(std::string(import.module));
    return instance == registered_.end() ? std::nullopt : instance->second->find(import.name);
  }

  Program* load(const text::ModuleSource& source) {
    Result<std::vector<u8>> bytes = source.parse(features_);
    if (!bytes) return fail(bytes.error().message), nullptr;
    Result<std::unique_ptr<Program>> program = Program::load(std::move(*bytes), features_, options_);
    if (!program) return fail(program.error().message), nullptr;
    programs_.push_back(std::move(*program));
    return programs_.back().get();
  }
  void remember_program(const std::optional<std::string>& id, Program* program) {
    last_program_ = program;
    if (id) programs_by_id_[*id] = program;
  }
  Instantiation link(const Program& program) {
    return store_.instantiate(program, [&](const wasm::Import& import) { return resolve(import); });
  }
  void instantiate(const Program& program, const std::optional<std::string>& id) {
    Instantiation made = link(program);
    if (made.error) return fail(made.error->message);
    if (made.failed) return fail(concat("instantiation traps: ", sentence(made.failed->trap)));
    last_instance_ = made.instance;
    if (id) instances_[*id] = made.instance;
  }
  Instance* instance_of(const std::optional<std::string>& id) {
    if (!id) return last_instance_;
    auto found = instances_.find(*id);
    return found == instances_.end() ? nullptr : found->second;
  }

  // ---------------------------------------------------------------------------------- Actions

  // References from outside are numbers from 1 on.
  static u64 bits_of(const Constant& constant) {
    return constant.kind == Constant::Kind::Ref ? u64{*constant.number} + 1 : constant.bits;
  }

  Outcome act(const text::Action& action) {
    Instance* instance = instance_of(action.module);
    std::optional<Extern> found = instance ? instance->find(action.name) : std::nullopt;
    if (!found) return fail("no such export"), Outcome();
    if (action.kind == text::Action::Kind::Get) return {.results = {found->global->bits}};
    std::vector<u64> arguments;
    for (const Constant& argument : action.arguments) arguments.push_back(bits_of(argument));
    return store_.invoke(found->function, arguments);
  }

  static bool matches(const Constant& expected, u64 bits) {
    u64 word = expected.kind == Constant::Kind::F32 ? bits << 32 : bits;
    switch (expected.kind) {
      case Constant::Kind::F32: case Constant::Kind::F64: {
        u64 quiet_nan = expected.kind == Constant::Kind::F32 ? u64{0x7fc00000} << 32 : u64{0x7ff8} << 48;
        if (expected.pattern == text::FloatPattern::CanonicalNan) return (word & ~(u64{1} << 63)) == quiet_nan;
        if (expected.pattern == text::FloatPattern::ArithmeticNan) return (word & quiet_nan) == quiet_nan;
        return bits == expected.bits;
      }
      case Constant::Kind::I32: case Constant::Kind::I64: return bits == expected.bits;
      case Constant::Kind::RefNull: return bits == 0;
      case Constant::Kind::Ref: return expected.number ? bits == bits_of(expected) : bits != 0;
      case Constant::Kind::Either:
        for (const Constant& one : expected.alternatives) if (matches(one, bits)) return true;
        return false;
      case Constant::Kind::V128: return false;
    }
    return false;
  }

  void assert_return(const Command& command) {
    Outcome outcome = act(*command.action);
    if (outcome.kind == Outcome::Kind::OutOfSteps) return fail("it does not end");
    if (outcome.kind == Outcome::Kind::Trapped) return fail(concat("it traps: ", sentence(outcome.trap)));
    if (outcome.results.size() != command.results.size()) return fail("wrong number of results");
    for (usize i = 0; i < outcome.results.size(); ++i)
      if (!matches(command.results[i], outcome.results[i]))
        fail(concat("result ", i, " is 0x", hex(outcome.results[i]), ", expected 0x", hex(command.results[i].bits)));
  }

  void assert_trap(const Command& command) {
    Outcome outcome;
    if (command.action) {
      outcome = act(*command.action);
    } else if (Program* program = load(*command.module)) {
      Instantiation made = link(*program);
      if (made.error) return fail(made.error->message);
      if (made.failed) outcome = *made.failed;
    }
    if (outcome.kind != Outcome::Kind::Trapped) return fail("it does not trap");
    if (!command.message.starts_with(sentence(outcome.trap)))
      fail(concat("it traps with ", sentence(outcome.trap), ", expected ", command.message));
  }

  const Features features_;
  const translate::Options options_;
  u32 line_ = 0;
  std::vector<std::string> failures_;

  std::vector<std::unique_ptr<Program>> programs_;  // outlive the store
  Store store_;
  std::map<std::string, Extern> spectest_;
  std::map<std::string, Instance*> registered_, instances_;
  std::map<std::string, Program*> programs_by_id_;
  Program* last_program_ = nullptr;
  Instance* last_instance_ = nullptr;
};

}  // namespace

ScriptResult run_script(std::string_view wast, Features features, const translate::Options& options) {
  ScriptResult result;
  Result<std::vector<Command>> commands = text::parse_script(wast);
  if (!commands) {
    result.failures.push_back(commands.error().message);
    return result;
  }
  Runner runner(features, options);
  for (const Command& command : *commands) runner.run(command);
  result.commands = u32(commands->size());
  result.failures = runner.take_failures();
  return result;
}

}  // namespace skerry::oracle
