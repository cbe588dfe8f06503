#include "engine/runtime/targets.h"

#include "base/string.h"
#include "engine/codegen/riscv64/target.h"
#include "engine/codegen/x64/target.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

Result<ChosenTarget> choose_x64(std::string_view cpu) {
  x64::CpuFeatures here = x64::detect_cpu_features();
  if (!platform::memory_base_instructions()) here = here.without(x64::CpuFeature::Fsgsbase);
  x64::CpuFeatures features = cpu.empty() ? here : TRY(x64::parse_cpu(cpu, here));
  if (!features.covers(x64::required_features())) {
    return fail(ErrorCode::Unsupported, concat("code for x86_64 needs ", x64::print_cpu(x64::required_features()),
                                               ", and the CPU chosen is ", x64::print_cpu(features)));
  }
  return ChosenTarget{x64::make_target(features), x64::is_native() && here.covers(features)};
}

// RV64GC needs nothing; code for a machine that is not this one is for that, unless more is asked for.
Result<ChosenTarget> choose_riscv64(std::string_view cpu) {
  riscv64::CpuFeatures here = riscv64::detect_cpu_features();
  riscv64::CpuFeatures features = cpu.empty() ? here : TRY(riscv64::parse_cpu(cpu, here));
  return ChosenTarget{riscv64::make_target(features), riscv64::is_native() && here.covers(features)};
}

struct Row {
  std::string_view name;
  u16 elf_machine;
  bool (*is_native)();
  Result<ChosenTarget> (*choose)(std::string_view cpu);
};
constexpr Row rows[] = {
    {"x86_64", 62, x64::is_native, choose_x64},
    {"riscv64", 243, riscv64::is_native, choose_riscv64},
};

}  // namespace

Result<ChosenTarget> choose_target(std::string_view name, std::string_view cpu) {
  for (const Row& row : rows) {
    if (name.empty() ? row.is_native() : row.name == name) return row.choose(cpu);
  }
  std::string known;
  for (const Row& row : rows) known += concat(known.empty() ? "" : ", ", row.name);
  if (name.empty())
    return fail(ErrorCode::Unsupported, concat("there is no compiler for this machine; there is for ", known));
  return fail(ErrorCode::Unsupported, concat("no target is named \"", name, "\"; there are ", known));
}

u16 elf_machine(std::string_view name) {
  for (const Row& row : rows) {
    if (row.name == name) return row.elf_machine;
  }
  UNREACHABLE("a target that is none");
}

}  // namespace skerry::runtime
