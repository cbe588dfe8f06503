// All modules of the WebAssembly test suite and of the file-tests as machine code of every ISA, of both gears, each
// allocation checked; and that each rule of the selectors has been of use there.

#include <gtest/gtest.h>

#include <map>

#include "base/string.h"
#include "engine/codegen/target.h"
#include "engine/decode/decode.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/passes/enter_loop.h"
#include "engine/passes/pipeline.h"
#include "engine/translate/translate.h"
#include "engine/validate/validate.h"
#include "tests/isas/targets.h"
#include "tests/support/file_tests.h"
#include "tests/support/spec_suite.h"
#include "text/parse.h"
#include "text/script.h"

namespace skerry::tests {
namespace {

class Suite {
 public:
  explicit Suite(const TestTarget& of) : target_(of.make()), scratch_(target_->make_scratch()) {}

  void compile(const std::vector<u8>& bytes, bool fuel = false) {
    Features features = Features::implemented();
    auto module = wasm::decode(bytes, features);
    if (!module || !validate::validate(*module, features)) return;
    InstanceLayout layout = InstanceLayout::of(*module);
    codegen::Settings settings{.fuel = fuel, .check_allocation = true};
    settings.memory_base_register = target_->has_memory_base_register();
    for (FuncIndex f(module->imported_functions); f < module->functions.end_key(); f = f.next()) {
      ASSERT_TRUE(translate::translate_function(*module, f, features, {.fuel = fuel}, translate_, function_));
      settings.counts = true;
      target_->compile({*module, layout, settings}, function_, *scratch_, compiled_);
      settings.counts = false;
      for (ir::Loop loop(0); loop < function_.loops.end_key() && loop.raw() < 6; loop = loop.next())
        enter(*module, layout, settings, loop);
      if (testing::Test::HasFatalFailure()) return;
      target_->compile({*module, layout, settings}, function_, *scratch_, compiled_);
      // The best gear's IR as well, with its allocator.
      passes::Callees callees(*module, features, {.fuel = fuel}, translate_);
      pipeline_->run(*module, function_, &callees);
      settings.allocator = codegen::Allocator::Ranges;
      Result<void> verified = ir::verify(function_, &*module);
      ASSERT_TRUE(verified) << "function " << f.raw() << ": " << verified.error().message;
      target_->compile({*module, layout, settings}, function_, *scratch_, compiled_);
      settings.allocator = codegen::Allocator::LinearScan;
      ++functions_;
    }
  }
  // The function that was compiled last, entered at one of its loops, as tiered code is (docs/tiers.md).
  void enter(const wasm::Module& module, const InstanceLayout& layout, codegen::Settings settings, ir::Loop loop) {
    settings.counts = true;
    target_->compile({module, layout, settings}, function_, *scratch_, compiled_);
    settings.counts = false;
    struct Here {
      codegen::FrameView view;
      ir::Block head;
    } here{scratch_->frame(), function_.loops[loop].header};
    auto has_cell = [](const void* context, ir::Value value) {
      const Here& here = *static_cast<const Here*>(context);
      return !here.view.place_at(here.head, codegen::vreg_of(value)).is_none();
    };
    if (!enter_loop_.run(function_, loop, has_cell, &here)) {
      ++refused_;
      return;
    }
    ++entered_;
    ir::Function entered = enter_loop_.function();
    for (bool optimised : {false, true}) {
      if (optimised) pipeline_->run(module, entered);
      settings.allocator = optimised ? codegen::Allocator::Ranges : codegen::Allocator::LinearScan;
      Result<void> verified = ir::verify(entered, &module);
      ASSERT_TRUE(verified) << "function " << entered.index.raw() << " at loop " << loop.raw() << ": "
                            << verified.error().message << '\n' << ir::print(function_) << ir::print(entered);
      target_->compile({module, layout, settings}, entered, *scratch_, compiled_);
    }
  }

