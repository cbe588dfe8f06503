// The binary format section by section: what is read from each, and every way in which each
// can be damaged, with the error's code, offset and first words.

#include "engine/decode/decode.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "engine/wasm/limits.h"
#include "tests/decode/module_bytes.h"

namespace skerry::wasm {
namespace {

using namespace test;

Features without(Feature feature) {
  Features features = Features::implemented();
  features.remove(feature);
  return features;
}

void expect_error(const Result<Module>& result, ErrorCode code, u64 offset, std::string_view words,
                  std::string_view what) {
  ASSERT_FALSE(result) << what << " was accepted";
  const Error& error = result.error();
  EXPECT_EQ(int(error.code), int(code)) << what << ": " << error.message;
  EXPECT_EQ(error.offset, offset) << what << ": " << error.message;
  EXPECT_TRUE(error.message.starts_with(words)) << what << ": " << error.message;
}

BitSet set_of(u32 size, std::initializer_list<u32> members) {
  BitSet set(size);
  for (u32 member : members) set.insert(member);
  return set;
}

const Bytes i32_zero = {0x41, 0x00, 0x0b};
const Bytes memory_1 = {0x00, 0x01};
const Bytes table_1 = {0x70, 0x00, 0x01};

// ---------------------------------------------------------------------------- What is read

TEST(Decode, EmptyModule) {
  Bytes bytes = module({});
  auto result = decode(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes.data(), bytes.data());
  EXPECT_TRUE(result->types.empty());
  EXPECT_TRUE(result->start.is_none());
  EXPECT_FALSE(result->data_count);
}

TEST(Decode, EveryField) {
  Bytes bytes = module({
      types({func_type({}, {}), func_type({I32, F64}, {I64, ExternRef})}),
      imports({import("m", "f", {0x00, 0x01}), import("m", "t", {0x01, 0x6f, 0x01, 0x02, 0x03}),
               import("", "mem", {0x02, 0x00, 0x05}), import("g", "g", {0x03, 0x7c, 0x01})}),
      functions({0, 1}),
      tables({table_1}),
      memories({{0x01, 0x02, 0x84, 0x01}}),
      globals({{0x7f, 0x00, 0x41, 0x2a, 0x0b}, {0x70, 0x01, 0xd2, 0x01, 0x0b}}),
      exports({export_item("first", 0, 0), export_item("", 3, 1)}),
      start(1),
      elems({{0x00, 0x41, 0x07, 0x0b, 0x02, 0x01, 0x02},                    // active, table 0
             {0x01, 0x00, 0x01, 0x02},                                      // passive
             {0x02, 0x01, 0x41, 0x00, 0x0b, 0x00, 0x01, 0x00},              // active, table 1
             {0x03, 0x00, 0x00},                                            // declarative
             {0x04, 0x41, 0x00, 0x0b, 0x01, 0xd0, 0x70, 0x0b},              // active, expressions
             {0x05, 0x6f, 0x02, 0xd0, 0x6f, 0x0b, 0x23, 0x00, 0x0b},        // passive, expressions
             {0x06, 0x01, 0x41, 0x00, 0x0b, 0x6f, 0x00},                    // active, table 1
             {0x07, 0x70, 0x01, 0xd2, 0x00, 0x0b}}),                        // declarative
      data_count(3),
      code({body({}, {0x0b}), body({{2, I64}}, {0x00, 0x0b})}),
      datas({{0x00, 0x41, 0x00, 0x0b, 0x01, 'x'}, {0x01, 0x02, 'y', 'z'}, {0x02, 0x01, 0x41, 0x01, 0x0b, 0x00}}),
      custom("notes", {1, 2, 3}),
  });
  auto result = decode(bytes);
  ASSERT_TRUE(result) << result.error().message;
  const Module& m = *result;
  auto text = [&](ByteRange range) {
    std::span<const u8> slice = m.slice(range);
    return Bytes(slice.begin(), slice.end());
  };

  ASSERT_EQ(m.types.size(), 2u);
  EXPECT_EQ(m.types[TypeIndex(1)], (FuncType{{I32, F64}, {I64, ExternRef}}));

  ASSERT_EQ(m.imports.size(), 4u);
  EXPECT_EQ(m.imports[0].name, "f");
  EXPECT_EQ(m.imports[1].kind, ExternKind::Table);
  EXPECT_EQ(m.imports[2].module, "");
  EXPECT_EQ(m.imports[3].index, 0u);
  EXPECT_EQ(m.imported_functions, 1u);
  EXPECT_EQ(m.imported_tables, 1u);
  EXPECT_EQ(m.imported_memories, 1u);
  EXPECT_EQ(m.imported_globals, 1u);

  ASSERT_EQ(m.functions.size(), 3u);
  EXPECT_EQ(m.type_of(FuncIndex(2)).params.size(), 2u);
  EXPECT_EQ(text(m.functions[FuncIndex(1)].body), (Bytes{0x00, 0x0b}));
  EXPECT_EQ(text(m.functions[FuncIndex(2)].body), (Bytes{0x01, 0x02, 0x7e, 0x00, 0x0b}));
  EXPECT_EQ(m.functions[FuncIndex(0)].body.size, 0u);

  ASSERT_EQ(m.tables.size(), 2u);
  EXPECT_EQ(m.tables[TableIndex(0)].type.element, ExternRef);
  EXPECT_EQ(m.tables[TableIndex(0)].type.limits, (Limits{2, 3}));
  EXPECT_EQ(m.tables[TableIndex(1)].type.limits, (Limits{1, std::nullopt}));
  ASSERT_EQ(m.memories.size(), 2u);
  EXPECT_EQ(m.memories[MemoryIndex(0)].limits, (Limits{5, std::nullopt}));
  EXPECT_EQ(m.memories[MemoryIndex(1)].limits, (Limits{2, 132}));

  ASSERT_EQ(m.globals.size(), 3u);
  EXPECT_EQ(m.globals[GlobalIndex(0)].type, (GlobalType{F64, Mutability::Var}));
  EXPECT_EQ(text(m.globals[GlobalIndex(1)].init.code), (Bytes{0x41, 0x2a, 0x0b}));
  EXPECT_EQ(m.globals[GlobalIndex(2)].type, (GlobalType{FuncRef, Mutability::Var}));

  ASSERT_EQ(m.exports.size(), 2u);
  EXPECT_EQ(m.exports[0].name, "first");
  EXPECT_EQ(m.exports[1].kind, ExternKind::Global);
  EXPECT_EQ(m.start, FuncIndex(1));

  ASSERT_EQ(m.elems.size(), 8u);
  auto elem = [&](u32 i) -> const Elem& { return m.elems[ElemIndex(i)]; };
  EXPECT_EQ(elem(0).mode, SegmentMode::Active);
  EXPECT_EQ(elem(0).functions, (Array<FuncIndex>{FuncIndex(1), FuncIndex(2)}));
  EXPECT_EQ(text(elem(0).offset.code), (Bytes{0x41, 0x07, 0x0b}));
  EXPECT_EQ(elem(1).mode, SegmentMode::Passive);
  EXPECT_EQ(elem(2).table, TableIndex(1));
  EXPECT_EQ(elem(3).mode, SegmentMode::Declarative);
  EXPECT_EQ(elem(3).size(), 0u);
  EXPECT_EQ(elem(4).table, TableIndex(0));
  EXPECT_EQ(elem(4).expressions.size(), 1u);
  EXPECT_EQ(elem(5).type, ExternRef);
  EXPECT_EQ(text(elem(5).expressions[1].code), (Bytes{0x23, 0x00, 0x0b}));
  EXPECT_EQ(elem(6).mode, SegmentMode::Active);
  EXPECT_EQ(elem(6).type, ExternRef);
  EXPECT_EQ(elem(7).mode, SegmentMode::Declarative);

  ASSERT_EQ(m.datas.size(), 3u);
  EXPECT_EQ(m.data_count, 3u);
  EXPECT_EQ(m.datas[DataIndex(0)].mode, SegmentMode::Active);
  EXPECT_EQ(m.datas[DataIndex(1)].mode, SegmentMode::Passive);
  EXPECT_EQ(text(m.datas[DataIndex(1)].bytes), (Bytes{'y', 'z'}));
  EXPECT_EQ(m.datas[DataIndex(2)].memory, MemoryIndex(1));

  // By the export, the element segments and the globals; function 2 by segment 0.
  EXPECT_EQ(m.declared_functions, set_of(3, {0, 1, 2}));

  ASSERT_EQ(m.customs.size(), 1u);
  EXPECT_EQ(m.customs[0].name, "notes");
  EXPECT_EQ(text(m.customs[0].bytes), (Bytes{1, 2, 3}));
  EXPECT_EQ(m.section_offsets[1], 10u);
  EXPECT_EQ(bytes[m.code_section.offset], 2u);
}

TEST(Decode, FunctionsThatOnlyBodiesNameAreNotDeclared) {
  Bytes bytes = module({types({func_type({}, {})}), functions({0, 0, 0}), exports({export_item("f", 0, 1)}), start(2),
                        code({body({}, {0x10, 0x02, 0x0b}), body({}, {0x0b}), body({}, {0x0b})})});
  auto result = decode(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->declared_functions, set_of(3, {1}));
}

// ----------------------------------------------------------------------------------- Faults

TEST(Decode, Preamble) {
  struct Case { Bytes bytes; u64 offset; const char* words; };
  const Case cases[] = {
      {{}, 0, "unexpected end"},
      {{0, 'a', 's'}, 3, "unexpected end"},
      {{0, 'a', 's', 'n', 1, 0, 0, 0}, 0, "magic header not detected"},
      {{'a', 's', 'm', 0}, 0, "magic header not detected"},
      {{0, 'a', 's', 'm'}, 4, "unexpected end"},
      {{0, 'a', 's', 'm', 1, 0, 0}, 7, "unexpected end"},
      {{0, 'a', 's', 'm', 2, 0, 0, 0}, 4, "unknown binary version 2"},
      {{0, 'a', 's', 'm', 13, 0, 1, 0}, 4, "unknown binary version"},
  };
  for (const Case& c : cases) expect_error(decode(c.bytes), ErrorCode::Malformed, c.offset, c.words, c.words);
}

TEST(Decode, DamagedSections) {
  const auto M = ErrorCode::Malformed, U = ErrorCode::Unsupported, I = ErrorCode::Invalid;
  // The preamble has 8 bytes; of a first section the contents start at 10.
  struct Case { const char* what; Bytes bytes; ErrorCode code; u64 offset; const char* words; };
  const Bytes one_type = types({func_type({}, {})});  // 6 bytes
  const Case cases[] = {
      {"id 14", section(14, {}), M, 8, "malformed section id 14"},
      {"id 0x80", section(0x80, {}), M, 8, "malformed section id 128"},
      {"tag section", section(13, {0}), U, 8, "the tag section needs the feature exceptions, which is not implemented"},
      {"no size", {1}, M, 9, "unexpected end"},
      {"size too large", {1, 5, 0}, M, 10, "length out of bounds"},
      {"long size", {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, M, 9, "integer representation too long"},
      {"size of 33 bits", {1, 0x80, 0x80, 0x80, 0x80, 0x10}, M, 9, "integer too large"},
      {"type: empty section", section(1, {}), M, 10, "unexpected end, in the type section"},
      {"type: count", section(1, {2, 0x60, 0, 0}), M, 10, "unexpected end: 2 types were declared in 3 bytes"},
      {"type: left over", section(1, {0, 0}), M, 11,
       "section size mismatch: 1 bytes are left over, in the type section"},
      {"type: form", section(1, {1, 0x61, 0, 0}), M, 11, "malformed type form 0x61"},
      {"type: long form", section(1, {1, 0xe0, 0x7f, 0}), M, 11, "integer representation too long"},
      {"type: struct", section(1, {1, 0x5f, 0, 0}), U, 11, "the type form 0x5f needs the feature gc"},
      {"type: value type", section(1, {1, 0x60, 1, 0x40, 0}), M, 13, "malformed value type 0x40"},
      {"type: bottom", section(1, {1, 0x60, 1, 0x00, 0}), M, 13, "malformed value type 0x00"},
      {"type: v128", section(1, {1, 0x60, 0, 1, 0x7b}), U, 14, "the value type 0x7b needs the feature simd"},
      {"type: i31ref", section(1, {1, 0x60, 0, 1, 0x6c}), U, 14, "the value type 0x6c needs the feature gc"},
      {"type: params", section(1, {1, 0x60, 9, 0x7f}), M, 12, "unexpected end: 9 parameters were declared in 1 bytes"},
      {"import: module name", section(2, {1, 9, 'm', 0, 0}), M, 12, "length out of bounds"},
      {"import: UTF-8", section(2, {1, 1, 0x80, 0, 0, 0}), M, 12, "malformed UTF-8 encoding, in the import section"},
      {"import: kind", section(2, {1, 0, 0, 5, 0}), M, 13, "malformed import kind 5"},
      {"import: tag", section(2, {1, 0, 0, 4, 0, 0}), U, 13,
       "malformed import kind 4: a tag needs the feature exceptions"},
      {"import: type", section(2, {1, 0, 0, 0, 0}), I, 14, "unknown type 0"},
      {"import: reference", section(2, {1, 0, 0, 1, 0x7f, 0, 0}), M, 14, "malformed reference type 0x7f"},
      {"import: mutability", section(2, {1, 0, 0, 3, 0x7f, 2}), M, 15, "malformed mutability 2"},
      {"function: type", join({one_type, section(3, {1, 1})}), I, 17, "unknown type 1, in the function section"},
      {"table: flags", section(4, {1, 0x70, 0x08, 0}), M, 12, "integer too large"},
      {"table: shared", section(4, {1, 0x70, 0x03, 0, 0}), M, 12, "integer too large"},
      {"table: long flags", section(4, {1, 0x70, 0x81, 0}), M, 12, "integer representation too long"},
      {"table: 64", section(4, {1, 0x70, 0x04, 0}), U, 12, "a 64-bit address type needs the feature memory64"},
      {"table: initial", section(4, {1, 0x40, 0, 0x70, 0, 0}), U, 11, "a table with an initial value"},
      {"memory: flags", section(5, {1, 0x10, 0}), M, 11, "integer too large"},
      {"memory: shared", section(5, {1, 0x03, 0, 1}), U, 11, "a shared memory needs the feature threads"},
      {"memory: maximum", section(5, {1, 0x01, 0}), M, 13, "unexpected end"},
      {"global: no end", section(6, {1, 0x7f, 0, 0x41, 0}), M, 15, "unexpected end, in the global section"},
      {"global: opcode", section(6, {1, 0x7f, 0, 0xf3, 0x0b}), M, 13, "illegal opcode 0xf3"},
      {"global: block without end", section(6, {1, 0x7f, 0, 0x02, 0x40, 0x0b}), M, 16, "unexpected end"},
      {"export: kind", section(7, {1, 0, 5, 0}), M, 12, "malformed export kind 5"},
      {"export: tag", section(7, {1, 0, 4, 0}), U, 12, "malformed export kind 4: a tag needs the feature exceptions"},
      {"start: twice the index", section(8, {0, 0}), M, 11, "section size mismatch"},
      {"element: flags", section(9, {1, 8, 0, 0}), M, 11, "malformed elements segment kind 8"},
      {"element: kind", section(9, {1, 1, 1, 0}), M, 12, "malformed element kind 1"},
      {"element: type", section(9, {1, 5, 0x7f, 0}), M, 12, "malformed reference type 0x7f"},
      {"element: expression", section(9, {1, 5, 0x70, 1, 0xf3, 0, 0x0b}), M, 14, "illegal opcode 0xf3"},
      {"element: count", section(9, {1, 1, 0, 2, 0}), M, 13, "unexpected end: 2 elements were declared in 1 bytes"},
      {"code: without functions", section(10, {1, 2, 0, 0x0b}), M, 10,
       "function and code section have inconsistent lengths"},
      {"code: size", join({one_type, functions({0}), section(10, {1, 4, 0, 0x0b})}), M, 22,
       "unexpected end: 4 bytes were expected, 2 follow, in function 0, in the code section"},
      {"code: absent", join({one_type, functions({0})}), M, 18, "function and code section have inconsistent lengths"},
      {"data: flags", section(11, {1, 3, 0}), M, 11, "malformed data segment kind 3"},
      {"data: size", section(11, {1, 1, 2, 'a'}), M, 13, "unexpected end: 2 bytes were expected, 1 follow"},
      {"data count: more data", join({data_count(1), datas({{1, 0}, {1, 0}})}), M, 13,
       "data count and data section have inconsistent lengths"},
      {"data count: no data", data_count(1), M, 11, "data count and data section have inconsistent lengths"},
      {"custom: no name", section(0, {}), M, 10, "unexpected end, in the custom section"},
      {"custom: name", section(0, {2, 'a'}), M, 11, "length out of bounds"},
      {"custom: UTF-8", section(0, {2, 0xc0, 0x80}), M, 11, "malformed UTF-8 encoding"},
  };
  for (const Case& c : cases) {
    Bytes bytes = module({c.bytes});
    expect_error(decode(bytes), c.code, c.offset, c.words, c.what);
  }
}

TEST(Decode, FeaturesThatAreOff) {
  const auto M = ErrorCode::Malformed, U = ErrorCode::Unsupported, I = ErrorCode::Invalid;
  struct Case { Feature feature; Bytes bytes; ErrorCode code; u64 offset; const char* words; };
  const Case cases[] = {
      {Feature::BulkMemory, data_count(0), M, 8, "malformed section id 12"},
      {Feature::BulkMemory, elems({{1, 0, 0}}), U, 11, "unknown table 1"},
      {Feature::BulkMemory, datas({{1, 0}}), U, 11, "unknown memory 1"},
      {Feature::MultiValue, types({func_type({}, {I32, I32})}), I, 13, "invalid result arity"},
      {Feature::ReferenceTypes, types({func_type({FuncRef}, {})}), U, 13,
       "the value type funcref needs the feature reference-types, which is off"},
      {Feature::ReferenceTypes, tables({{0x6f, 0, 0}}), U, 11, "the reference type externref"},
      {Feature::ReferenceTypes, globals({{0x7f, 0, 0xd2, 0, 0x0b}}), U, 13, "ref.func needs the feature"},
  };
  for (const Case& c : cases) {
    Bytes bytes = module({c.bytes});
    EXPECT_TRUE(decode(bytes)) << c.words << " with the feature: " << decode(bytes).error().message;
    expect_error(decode(bytes, without(c.feature)), c.code, c.offset, c.words, c.words);
  }
}

// A feature that an edition has and the engine does not is as good as off.
TEST(Decode, EditionsBeyondTheEngine) {
  Bytes bytes = module({types({func_type({ValueType::V128}, {})})});
  expect_error(decode(bytes, Features::edition(3)), ErrorCode::Unsupported, 13,
               "the value type 0x7b needs the feature simd, which is not implemented", "v128");
}

// Each pair of sections in either order: one is right, and neither twice.
TEST(Decode, OrderOfSections) {
  const u8 order[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11};
  for (u8 first : order) {
    for (u8 second : order) {
      auto place = [&](u8 id) { return std::find(std::begin(order), std::end(order), id) - order; };
      Bytes bytes =
          module({custom("a", {}), section(first, {0}), custom("b", {}), section(second, {0}), custom("c", {})});
      auto result = decode(bytes);
      if (place(first) < place(second)) {
        EXPECT_TRUE(result) << int(first) << ", " << int(second) << ": " << result.error().message;
      } else {
        expect_error(result, ErrorCode::Malformed, 19, "unexpected content after last section", "order");
      }
    }
  }
}

// The earliest of several faults is the one reported.
TEST(Decode, EarliestFault) {
  Bytes bytes = module({section(5, {1, 0x10, 0}), section(7, {1, 0, 9, 0}), section(14, {})});
  expect_error(decode(bytes), ErrorCode::Malformed, 11, "integer too large", "three faults");
}

TEST(Decode, EveryPrefixOfAModule) {
  std::vector<Bytes> sections = {
      types({func_type({I32}, {I32})}), imports({import("m", "f", {0x00, 0x00})}), functions({0}), tables({table_1}),
      memories({memory_1}), globals({join({{0x7f, 0x00}, i32_zero})}), exports({export_item("run", 0, 1)}),
      elems({{0x00, 0x41, 0x00, 0x0b, 0x01, 0x00}}), data_count(1),
      code({body({{3, F32}}, {0x20, 0x00, 0x0b})}), datas({{0x00, 0x41, 0x00, 0x0b, 0x01, 'x'}}),
      custom("name", {0x00, 0x02, 0x01, 'm'})};
  Bytes whole = module(sections);
  ASSERT_TRUE(decode(whole));
  // A prefix is a module if it ends with a section, and no body or data is owed.
  std::vector<bool> good(whole.size() + 1);
  usize end = 8;
  good[end] = true;
  for (usize i = 0; i < sections.size(); ++i) {
    end += sections[i].size();
    good[end] = i < 2 || i >= 10;
  }
  for (usize size = 0; size <= whole.size(); ++size) {
    // Of its own allocation, so that reading behind it is seen by the address sanitizer.
    Bytes prefix(whole.begin(), whole.begin() + std::ptrdiff_t(size));
    auto result = decode(prefix);
    EXPECT_EQ(bool(result), good[size]) << size;
    if (result) continue;
    EXPECT_EQ(result.error().code, ErrorCode::Malformed) << size << ": " << result.error().message;
    EXPECT_LE(result.error().offset, size);
  }
}

// ------------------------------------------------------------------------------------ Names

Bytes named(const Bytes& contents) {
  return module({types({func_type({}, {})}), functions({0, 0}), code({body({}, {0x0b}), body({}, {0x0b})}),
                 custom("name", contents)});
}
Bytes subsection(u8 id, const Bytes& contents) { return join({{id}, sized(contents)}); }

TEST(Names, ModuleAndFunctions) {
  Bytes bytes = named(join({subsection(0, name("mod")), subsection(1, vec({join({{1}, name("second")})})),
                            subsection(2, {0xff, 0xff}), subsection(77, {})}));
  auto result = decode(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->module_name, "mod");
  ASSERT_EQ(result->function_names.size(), 2u);
  EXPECT_EQ(result->function_names[FuncIndex(0)], "");
  EXPECT_EQ(result->function_names[FuncIndex(1)], "second");
}

TEST(Names, BeforeTheFunctions) {
  Bytes bytes = module({custom("name", subsection(1, vec({join({{0}, name("f")})}))), types({func_type({}, {})}),
                        functions({0}), code({body({}, {0x0b})})});
  auto result = decode(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->function_names[FuncIndex(0)], "f");
}

TEST(Names, DamageIsIgnored) {
  const Bytes damaged[] = {
      {0x01},                                              // no size
      {0x01, 0x09, 0x00},                                  // size too large
      subsection(1, {}),                                   // no count
      subsection(1, {0xff, 0xff, 0xff, 0xff, 0x0f}),       // count too large
      subsection(1, vec({join({{2}, name("f")})})),        // no such function
      subsection(1, {1, 0, 5, 'f'}),                       // name too long
      subsection(1, {1, 0, 1, 0xff}),                      // not UTF-8
      subsection(1, {1, 0, 1, 'f', 0}),                    // left over
      join({subsection(0, name("m")), {0x01, 0x03}}),      // the second of two
  };
  for (const Bytes& contents : damaged) {
    Bytes bytes = named(contents);
    auto result = decode(bytes);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->module_name, "");
    EXPECT_TRUE(result->function_names.empty());
  }
}

}  // namespace
}  // namespace skerry::wasm
