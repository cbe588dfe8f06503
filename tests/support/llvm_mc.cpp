#include "tests/support/llvm_mc.h"

#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/string.h"

namespace skerry::tests {
namespace {

// The lines that llvm-mc prints for this input, each handed to `take`.
void run(const std::string& input, std::string_view arguments, auto take) {
  std::string path = testing::TempDir() + "skerry-llvm-mc-XXXXXX";
  int fd = mkstemp(path.data());
  CHECK(fd >= 0);
  FILE* file = fdopen(fd, "w");
  CHECK(fwrite(input.data(), 1, input.size(), file) == input.size());
  fclose(file);

  std::string command = "PATH=\"$PATH:/usr/lib/llvm-19/bin\"; mc=$(command -v llvm-mc-19 || command -v llvm-mc) && ";
  command += concat("$mc ", arguments, " ", path, " 2>&1");
  FILE* output = popen(command.c_str(), "r");
  CHECK(output != nullptr);
  char* line = nullptr;
  usize capacity = 0;
  while (getline(&line, &capacity, output) >= 0) take(std::string_view(line));
  free(line);
  EXPECT_EQ(pclose(output), 0) << "llvm-mc of LLVM 19 must be in PATH";
  unlink(path.c_str());
}

}  // namespace

std::string in_hex(std::span<const u8> bytes) {
  std::string out;
  for (u8 byte : bytes) out += concat("0x", hex(byte, 2), " ");
  return out;
}

std::vector<std::string> disassemble(std::span<const u8> bytes, std::string_view arguments) {
  std::string input;
  for (usize at = 0; at < bytes.size(); at += 16)
    input += in_hex(bytes.subspan(at, std::min<usize>(16, bytes.size() - at))) + "\n";
  std::vector<std::string> lines;
  run(input, concat("--disassemble ", arguments), [&](std::string_view line) {
    std::string text;
    for (char c : line.substr(0, line.find('#'))) {  // '#' begins a comment
      bool space = c == ' ' || c == '\t' || c == '\n';
      if (!space) text.push_back(c);
      else if (!text.empty() && text.back() != ' ') text.push_back(' ');
    }
    if (text.ends_with(' ')) text.pop_back();
    if (!text.empty() && text != ".text") lines.push_back(text);
  });
  return lines;
}

std::vector<std::vector<u8>> assemble(std::span<const std::string> lines, std::string_view arguments) {
  std::string input;
  for (const std::string& line : lines) input += line + "\n";
  std::vector<std::vector<u8>> encodings;
  run(input, concat("--assemble --show-encoding ", arguments), [&](std::string_view line) {
    constexpr std::string_view mark = "encoding: [";  // then 0x13,0x05]
    auto at = line.find(mark);
    if (at == line.npos) return;
    std::string bytes(line.substr(at + mark.size()));
    std::vector<u8>& encoding = encodings.emplace_back();
    for (char* p = bytes.data(); *p == '0' || *p == ','; p += *p == ',') encoding.push_back(u8(strtoul(p, &p, 16)));
  });
  return encodings;
}

}  // namespace skerry::tests
