// Subject: one way to run a module. The interpreter of the IR is the one that the others are
// compared with: machine code by itself (Machine), and the library in several configurations.
//
// Imports are made up from their types: functions whose results are a hash of their arguments and
// of how often a host function was called, and which sometimes trap; globals of some value; memories and tables of
// their
// minimum. References are seen as numbers: 0 for null, 1 for any function, externs as the
// arguments number them, from 1 to 3.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ir_interpreter/interpreter.h"

namespace skerry::fuzz {

using oracle::Outcome;
using oracle::Program;

inline constexpr u32 extern_count = 4;  // null included

class Subject {
 public:
  virtual ~Subject() = default;
  virtual std::string name() const = 0;
  // What instantiation came to: a result without values, or a trap. Once, before all else.
  virtual Outcome instantiate() = 0;
  virtual Outcome invoke(const wasm::Export& function, const FuncType& type, std::span<const u64> arguments) = 0;
  virtual u64 global(const wasm::Export& global) = 0;
  virtual std::span<const u8> memory(const wasm::Export& memory) = 0;
  virtual std::vector<u32> table(const wasm::Export& table) = 0;
  // Fuel, where the subject counts it.
  virtual void set_fuel(u64) {}
  virtual std::optional<u64> fuel() { return std::nullopt; }
};

// `steps`: after so many instructions of the IR an invocation is given up.
std::unique_ptr<Subject> make_interpreter_subject(const Program& program, oracle::Nans nans = oracle::Nans::Machine,
                                                  u64 steps = 500'000);

// What the interpreter is compared with, each made anew for a module; null if it cannot run that.
struct Contender {
  std::string name;
  bool counts_fuel;
  std::unique_ptr<Subject> (*make)(u32 index, const Program& program);
  u32 index;
};
const std::vector<Contender>& contenders();

namespace detail {
const std::vector<Contender>& machine_contenders();
const std::vector<Contender>& engine_contenders();
}  // namespace detail

// What made-up host functions do, the same for all subjects.
class Host {
 public:
  // The arguments are numbers as a Subject's are; none: it traps.
  std::optional<std::vector<u64>> call(const FuncType& type, std::span<const u64> arguments);
  static u64 global(ValueType type, u32 index);

 private:
  u64 calls_ = 0;
};

}  // namespace skerry::fuzz
