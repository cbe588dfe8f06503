// The file-tests of the stages up to the IR (tests/support/file_tests.h).
//
//   test: ir     the section `ir` is what translation makes of the functions
//   test: run    the runs, by the interpreter of the IR; and again after all passes of the best gear
//   test: passes the section `passes` is what the passes named in the line `passes:` make of the functions

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/passes/pipeline.h"
#include "tests/ir_interpreter/interpreter.h"
#include "tests/support/file_tests.h"
#include "tests/support/paths.h"
#include "text/parse.h"

namespace skerry {
namespace {

using tests::FileTest;

class Files : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    Result<FileTest> file = FileTest::read(GetParam());
    ASSERT_TRUE(file) << file.error().message;
    file_ = *file;
    Result<std::vector<u8>> bytes = text::parse_module(file_.text);
    ASSERT_TRUE(bytes) << bytes.error().message;
    auto program = oracle::Program::load(std::move(*bytes));
    ASSERT_TRUE(program) << program.error().message;
    program_ = std::move(*program);
  }

  void run_passes(passes::PassSet set, passes::Selections selections = passes::Selections::Move) {
    passes::Pipeline pipeline(set);
    pipeline.set_selections(selections);
    auto watch = [](void* module, passes::Pass pass, const ir::Function& function) {
      Result<void> verified = ir::verify(function, static_cast<const wasm::Module*>(module));
      EXPECT_TRUE(verified) << name_of(pass) << ": " << verified.error().message;
    };
    pipeline.set_watch(watch, &program_->module);
    translate::Scratch scratch;
    passes::Callees callees(program_->module, Features::implemented(), {}, scratch);
    for (ir::Function& function : program_->functions)
      if (!function.index.is_none()) pipeline.run(program_->module, function, &callees);
  }
  void run_all();

  FileTest file_;
  std::unique_ptr<oracle::Program> program_;
};

TEST_P(Files, BecomesTheExpectedIr) {
  if (!file_.is_for("ir")) GTEST_SKIP();
  std::string printed;
  for (const ir::Function& function : program_->functions)
    if (!function.index.is_none()) printed += ir::print(function);
  std::string difference = file_.check("ir", printed);
  EXPECT_EQ(difference, "") << GetParam();
}

TEST_P(Files, BecomesTheExpectedIrByPasses) {
  if (!file_.is_for("passes")) GTEST_SKIP();
  Result<passes::PassSet> set = passes::parse_passes(file_.passes);
  ASSERT_TRUE(set && *set) << "no line \";;! passes: ...\" that names some";
  run_passes(*set);
  std::string printed;
  for (const ir::Function& function : program_->functions) if (!function.index.is_none()) printed += ir::print(function);
  EXPECT_EQ(file_.check("passes", printed), "") << GetParam();
}

TEST_P(Files, RunsInTheInterpreter) {
  if (!file_.is_for("run")) GTEST_SKIP();
  run_all();
}

TEST_P(Files, RunsInTheInterpreterAfterPasses) {
  if (!file_.is_for("run")) GTEST_SKIP();
  run_passes(passes::all_passes);
  run_all();
}

TEST_P(Files, RunsInTheInterpreterAfterPassesForAMachineThatBranches) {
  if (!file_.is_for("run")) GTEST_SKIP();
  run_passes(passes::all_passes, passes::Selections::Branch);
  run_all();
}

void Files::run_all() {
  EXPECT_FALSE(file_.runs.empty());
  oracle::Store store;
  oracle::Instantiation made = store.instantiate(*program_);
  ASSERT_FALSE(made.error) << made.error->message;
  for (const FileTest::Run& run : file_.runs) {
    auto found = made.instance->find(run.function);
    ASSERT_TRUE(found) << GetParam() << ":" << run.line << ": no export " << run.function;
    const FuncType& type = store.type_of(found->function);
    ASSERT_EQ(run.arguments.size(), type.params.size()) << GetParam() << ":" << run.line;
    std::vector<u64> arguments;
    for (usize i = 0; i < type.params.size(); ++i) {
      Result<u64> bits = tests::parse_value(type.params[i], run.arguments[i]);
      ASSERT_TRUE(bits) << GetParam() << ":" << run.line << ": " << bits.error().message;
      arguments.push_back(*bits);
    }
    oracle::Outcome outcome = store.invoke(found->function, arguments);
    std::string got, expected;
    if (outcome.kind == oracle::Outcome::Kind::Trapped) got = concat("trap: ", sentence(outcome.trap));
    for (usize i = 0; i < outcome.results.size(); ++i)
      got += concat(i ? ", " : "", tests::print_value(type.results[i], outcome.results[i]));
    if (!run.trap.empty()) expected = "trap: " + run.trap;
    for (usize i = 0; i < run.results.size(); ++i) {
      ASSERT_LT(i, type.results.size()) << GetParam() << ":" << run.line;
      Result<u64> bits = tests::parse_value(type.results[i], run.results[i]);
      ASSERT_TRUE(bits) << GetParam() << ":" << run.line << ": " << bits.error().message;
      expected += concat(i ? ", " : "", tests::print_value(type.results[i], *bits));
    }
    EXPECT_EQ(got, expected) << GetParam() << ":" << run.line;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Files, testing::ValuesIn(tests::file_tests()), [](const auto& info) {
  std::string name = std::filesystem::relative(info.param, tests::source_folder() / "tests/files").string();
  for (char& c : name) if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace skerry
