// ModuleFile: a module as a subcommand gets it: a .wasm, a .wat, or an artifact of `skerry compile`.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "engine/wasm/features.h"

namespace skerry::tools {

struct ModuleFile {
  enum class Form : u8 { Binary, Text, Artifact };
  std::string name;  // for messages
  Form form = Form::Binary;
  std::vector<u8> bytes;  // the .wasm, also where the file is text; or the artifact
};

// Reads it from a path, or from standard input for "-", and turns text into its binary. Where that fails it is
// told, and there is no result. Only the form is looked at: a binary may be no module at all.
std::optional<ModuleFile> read_module(const std::string& path, Features features);

// The same, where an artifact will not do.
std::optional<ModuleFile> read_wasm(const std::string& path, Features features);

}  // namespace skerry::tools
