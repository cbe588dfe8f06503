// Compile throughput of one thread, stage by stage: compile_throughput FILE.wasm...
//
// For the machine and the CPU that TARGET and CPU in the environment name as --target and --cpu do, or for this one.
// With CHECK_ALLOCATION each allocation is checked (and the last figure means nothing). With GEAR=best through the passes
// and the allocator of that gear; how many steps the allocator took, and how many functions were too large for it, is
// told.
// For each module: MB of code section a second for validation alone, for translation, and
// for all up to machine code, each the best of a few runs.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "engine/decode/decode.h"
#include "engine/passes/pipeline.h"
#include "engine/runtime/targets.h"
#include "engine/translate/translate.h"
#include "engine/validate/validate.h"

namespace {

using namespace skerry;

std::vector<u8> read_file(const char* path) {
  std::vector<u8> bytes;
  FILE* file = fopen(path, "rb");
  if (!file) return bytes;
  u8 buffer[65536];
  while (usize n = fread(buffer, 1, sizeof buffer, file)) bytes.insert(bytes.end(), buffer, buffer + n);
  fclose(file);
  return bytes;
}

// Time of this thread alone, so that what else the machine does counts little.
double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

template <class Body>
double best_seconds(u32 runs, Body body) {
  double best = 1e9;
  for (u32 i = 0; i < runs; ++i) {
    double start = cpu_seconds();
    body();
    best = std::min(best, cpu_seconds() - start);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  auto named = [](const char* variable) { return getenv(variable) ? getenv(variable) : ""; };
  auto chosen = runtime::choose_target(named("TARGET"), named("CPU"));
  if (!chosen) {
    printf("%s\n", chosen.error().message.c_str());
    return 2;
  }
  const codegen::Target* target = chosen->target.get();
  for (int i = 1; i < argc; ++i) {
    std::vector<u8> bytes = read_file(argv[i]);
    Result<wasm::Module> module = wasm::decode(bytes);
    if (!module) {
      printf("%s: %s\n", argv[i], module.error().message.c_str());
      continue;
    }
    Features features = Features::implemented();
    InstanceLayout layout = InstanceLayout::of(*module);
    codegen::Settings settings;
    settings.check_allocation = getenv("CHECK_ALLOCATION") != nullptr;
    bool best = named("GEAR") == std::string_view("best");
    if (best) settings.allocator = codegen::Allocator::Ranges;
    passes::Pipeline pipeline;
    settings.memory_base_register = target->has_memory_base_register();
    codegen::ModuleContext context{*module, layout, settings};
    translate::Scratch scratch;
    passes::Callees callees(*module, features, {}, scratch);
    auto machine = target->make_scratch();
    ir::Function function;
    codegen::CompiledFunction code;
    u64 code_bytes = 0, slot_functions = 0, insts = 0;
    codegen::AllocationCounts allocation;
    bool failed = false;
    auto each = [&](auto body) {
      for (FuncIndex f(module->imported_functions); f != module->functions.end_key(); f = f.next()) body(f);
    };
    double mb = double(module->code_section.size) / 1e6;
    double validating = best_seconds(3, [&] { if (!validate::validate(*module, features)) failed = true; });
    double translating = best_seconds(3, [&] {
      slot_functions = insts = 0;
      each([&](FuncIndex f) {
        auto outcome = translate::translate_function(*module, f, features, {}, scratch, function);
        if (!outcome) failed = true;
        else slot_functions += outcome->locals_in_slots;
        insts += function.insts.size();
      });
    });
    double compiling = best_seconds(3, [&] {
      code_bytes = 0;
      allocation = {};
      each([&](FuncIndex f) {
        if (!translate::translate_function(*module, f, features, {}, scratch, function)) {
          failed = true;
          return;
        }
        if (best) pipeline.run(*module, function, &callees);
        target->compile(context, function, *machine, code);
        code_bytes += code.code.size();
        allocation.add(code.allocation);
      });
    });
    printf("%s: %.2f MB of code%s; validate %.1f MB/s, translate %.1f MB/s, all %.1f MB/s; %llu IR insts, %llu functions with slots, "
           "%.2f bytes of machine code a byte\n",
           argv[i], mb, failed ? " (FAILED)" : "", mb / validating, mb / translating, mb / compiling,
           (unsigned long long)insts, (unsigned long long)slot_functions, double(code_bytes) / 1e6 / mb);
    if (best)
      printf("  allocation: %llu steps, %llu moves, %llu functions too large\n", (unsigned long long)allocation.work,
             (unsigned long long)allocation.moves, (unsigned long long)allocation.simple);
  }
}
