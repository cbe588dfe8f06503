// Must-show line 7: whatever fails around it, the command gives a clear message or a normal result.
//
// Full disks are a limit on the sizes of files, and, where the system lets us mount one, a file system of some pages.
// Unreadable files are loops of links, which nobody can open, and, for root, files of others seen as nobody.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "tests/support/process.h"

namespace skerry::tests {
namespace {

testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != text.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not in it: " << part << "\n" << text;
}

// Its code and its data are larger than every disk below.
std::string large_module() {
  std::string text = R"((module (memory 40) (data (i32.const 0) ")" + std::string(2'000'000, 'x') +
                     R"(") (func (export "last") (result i32) (i32.load8_u (i32.const 1999999)))))";
  return text;
}

constexpr std::string_view reads_its_folder = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 0) "file")
  (func (export "list") (result i32) (call $readdir (i32.const 3) (i32.const 64) (i32.const 512) (i64.const 0) (i32.const 32)))
  (func (export "open") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))))";

// Writes 64 KiB to the file "file" of its folder, and makes it as long by other calls; prints the three errnos.
constexpr std::string_view writes_much = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 2) (data (i32.const 0) "file") (data (i32.const 8) "\00\01\00\00\00\00\01\00")
  (func $file (export "file") (result i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 1)
      (i64.const 0x400064) (i64.const 0) (i32.const 0) (i32.const 32)) (then unreachable))
    (i32.load (i32.const 32)))
  ;; Up to the limit comes a short write, behind it an error.
  (func (export "write") (result i32) (local i32 i32)
    (local.set 0 (call $file))
    (drop (call $write (local.get 0) (i32.const 8) (i32.const 1) (i32.const 40)))
    (call $write (local.get 0) (i32.const 8) (i32.const 1) (i32.const 40)))
  (func (export "set_size") (result i32) (call $set_size (call $file) (i64.const 65536)))
  (func (export "pwrite") (result i32)
    (call $pwrite (call $file) (i32.const 8) (i32.const 1) (i64.const 60000) (i32.const 40)))))";

class Faults : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  // Runs the line where files, also those in memory, may not grow past 4 KiB, and the signal that says so is at its
  // default, which is the end of the process.
  static Outcome limited(const std::string& line) { return run_shell("ulimit -f 8; " + line); }
  // Runs the line with a disk of 64 KiB at the folder; none if the system does not let us make one.
  static std::optional<Outcome> on_small_disk(const std::string& folder, const std::string& line) {
    std::string mount = "mount -t tmpfs -o size=64k none " + folder;
    std::string with = "export SKERRY; unshare -rm sh -c '" + mount + " || exit 99; " + line + "'";
    Outcome outcome = run_shell(with);
    if (outcome.status == 99 || contains(outcome.err, "unshare")) return std::nullopt;
    return outcome;
  }
  TemporaryFolder folder_;
};

TEST_F(Faults, AFullDiskUnderTheCacheCostsOnlyTheCache) {
  std::string module = folder_.write("large.wat", large_module()), cache = path("cache");
  std::string run = "XDG_CACHE_HOME=" + cache + " $SKERRY run --gear quick --invoke last " + module;
  ASSERT_EQ(run_shell("mkdir " + cache).status, 0);
  Outcome outcome = limited(run);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "120\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(run_shell("find " + cache + " -type f").out, "");

  if (auto small = on_small_disk(cache, run + "; find " + cache + " -type f")) {
    EXPECT_EQ(small->status, 0) << small->err;
    EXPECT_EQ(small->out, "120\n");
    EXPECT_EQ(small->err, "");
  }
}

TEST_F(Faults, AFullDiskUnderAnOutputIsTold) {
  std::string module = folder_.write("large.wat", large_module());
  for (const char* command : {"wat ", "compile "}) {
    std::string old = folder_.write("old", "before");
    Outcome outcome = limited("$SKERRY " + (command + module) + " -o " + old);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, "old: File too large"));
    EXPECT_EQ(run_shell("cat " + old).out, "before");

    ASSERT_EQ(run_shell("mkdir -p " + path("disk")).status, 0);
    std::string line = "echo before >" + path("disk/old") + "; $SKERRY " + command + module + " -o " + path("disk/old") +
                       "; echo $?; cat " + path("disk") + "/*";
    if (auto small = on_small_disk(path("disk"), line)) {
      EXPECT_EQ(small->out, "1\nbefore\n");
      EXPECT_TRUE(contains(small->err, "old: No space left on device"));
    }
  }
}

