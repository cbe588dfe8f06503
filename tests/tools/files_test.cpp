// The other subcommands: verdicts, places of errors, texts and binaries, files written.

#include <gtest/gtest.h>

#include "base/types.h"
#include "tests/support/process.h"

namespace skerry::tests {
namespace {

testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != text.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not in it: " << part << "\n" << text;
}

constexpr std::string_view valid = R"((module
  (import "env" "f" (func $f (param i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
  (memory (export "memory") 1 3)
  (func $both (export "both") (result i32 i64) (i32.extend8_s (i32.const 1)) (i64.const 2))))";
constexpr std::string_view invalid = "(module (func $first) (func $second (result i32) (i64.const 1)))";

class Files : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string valid_ = folder_.write("valid.wat", valid), invalid_ = folder_.write("invalid.wat", invalid);
};

TEST_F(Files, ValidateGivesTheVerdictAndThePlace) {
  Outcome good = run_skerry({"validate", valid_});
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(good.out + good.err, "");
  Outcome bad = run_skerry({"validate", valid_, invalid_});
  EXPECT_EQ(bad.status, 1);
  for (const char* part : {"invalid.wat", "type mismatch: expected i32, found i64", "offset 0x", "section code", "function 1 \"second\""}) {
    EXPECT_TRUE(contains(bad.err, part));
  }
  EXPECT_EQ(run_skerry({"validate", "--features", "wasm1", valid_}).status, 1);
  EXPECT_EQ(run_skerry({"validate", "--features", "wasm1,multi-value,sign-extension", valid_}).status, 0);
  EXPECT_EQ(run_skerry({"validate", "-"}, valid).status, 0);
}

TEST_F(Files, AMalformedModuleIsToldByItsSection) {
  using namespace std::string_literals;
  Outcome outcome = run_skerry({"validate", "-"}, "\0asm\1\0\0\0\1\4\1\x50\0\0"s);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "section type"));
  EXPECT_TRUE(contains(run_skerry({"validate", "-"}, "\0asm\2\0\0\0"s).err, "header"));
  EXPECT_TRUE(contains(run_skerry({"validate", "-"}, "(module\n  (func (bla)))").err, "2:"));
}

