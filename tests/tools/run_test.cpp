// skerry run: exit codes, traps, arguments, limits, and what the program is given.

#include <gtest/gtest.h>

#include <chrono>

#include "base/types.h"
#include "tests/support/process.h"

namespace skerry::tests {
namespace {

using namespace std::string_literals;

testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != text.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not in it: " << part << "\n" << text;
}

// A program that ends with a status.
std::string exits_with(const std::string& status) {
  return R"((module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const )" + status + ")) unreachable))";
}

constexpr std::string_view functions = R"((module $sums
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param f32 i64) (result i64 f32) (local.get 1) (local.get 0))
  (func $outer (export "fail") (call $inner))
  (func $inner unreachable) (elem declare func $inner)
  (func (export "refs") (result funcref externref funcref) (ref.null func) (ref.null extern) (ref.func $inner))
  (func $spin (export "spin") (loop $again (br $again)))
  (func (export "deep") (call 6))))";

// Writes its arguments (with "args") or its environment, each with its final zero.
constexpr std::string_view told = R"((module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $arg_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $print
    (i32.store (i32.const 8) (i32.const 1024))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (if (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)) (then (call $exit (i32.const 1)))))
  (func (export "_start")
    (drop (call $arg_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 512) (i32.const 1024)))
    (call $print)
    (drop (call $env_sizes (i32.const 0) (i32.const 4)))
    (drop (call $env (i32.const 512) (i32.const 1024)))
    (call $print)
    (call $exit (i32.load (i32.const 0)))))
)";

class Run : public testing::Test {
 protected:
  // `skerry run OPTIONS... PROGRAM ARGUMENTS...` with the program as text.
  Outcome run(std::vector<std::string> options, std::string_view text, const std::vector<std::string>& arguments = {}) {
    options.insert(options.begin(), {"run", "--no-cache"});
    options.push_back(folder_.write("prog.wat", text));
    options.insert(options.end(), arguments.begin(), arguments.end());
    return run_skerry(options);
  }
  Outcome invoke(const std::string& function, const std::vector<std::string>& arguments = {}) {
    return run({"--invoke", function}, functions, arguments);
  }
  TemporaryFolder folder_;
};

TEST_F(Run, EndsAsTheProgramEnds) {
  for (const char* status : {"0", "1", "7", "126", "134", "255"}) {
    EXPECT_EQ(run({}, exits_with(status)).status, atoi(status));
  }
  EXPECT_EQ(run({}, R"((module (func (export "_start"))))").status, 0);
}

TEST_F(Run, ATrapIs134WithItsSentenceAndBacktrace) {
  Outcome outcome = invoke("fail");
  EXPECT_EQ(outcome.status, 134);
  EXPECT_TRUE(contains(outcome.err, "trap: unreachable"));
  usize inner = outcome.err.find("inner"), outer = outcome.err.find("outer");
  ASSERT_NE(inner, outcome.err.npos) << outcome.err;
  ASSERT_NE(outer, outcome.err.npos) << outcome.err;
  EXPECT_LT(inner, outer);
  EXPECT_TRUE(contains(outcome.err, "@ 0x"));
  EXPECT_TRUE(contains(outcome.err, "sums"));
  EXPECT_EQ(invoke("deep").status, 134);
  EXPECT_TRUE(contains(invoke("deep").err, "trap: call stack exhausted"));
}

TEST_F(Run, ATrapWhileInstantiatingIs134) {
  Outcome outcome = run({}, R"((module (memory 1) (data (i32.const 65536) "x")))");
  EXPECT_EQ(outcome.status, 134);
  EXPECT_TRUE(contains(outcome.err, "out of bounds memory access"));
}

TEST_F(Run, InvokePrintsEachResultInALine) {
  EXPECT_EQ(invoke("add", {"3", "-4"}).out, "-1\n");
  EXPECT_EQ(invoke("add", {"0xffffffff", "4294967295"}).out, "-2\n");
  EXPECT_EQ(invoke("swap", {"-0.1", "-9223372036854775808"}).out, "-9223372036854775808\n-0.1\n");
  EXPECT_EQ(invoke("swap", {"1e20", "0"}).out, "0\n100000000000000000000\n");
  EXPECT_EQ(invoke("swap", {"1e-7", "0"}).out, "0\n0.0000001\n");
  EXPECT_EQ(invoke("swap", {"nan", "0"}).out, "0\nNaN\n");
  EXPECT_EQ(invoke("swap", {"-inf", "0"}).out, "0\n-inf\n");
  EXPECT_EQ(invoke("refs").out, "<null funcref>\n<null externref>\n<funcref>\n");
}

