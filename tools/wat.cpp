// skerry wat: the text of a module -> its binary, and the other way round.

#include "base/string.h"
#include "text/print.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/files.h"
#include "tools/module_file.h"
#include "tools/report.h"

namespace skerry::tools {

int wat_command(Words words) {
  CommandLine line("wat", "IN", "Turns the text of a module into its binary, and a binary into text that reads back to\n"
                                "the same bytes. Neither is validated.");
  std::string output = "-";
  line.text("-o", "FILE", "write to FILE; otherwise to standard output", output);
  CommonOptions options;
  options.add_to(line);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.size() != 1) return line.mistake("one module is wanted");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;

  std::optional<ModuleFile> file = read_wasm(std::string(files[0]), *features);
  if (!file) return exit_failure;
  Result<void> written;
  if (file->form == ModuleFile::Form::Text) {
    written = write_file(output, file->bytes);
  } else {
    Result<std::string> text = text::print_module(file->bytes, *features);
    if (!text) {
      report(file->name, text.error(), file->bytes, *features);
      return exit_failure;
    }
    written = write_file(output, {reinterpret_cast<const u8*>(text->data()), text->size()});
  }
  if (written) return 0;
  report(written.error().message);
  return exit_failure;
}

}  // namespace skerry::tools
