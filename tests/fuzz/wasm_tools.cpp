#include "tests/fuzz/wasm_tools.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "base/string.h"

namespace skerry::fuzz {

std::optional<std::string> wasm_tools() {
  const char* given = getenv("SKERRY_WASM_TOOLS");
  std::string command = concat("'", given ? given : "wasm-tools", "'");
  if (system((command + " --version >/dev/null 2>&1").c_str()) != 0) return std::nullopt;
  return command;
}

std::string temporary_path(std::string_view name) {
  return (std::filesystem::temp_directory_path() / concat("skerry-fuzz-", getpid(), "-", name)).string();
}

}  // namespace skerry::fuzz
