#include "tests/isas/targets.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/codegen/riscv64/assembler.h"
#include "engine/codegen/riscv64/target.h"
#include "engine/codegen/x64/target.h"

namespace skerry::tests {

namespace {

// Whether the system lets programs set the base of GS.
bool may_set_gs() {
  constexpr u64 fsgsbase = 2;  // of AT_HWCAP2
  return x64::is_native() && getauxval(AT_HWCAP2) & fsgsbase;
}

std::unique_ptr<codegen::Target> make_x64_least() { return x64::make_target(x64::required_features()); }
std::unique_ptr<codegen::Target> make_x64() {
  if (!x64::is_native()) return x64::make_target(x64::CpuFeatures::all());
  x64::CpuFeatures here = x64::detect_cpu_features();
  return x64::make_target(may_set_gs() ? here : here.without(x64::CpuFeature::Fsgsbase));
}

// Nothing tells of the extensions under every emulator and kernel, so a child tries them.
bool has_bit_manipulation() {
  using riscv64::Gpr;
  riscv64::Assembler a(riscv64::CpuFeatures::all());
  a.add_uw(Gpr::A0, Gpr::A0, Gpr::A0);
  a.minu(Gpr::A0, Gpr::A0, Gpr::A0);
  a.bexti(Gpr::A0, Gpr::A0, 3);
  a.ret();
  a.finish();
  void* code = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return false;
  memcpy(code, a.code().data(), a.code().size());
  __builtin___clear_cache(static_cast<char*>(code), static_cast<char*>(code) + 4096);
  pid_t child = fork();
  if (child == 0) {
    reinterpret_cast<u64 (*)(u64)>(code)(1);
    _exit(0);
  }
  int status = 0;
  bool fine = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  munmap(code, 4096);
  return fine;
}

std::unique_ptr<codegen::Target> make_riscv64_least() { return riscv64::make_target(riscv64::CpuFeatures()); }
std::unique_ptr<codegen::Target> make_riscv64() {
  static const bool all = !riscv64::is_native() || has_bit_manipulation();
  return riscv64::make_target(all ? riscv64::CpuFeatures::all() : riscv64::detect_cpu_features());
}

}  // namespace

const std::vector<TestTarget>& all_targets() {
  static const std::vector<TestTarget> all = {
      {"x64_least", make_x64_least, x64::is_native(), false},
      {"x64", make_x64, x64::is_native(), may_set_gs()},
      {"riscv64_least", make_riscv64_least, riscv64::is_native(), true},
      {"riscv64", make_riscv64, riscv64::is_native(), true},
  };
  return all;
}

std::vector<const TestTarget*> native_targets() {
  std::vector<const TestTarget*> natives;
  for (const TestTarget& target : all_targets()) if (target.runs_here) natives.push_back(&target);
  return natives;
}

}  // namespace skerry::tests
