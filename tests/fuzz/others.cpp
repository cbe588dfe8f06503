#include "tests/fuzz/others.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "base/string.h"
#include "tests/support/process.h"

namespace skerry::fuzz {

namespace {

std::optional<std::string> find(const char* variable, const char* name) {
  const char* given = getenv(variable);
  std::string command = given ? given : name;
  if (tests::run_process({command, "--version"}).status != 0) return std::nullopt;
  return command;
}

}  // namespace

std::optional<std::string> wasm_tools() { return find("SKERRY_WASM_TOOLS", "wasm-tools"); }
std::optional<std::string> wasmtime() { return find("SKERRY_WASMTIME", "wasmtime"); }

std::string temporary_path(std::string_view name) {
  return (std::filesystem::temp_directory_path() / concat("skerry-fuzz-", getpid(), "-", name)).string();
}

std::string as_wat_string(std::span<const u8> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "\"";
  for (u8 byte : bytes) text += {'\\', digits[byte >> 4], digits[byte & 15]};
  return text + "\"";
}

}  // namespace skerry::fuzz
