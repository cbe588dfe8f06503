// print: a Function as text. docs/ir.md has the grammar; parse.h reads it back.
//
//   function 3 (i32, i32) -> (i32)
//   block0(v0: i32, v1: i32):
//     v2: i32 = iadd v0, v1
//     return v2

#pragma once

#include <string>
#include <vector>

#include "engine/ir/function.h"

namespace skerry::ir {

std::string print(const Function& function);
// The same in lines, with the place in the .wasm that each came from; heads of blocks and loops have none.
struct PrintedLine {
  static constexpr u32 no_position = ~u32{0};
  u32 position;
  std::string text;
};
std::vector<PrintedLine> print_lines(const Function& function);
// One instruction without its name and type, as in print.
std::string print(const Function& function, Value value);

std::string_view name(Type type);
std::string_view name(Cond cond);
// In the text form: the words of a name in lower case, joined by `_` (IAdd: iadd, CallIndirect: call_indirect).
std::string text_name(std::string_view name);

}  // namespace skerry::ir
