// The bodies of generated functions.
//
// A body is grown from the top: value(type) writes code that leaves one value of the type, by a
// random way; values(types) several; statement() none. What blocks take and give is drawn from
// the module's types. Each construct takes from a budget; when it is used up, leaves are written.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/wasm/opcodes.h"
#include "engine/wasm/types.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/random.h"

namespace skerry::fuzz {

using Types = std::vector<ValueType>;

// What a generated module consists of, as far as its bodies need to know.
struct Outline {
  struct Table {
    ValueType element;
    u32 size;
    std::vector<std::optional<u32>> initial;  // functions
  };
  struct Elem {
    ValueType type;
    u32 size;
  };
  std::vector<FuncType> types;
  std::vector<u32> functions;       // their types
  std::vector<GlobalType> globals;  // the first is the counter, an i32
  std::vector<u32> memories;        // pages
  std::vector<Table> tables;
  std::vector<Elem> elems;
  std::vector<u32> datas;           // bytes
  // How many of each are imported; they come first.
  u32 imported_functions = 0, imported_globals = 0, imported_memories = 0, imported_tables = 0;
  u32 trap_rate = 0;                // one in so many chances to trap is taken; 0: none
};

class BodyGenerator {
 public:
  BodyGenerator(Random& random, const Outline& outline, const GeneratorOptions& options)
      : random_(random), outline_(outline), options_(options) {}

  // Local declarations and code, without the size in front.
  std::vector<u8> generate(const FuncType& type, u32 budget);

 private:
  struct Label {
    Types types;  // of a branch's operands
  };

  // Single values
  void value(ValueType type);
  void leaf(ValueType type);
  void constant(ValueType type);
  void number(ValueType type);
  void reference(ValueType type);
  bool by_numeric(ValueType type);
  bool by_load(ValueType type);
  bool by_block(ValueType type);
  bool by_call(ValueType type);
  bool by_branch(ValueType type);
  bool by_count(ValueType type);
  void by_select(ValueType type);
  void by_row(ValueType type);
  void exact_float(ValueType type);
  void without_nans(ValueType type);
  void small_number();
  void small_origin();
  void divisor(ValueType type);

  // Several, or none
  void values(const Types& types, u32 from = 0);
  void consume(const Types& types, u32 keep = 0);
  void consume_one(ValueType type);
  void statements(u32 most);
  void statement();
  void store();
  void bulk();
  void table_operation();
  void block_statement();
  void swap_locals();

  // Control
  void block(Opcode opcode, std::optional<u32> type_index, const FuncType& type);
  void inside(const FuncType& type);
  void tick();
  void leave();
  void dead_code(const Types& results);
  bool call_to(u32 function, bool tail);
  void arguments_and_call(u32 function, bool tail);
  bool branch_table();

  // Parts of instructions
  void op(Opcode opcode);
  void op(Opcode opcode, u64 index);
  void i32(u32 bits);
  void memory_access(Opcode opcode, u32 memory, u64 offset);
  u32 address(u32 memory);  // leaves one, and gives the offset to go with it
  void block_type(std::optional<u32> index, const FuncType& type);
  bool may_trap() { return outline_.trap_rate && random_.one_in(outline_.trap_rate); }
  std::optional<u32> local_of(ValueType type);
  std::optional<u32> global_of(ValueType type, bool mutable_only);
  u32 memory() { return random_.below(outline_.memories.size()); }

  Random& random_;
  const Outline& outline_;
  const GeneratorOptions& options_;
  const FuncType* type_ = nullptr;
  Types locals_;
  u32 nan_f32_ = 0, nan_f64_ = 0;    // locals for without_nans
  u32 first_small_ = 0, smalls_ = 0;  // locals that hold small numbers
  std::vector<Label> labels_;
  std::vector<u8> code_;
  i64 budget_ = 0;
  u32 depth_ = 0;
};

}  // namespace skerry::fuzz
