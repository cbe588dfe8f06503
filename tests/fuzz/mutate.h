// Damage to modules and to text: the same for the same numbers.
//
// On bytes: bits flipped, bytes set, runs inserted, removed, repeated, taken from another input, numbers made
// long or large. On modules with sizes kept right, so that the damage is found further in:
// the same within one section, sections in another order, and instructions removed, repeated,
// exchanged or taken from elsewhere.

#pragma once

#include <span>
#include <string>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/random.h"

namespace skerry::fuzz {

// `donors` is what pieces of other inputs are taken from; it may be empty.
Bytes mutate_bytes(Bytes bytes, Random& random, std::span<const Bytes> donors);
Bytes mutate_module(const Bytes& wasm, Random& random, std::span<const Bytes> donors);
std::string mutate_text(std::string text, Random& random, std::span<const std::string> donors);

}  // namespace skerry::fuzz
