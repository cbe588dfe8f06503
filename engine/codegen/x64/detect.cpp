#include "engine/codegen/x64/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace skerry::x64 {

#if defined(__x86_64__)
namespace {

enum Register { Eax, Ebx, Ecx, Edx };

// The registers after `cpuid` with this leaf and subleaf 0; all zero if the processor has no such leaf.
struct Leaf {
  explicit Leaf(u32 leaf) {
    __get_cpuid_count(leaf, 0, &registers[Eax], &registers[Ebx], &registers[Ecx], &registers[Edx]);
  }
  bool bit(Register reg, u32 bit) const { return registers[reg] >> bit & 1; }

  u32 registers[4] = {};
};

// XCR0: which state components the operating system saves and restores (SDM volume 1, 13.3).
u32 read_xcr0() {
  u32 low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

CpuFeatures detect_cpu_features() {
  constexpr u32 xcr0_sse = 1 << 1, xcr0_avx = 1 << 2;
  constexpr u32 os_uses_xsave = 27;  // leaf 1, ecx

  constexpr struct {
    CpuFeature feature, parent;
    u32 leaf;
    Register reg;
    u32 bit;
  } rows[] = {
#define FEATURE(Name, name, level, Parent, leaf, reg, index) {CpuFeature::Name, CpuFeature::Parent, leaf, reg, index},
#include "engine/codegen/x64/cpu.def"
  };
  CpuFeatures found;
  for (const auto& row : rows) {
    if (Leaf(row.leaf).bit(row.reg, row.bit) && found.has(row.parent)) found = found.with(row.feature);
  }

  bool saves_vectors = Leaf(1).bit(Ecx, os_uses_xsave) && (~read_xcr0() & (xcr0_sse | xcr0_avx)) == 0;
  return saves_vectors ? found : found.without(CpuFeature::Avx);
}

bool is_native() { return true; }

#else

CpuFeatures detect_cpu_features() { return CpuFeatures(); }
bool is_native() { return false; }

#endif

}  // namespace skerry::x64