TEST_F(Run, InvokeRefusesWhatDoesNotFit) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"1"}, {"1", "2", "3"}, {"1", "x"}, {"1", ""}, {"1", "4294967296"}, {"-2147483649", "1"}, {"1", "0x"}, {"1", "1.5"}}) {
    Outcome outcome = invoke("add", arguments);
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_TRUE(contains(outcome.err, "add"));
  }
  Outcome missing = invoke("ad");
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(contains(missing.err, "ad"));
}

TEST_F(Run, ReadsTextAndBinaryFromStandardInput) {
  EXPECT_EQ(run_skerry({"run", "--no-cache", "-"}, exits_with("9")).status, 9);
  std::string text = folder_.write("nine.wat", exits_with("9"));
  Outcome binary = run_skerry({"wat", text});
  ASSERT_EQ(binary.status, 0);
  EXPECT_EQ(run_skerry({"run", "--no-cache", "-"}, binary.out).status, 9);
}

TEST_F(Run, StartsReactorsAndTheEmptyName) {
  EXPECT_EQ(run({}, R"((module (func (export "") unreachable)))").status, 134);
  EXPECT_EQ(run({}, R"((module (func (export "_initialize") unreachable)))").status, 134);
  EXPECT_EQ(run({"--invoke", "get"}, R"((module (global $g (mut i32) (i32.const 1))
    (func (export "_initialize") (global.set $g (i32.const 5)))
    (func (export "get") (result i32) (global.get $g))))").out, "5\n");
}

TEST_F(Run, OptionsEndAtTheProgram) {
  Outcome outcome = run({"--argv0", "me"}, told, {"--help", "--", "-x", "a b"});
  EXPECT_EQ(outcome.out, "me\0--help\0--\0-x\0a b\0"s);
  EXPECT_EQ(run({}, told, {"x"}).out, "prog.wat\0x\0"s);
}

TEST_F(Run, TheEnvironmentIsWhatIsGivenAndNoMore) {
  EXPECT_EQ(run({"--env", "A=1", "--env", "B=x=y"}, told).out, "prog.wat\0A=1\0B=x=y\0"s);
  setenv("SKERRY_TEST_VARIABLE", "ours", 1);
  EXPECT_EQ(run({"--env=SKERRY_TEST_VARIABLE"}, told).out, "prog.wat\0SKERRY_TEST_VARIABLE=ours\0"s);
}

// Makes the folder "made" in the first folder it was given; the errno is its status.
constexpr std::string_view makes_folder = R"((module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 0) "made")
  (func (export "_start") (call $exit (call $make (i32.const 3) (i32.const 0) (i32.const 4))))))";

TEST_F(Run, FoldersAreGivenWholeOrReadOnly) {
  TemporaryFolder shared;
  constexpr int badf = 8, success = 0;
  EXPECT_EQ(run({}, makes_folder).status, badf);
  Outcome refused = run({"--dir-ro", shared.path() + "::/"}, makes_folder);
  EXPECT_NE(refused.status, success);
  EXPECT_NE(refused.status, badf);
  EXPECT_EQ(run_shell("test -d " + shared.path() + "/made").status, 1);
  EXPECT_EQ(run({"--dir", shared.path() + "::/"}, makes_folder).status, success);
  EXPECT_EQ(run_shell("test -d " + shared.path() + "/made").status, 0);
}

TEST_F(Run, AFolderThatCannotBeOpenedIsTold) {
  for (const std::string& host : {folder_.path() + "/missing", folder_.write("file", "")}) {
    Outcome outcome = run({"--dir", host + "::/"}, exits_with("0"));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, host));
  }
  EXPECT_EQ(run({"--dir", "::"}, exits_with("0")).status, 2);
}

// ----------------------------------------------------------------------------------- Limits

