// The file-tests of code generation (tests/support/file_tests.h).
//
//   test: codegen    for each target named, its section is the machine code of the functions, compiled as `skerry`
//                    compiles for a platform with guards and fault handlers. A target is x64 or riscv64, and
//                    behind plus signs the extensions of its CPU beyond the least
//   test: best       the same of the best gear, in sections with "best-" in front of the target's name

#include <gtest/gtest.h>

#include <algorithm>

#include "base/string.h"
#include "engine/passes/pipeline.h"
#include "engine/runtime/targets.h"
#include "tests/ir_interpreter/interpreter.h"
#include "tests/isas/disassemble.h"
#include "tests/support/file_tests.h"
#include "tests/support/paths.h"
#include "text/parse.h"

namespace skerry {
namespace {

using tests::FileTest;

std::unique_ptr<codegen::Target> make_target(std::string_view spec) {
  usize plus = std::min(spec.find('+'), spec.size());
  std::string_view isa = spec.substr(0, plus);
  std::string cpu(isa == "x64" ? "x86-64-v2,+fsgsbase" : "rv64gc");
  std::string more(spec.substr(plus));
  for (usize at; (at = more.find('+')) != more.npos;) {
    usize end = std::min(more.find('+', at + 1), more.size());
    cpu += concat(",+", more.substr(at + 1, end - at - 1));
    more = more.substr(end);
  }
  auto chosen = runtime::choose_target(isa == "x64" ? "x86_64" : isa, cpu);
  return chosen ? std::move(chosen->target) : nullptr;
}

class CodegenFiles : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(CodegenFiles, BecomesTheExpectedCode) {
  Result<FileTest> file = FileTest::read(GetParam());
  ASSERT_TRUE(file) << file.error().message;
  bool for_quick = file->is_for("codegen"), for_best = file->is_for("best");
  if (!for_quick && !for_best) GTEST_SKIP();
  ASSERT_FALSE(file->targets.empty());
  Result<std::vector<u8>> bytes = text::parse_module(file->text);
  ASSERT_TRUE(bytes) << bytes.error().message;
  auto program = oracle::Program::load(std::move(*bytes));
  ASSERT_TRUE(program) << program.error().message;
  const wasm::Module& module = (*program)->module;
  InstanceLayout layout = InstanceLayout::of(module);
  auto check = [&](const std::string& spec, bool best) {
    auto target = make_target(spec);
    ASSERT_TRUE(target) << spec;
    auto scratch = target->make_scratch();
    codegen::Settings settings{.check_allocation = true};
    if (best) settings.allocator = codegen::Allocator::Ranges;
    passes::Pipeline pipeline;
    pipeline.set_selections(target->has_conditional_moves() ? passes::Selections::Move : passes::Selections::Branch);
    codegen::CompiledFunction compiled;
    std::string printed;
    for (const ir::Function& function : (*program)->functions) {
      if (function.index.is_none()) continue;
      ir::Function optimised = function;
      if (best) pipeline.run(module, optimised);
      target->compile({module, layout, settings}, optimised, *scratch, compiled);
      printed += concat("function ", function.index.raw(), '\n',
                        tests::disassemble(target->name(), compiled, module, layout));
    }
    std::vector<codegen::RuleName> rules = target->rules();
    std::vector<std::string_view> fired;
    for (usize i = 0; i < rules.size(); ++i)
      if (scratch->fired[i] && std::ranges::find(fired, rules[i].name) == fired.end())
        fired.push_back(rules[i].name);
    std::string names;
    for (std::string_view name : fired) names += concat(names.empty() ? "rules: " : ", ", name);
    EXPECT_EQ(file->check(best ? "best-" + spec : spec, concat(names, '\n', printed)), "") << GetParam();
  };
  for (const std::string& spec : file->targets) {
    if (for_quick) check(spec, false);
    if (for_best) check(spec, true);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CodegenFiles, testing::ValuesIn(tests::file_tests()), [](const auto& info) {
  std::string name = std::filesystem::relative(info.param, tests::source_folder() / "tests/files").string();
  for (char& c : name) if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace skerry
