#include "tests/fuzz/stages.h"

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/ir/verify.h"
#include "engine/translate/translate.h"
#include "engine/validate/function.h"
#include "engine/validate/module.h"
#include "engine/validate/null_sink.h"
#include "tests/isas/targets.h"
#include "text/parse.h"
#include "text/print.h"

namespace skerry::fuzz {

namespace {

Verdict refused(std::string_view stage, const Error& error, usize size) {
  Verdict verdict{.limited = error.code == ErrorCode::Limit, .offset = error.offset, .error = error.message};
  if (error.offset > size) verdict.complaint = concat(stage, ": an error at ", error.offset, " of ", size, " bytes");
  if (error.message.empty()) verdict.complaint = concat(stage, ": an error without a sentence");
  return verdict;
}
Verdict complain(std::string complaint) { return {.complaint = std::move(complaint)}; }

// What is printed is read back to a binary in the usual form, which printing keeps byte for byte.
std::optional<std::string> check_text(std::span<const u8> wasm, Features features) {
  auto text = text::print_module(wasm, features);
  if (!text) {
    if (text.error().code == ErrorCode::Limit) return std::nullopt;
    return concat("a valid module does not print: ", text.error().message);
  }
  auto again = text::parse_module(*text, features);
  if (!again) return concat("what was printed is not read: ", again.error().message);
  auto twice = text::print_module(*again, features);
  if (!twice) return concat("what was read does not print: ", twice.error().message);
  auto same = text::parse_module(*twice, features);
  if (!same || *same != *again) return "what was read changes when it is printed and read";
  return std::nullopt;
}

}  // namespace

Verdict run_stages(std::span<const u8> wasm, Features features, Targets with) {
  auto module = wasm::decode(wasm, features);
  if (!module) return refused("decode", module.error(), wasm.size());
  if (auto valid = validate::validate_module(*module, features); !valid)
    return refused("validate_module", valid.error(), wasm.size());

  codegen::Settings settings{.check_allocation = true};
  InstanceLayout layout = InstanceLayout::of(*module);
  codegen::ModuleContext context{*module, layout, settings};
  struct Machine {
    explicit Machine(std::unique_ptr<codegen::Target> made) : target(std::move(made)), scratch(target->make_scratch()) {}
    std::unique_ptr<codegen::Target> target;
    decltype(target->make_scratch()) scratch;
  };
  std::vector<Machine> machines;
  const std::vector<tests::TestTarget>& targets = tests::all_targets();
  for (usize i = 0; i < targets.size(); ++i) {
    if (with == Targets::All || i == wasm.size() % targets.size()) machines.emplace_back(targets[i].make());
  }
  codegen::CompiledFunction compiled;
  validate::NullSink sink;
  validate::Scratch<validate::NullSink> validate_scratch;
  translate::Scratch translate_scratch;
  ir::Function function;
  std::optional<Verdict> first_limit;
  for (FuncIndex f(module->imported_functions); f < module->functions.end_key(); f = f.next()) {
    auto valid = validate::validate_function(*module, f, features, sink, validate_scratch);
    auto translated = translate::translate_function(*module, f, features, {}, translate_scratch, function);
    if (!valid) {
      if (translated) return complain(concat("translated, but not valid: ", valid.error().message));
      if (translated.error().offset != valid.error().offset && translated.error().code != ErrorCode::Limit)
        return complain(concat("validation fails at ", valid.error().offset, ", translation at ",
            translated.error().offset));
      return refused("validate_function", valid.error(), wasm.size());
    }
    if (!translated) {
      if (translated.error().code != ErrorCode::Limit)
        return complain(concat("valid, but not translated: ", translated.error().message));
      if (!first_limit) first_limit = refused("translate", translated.error(), wasm.size());
      continue;
    }
    if (auto verified = ir::verify(function, &*module); !verified)
      return complain(concat("function ", f.raw(), ": ", verified.error().message));
    for (Machine& machine : machines) machine.target->compile(context, function, *machine.scratch, compiled);
  }
  return {.valid = true,
          .limited = first_limit.has_value(),
          .complaint = first_limit && first_limit->complaint ? first_limit->complaint : check_text(wasm, features)};
}

Verdict run_text_stages(std::string_view wat) {
  auto wasm = text::parse_module(wat);
  if (!wasm) return refused("parse", wasm.error(), wat.size());
  return run_stages(*wasm);
}

}  // namespace skerry::fuzz
