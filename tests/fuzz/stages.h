// Bytes that may be anything, through every stage from decoding to machine code and to text.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/wasm/features.h"

namespace skerry::fuzz {

struct Verdict {
  bool valid = false;
  bool limited = false;  // refused for an implementation limit: if it is valid, by translation
  usize offset = 0;      // if it is not valid: where, and why
  std::string error;
  // What must not be, whatever the bytes are: an error without a place or a sentence, stages that
  // disagree, IR that is not well-formed. Crashes are found by running.
  std::optional<std::string> complaint;
};

// What machine code is made for: one of tests/isas' targets, by turns of the size, or each of them.
enum class Targets : u8 { One, All };
Verdict run_stages(std::span<const u8> wasm, Features features = Features::implemented(), Targets with = Targets::One);

// Text that may be anything: parsed, and if it is a module, through run_stages.
Verdict run_text_stages(std::string_view wat);

}  // namespace skerry::fuzz
