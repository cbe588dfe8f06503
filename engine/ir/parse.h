// parse: the text form of a function (print.h, docs/ir.md) -> Function. For tests.
//
// Values may have any numbers; print numbers them by their place. Blocks are numbered in
// order. `;` begins a comment. Only the grammar is checked: verify.h does the rest.

#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "engine/ir/function.h"

namespace skerry::ir {

struct ParsedFunction {
  std::unique_ptr<FuncType> signature;  // what function.signature points at
  Function function;
};

// An error has the offset in the text and says what was expected.
Result<ParsedFunction> parse(std::string_view text);

}  // namespace skerry::ir
