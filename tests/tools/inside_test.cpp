// What shows the inside of compiled code: skerry explore, lines of the source in artifacts and for gdb, jitdump.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/types.h"
#include "tests/support/process.h"

namespace skerry::tests {
namespace {

bool has_program(const std::string& name) { return run_shell("command -v " + name).status == 0; }

usize count(const std::string& text, std::string_view part) {
  usize found = 0;
  for (usize at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string read(const std::string& path) { return run_process({"cat", path}).out; }

constexpr std::string_view two_functions = R"((module $both
  (memory 1)
  (func $first (param i32) (result i32) (i32.load offset=12345 (local.get 0)))
  (func $second (param i32 i32) (result i32)
    (local i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (call $first (i32.add (local.get 0) (local.get 1))))))";

TEST(Explore, APageHasEveryStageOfEveryFunction) {
  TemporaryFolder folder;
  std::string page = folder.path() + "/page.html";
  Outcome outcome = run_skerry({"explore", folder.write("both.wat", two_functions), "-o", page});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::string html = read(page);
  EXPECT_EQ(count(html, "\"title\":\"wasm\""), 2u);
  EXPECT_EQ(count(html, "\"title\":\"IR after translation\""), 2u);
  EXPECT_EQ(count(html, "\"title\":\"registers\""), 2u);
  EXPECT_EQ(count(html, "\"title\":\"machine code\""), 2u);
  EXPECT_EQ(count(html, "\"left_out\":0"), 1u);
  EXPECT_NE(html.find("i32.load offset=12345"), html.npos);
  EXPECT_NE(html.find("[v0 + 12345]"), html.npos);
  // The load is at the same place in all four stages; places are bytes of the .wasm.
  usize at = html.find("i32.load offset=12345"), comma = html.rfind("[", at);
  std::string place = html.substr(comma, html.find(",", comma) + 1 - comma);
  EXPECT_GE(count(html, place), 4u) << place;
  // Nothing is asked of anywhere else.
  EXPECT_EQ(html.find("http"), html.npos);
  EXPECT_EQ(html.find("src="), html.npos);
}

TEST(Explore, PassesThatRunTwiceAreToldApart) {
  TemporaryFolder folder;
  std::string page = folder.path() + "/page.html";
  Outcome outcome = run_skerry({"explore", "--gear", "best", folder.write("both.wat", two_functions), "-o", page});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::string html = read(page);
  EXPECT_EQ(count(html, "\"title\":\"IR after number\""), 2u);
  EXPECT_EQ(count(html, "\"title\":\"IR after prune\""), 2u);
  EXPECT_EQ(count(html, "\"title\":\"IR after prune, 2\""), 2u);
}

TEST(Explore, OneFunctionAndASize) {
  TemporaryFolder folder;
  std::string module = folder.write("both.wat", two_functions), page = folder.path() + "/page.html";
  ASSERT_EQ(run_skerry({"explore", module, "--function", "second", "-o", page}).status, 0);
  std::string html = read(page);
  EXPECT_EQ(count(html, "\"title\":\"wasm\""), 1u);
  EXPECT_NE(html.find("\"name\":\"second\""), html.npos);
  Outcome outcome = run_skerry({"explore", module, "--limit", "1", "-o", page});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("1 functions are left out"), outcome.err.npos) << outcome.err;
  EXPECT_NE(read(page).find("\"left_out\":1"), html.npos);
  EXPECT_EQ(run_skerry({"explore", module, "--function", "none", "-o", page}).status, 1);
  EXPECT_EQ(run_skerry({"explore", module}).status, 2);
  EXPECT_EQ(run_skerry({"explore", module, "--target", "riscv64", "-o", page}).status, 0);
  EXPECT_NE(read(page).find("\"target\":\"riscv64\""), html.npos);
}

// A name cannot end the element that holds the data.
TEST(Explore, NamesAreData) {
  TemporaryFolder folder;
  std::string module = folder.write("n.wat", R"((module (func $"</script><b>\"\\") (func $"\00\n")))");
  std::string page = folder.path() + "/page.html";
  Outcome outcome = run_skerry({"explore", module, "-o", page});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::string html = read(page);
  EXPECT_EQ(html.find("</script><b>"), html.npos);
  EXPECT_NE(html.find("\\u003c/script\\u003e"), html.npos);
}

// A program with a table of lines, as a compiler makes it.
constexpr std::string_view program = R"(int printf(const char*, ...);
__attribute__((noinline)) int square(int x) {
  int y = x * x;
  return y;
}
int main(void) {
  int sum = 0;
  for (int i = 1; i <= 4; ++i)
    sum += square(i);
  printf("%d\n", sum);
  return 0;
}
)";

