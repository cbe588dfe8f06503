#include "tests/support/file_tests.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/string.h"
#include "tests/support/paths.h"
#include "tests/support/spec_suite.h"

namespace skerry::tests {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  text = trimmed(text);
  while (!text.empty()) {
    usize comma = std::min(text.find(','), text.size());
    items.emplace_back(trimmed(text.substr(0, comma)));
    text = comma < text.size() ? text.substr(comma + 1) : std::string_view();
  }
  return items;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    usize end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

constexpr std::string_view section_line = ";;= ", directive_line = ";;! ", content_line = ";;   ";
bool is_content(std::string_view line) { return line.starts_with(content_line) || line == ";;"; }

// The name of a section, and what stands behind it.
std::pair<std::string_view, std::string_view> parts_of(std::string_view section) {
  section = trimmed(section.substr(section_line.size()));
  usize end = std::min(section.find(' '), section.size());
  return {section.substr(0, end), trimmed(section.substr(end))};
}

Result<FileTest::Run> parse_run(std::string_view text, u32 line) {
  FileTest::Run run{.line = line};
  usize open = text.find('('), close = text.find(')'), equals = text.find('=', close == text.npos ? 0 : close);
  if (open == text.npos || close == text.npos || close < open || equals == text.npos)
    return fail(ErrorCode::Malformed, concat("line ", line, ": expected NAME(ARGUMENTS) = RESULTS"));
  run.function = trimmed(text.substr(0, open));
  run.arguments = split(text.substr(open + 1, close - open - 1));
  std::string_view result = trimmed(text.substr(equals + 1));
  if (result.starts_with("trap:")) run.trap = trimmed(result.substr(5));
  else run.results = split(result);
  return run;
}

}  // namespace

bool FileTest::is_for(std::string_view test) const { return std::ranges::find(tests, test) != tests.end(); }

Result<FileTest> FileTest::read(const std::filesystem::path& path) {
  FileTest file;
  file.path = path;
  file.text = read_file(path);
  std::string* section = nullptr;
  u32 number = 0;
  for (std::string_view line : lines_of(file.text)) {
    ++number;
    if (section && is_content(line)) {
      if (line.starts_with(content_line)) *section += line.substr(content_line.size());
      *section += '\n';
      continue;
    }
    section = nullptr;
    if (line.starts_with(section_line)) {
      auto [name, rest] = parts_of(line);
      section = &file.expected[std::string(name)];
      if (!rest.empty()) *section = concat(rest, '\n');
    } else if (line.starts_with(directive_line)) {
      std::string_view directive = trimmed(line.substr(directive_line.size()));
      if (directive.starts_with("test:")) file.tests = split(directive.substr(5));
      else if (directive.starts_with("passes:")) file.passes = trimmed(directive.substr(7));
      else if (directive.starts_with("target:")) file.targets = split(directive.substr(7));
      else if (directive.starts_with("run:")) file.runs.push_back(TRY(parse_run(directive.substr(4), number)));
    }
  }
  if (file.tests.empty()) return fail(ErrorCode::Malformed, "there is no line \";;! test: ...\"");
  return file;
}

std::string FileTest::check(const std::string& section, std::string_view printed) const {
  if (!std::getenv("SKERRY_REWRITE")) {
    auto found = expected.find(section);
    if (found == expected.end()) return concat("there is no section ;;= ", section, "; printed:\n", printed);
    if (found->second == printed) return "";
    return concat("section ", section, ": expected\n", found->second, "printed\n", printed);
  }
  // The file as it is now: another section may have been rewritten meanwhile.
  std::string now = read_file(path), out, content, heading = concat(section_line, section);
  if (printed.starts_with("rules: ")) {
    usize end = printed.find('\n');
    heading += concat("    ", printed.substr(0, end));
    printed.remove_prefix(end + 1);
  }
  for (std::string_view line : lines_of(printed)) content += line.empty() ? ";;\n" : concat(content_line, line, '\n');
  bool inside = false, written = false;
  for (std::string_view line : lines_of(now)) {
    if (inside && is_content(line)) continue;
    inside = line.starts_with(section_line) && parts_of(line).first == section;
    if (inside) out += concat(heading, '\n', content);
    else out += concat(line, '\n');
    written |= inside;
  }
  if (!written) out += concat(heading, '\n', content);
  std::ofstream(path, std::ios::binary) << out;
  return "";
}

std::vector<std::filesystem::path> file_tests() {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder() / "tests/files", error))
    if (entry.path().extension() == ".wat") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Result<u64> parse_value(ValueType type, std::string_view text) {
  std::string word(trimmed(text));
  char* end = nullptr;
  bool negative = word.starts_with('-');
  u64 bits = 0;
  switch (type) {
    case ValueType::I32: case ValueType::I64:
      bits = std::strtoull(word.c_str() + negative, &end, 0);
      if (negative) bits = 0 - bits;
      if (type == ValueType::I32) bits = u32(bits);
      break;
    case ValueType::F32: case ValueType::F64: {
      bool single = type == ValueType::F32;
      usize payload = word.find("nan:0x");
      if (payload != word.npos) {
        u64 exponent = single ? 0x7f800000 : u64{0x7ff} << 52, sign = single ? u64{1} << 31 : u64{1} << 63;
        bits = std::strtoull(word.c_str() + payload + 4, &end, 16) | exponent | (negative ? sign : 0);
      } else if (single) {
        bits = std::bit_cast<u32>(std::strtof(word.c_str(), &end));
      } else {
        bits = std::bit_cast<u64>(std::strtod(word.c_str(), &end));
      }
      break;
    }
    default:
      if (word == "null") return u64{0};
      bits = std::strtoull(word.c_str(), &end, 0);
      break;
  }
  if (word.empty() || !end || *end) return fail(ErrorCode::Malformed, concat("\"", word, "\" is no ", name(type)));
  return bits;
}

std::string print_value(ValueType type, u64 bits) {
  char buffer[64];
  switch (type) {
    case ValueType::I32: return decimal_signed(i32(bits));
    case ValueType::I64: return decimal_signed(i64(bits));
    case ValueType::F32: {
      f32 value = std::bit_cast<f32>(u32(bits));
      if (value != value) return concat(bits >> 31 ? "-nan:0x" : "nan:0x", hex(bits & 0x7fffff));
      std::snprintf(buffer, sizeof buffer, "%.9g", f64(value));
      return buffer;
    }
    case ValueType::F64: {
      f64 value = std::bit_cast<f64>(bits);
      if (value != value) return concat(bits >> 63 ? "-nan:0x" : "nan:0x", hex(bits & ~(u64{0xfff} << 52)));
      std::snprintf(buffer, sizeof buffer, "%.17g", value);
      return buffer;
    }
    default: return bits == 0 ? "null" : decimal(bits);
  }
}

}  // namespace skerry::tests
