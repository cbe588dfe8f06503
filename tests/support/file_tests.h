// File-tests: a module as text, what runs of it give, and what stages of the compiler make of it,
// in one .wat file of tests/files.
//
//   ;;! test: ir, run                  which tests take the file
//   ;; Why this file is here.
//   (module (func (export "f") (param i32) (result i32) ...))
//   ;;! run: f(1) = 2
//   ;;! run: f(0) = trap: integer divide by zero
//   ;;= ir                             what a stage printed: up to the next line that is not ";;   "
//   ;;   function 0 (i32) -> (i32)
//   ;;= x64    rules: alu_plain        for a machine, with the rules of the selector that were used
//   ;;   function 0
//
// `;;! passes: number,prune` names the passes that `test: passes` is for.
// `;;! target: x64, riscv64+zba` names the machines that `test: codegen` and `test: best` are for.
//
// With SKERRY_REWRITE=1 in the environment a test writes what it got into the file instead of comparing;
// readers review the difference.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/wasm/types.h"

namespace skerry::tests {

struct FileTest {
  struct Run {
    u32 line;
    std::string function;
    std::vector<std::string> arguments;
    std::string trap;  // its sentence; empty if the function returns
    std::vector<std::string> results;
  };

  std::filesystem::path path;
  std::string text;  // of the whole file, which is a module's text
  std::vector<std::string> tests;
  std::vector<std::string> targets;
  std::string passes;
  std::vector<Run> runs;
  std::map<std::string, std::string> expected;  // by section; what stands behind its name is the first line

  bool is_for(std::string_view test) const;

  static Result<FileTest> read(const std::filesystem::path& path);

  // Compares what was printed for a section with the file, or rewrites the file. Empty if all is well. A first line
  // that begins with "rules: " stands behind the section's name.
  std::string check(const std::string& section, std::string_view printed) const;
};

// Every file under tests/files, in order.
std::vector<std::filesystem::path> file_tests();

// The bits of a number as a run writes it: decimal or 0x with a sign, floats as C writes them (also nan, inf, or nan:0x…
// with the payload), references as null or a number.
Result<u64> parse_value(ValueType type, std::string_view text);
std::string print_value(ValueType type, u64 bits);

}  // namespace skerry::tests
