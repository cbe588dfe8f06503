#include "tests/support/spec_suite.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/support/paths.h"

namespace skerry::tests {

std::filesystem::path spec_suite() {
  static const std::filesystem::path folder = [] {
    std::string command = "'" + (source_folder() / "tests/spec/fetch").string() + "'", line;
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return std::filesystem::path();
    for (int c; (c = std::fgetc(pipe)) != EOF && c != '\n';) line.push_back(char(c));
    return pclose(pipe) == 0 ? std::filesystem::path(line) : std::filesystem::path();
  }();
  return folder;
}

std::vector<std::filesystem::path> spec_scripts(const std::string& folder) {
  std::vector<std::filesystem::path> scripts;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(spec_suite() / folder, error)) {
    if (entry.path().extension() != ".wast" || entry.path().filename().string().starts_with("simd_")) continue;
    scripts.push_back(entry.path());
  }
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace skerry::tests
