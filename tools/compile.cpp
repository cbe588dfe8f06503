// skerry compile: a module -> machine code in an ELF file, which `skerry run --allow-precompiled` takes.

#include <cstdio>

#include "base/string.h"
#include "engine/runtime/artifact.h"
#include "skerry/skerry.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/files.h"
#include "tools/module_file.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/stats.h"

namespace skerry::tools {

int compile_command(Words words) {
  CommandLine line("compile", "FILE",
                   "Compiles a module (.wasm, .wat, or - for standard input) into an ELF file. That is machine code: whoever\n"
                   "runs it trusts whoever made it.");
  EngineOptions options;
  std::string output;
  bool want_stats = false, fuel = false, want_key = false;
  line.text("-o", "FILE", "write to FILE", output);
  options.add_cross_to(line);
  options.add_to(line);
  line.flag("--fuel", "code that counts, for `skerry run --fuel`", fuel);
  line.flag("--key", "print what a code cache would know it by", want_key);
  line.flag("--stats", "tell the time and memory of each stage at the end", want_stats);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.size() != 1) return line.mistake("one module is wanted");
  if (output.empty()) return line.mistake("where to? -o FILE");
  if (options.lazy) return line.mistake("--lazy leaves nothing to write");
  if (options.gear == "tiered") return line.mistake("--gear tiered compiles while a program runs");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;

  Stats stats;
  std::optional<ModuleFile> file = read_wasm(std::string(files[0]), *features);
  if (!file) return exit_failure;
  stats.end_stage("read");
  Config config = options.config();
  if (fuel) config.fuel = Fuel::Counted;
  std::optional<Progress> progress(std::in_place);
  config.progress = [&progress](u64 done, u64 total) { progress->show(done, total); };
  Result<Engine> engine = Engine::create(config);
  if (!engine) {
    report(engine.error().message);
    return exit_failure;
  }
  Result<Module> module = Module::from_binary(*engine, file->bytes);
  progress.reset();
  if (!module) {
    report(file->name, module.error(), file->bytes, *features);
    return exit_failure;
  }
  stats.end_stage("compile");
  Result<std::vector<u8>> artifact = module->serialise();
  Result<void> written = artifact ? write_file(output, *artifact) : Result<void>(artifact.take_failure());
  if (!written) {
    report(written.error().message);
    return exit_failure;
  }
  if (want_key) std::printf("%s\n", runtime::cache_key(engine->internal(), module->binary()).c_str());
  stats.end_stage("write");
  if (want_stats) stats.print(engine->internal());
  return 0;
}

}  // namespace skerry::tools
