// The implementation limits of decoding, each at its value and one above. One below is like
// at: counts are compared once.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

#include "engine/decode/decode.h"
#include "engine/wasm/limits.h"
#include "tests/decode/module_bytes.h"

namespace skerry::wasm {
namespace {

using namespace test;

Bytes repeat(u32 count, const Bytes& item) {
  Bytes out;
  out.reserve(count * item.size());
  for (u32 i = 0; i < count; ++i) out.insert(out.end(), item.begin(), item.end());
  return out;
}
Bytes many(u32 count, const Bytes& item) { return join({leb(count), repeat(count, item)}); }

// `make(n)` is a module with n of something.
template <class Make>
void expect_limit(u32 limit, std::string_view words, Make make) {
  for (u32 count : {limit - 1, limit}) {
    Bytes bytes = make(count);
    auto result = decode(bytes);
    EXPECT_TRUE(result) << words << ", " << count << ": " << result.error().message;
  }
  Bytes bytes = make(limit + 1);
  auto result = decode(bytes);
  ASSERT_FALSE(result) << words;
  EXPECT_EQ(result.error().code, ErrorCode::Limit) << result.error().message;
  EXPECT_TRUE(result.error().message.starts_with(words)) << result.error().message;
}

const Bytes empty_type = {0x60, 0, 0};
const Bytes one_type = types({empty_type});

TEST(DecodeLimits, Types) {
  expect_limit(limits::types, "too many types", [](u32 n) { return module({section(1, many(n, empty_type))}); });
}
TEST(DecodeLimits, Parameters) {
  expect_limit(limits::parameters, "too many parameters",
               [](u32 n) { return module({types({func_type(Types(n, I32), {})})}); });
}
TEST(DecodeLimits, Results) {
  expect_limit(limits::results, "too many results",
               [](u32 n) { return module({types({func_type({}, Types(n, F64))})}); });
}
TEST(DecodeLimits, Imports) {
  expect_limit(limits::imports, "too many imports",
               [](u32 n) { return module({section(2, many(n, {0, 0, 3, 0x7f, 0}))}); });
}
TEST(DecodeLimits, Functions) {
  expect_limit(limits::functions, "too many functions", [](u32 n) {
    return module({one_type, section(3, many(n, {0})), section(10, many(n, {2, 0, 0x0b}))});
  });
}
TEST(DecodeLimits, FunctionsWithImports) {
  expect_limit(limits::functions, "too many functions", [](u32 n) {
    return module({one_type, imports({import("", "", {0, 0})}), section(3, many(n - 1, {0})),
                   section(10, many(n - 1, {2, 0, 0x0b}))});
  });
}
TEST(DecodeLimits, Globals) {
  expect_limit(limits::globals, "too many globals",
               [](u32 n) { return module({section(6, many(n, {0x7f, 0, 0x41, 0, 0x0b}))}); });
}
TEST(DecodeLimits, Exports) {
  expect_limit(limits::exports, "too many exports", [](u32 n) { return module({section(7, many(n, {0, 2, 0}))}); });
}
TEST(DecodeLimits, Tables) {
  expect_limit(limits::tables, "too many tables",
               [](u32 n) { return module({section(4, many(n, {0x70, 0, 0}))}); });
}
TEST(DecodeLimits, TablesThatAreImported) {
  expect_limit(limits::tables, "too many tables",
               [](u32 n) { return module({section(2, many(n, {0, 0, 1, 0x70, 0, 0}))}); });
}
TEST(DecodeLimits, Memories) {
  expect_limit(limits::memories, "too many memories",
               [](u32 n) { return module({imports({import("", "", {2, 0, 0})}), section(5, many(n - 1, {0, 0}))}); });
}
TEST(DecodeLimits, DataSegments) {
  expect_limit(limits::data_segments, "too many data segments",
               [](u32 n) { return module({section(11, many(n, {1, 0}))}); });
}
TEST(DecodeLimits, ElementsOfASegment) {
  expect_limit(limits::table_elements, "too many elements",
               [](u32 n) { return module({section(9, join({{1, 1, 0}, many(n, {0})}))}); });
}
TEST(DecodeLimits, BytesOfABody) {
  expect_limit(limits::function_body_bytes, "function body too large", [](u32 n) {
    return module({one_type, functions({0}), code({body({}, join({Bytes(n - 2, 0x01), {0x0b}}))})});
  });
}
TEST(DecodeLimits, BytesOfAName) {
  expect_limit(limits::name_bytes, "name too long",
               [](u32 n) { return module({exports({export_item(std::string(n, 'x'), 0, 0)})}); });
}
TEST(DecodeLimits, CustomSections) {
  expect_limit(limits::custom_sections, "too many custom sections",
               [](u32 n) { return module({repeat(n, {0, 1, 0})}); });
}

// Of a module of a GiB only the first page is touched: its one section is custom.
TEST(DecodeLimits, BytesOfAModule) {
  usize mapped = limits::module_bytes + 4096;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  u8* bytes = static_cast<u8*>(memory);
  for (u64 size : {limits::module_bytes - 1, limits::module_bytes, limits::module_bytes + 1}) {
    const Bytes head = module({{0}});
    Bytes length = leb(size - head.size() - 5);
    ASSERT_EQ(length.size(), 5u);
    std::copy(head.begin(), head.end(), bytes);
    std::copy(length.begin(), length.end(), bytes + head.size());
    auto result = decode({bytes, size});
    EXPECT_EQ(bool(result), size <= limits::module_bytes) << size;
    if (!result) EXPECT_EQ(result.error().code, ErrorCode::Limit) << result.error().message;
  }
  munmap(memory, mapped);
}

// Counts far over the bytes that follow are refused before anything is allocated for them.
TEST(DecodeLimits, DeclaredCountsAreNotBelieved) {
  const Bytes million = leb(999'999);
  for (u8 id : {1, 2, 3, 4, 5, 6, 7, 9, 10, 11}) {
    Bytes bytes = module({section(id, join({million, {0, 0, 0}}))});
    auto result = decode(bytes);
    ASSERT_FALSE(result) << int(id);
    EXPECT_EQ(result.error().code, ErrorCode::Malformed);
    EXPECT_TRUE(result.error().message.starts_with("unexpected end: 999999 ")) << result.error().message;
  }
}

}  // namespace
}  // namespace skerry::wasm