// What a name contains does not reach the terminal as it is.
TEST_F(Files, ControlCharactersInNamesAreShownAsNumbers) {
  constexpr std::string_view text = R"((module (import "env" "\1b[31m" (func)) (func $f (export "\1b[0m"))))";
  Outcome outcome = run_skerry({"inspect", "-"}, text);
  EXPECT_EQ(outcome.out.find('\x1b'), outcome.out.npos);
  EXPECT_TRUE(contains(outcome.out, "env.\\1b[31m"));
  Outcome run = run_skerry({"run", "--no-cache", "-"}, text);
  EXPECT_EQ(run.err.find('\x1b'), run.err.npos);
}

TEST_F(Files, InspectTellsImportsExportsFeaturesAndWhetherItRuns) {
  Outcome outcome = run_skerry({"inspect", valid_});
  EXPECT_EQ(outcome.status, 1);
  for (const char* part : {"env.f", "func (i32) -> ()    NOT PROVIDED", "wasi_snapshot_preview1.fd_sync", "memory of 1 to 3 pages",
                           "func () -> (i32 i64)", "wasm2: sign-extension multi-value", "no: imports are missing"}) {
    EXPECT_TRUE(contains(outcome.out, part));
  }
  Outcome runs = run_skerry({"inspect", "-"}, "(module)");
  EXPECT_EQ(runs.status, 0);
  EXPECT_TRUE(contains(runs.out, "wasm1\n"));
  EXPECT_TRUE(contains(runs.out, "yes"));
  Outcome other = run_skerry({"inspect", "-"}, R"((module (import "wasi_unstable" "fd_sync" (func (param i64) (result i32)))))");
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(contains(other.out, "ANOTHER TYPE"));
  EXPECT_EQ(run_skerry({"inspect", "--features", "wasm1", valid_}).status, 1);
}

TEST_F(Files, WatGoesBothWays) {
  std::string wasm = folder_.path() + "/a.wasm", text = folder_.path() + "/a.wat", again = folder_.path() + "/b.wasm";
  ASSERT_EQ(run_skerry({"wat", valid_, "-o", wasm}).status, 0);
  ASSERT_EQ(run_skerry({"wat", wasm, "-o" + text}).status, 0);
  ASSERT_EQ(run_skerry({"wat", text, "-o", again}).status, 0);
  EXPECT_EQ(run_shell("cmp " + wasm + " " + again).status, 0);
  EXPECT_TRUE(contains(run_shell("cat " + text).out, "(func $both"));
  EXPECT_EQ(run_skerry({"wat", wasm}).out, run_shell("cat " + text).out);
}

TEST_F(Files, DevicesAreWrittenToAndLeftAlone) {
  EXPECT_EQ(run_skerry({"wat", valid_, "-o", "/dev/null"}).status, 0);
  EXPECT_EQ(run_shell("test -c /dev/null").status, 0);
  Outcome full = run_skerry({"wat", valid_, "-o", "/dev/full"});
  EXPECT_EQ(full.status, 1);
  EXPECT_TRUE(contains(full.err, "/dev/full: No space left on device"));
  EXPECT_EQ(run_shell("test -c /dev/full").status, 0);
}

TEST_F(Files, AFileIsReplacedWholeOrNotAtAll) {
  std::string file = folder_.write("out", "before"), link = folder_.path() + "/link";
  EXPECT_EQ(run_shell("chmod 640 " + file + "; ln -s out " + link + "; $SKERRY wat -o " + link + " " + valid_).status, 0);
  EXPECT_EQ(run_shell("test -L " + link + " && stat -c %a " + file).out, "640\n");
  EXPECT_EQ(run_skerry({"validate", file}).status, 0);
  EXPECT_EQ(run_shell("umask 027; $SKERRY wat -o " + folder_.path() + "/new " + valid_ + "; stat -c %a " + folder_.path() + "/new").out,
            "640\n");

  std::string old = folder_.write("old", "before");
  EXPECT_EQ(run_skerry({"wat", folder_.write("bad.wat", "(module"), "-o", old}).status, 1);
  // Files may not be larger than one block of 512 bytes.
  std::string large = folder_.write("large.wat", "(module (memory 1) (data (i32.const 0) \"" + std::string(4096, 'x') + "\"))");
  Outcome limited = run_shell("trap '' XFSZ; ulimit -f 1; $SKERRY wat " + large + " -o " + old);
  EXPECT_EQ(limited.status, 1);
  EXPECT_TRUE(contains(limited.err, old));
  EXPECT_EQ(run_shell("cat " + old).out, "before");
  EXPECT_EQ(run_shell("ls " + folder_.path() + " | grep -c 'old\\.'").out, "0\n");

  Outcome nowhere = run_skerry({"wat", valid_, "-o", folder_.path() + "/none/out"});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_TRUE(contains(nowhere.err, "/none/out: No such file or directory"));
}

TEST_F(Files, StandardOutputThatFailsIsToldByEverySubcommand) {
  for (const std::string& command : {"wat " + valid_, "inspect " + valid_, "objdump " + valid_, std::string("run --help")}) {
    for (const char* where : {">&-", ">/dev/full"}) {
      Outcome outcome = run_shell("$SKERRY " + command + " " + where);
      EXPECT_EQ(outcome.status, 1) << command;
      EXPECT_TRUE(contains(outcome.err, "cannot write standard output"));
    }
  }
}

TEST_F(Files, CompilingTwiceGivesTheSameBytes) {
  std::string one = folder_.path() + "/1", two = folder_.path() + "/2";
  ASSERT_EQ(run_skerry({"compile", valid_, "--jobs", "1", "-o", one}).status, 0);
  ASSERT_EQ(run_skerry({"compile", valid_, "--jobs", "4", "-o", two}).status, 0);
  EXPECT_EQ(run_shell("cmp " + one + " " + two).status, 0);
  EXPECT_EQ(run_skerry({"compile", valid_}).status, 2);
  EXPECT_EQ(run_skerry({"compile", invalid_, "-o", one}).status, 1);
  EXPECT_EQ(run_skerry({"compile", valid_, "--cpu", "i386", "-o", one}).status, 1);
  EXPECT_EQ(run_skerry({"compile", valid_, "--target", "vax", "-o", one}).status, 1);
}

TEST_F(Files, ObjdumpNamesWhatCodeRefersTo) {
  Outcome outcome = run_skerry({"objdump", "--function", "work", "-"}, R"((module
    (import "env" "f" (func $f))
    (global $g (mut i32) (i32.const 1))
    (func $other)
    (func $work (call $f) (call $other) (global.set $g (i32.const 7)) (loop $l (br_if $l (global.get $g))) unreachable)))");
  EXPECT_EQ(outcome.status, 0);
  for (const char* part : {"function 2 \"work\"", "traps: unreachable", "record of function 0 \"f\"", "function 1 \"other\"",
                           "; global 0", ": call; function 1", ": unreachable; traps", "push rbp"}) {
    EXPECT_TRUE(contains(outcome.out, part));
  }
  EXPECT_FALSE(contains(outcome.out, "function 1 \"other\", wasm"));
  // Each jump goes to where a line begins.
  usize jump = outcome.out.find(" j");
  ASSERT_NE(jump, outcome.out.npos) << outcome.out;
  std::string target = outcome.out.substr(outcome.out.find(' ', jump + 1) + 1);
  target = target.substr(0, target.find_first_of(" \n"));
  EXPECT_TRUE(contains(outcome.out, "\n" + std::string(6 - target.size(), ' ') + target + ": "));
  EXPECT_EQ(run_skerry({"objdump", "--function", "none", valid_}).status, 1);
}

// The store of the body's i32.store is at offset 40 of this module, as the binary format has it.
TEST_F(Files, LinesOfAnArtifactAreOffsetsInTheModule) {
  std::string module = folder_.write("lines.wat", R"((module $lined (memory 1)
    (func (export "f") (param i32) (i32.store (local.get 0) (i32.const 7)))))");
  std::string artifact = folder_.path() + "/lines.o";
  ASSERT_EQ(run_skerry({"compile", "-g", module, "-o", artifact}).status, 0);
  Outcome lines = run_process({"llvm-dwarfdump-19", "--debug-line", "--verify", artifact});
  EXPECT_EQ(lines.status, 0) << lines.out << lines.err;
  lines = run_process({"llvm-dwarfdump-19", "--debug-line", artifact});
  EXPECT_TRUE(contains(lines.out, "name: \"lined\""));
  EXPECT_TRUE(contains(lines.out, "     40 "));
  // Without -g the sections are empty.
  ASSERT_EQ(run_skerry({"compile", module, "-o", artifact}).status, 0);
  EXPECT_FALSE(contains(run_process({"llvm-dwarfdump-19", "--debug-line", artifact}).out, "lined"));
}

