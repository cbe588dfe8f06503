#include "tools/module_file.h"

#include "base/string.h"
#include "text/parse.h"
#include "tools/files.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

ModuleFile::Form form_of(std::string_view path, std::string_view content) {
  if (content.starts_with(std::string_view("\0asm", 4))) return ModuleFile::Form::Binary;
  if (content.starts_with("\x7f" "ELF")) return ModuleFile::Form::Artifact;
  if (path.ends_with(".wat")) return ModuleFile::Form::Text;
  // Text begins with a parenthesis or a comment.
  usize first = content.find_first_not_of(" \t\r\n");
  bool is_text = first != content.npos && (content[first] == '(' || content.substr(first, 2) == ";;");
  return is_text ? ModuleFile::Form::Text : ModuleFile::Form::Binary;
}

}  // namespace

std::optional<ModuleFile> read_module(const std::string& path, Features features) {
  ModuleFile file{.name = path == "-" ? "standard input" : path};
  Result<std::vector<u8>> content = read_file(path);
  if (!content) {
    report(content.error().message);
    return std::nullopt;
  }
  std::string_view text(reinterpret_cast<const char*>(content->data()), content->size());
  file.form = form_of(path, text);
  if (file.form != ModuleFile::Form::Text) {
    file.bytes = std::move(*content);
    return file;
  }
  Result<std::vector<u8>> wasm = text::parse_module(text, features);
  if (!wasm) {
    report(file.name, wasm.error());
    return std::nullopt;
  }
  file.bytes = std::move(*wasm);
  return file;
}

std::optional<ModuleFile> read_wasm(const std::string& path, Features features) {
  std::optional<ModuleFile> file = read_module(path, features);
  if (file && file->form == ModuleFile::Form::Artifact) {
    report(concat(file->name, ": this is compiled code; the .wasm or its text is wanted"));
    return std::nullopt;
  }
  return file;
}

}  // namespace skerry::tools
