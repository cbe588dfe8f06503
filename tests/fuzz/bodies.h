// A module taken apart into sections and its bodies into instructions, so that they can be
// changed and put together again with sizes that fit.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/types.h"

namespace skerry::fuzz {

using Bytes = std::vector<u8>;

struct Body {
  Bytes locals;
  std::vector<Bytes> instructions;  // `end` of the function included
};

struct Section {
  u8 id = 0;
  Bytes contents;
};

// The sections of a binary; none if their sizes do not fit.
std::optional<std::vector<Section>> take_sections(std::span<const u8> wasm);
Bytes put_sections(std::span<const Section> sections);

// The contents of a code section; none if it is not made of instructions that the engine knows.
std::optional<std::vector<Body>> take_bodies(std::span<const u8> code);
Bytes put_bodies(std::span<const Body> bodies);

}  // namespace skerry::fuzz