class SourceLines : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("clang-19") || run_shell("test -d /usr/lib/wasm32-wasi").status != 0) GTEST_SKIP();
    folder_.write("prog.c", program);
  }
  std::string compile(const std::string& options) {
    Outcome outcome =
        run_shell("cd " + folder_.path() + " && clang-19 --target=wasm32-wasi " + options + " prog.c -o prog.wasm");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return folder_.path() + "/prog.wasm";
  }
  TemporaryFolder folder_;
};

TEST_F(SourceLines, OfEveryVersionAreInArtifacts) {
  for (const char* version : {"-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5"}) {
    std::string module = compile(std::string("-O0 ") + version), artifact = folder_.path() + "/prog.elf";
    ASSERT_EQ(run_skerry({"compile", "-g", module, "-o", artifact}).status, 0);
    std::string table = run_process({"llvm-dwarfdump-19", "--debug-line", artifact}).out;
    EXPECT_NE(table.find("name: \"prog.c\""), table.npos) << version;
    std::string listing = run_shell("llvm-objdump-19 -dl --disassemble-symbols=square " + artifact).out;
    for (const char* line : {"prog.c:2", "prog.c:3", "prog.c:4"}) {
      EXPECT_NE(listing.find(line), listing.npos) << version << listing;
    }
    EXPECT_EQ(listing.find("prog.c:7"), listing.npos) << version;
  }
}

TEST_F(SourceLines, GdbStopsAtThem) {
  if (!has_program("gdb")) GTEST_SKIP();
  std::string module = compile("-O0 -g");
  std::string session = "cd " + folder_.path() + " && gdb -q -batch -nx -iex 'set debuginfod enabled off'"
                        " -ex 'set breakpoint pending on' -ex 'handle SIGURG nostop noprint'"
                        " -ex 'break prog.c:3' -ex run -ex backtrace -ex continue -ex 'info line'"
                        " --args $SKERRY run -g --no-cache " + module;
  Outcome outcome = run_shell(session);
  EXPECT_NE(outcome.out.find("Breakpoint 1, "), outcome.out.npos) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("square () at prog.c:3"), outcome.out.npos) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("int y = x * x;"), outcome.out.npos) << outcome.out;
  // The caller, with its line.
  EXPECT_NE(outcome.out.find("at prog.c:9"), outcome.out.npos) << outcome.out;
  // Stopped twice: the function is called in a loop.
  EXPECT_EQ(count(outcome.out, "Breakpoint 1, "), 2u) << outcome.out;
}

// Without the source's lines, those of the .wasm.
TEST(Gdb, StopsAtBytesOfTheWasm) {
  if (!has_program("gdb")) GTEST_SKIP();
  TemporaryFolder folder;
  std::string module =
      folder.write("m.wat", R"((module $named (func $leaf (nop) (nop)) (func (export "_start") (call $leaf))))");
  Outcome outcome = run_shell("gdb -q -batch -nx -iex 'set debuginfod enabled off' -ex 'set breakpoint pending on'"
                              " -ex 'break leaf' -ex run -ex backtrace --args $SKERRY run -g --no-cache " + module);
  EXPECT_NE(outcome.out.find("leaf () at named:"), outcome.out.npos) << outcome.out << outcome.err;
}

TEST(JitDump, HasEachFunctionWithItsCode) {
  TemporaryFolder folder;
  std::string module =
      folder.write("m.wat", R"((module (func $the_leaf (nop)) (func (export "_start") (call $the_leaf))))");
  Outcome outcome = run_shell("cd " + folder.path() + " && $SKERRY run --no-cache --profile jitdump " + module +
                              " && cat jit-*.dump");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string& dump = outcome.out;
  ASSERT_GE(dump.size(), 40u);
  EXPECT_EQ(dump.substr(0, 4), "DTiJ");
  std::vector<std::string> names;
  for (usize at = 40; at < dump.size();) {
    u32 head[2];
    u64 code_size;
    ASSERT_LE(at + 56, dump.size());
    std::memcpy(head, dump.data() + at, sizeof head);
    std::memcpy(&code_size, dump.data() + at + 40, sizeof code_size);
    EXPECT_EQ(head[0], 0u);
    names.push_back(dump.c_str() + at + 56);
    EXPECT_EQ(head[1], 56 + names.back().size() + 1 + code_size);
    at += head[1];
  }
  EXPECT_EQ(std::ranges::count(names, "the_leaf"), 1);
  EXPECT_EQ(names.size(), 2u);
}

}  // namespace
}  // namespace skerry::tests
