// skerry validate: whether modules are valid. 0 if all are.

#include "engine/validate/validate.h"

#include "base/string.h"
#include "engine/decode/decode.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/module_file.h"
#include "tools/report.h"

namespace skerry::tools {

int validate_command(Words words) {
  CommandLine line("validate", "FILE...", "Says what is wrong with modules (.wasm, .wat, or - for standard input).\n"
                                          "The status is 0 if all are valid and 1 otherwise.");
  CommonOptions options;
  options.add_to(line);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.empty()) return line.mistake("which module?");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;

  int status = 0;
  for (std::string_view path : files) {
    std::optional<ModuleFile> file = read_wasm(std::string(path), *features);
    if (!file) {
      status = exit_failure;
      continue;
    }
    Result<wasm::Module> module = wasm::decode(file->bytes, *features);
    Result<void> valid = module ? validate::validate(*module, *features) : Result<void>(module.take_failure());
    if (valid) continue;
    report(file->name, valid.error(), file->bytes, *features);
    status = exit_failure;
  }
  return status;
}

}  // namespace skerry::tools
