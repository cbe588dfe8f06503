// ModuleParser: the state of parse_module, which goes over the text twice.
//
// The first pass (collect.cpp) binds the ids of module fields and reads the type definitions,
// since uses may come before definitions. The second (fields.cpp, segments.cpp, types.cpp,
// instructions.cpp) reads everything and writes each section as it goes. Implicit types are
// appended to the explicit ones in the order of their first use. parse.cpp joins the sections.
//
// If the first pass finds a fault, the second runs all the same, as there may be an earlier one
// in the text. Where the first did not get to the end, ids that are not found are no faults.

#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/wasm/opcodes.h"
#include "engine/wasm/types.h"
#include "text/binary_writer.h"
#include "text/cursor.h"
#include "text/name_section.h"
#include "text/parse.h"

namespace skerry::text {

// An index space, or the locals of a function.
struct IndexSpace {
  u32 size = 0;
  std::unordered_map<std::string, u32> indices;
  std::vector<std::pair<u32, const std::string*>> names;  // keys of `indices`, by index

  // Adds a member; false if its name is taken.
  bool add(std::optional<std::string> name);
};
// `names` points into `indices`, whose nodes a move keeps.
static_assert(std::is_nothrow_move_constructible_v<IndexSpace>);

// Slots order custom sections among each other and the sections, whose places run from 0 (type)
// to 11 (data).
inline constexpr u32 before_first = 0;
constexpr u32 before_section(u32 place) { return 1 + 2 * place; }
constexpr u32 after_section(u32 place) { return 2 + 2 * place; }
inline constexpr u32 name_section_slot = after_section(11) + 1;
inline constexpr u32 after_last = name_section_slot + 1;
inline constexpr u32 slot_count = after_last + 1;

// The binary form of a function type, to find equal ones by.
std::string type_key(const FuncType& type);

class ModuleParser {
 public:
  ModuleParser(const Source& source, Features features, Names names);
  Result<std::vector<u8>> run();

 private:
  enum class Pass : u8 { Collect, Write };
  Result<void> module(Pass pass);

  // collect.cpp
  Result<void> collect_field();
  Result<void> collect_definition(Space space);
  void bind(Space space);

  // types.cpp
  Result<ValueType> value_type();
  enum class Ids : u8 { Refused, Ignored, Bound };  // of params; Bound: as locals of the function
  Result<void> value_types(std::string_view keyword, Ids ids, std::vector<ValueType>& out);
  Result<FuncType> func_type(Ids ids);
  struct TypeUse {
    std::optional<u32> index;  // of (type x)
    FuncType type;             // of the params and results that are written out
    Token token;
  };
  Result<TypeUse> type_use(Ids ids);
  Result<u32> resolve(const TypeUse& use);
  u32 implicit_type(const FuncType& type);
  Result<Limits> limits();
  Result<TableType> table_type();
  Result<GlobalType> global_type();

  // fields.cpp
  Result<void> field();
  Result<void> import_field();
  Result<void> func_field();
  Result<void> table_field();
  Result<void> memory_field();
  Result<void> global_field();
  Result<void> export_field();
  Result<void> start_field();
  Result<void> annotation_field();
  Result<void> inline_exports(ExternKind kind, u32 index);
  struct ImportName { std::string module, name; };
  Result<std::optional<ImportName>> inline_import();
  Result<void> import_after_definition(const Token& token);
  void write_import(const ImportName& import, ExternKind kind);
  Result<void> locals(std::vector<u8>& out);
  u32 define(Space space, std::string_view word);
  void skip_id();

  // segments.cpp
  Result<void> elem_field();
  Result<void> data_field();
  // The elements of a segment, as binary, and how they are written.
  struct Elements {
    bool expressions = false;
    ValueType type = ValueType::FuncRef;
    u32 count = 0;
    std::vector<u8> bytes;
  };
  Result<Elements> element_list();
  Result<void> element_indices(Elements& out);
  Result<void> element_expressions(Elements& out);
  void write_active_elem(std::optional<u32> table, const std::vector<u8>& offset, const Elements& elements);
  void write_active_data(std::optional<u32> memory, const std::vector<u8>& offset, std::string_view bytes);
  Result<std::string> strings();
  Result<std::vector<u8>> offset_expression();