  u32 functions() const { return functions_; }
  u32 entered() const { return entered_; }
  u32 refused() const { return refused_; }
  const codegen::Target& target() const { return *target_; }
  bool fired(usize rule) const { return scratch_->fired[rule]; }

 private:
  std::unique_ptr<codegen::Target> target_;
  std::unique_ptr<codegen::Scratch> scratch_;
  translate::Scratch translate_;
  ir::Function function_;
  std::unique_ptr<passes::Pipeline> pipeline_ = std::make_unique<passes::Pipeline>();
  codegen::CompiledFunction compiled_;
  passes::EnterLoop enter_loop_;
  u32 functions_ = 0, entered_ = 0, refused_ = 0;
};

void compile(std::vector<Suite>& suites, const std::vector<u8>& bytes, bool fuel = false) {
  for (Suite& suite : suites) suite.compile(bytes, fuel);
}

void compile_scripts(std::vector<Suite>& suites) {
  for (const char* folder : {"wasm-v2", "proposals/extended-const", "proposals/multi-memory", "proposals/tail-call"}) {
    std::vector<std::filesystem::path> scripts = spec_scripts(folder);
    ASSERT_FALSE(scripts.empty()) << "the suite is not there";
    for (const std::filesystem::path& path : scripts) {
      std::string text = read_file(path);
      auto commands = text::parse_script(text);
      ASSERT_TRUE(commands) << path;
      for (const text::Command& command : *commands) {
        if (!command.module || command.kind == text::Command::Kind::AssertMalformed) continue;
        if (auto bytes = command.module->parse(Features::implemented())) compile(suites, *bytes);
      }
    }
  }
}

void compile_files(std::vector<Suite>& suites) {
  for (const std::filesystem::path& path : file_tests()) {
    auto bytes = text::parse_module(read_file(path));
    ASSERT_TRUE(bytes) << path;
    compile(suites, *bytes);
    compile(suites, *bytes, true);
  }
}

// Locals in loops within loops, so many that they are slots of the frame.
void compile_slots(std::vector<Suite>& suites) {
  constexpr u32 n = 300;
  std::string locals, opens, ends;
  for (u32 i = 0; i < n; ++i) {
    locals += "(local i32)";
    opens += concat("loop (local.set ", i + 1, " (local.get ", i, ")) ");
    ends += "(br_if 0 (local.get 0)) end ";
  }
  auto bytes = text::parse_module(concat("(module (func (param i32) ", locals, opens, ends, "))"));
  ASSERT_TRUE(bytes) << bytes.error().message;
  compile(suites, *bytes);
}

TEST(Suite, CompilesAndUsesEachRule) {
  std::vector<Suite> suites;
  for (const TestTarget& target : all_targets()) suites.emplace_back(target);
  compile_scripts(suites);
  compile_files(suites);
  compile_slots(suites);
  // By target and place in its table: whether a CPU of it has used the rule.
  std::map<std::string, std::vector<bool>> fired;
  for (const Suite& suite : suites) {
    EXPECT_GT(suite.functions(), 5'000u);
    EXPECT_GT(suite.entered(), 100u);
    // But for loops that are too deep.
    EXPECT_LT(suite.refused(), suite.entered() / 20);
    std::vector<bool>& rules = fired[std::string(suite.target().name())];
    rules.resize(suite.target().rules().size());
    for (usize i = 0; i < rules.size(); ++i) rules[i] = rules[i] || suite.fired(i);
  }
  for (const Suite& suite : suites) {
    std::vector<codegen::RuleName> names = suite.target().rules();
    std::vector<bool>& rules = fired[std::string(suite.target().name())];
    for (usize i = 0; i < rules.size(); ++i) {
      EXPECT_TRUE(rules[i]) << suite.target().name() << ": no module needs " << info(names[i].op).name << ' ' << names[i].name;
      rules[i] = true;  // said once
    }
  }
}

}  // namespace
}  // namespace skerry::tests