// ----------------------------------------------------------------------------------- Scripts

TEST_F(Files, WastCountsAndNamesWhatFails) {
  std::string script = folder_.write("some.wast", R"(
    (module (func (export "f") (result i32) (i32.const 1)) (func (export "t") unreachable)
            (func (export "n") (result f32) (f32.const nan:0x600000)))
    (assert_return (invoke "f") (i32.const 1))
    (assert_return (invoke "f") (i32.const 2))
    (assert_trap (invoke "t") "unreachable")
    (assert_trap (invoke "t") "integer divide by zero")
    (assert_trap (invoke "f") "unreachable")
    (assert_return (invoke "n") (f32.const nan:canonical))
    (assert_return (invoke "n") (f32.const nan:arithmetic))
    (assert_invalid (module (func (result i32))) "type mismatch")
    (assert_invalid (module) "type mismatch")
    (assert_malformed (module quote "(func") "unexpected end")
    (assert_unlinkable (module (import "no" "no" (func))) "unknown import")
    (assert_unlinkable (module) "unknown import")
    (assert_exhaustion (invoke "t") "call stack exhausted")
    (module $bad (func (result i32)))
    (assert_return (invoke "f") (i32.const 1))
  )");
  Outcome outcome = run_skerry({"wast", script});
  EXPECT_EQ(outcome.status, 1);
  for (const char* part : {"some.wast:5: assert_return: result 0 is i32 1 (0x1), expected i32 2 (0x2)",
                           "some.wast:7: assert_trap: it traps with \"unreachable\", expected \"integer divide by zero\"",
                           "some.wast:8: assert_trap: it does not trap", "some.wast:9: assert_return", "some.wast:12: assert_invalid: it is accepted",
                           "some.wast:15: assert_unlinkable: it links", "some.wast:16: assert_exhaustion", "some.wast:17: module: type mismatch",
                           "some.wast:18: assert_return: there is no instance", "some.wast: 7 passed, 9 failed, 0 skipped"}) {
    EXPECT_TRUE(contains(outcome.out, part));
  }
}

TEST_F(Files, WastHasTheHostModuleOfTheSuite) {
  std::string script = folder_.write("spectest.wast", R"(
    (module (import "spectest" "print_i32_f32" (func (param i32 f32))) (import "spectest" "global_i64" (global i64))
      (import "spectest" "memory" (memory 1 2)) (import "spectest" "table" (table 10 20 funcref))
      (func (export "f") (result i64) (call 0 (i32.const -3) (f32.const 1.5)) (global.get 0)))
    (assert_return (invoke "f") (i64.const 666)))");
  for (const char* compilation : {"--gear=quick", "--gear=best", "--lazy"}) {
    Outcome outcome = run_skerry({"wast", compilation, script});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_TRUE(contains(outcome.out, "-3 : i32\n1.5 : f32\n"));
  }
}

TEST_F(Files, WastThatIsNoScriptIsToldWithItsPlace) {
  Outcome outcome = run_skerry({"wast", folder_.write("a.wast", "(module)\n(assert_nothing)")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "2:"));
  EXPECT_EQ(run_skerry({"wast", folder_.path() + "/none.wast"}).status, 1);
}

}  // namespace
}  // namespace skerry::tests
