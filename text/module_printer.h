// ModulePrinter: the state of print_module. Fields are in print.cpp, instructions in
// print_instructions.cpp.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/decode/instruction.h"
#include "engine/wasm/module.h"
#include "text/module_ids.h"
#include "text/print.h"

namespace skerry::text {

class ModulePrinter {
 public:
  ModulePrinter(const wasm::Module& module, Features features);
  Result<std::string> run();
  Result<std::vector<PrintedInstruction>> run_function(FuncIndex function);

 private:
  // print.cpp
  Result<void> fields();
  void types();
  void imports();
  void exports();
  Result<void> globals();
  Result<void> elems();
  Result<void> elem(ElemIndex index, u32 flags);
  Result<void> datas();
  Result<void> data(DataIndex index, u32 flags);
  void customs();
  std::string place(const wasm::CustomSection& custom) const;
  Result<std::vector<u32>> elem_flags() const;

  // print_instructions.cpp
  Result<void> function(FuncIndex index);
  void named_types(std::string_view keyword, u32 first, std::span<const ValueType> types);
  Result<void> locals(wasm::Reader& reader, u32 first);
  Result<void> body(wasm::Reader& reader);
  Result<void> immediates(const wasm::Instruction& inst);
  void memarg(const wasm::MemArg& memarg, u32 natural_alignment);
  Result<void> expression(wasm::ConstExpr expr, std::string_view wrapper);

  void begin(std::string_view keyword, Space space, u32 index);
  void value_types(std::string_view keyword, std::span<const ValueType> types);
  void limits(const Limits& limits);
  void table_type(const TableType& type);
  void global_type(const GlobalType& type);
  void type_use(TypeIndex type);
  void use(Space space, u32 index);
  void use_unless_zero(Space space, u32 index);
  void number(u64 value);
  void line(u32 depth);
  void put(std::string_view text) { out_ += text; }
  Result<void> check_size() const;
  static constexpr usize longest_id = 200;  // of those that stand where they are used

  const wasm::Module& module_;
  Features features_;
  ModuleIds ids_;
  FuncIndex function_;  // whose body is printed
  // Where in the text instructions begin, and in the .wasm; kept for run_function.
  struct Mark {
    usize text;
    u32 position;
  };
  std::vector<Mark>* marks_ = nullptr;
  bool uses_data_count_ = false;  // an instruction that was printed does
  std::string out_;
  usize size_limit_;
};

}  // namespace skerry::text
