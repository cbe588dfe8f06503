#include "engine/codegen/riscv64/cpu.h"
#include "platform/platform.h"

namespace skerry::riscv64 {

CpuFeatures detect_cpu_features() {
  return is_native() ? features_of_isa(platform::isa_string()) : CpuFeatures();
}

#if defined(__riscv) && __riscv_xlen == 64
bool is_native() { return true; }
#else
bool is_native() { return false; }
#endif

}  // namespace skerry::riscv64