TEST_F(Run, TheTimeoutEndsALoopThatDoesNotEnd) {
  auto start = std::chrono::steady_clock::now();
  Outcome outcome = run({"--timeout", "0.2", "--invoke", "spin"}, functions);
  EXPECT_EQ(outcome.status, 134);
  EXPECT_TRUE(contains(outcome.err, "interrupted"));
  EXPECT_TRUE(contains(outcome.err, "spin"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  EXPECT_EQ(run({"--timeout", "100", "--invoke", "add"}, functions, {"1", "2"}).out, "3\n");
}

TEST_F(Run, TheTimeoutEndsAStartFunctionAndAWait) {
  EXPECT_EQ(run({"--timeout", "0.2"}, "(module (func $f (loop $l (br $l))) (start $f))").status, 134);
  // Sleeps for some three hours.
  Outcome outcome = run({"--timeout", "0.2"}, R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 10000000000000))
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))))");
  EXPECT_EQ(outcome.status, 134);
  EXPECT_TRUE(contains(outcome.err, "interrupted"));
}

TEST_F(Run, TheTimeoutIsATime) {
  for (const char* time : {"", "x", "0", "-1", "1e3x", "nan", "inf"}) EXPECT_EQ(run({"--timeout", time}, functions).status, 2) << time;
}

constexpr std::string_view counts = R"((module (func (export "f") (local i32)
  (local.set 0 (i32.const 1000))
  (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))";

TEST_F(Run, FuelRunsOutAtTheSameInstructionEveryTime) {
  auto ends = [&](u64 fuel, const char* compilation) {
    std::vector<std::string> options = {"--fuel", std::to_string(fuel), "--invoke", "f"};
    if (*compilation) options.push_back(compilation);
    Outcome outcome = run(options, counts);
    if (outcome.status) EXPECT_TRUE(contains(outcome.err, "all fuel consumed"));
    return outcome.status == 0;
  };
  u64 low = 0, high = 100'000;  // runs out; suffices
  ASSERT_TRUE(ends(high, ""));
  ASSERT_FALSE(ends(low, ""));
  while (high - low > 1) {
    u64 middle = low + (high - low) / 2;
    (ends(middle, "") ? high : low) = middle;
  }
  EXPECT_GT(high, 4000u);
  EXPECT_LT(high, 8000u);
  for (const char* compilation : {"", "--lazy"}) {
    EXPECT_TRUE(ends(high, compilation));
    EXPECT_FALSE(ends(high - 1, compilation));
  }
}

TEST_F(Run, MemoriesGrowToTheLimit) {
  constexpr std::string_view grows = R"((module (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";
  EXPECT_EQ(run({"--max-memory", "192K", "--invoke", "grow"}, grows, {"2"}).out, "1\n");
  EXPECT_EQ(run({"--max-memory", "192K", "--invoke", "grow"}, grows, {"3"}).out, "-1\n");
  Outcome none = run({"--max-memory", "1000", "--invoke", "grow"}, grows, {"0"});
  EXPECT_EQ(none.status, 1);
  EXPECT_FALSE(none.err.empty());
  for (const char* size : {"", "K", "1X", "-1", "99999999999T"}) EXPECT_EQ(run({"--max-memory", size}, grows).status, 2) << size;
}

// ---------------------------------------------------------------------------------- Imports

constexpr std::string_view lacks = R"((module
  (import "env" "first" (func (param i32) (result i64)))
  (import "wasi_snapshot_preview1" "fd_wirte" (func $wirte (param i32 i32 i32 i32) (result i32)))
  (func (export "unused") (result i32) (i32.const 5))
  (func (export "first") (result i64) (call 0 (i32.const 1)))))";

TEST_F(Run, AFailedLinkNamesAllThatIsMissing) {
  Outcome outcome = run({"--invoke", "unused"}, lacks);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "first"));
  EXPECT_TRUE(contains(outcome.err, "fd_wirte"));
  EXPECT_TRUE(contains(outcome.err, "fd_write"));
}

TEST_F(Run, UnknownImportsTrapOrReturnZeros) {
  EXPECT_EQ(run({"--unknown-imports", "trap", "--invoke", "unused"}, lacks).out, "5\n");
  EXPECT_EQ(run({"--unknown-imports", "trap", "--invoke", "first"}, lacks).status, 134);
  EXPECT_EQ(run({"--unknown-imports", "default", "--invoke", "first"}, lacks).out, "0\n");
  EXPECT_EQ(run({"--unknown-imports", "default", "--invoke", "g"}, R"((module
    (import "env" "g" (global i32)) (import "env" "m" (memory 1)) (import "env" "t" (table 2 funcref))
    (func (export "g") (result i32) (i32.add (global.get 0) (i32.add (memory.size) (table.size 0))))))").out, "3\n");
  // What WASI provides is WASI's all the same.
  EXPECT_EQ(run({"--unknown-imports", "default"}, exits_with("3")).status, 3);
  EXPECT_EQ(run({"--unknown-imports", "other"}, lacks).status, 2);
}

