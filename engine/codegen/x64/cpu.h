// Which x86-64 processors the code that we make will run on.
//
// A CpuFeatures is part of the target: the selector asks it before it uses an instruction, it
// is part of the key of the cache, and an artifact records it. It is closed: it never holds a
// feature without that feature's parents (cpu.def).

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace skerry::x64 {

enum class CpuFeature : u8 {
#define FEATURE(Name, ...) Name,
#include "engine/codegen/x64/cpu.def"
};

std::string_view name(CpuFeature feature);

class CpuFeatures {
 public:
  // x86-64-v1, what every processor has.
  constexpr CpuFeatures() = default;

  // The psABI's x86-64-v1, -v2 or -v3.
  static CpuFeatures level(u32 level);
  // All that cpu.def names.
  static CpuFeatures all();

  constexpr bool has(CpuFeature feature) const { return bits_ >> u32(feature) & 1; }
  // This set holds all that `other` holds: code made for `other` runs here.
  constexpr bool covers(CpuFeatures other) const { return (other.bits_ & ~bits_) == 0; }
  // With `feature` and its parents; without it and its descendants. Sse2 stays.
  [[nodiscard]] CpuFeatures with(CpuFeature feature) const;
  [[nodiscard]] CpuFeatures without(CpuFeature feature) const;

  constexpr u32 bits() const { return bits_; }
  constexpr bool operator==(const CpuFeatures&) const = default;

 private:
  u32 bits_ = 1u << u32(CpuFeature::Sse2);
};

// The argument of --cpu: a level, or `native`, then features added or taken away in order.
//
//   x86-64-v3    native,-avx    x86-64-v1,+sse4.1,+popcnt
//
// `native` is what detection found on the machine that asks.
Result<CpuFeatures> parse_cpu(std::string_view text, CpuFeatures native);

// "x86-64-v2,+fsgsbase": the highest level that the set covers and what it has beyond.
std::string print_cpu(CpuFeatures features);

// What cpuid reports here, with the vector features only if the operating system saves their
// registers (OSXSAVE, XCR0). No register tells user code whether CR4.FSGSBASE is set: the platform
// takes Fsgsbase away unless it knows that it is. On a host of another ISA: the baseline.
CpuFeatures detect_cpu_features();
// Whether this very program is x86-64 code.
bool is_native();

}  // namespace skerry::x64