TEST_F(Faults, TheGuestIsToldThatItsFileCannotGrow) {
  std::string module = folder_.write("writes.wat", writes_much), given = path("given");
  constexpr std::string_view fbig = "22\n", nospc = "51\n";
  for (const char* call : {"write", "set_size", "pwrite"}) {
    std::string line = "$SKERRY run --no-cache --dir " + given + "::/ --invoke " + call + " " + module;
    ASSERT_EQ(run_shell("rm -rf " + given + "; mkdir " + given).status, 0);
    Outcome outcome = limited(line);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, fbig) << call;
    if (call == std::string_view("set_size")) continue;  // a file with holes fits
    if (auto small = on_small_disk(given, "head -c 64000 /dev/zero >" + given + "/other; " + line)) {
      EXPECT_EQ(small->out, nospc) << call;
    }
  }
}

TEST_F(Faults, WhatCannotBeReadIsTold) {
  std::string module = folder_.write("reads.wat", reads_its_folder);
  ASSERT_EQ(run_shell("ln -s loop " + path("loop") + "; mkdir " + path("given") + "; ln -s file " + path("given/file")).status, 0);
  // The program; one that opens and fails when it is read; the folder given to it; a file in that.
  Outcome program = run_shell("$SKERRY run " + path("loop"));
  EXPECT_EQ(program.status, 1);
  EXPECT_TRUE(contains(program.err, path("loop") + ": Too many levels of symbolic links"));
  Outcome unread = run_shell("$SKERRY run /proc/self/mem");
  EXPECT_EQ(unread.status, 1);
  EXPECT_TRUE(contains(unread.err, "cannot read /proc/self/mem: Input/output error"));
  Outcome folder = run_shell("$SKERRY run --dir " + path("loop") + "::/ " + module);
  EXPECT_EQ(folder.status, 1);
  EXPECT_TRUE(contains(folder.err, path("loop")));
  constexpr std::string_view loop = "32\n";
  EXPECT_EQ(run_shell("$SKERRY run --no-cache --dir " + path("given") + "::/ --invoke open " + module).out, loop);
  // The cache.
  EXPECT_EQ(run_shell("XDG_CACHE_HOME=" + path("loop") + " $SKERRY run --gear quick --dir " + path("given") + "::/ --invoke list " + module).out, "0\n");
}

TEST_F(Faults, WhatIsForbiddenIsTold) {
  std::string module = folder_.write("reads.wat", reads_its_folder), secret = folder_.write("secret.wat", "(module)");
  std::string closed = path("closed"), given = path("given");
  ASSERT_EQ(run_shell("mkdir " + closed + " " + given + "; touch " + given + "/file; chmod 0 " + closed + " " + secret + " " +
                      given + "/file; chmod 755 " + folder_.path()).status, 0);
  auto as_nobody = [](const std::string& line) {
    return run_shell(geteuid() == 0 ? "export SKERRY; exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '" + line + "'" : line);
  };
  if (as_nobody("test -x $SKERRY && test -r " + module).status != 0) GTEST_SKIP() << "nobody can run the command here";
  Outcome program = as_nobody("$SKERRY run " + secret);
  EXPECT_EQ(program.status, 1);
  EXPECT_TRUE(contains(program.err, secret + ": Permission denied"));
  constexpr std::string_view acces = "2\n";
  EXPECT_EQ(as_nobody("$SKERRY run --no-cache --dir " + closed + "::/ --invoke list " + module).out, acces);
  EXPECT_EQ(as_nobody("$SKERRY run --no-cache --dir " + given + "::/ --invoke open " + module).out, acces);
  // A cache that may not be looked into, one that may not be written, and none at all.
  for (const std::string& cache : {closed, given, path("none")}) {
    Outcome outcome = as_nobody("XDG_CACHE_HOME=" + cache + " $SKERRY run --gear quick --dir " + given + "::/ --invoke list " + module);
    EXPECT_EQ(outcome.out, "0\n") << cache;
    EXPECT_EQ(outcome.err, "") << cache;
  }
  EXPECT_EQ(run_shell("chmod 755 " + closed).status, 0);
}

}  // namespace
}  // namespace skerry::tests
