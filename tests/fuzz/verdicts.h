// Verdicts: whether modules are valid, by us and by wasm-tools (others.h), compared on every one, many at a time.
//
//   Verdicts verdicts;
//   verdicts.add(seed, wasm, run_stages(wasm));   // and so on
//   for (const std::string& difference : verdicts.finish()) ADD_FAILURE() << difference;
//
// Two things are looked at twice, since wasm-tools means something else there:
//
// * It refuses a module for what is in a custom section "name", which is no matter of validity (Core, Appendix
//   "Custom Sections"): then that section is taken out, and the rest must be valid.
// * Without function-references it takes (ref null func) and (ref null extern) in their long forms, which came with
//   that proposal: an error of ours at exactly such a type counts as agreement.

#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/others.h"

namespace skerry::fuzz {

class Verdicts {
 public:
  Verdicts() : command_(wasm_tools()) {}

  // Whether there is something to compare with; else all others do nothing.
  bool can_compare() const { return command_.has_value(); }
  void add(u64 seed, std::span<const u8> wasm, const Verdict& ours);
  // What differed, of all that were added.
  std::vector<std::string> finish();
  // How many were compared, and how.
  std::string summary() const;

 private:
  struct Item {
    u64 seed;
    Bytes wasm;
    Verdict ours;
  };

  void compare();
  std::vector<std::string> theirs(const std::vector<Item>& items) const;

  std::optional<std::string> command_;
  std::vector<Item> items_;
  usize bytes_ = 0;
  u64 compared_ = 0, valid_ = 0, name_sections_ = 0, long_forms_ = 0;
  std::vector<std::string> differences_;
};

}  // namespace skerry::fuzz
