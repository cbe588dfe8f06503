// Which RISC-V processors the code that we make will run on.
//
// A CpuFeatures is part of the target: the selector asks it before it uses an instruction, it is part of
// the key of the cache, and an artifact records it.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace skerry::riscv64 {

enum class CpuFeature : u8 {
#define FEATURE(Name, ...) Name,
#include "engine/codegen/riscv64/cpu.def"
};

std::string_view name(CpuFeature feature);

class CpuFeatures {
 public:
  // RV64GC: integers, multiplication, atomics, floats of both widths, compressed instructions.
  constexpr CpuFeatures() = default;

  // All that cpu.def names.
  static CpuFeatures all();

  constexpr bool has(CpuFeature feature) const { return bits_ >> u32(feature) & 1; }
  // This set holds all that `other` holds: code made for `other` runs here.
  constexpr bool covers(CpuFeatures other) const { return (other.bits_ & ~bits_) == 0; }
  [[nodiscard]] constexpr CpuFeatures with(CpuFeature feature) const {
    return CpuFeatures(bits_ | 1u << u32(feature));
  }
  [[nodiscard]] constexpr CpuFeatures without(CpuFeature feature) const {
    return CpuFeatures(bits_ & ~(1u << u32(feature)));
  }

  constexpr u32 bits() const { return bits_; }
  constexpr bool operator==(const CpuFeatures&) const = default;

 private:
  constexpr explicit CpuFeatures(u32 bits) : bits_(bits) {}

  u32 bits_ = 0;
};

// The argument of --cpu: `rv64gc`, or `native`, then extensions added or, with a minus, taken away, in order. A plus
// may stand before what is added.
//
//   rv64gc,zba,zbb    native,-zbs
//
// `native` is what detection found on the machine that asks.
Result<CpuFeatures> parse_cpu(std::string_view text, CpuFeatures native);

// "rv64gc,zba,zbs"
std::string print_cpu(CpuFeatures features);

// The extensions that an ISA string names, as the property riscv,isa of a device tree or /proc/cpuinfo has it
// (The RISC-V Instruction Set Manual, volume I, "ISA Extension Naming Conventions"):
//
//   rv64imafdch_zicsr_zba_zbb    rv64gc_zba1p0
//
// What is not in cpu.def is passed over.
CpuFeatures features_of_isa(std::string_view isa);

// What the processors of this machine have: no instruction tells a program, so the platform does, by an ISA string.
// On a host of another ISA: the baseline.
CpuFeatures detect_cpu_features();
// Whether this very program is RISC-V 64 code.
bool is_native();

}  // namespace skerry::riscv64