// ------------------------------------------------------------------------- Standard streams

constexpr std::string_view writes = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\08\00\00\00\05\00\00\00hello")
  (func (export "_start") (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))))";

TEST_F(Run, TheProgramIsToldWhatIsWrongWithItsOutput) {
  std::string path = folder_.write("writes.wat", writes);
  Outcome whole = run_shell("$SKERRY run --no-cache " + path);
  EXPECT_EQ(whole.out, "hello");
  EXPECT_EQ(whole.status, 0);
  constexpr int badf = 8, nospc = 51, pipe = 64;
  EXPECT_EQ(run_shell("$SKERRY run --no-cache " + path + " >&-").status, badf);
  EXPECT_EQ(run_shell("$SKERRY run --no-cache " + path + " >/dev/full").status, nospc);
  // The reader is gone by the time of the write.
  EXPECT_EQ(run_shell("{ sleep 1; $SKERRY run --no-cache " + path + "; echo $? >&2; } | true").err, std::to_string(pipe) + "\n");
}

TEST_F(Run, ResultsThatCannotBePrintedAreAnError) {
  std::string path = folder_.write("f.wat", functions);
  for (const char* where : {">&-", ">/dev/full"}) {
    Outcome outcome = run_shell("$SKERRY run --no-cache --invoke add " + path + " 1 2 " + where);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, "cannot write standard output"));
  }
}

TEST_F(Run, AllStreamsMayBeClosed) {
  EXPECT_EQ(run_shell("$SKERRY run --no-cache " + folder_.write("nine.wat", exits_with("9")) + " <&- >&- 2>&-").status, 9);
}

// --------------------------------------------------------------------------------- Mistakes

TEST_F(Run, FilesThatAreNoModules) {
  for (const std::string& path : {folder_.path(), folder_.path() + "/missing", folder_.write("empty", ""),
                                  folder_.write("text.wat", "(module (func i32.add))"), folder_.write("junk", "junk")}) {
    Outcome outcome = run_skerry({"run", "--no-cache", path});
    EXPECT_EQ(outcome.status, 1) << path;
    EXPECT_TRUE(contains(outcome.err, path));
  }
}

TEST_F(Run, MistakesInOptionsAreTwo) {
  EXPECT_EQ(run_skerry({}).status, 2);
  EXPECT_EQ(run_skerry({"nothing"}).status, 2);
  EXPECT_EQ(run_skerry({"run"}).status, 2);
  EXPECT_EQ(run_skerry({"run", "--nothing", "x.wasm"}).status, 2);
  EXPECT_EQ(run_skerry({"run", "--fuel"}).status, 2);
  EXPECT_EQ(run_skerry({"run", "--lazy=yes", "x.wasm"}).status, 2);
  EXPECT_EQ(run_skerry({"run", "--gear", "slow", "x.wasm"}).status, 2);
  EXPECT_EQ(run({"--features", "wasm9"}, functions).status, 2);
}

TEST_F(Run, HelpIsNoMistake) {
  Outcome all = run_skerry({"--help"});
  EXPECT_EQ(all.status, 0);
  for (const char* name : {"run", "compile", "validate", "inspect", "wat", "wast", "objdump", "explore"}) {
    EXPECT_TRUE(contains(all.out, name));
    Outcome one = run_skerry({name, "--help"});
    EXPECT_EQ(one.status, 0);
    EXPECT_TRUE(contains(one.out, "--features"));
    EXPECT_TRUE(contains(one.out, "--gear quick"));
  }
}

TEST_F(Run, StatsNameTheStages) {
  Outcome outcome = run({"--stats", "--invoke", "add"}, functions, {"1", "2"});
  EXPECT_EQ(outcome.out, "3\n");
  for (const char* stage : {"read", "compile", "instantiate", "run", "total"}) EXPECT_TRUE(contains(outcome.err, stage));
}

