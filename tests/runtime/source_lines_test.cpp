// The line tables of modules: read right, and without harm where they are damaged. tests/tools/inside_test.cpp has
// those of a compiler.

#include "engine/runtime/source_lines.h"

#include <gtest/gtest.h>

#include <random>

#include "base/leb128.h"

namespace skerry::runtime {
namespace {

using Bytes = std::vector<u8>;

void put(Bytes& out, std::initializer_list<int> bytes) {
  for (int byte : bytes) out.push_back(u8(byte));
}
void put(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
  out.push_back(0);
}
void put_u32(Bytes& out, u32 value) {
  for (int i = 0; i < 4; ++i) out.push_back(u8(value >> 8 * i));
}
Bytes with_length(const Bytes& bytes) {
  Bytes out;
  put_u32(out, u32(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

// A program: line 10 from address 16, file 2 line 13 from 20, to 24; then a function at 0 that was left out.
Bytes program() {
  Bytes out;
  put(out, {0, 5, 2});
  put_u32(out, 16);
  put(out, {3, 9, 1});                    // advance_line 9, copy
  put(out, {4, 2, 13 + (3 + 5) + 14 * 4});  // set_file 2; special: line + 3, address + 4
  put(out, {2, 4, 0, 1, 1});              // advance_pc 4, end_sequence
  put(out, {0, 5, 2, 0, 0, 0, 0, 1, 2, 8, 0, 1, 1});
  return out;
}
constexpr std::initializer_list<int> counts = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};

Bytes version_4() {
  Bytes header;
  put(header, {1, 1, 1, -5, 14, 13});
  put(header, counts);
  put(header, "folder");
  put(header, {0});
  put(header, "a.c");
  put(header, {1, 0, 0});
  put(header, "b.c");
  put(header, {0, 0, 0});
  put(header, {0});
  Bytes unit = {4, 0}, rest = with_length(header), code = program();
  unit.insert(unit.end(), rest.begin(), rest.end());
  unit.insert(unit.end(), code.begin(), code.end());
  return with_length(unit);
}

// Strings by pointer, and files from 0 on.
Bytes version_5() {
  Bytes header;
  put(header, {1, 1, 1, -5, 14, 13});
  put(header, counts);
  put(header, {1, 1, 0x1f, 1});  // folders: a path in .debug_line_str; one
  put_u32(header, 0);
  put(header, {3, 1, 0x08, 2, 0x0b, 5, 0x1e, 3});  // files: path, folder, MD5
  for (const char* name : {"a.c", "a.c", "b.c"}) {
    put(header, name);
    put(header, {0});
    for (int i = 0; i < 16; ++i) put(header, {i});
  }
  Bytes unit = {5, 0, 4, 0}, rest = with_length(header), code = program();
  unit.insert(unit.end(), rest.begin(), rest.end());
  unit.insert(unit.end(), code.begin(), code.end());
  return with_length(unit);
}

struct Tables {
  explicit Tables(const Bytes& lines) {
    constexpr std::string_view strings("folder\0", 7);
    bytes.resize(100);
    module.code_section = {40, 60};
    auto add = [&](std::string_view name, std::span<const u8> content) {
      module.customs.push_back({name, {u32(bytes.size()), u32(content.size())}});
      bytes.insert(bytes.end(), content.begin(), content.end());
    };
    add(".debug_line", lines);
    add(".debug_line_str", {reinterpret_cast<const u8*>(strings.data()), strings.size()});
    module.bytes = bytes;
  }
  std::string at(const SourceLines& lines, u32 position) const {
    const SourceLines::Place* place = lines.find(position);
    if (!place) return "";
    const SourceLines::File& file = lines.files()[place->file];
    return std::string(file.directory) + "/" + std::string(file.name) + ":" + std::to_string(place->line);
  }
  Bytes bytes;
  wasm::Module module;
};

void expect_lines(const Bytes& table, const std::string& second) {
  Tables tables(table);
  SourceLines lines = SourceLines::read(tables.module);
  EXPECT_EQ(tables.at(lines, 40), "");
  EXPECT_EQ(tables.at(lines, 55), "");
  EXPECT_EQ(tables.at(lines, 56), "folder/a.c:10");
  EXPECT_EQ(tables.at(lines, 59), "folder/a.c:10");
  EXPECT_EQ(tables.at(lines, 60), second);
  EXPECT_EQ(tables.at(lines, 63), second);
  EXPECT_EQ(tables.at(lines, 64), "");
}

TEST(SourceLines, OfVersions4And5) {
  expect_lines(version_4(), "/b.c:13");
  expect_lines(version_5(), "folder/b.c:13");
  Bytes both = version_4(), second = version_5();
  both.insert(both.end(), second.begin(), second.end());
  expect_lines(both, "folder/b.c:13");
}

TEST(SourceLines, DamagedTablesAreReadWithoutHarm) {
  std::mt19937 random(1);
  for (const Bytes& table : {version_4(), version_5()}) {
    for (usize size = 0; size < table.size(); ++size) {
      Tables tables(Bytes(table.begin(), table.begin() + std::ptrdiff_t(size)));
      EXPECT_TRUE(SourceLines::read(tables.module).empty()) << size;
    }
    for (int i = 0; i < 20'000; ++i) {
      Bytes damaged = table;
      for (u32 n = 1 + random() % 3; n != 0; --n) damaged[random() % damaged.size()] = u8(random());
      Tables tables(damaged);
      SourceLines lines = SourceLines::read(tables.module);
      for (u32 position : {0u, 40u, 57u, 62u, 99u, ~0u}) tables.at(lines, position);
    }
  }
}

}  // namespace
}  // namespace skerry::runtime
