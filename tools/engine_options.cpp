#include "tools/engine_options.h"

#include "engine/runtime/features.h"
#include "tools/report.h"

namespace skerry::tools {

void CommonOptions::add_to(CommandLine& line) {
  line.text("--features", "LIST", "of WebAssembly: wasm1|wasm2|wasm3[,NAME|-NAME...]; otherwise all there are", features);
  line.word("--gear", "how functions are compiled: quick; best, faster code, more slowly; or tiered, the one after the other",
            {"quick", "best", "tiered"}, gear);
}

std::optional<Features> CommonOptions::parse_features() const {
  Result<Features> parsed = runtime::parse_features(features);
  if (parsed) return *parsed;
  report("--features", parsed.error());
  return std::nullopt;
}

void EngineOptions::add_to(CommandLine& line) {
  CommonOptions::add_to(line);
  line.count("--jobs", "N", "compile on N threads; otherwise on all processors", jobs);
  line.word("--optimise", "what a gear makes of a function: none is for looking at it", {"none", "speed"}, optimisation);
  line.text("--skip-pass", "NAME[,NAME...]", "leave out passes of the best gear", skip_passes);
  line.flag("-g", "keep where in the .wasm each instruction comes from", lines);
  line.count("--warm-up", "N", "tiered: calls and iterations of a function before best compiles it", warm_up);
  line.count("--background", "N", "tiered: threads that compile beside the program; 0: it waits", background);
  line.flag("--lazy", "compile each function at its first call", lazy);
}

void EngineOptions::add_cross_to(CommandLine& line) {
  line.text("--target", "TRIPLE", "make code for x86_64 or riscv64; otherwise for this machine", target);
  line.text("--cpu", "LIST", "x86-64-v1|-v2|-v3|rv64gc|native[,+NAME|-NAME...]; otherwise what this machine has", cpu);
}

Config EngineOptions::config() const {
  Config config;
  config.target = target;
  config.cpu = cpu;
  config.features = features;
  config.gear = gear == "best" ? Gear::Best : gear == "tiered" ? Gear::Tiered : Gear::Quick;
  if (warm_up) {
    config.warm_up.threshold = u32(std::clamp<u64>(*warm_up, 1, INT32_MAX));
    config.warm_up.threshold_per_byte = 0;
  }
  if (background) config.warm_up.threads = u32(std::min<u64>(*background, 64));
  config.skip_passes = skip_passes;
  config.optimisation = optimisation == "none" ? Optimisation::None : Optimisation::Speed;
  config.debug_information = lines ? DebugInformation::Lines : DebugInformation::Sites;
  config.compilation = lazy ? Compilation::Lazy : Compilation::Eager;
  config.compiler_threads = u32(std::min<u64>(jobs.value_or(0), 1024));
  return config;
}

}  // namespace skerry::tools