  // instructions.cpp
  enum class Until : u8 { Close, OneFolded };
  Result<void> instructions(Until until, std::vector<u8>& out);
  Result<void> open_folded(std::vector<u8>& out);
  Result<bool> continue_folded_if(std::vector<u8>& out);
  Result<void> close_folded(std::vector<u8>& out);
  Result<void> plain(std::vector<u8>& out);
  Result<void> plain_else_or_end(Opcode opcode, std::vector<u8>& out);
  Result<Opcode> opcode();
  Result<void> operation(Opcode opcode, std::vector<u8>& out);
  Result<void> immediates(Opcode opcode, std::vector<u8>& out);
  Result<void> block_type(std::vector<u8>& out);
  Result<void> memarg(unsigned natural_alignment, std::vector<u8>& out);
  Result<void> index_after_optional(Space container, Space segment, std::vector<u8>& out);
  Result<std::optional<u64>> memarg_number(std::string_view prefix);
  std::optional<std::string> label_id();
  void push_label(std::optional<std::string> name);
  void pop_label();
  Result<void> matching_label();
  Result<u32> label();
  Result<u32> local();
  Result<u32> index(Space space);
  Result<u32> index_or_zero(Space space);
  bool at_index() const { return in_.at(TokenKind::Natural) || in_.at_id(); }

  std::vector<u8> join_sections();
  std::vector<u8> name_section() const;

  IndexSpace& space(Space space) { return spaces_[u8(space)]; }
  const IndexSpace& space(Space space) const { return spaces_[u8(space)]; }

  Source source_;
  Features features_;
  Names names_;
  Cursor in_;

  std::optional<std::string> module_name_;
  IndexSpace spaces_[u8(Space::Count)];
  std::optional<Error> duplicate_;            // the first id that was taken
  bool names_incomplete_ = false;             // the first pass did not get to the end
  u32 defined_[u8(Space::Count)] = {};        // by the second pass so far
  std::string_view definition_before_import_; // the kind of the first definition, empty if none yet

  std::vector<FuncType> types_;
  std::unordered_map<std::string, u32> type_indices_;  // of a type's binary form: the first that is equal

  Section imports_, functions_, tables_, memories_, globals_, exports_, elems_, code_, datas_;
  std::optional<u32> start_;
  bool needs_data_count_ = false;

  std::vector<std::vector<u8>> customs_[slot_count];  // contents of custom sections, by slot
  bool names_are_given_ = false;  // by (@custom "name")
  std::vector<std::pair<u32, IndexSpace>> named_locals_;  // by function

  // What is open around the instruction that is read.
  enum class FrameKind : u8 {
    Block, If, Else,                           // plain: closed by `end`
    FoldedOperator, FoldedBlock,               // closed by `)`
    FoldedIf, FoldedThen, AfterThen, FoldedElse, AfterElse,  // the stages of (if ... (then ...) (else ...))
  };
  struct Frame {
    FrameKind kind;
    usize pending;  // where its part of pending_ starts
  };
  std::vector<Frame> frames_;
  std::vector<u8> pending_;  // folded operators, whose operands come first
  std::vector<std::optional<std::string>> folded_if_labels_;  // of those whose condition is read: not in scope there
  struct Label {
    std::optional<std::string> name;
    u32 shadowed;  // depth + 1 of the label of the same name around it, or 0
  };
  std::vector<Label> labels_;
  std::unordered_map<std::string, u32> label_depths_;  // depth + 1 of the innermost of a name
  IndexSpace locals_;  // of the function that is read; empty outside
};

}  // namespace skerry::text