TEST_F(Run, StatsTellWhatPassesDid) {
  auto passes_of = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--stats", "--invoke", "add"});
    Outcome outcome = run(options, functions, {"1", "2"});
    EXPECT_EQ(outcome.out, "3\n");
    return outcome.err;
  };
  EXPECT_FALSE(contains(passes_of({"--gear", "quick"}), "prune"));
  EXPECT_TRUE(contains(passes_of({"--gear", "best"}), "number"));
  std::string without = passes_of({"--gear", "best", "--skip-pass", "number"});
  EXPECT_TRUE(contains(without, "prune") && !contains(without, "number")) << without;
  EXPECT_EQ(run({"--skip-pass", "nothing"}, functions).status, 1);
}

// ------------------------------------------------------------------------ Artifacts, cache

TEST_F(Run, AnArtifactRunsWhereItIsTrusted) {
  std::string module = folder_.write("f.wat", functions), artifact = folder_.path() + "/f.elf";
  ASSERT_EQ(run_skerry({"compile", module, "-o", artifact}).status, 0);
  Outcome trusted = run_skerry({"run", "--allow-precompiled", "--invoke", "add", artifact, "4", "5"});
  EXPECT_EQ(trusted.out, "9\n") << trusted.err;
  Outcome refused = run_skerry({"run", "--invoke", "add", artifact, "4", "5"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(contains(refused.err, "--allow-precompiled"));
  Outcome trap = run_skerry({"run", "--allow-precompiled", "--invoke", "fail", artifact});
  EXPECT_EQ(trap.status, 134);
  EXPECT_TRUE(contains(trap.err, "inner"));
}

TEST_F(Run, ADamagedArtifactIsRefused) {
  std::string module = folder_.write("f.wat", functions), artifact = folder_.path() + "/f.elf";
  ASSERT_EQ(run_skerry({"compile", module, "-o", artifact}).status, 0);
  std::string content = run_shell("cat " + artifact).out;
  for (usize size : {usize{4}, usize{64}, content.size() / 2, content.size() - 1}) {
    Outcome outcome = run_skerry({"run", "--allow-precompiled", folder_.write("cut.elf", content.substr(0, size))});
    EXPECT_EQ(outcome.status, 1) << size;
    EXPECT_FALSE(outcome.err.empty());
  }
  for (usize at = 0; at < content.size(); at += 97) {
    std::string altered = content;
    altered[at] ^= 0x10;
    EXPECT_EQ(run_skerry({"run", "--allow-precompiled", folder_.write("altered.elf", altered)}).status, 1) << at;
  }
}

// What is too large for the usual way is said: locals of loops within loops, which stay in the frame.
TEST_F(Run, StatsTellWhatWasOutOfProportion) {
  auto nest = [&](const std::string& name, int n) {
    std::string locals, opens, ends;
    for (int i = 0; i < n; ++i) {
      locals += "(local i32)";
      opens += "loop (local.set " + std::to_string(i + 1) + " (local.get " + std::to_string(i) + ")) ";
      ends += "(br_if 0 (local.get 0)) end ";
    }
    return folder_.write(name, "(module (func (export \"f\") (param i32) " + locals + opens + ends + "))");
  };
  std::string small = nest("small.wat", 10), large = nest("large.wat", 300);
  for (const char* gear : {"--gear=quick", "--gear=best", "--gear=tiered"}) {
    constexpr std::string_view told = "locals were kept in the frame";
    EXPECT_TRUE(contains(run_skerry({"run", "--stats", "--no-cache", gear, "--invoke", "f", large, "0"}).err, told));
    EXPECT_FALSE(contains(run_skerry({"run", "--stats", "--no-cache", gear, "--invoke", "f", small, "0"}).err, told));
  }
}

// Programs begin at their first call and go on in the best gear, but those that are compiled already, that a debugger looks
// at, or for which another gear was asked.
TEST_F(Run, ProgramsWarmUpUnlessAskedOtherwise) {
  std::string module = folder_.write("f.wat", functions), artifact = folder_.path() + "/f.elf";
  ASSERT_EQ(run_skerry({"compile", module, "-o", artifact}).status, 0);
  auto warms_up = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "--stats", "--invoke", "add"});
    words.insert(words.end(), {"1", "2"});
    Outcome outcome = run_skerry(words);
    EXPECT_EQ(outcome.out, "3\n") << outcome.err;
    return outcome.err.find("1 functions compiled at their first call") != outcome.err.npos;
  };
  EXPECT_TRUE(warms_up({module}));
  EXPECT_TRUE(warms_up({"--gear=tiered", "-g", module}));
  EXPECT_FALSE(warms_up({"--gear=quick", module}));
  EXPECT_FALSE(warms_up({"--gear=best", module}));
  EXPECT_FALSE(warms_up({"-g", module}));
  EXPECT_FALSE(warms_up({"--optimise=none", module}));
  EXPECT_FALSE(warms_up({"--allow-precompiled", artifact}));
}

TEST_F(Run, TheCacheMayBeDamagedFullOrForbidden) {
  std::string module = folder_.write("f.wat", functions), cache = folder_.path() + "/cache";
  std::string add = "XDG_CACHE_HOME=" + cache + " $SKERRY run --gear quick --invoke add " + module + " 1 2";
  EXPECT_EQ(run_shell("mkdir " + cache + "; " + add).out, "3\n");
  ASSERT_NE(run_shell("find " + cache + " -type f").out, "");
  EXPECT_EQ(run_shell(add).out, "3\n");
  EXPECT_EQ(run_shell("for f in $(find " + cache + " -type f); do head -c 1000 $f >$f.cut; mv $f.cut $f; done; " + add).out, "3\n");
  EXPECT_EQ(run_shell("for f in $(find " + cache + " -type f); do printf x | dd of=$f bs=1 seek=700 conv=notrunc; done; " + add).out, "3\n");
  EXPECT_EQ(run_shell("rm -r " + cache + "; touch " + cache + "; " + add).out, "3\n");
  EXPECT_EQ(run_shell("XDG_CACHE_HOME=/proc/none $SKERRY run --gear quick --invoke add " + module + " 1 2").out, "3\n");
}

// ---------------------------------------------------------------------------------- Faults

// A killed process leaves a cache that the next one can use. What it compiles takes some milliseconds.
TEST_F(Run, BeingKilledWhileTheCacheIsWrittenHarmsNothing) {
  std::string text = "(module (func (export \"last\") (result i32) (i32.const 7))";
  for (int i = 0; i < 2000; ++i) text += "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const " + std::to_string(i) + ")))";
  std::string module = folder_.write("large.wat", text + ")"), cache = folder_.path() + "/cache";
  std::string run = "XDG_CACHE_HOME=" + cache + " $SKERRY run --gear quick --invoke last " + module;
  ASSERT_EQ(run_shell("mkdir " + cache).status, 0);
  for (int i = 0; i < 40; ++i) {
    std::string delay = "0.0" + std::to_string(10 + i * 2);
    run_shell("rm -rf " + cache + "/*; " + run + " >/dev/null & sleep " + delay + "; kill -9 $!; wait");
    ASSERT_EQ(run_shell(run).out, "7\n") << delay;
  }
}

TEST_F(Run, ATimeoutAtAnyInstantIsATrapOrNothing) {
  for (int i = 0; i < 150; ++i) {
    std::string time = "0." + std::to_string(1000000 + i * 37 % 997 * 20).substr(1);
    Outcome outcome = run({"--timeout", i == 0 ? "0.000000001" : time, "--invoke", "f"}, counts);
    if (outcome.status == 0) continue;
    ASSERT_EQ(outcome.status, 134) << time << outcome.err;
    ASSERT_TRUE(contains(outcome.err, "interrupted"));
  }
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)  // which reserve more than all of these
TEST_F(Run, WithoutMemoryThereIsAMessageOrAResult) {
  std::string module = folder_.write("f.wat", functions);
  std::string large = folder_.write("large.wat", "(module (memory 1) (data (i32.const 0) \"" + std::string(40'000'000, 'x') + "\"))");
  int results = 0, messages = 0;
  auto try_with = [&](u64 kib, const std::string& command) {
    Outcome outcome = run_shell("ulimit -v " + std::to_string(kib) + "; $SKERRY " + command);
    ASSERT_TRUE(outcome.status == 0 || outcome.status == 1) << outcome.status << command << kib << outcome.err;
    EXPECT_EQ(outcome.status == 0, outcome.err.empty()) << outcome.err;
    ++(outcome.status == 0 ? results : messages);
  };
  for (u64 kib : {20'000, 50'000, 100'000, 200'000, 250'000, 300'000, 1'000'000, 6'000'000, 20'000'000}) {
    try_with(kib, "run --no-cache --invoke add " + module + " 1 2");
    try_with(kib, "wat -o /dev/null " + large);
  }
  EXPECT_GT(results, 4);
  EXPECT_GT(messages, 4);
}
#endif

}  // namespace
}  // namespace skerry::tests
