// The binary of a module (Core 5) -> its text (Core 6), which parse_module reads back to the same
// bytes.
//
// Instructions are plain and indented by their nesting, floats hexadecimal, ids the names of the
// custom section "name". That section comes from the ids where they can carry all of it, else, as
// every other custom section, from an annotation (@custom "name" (after section) "bytes").
//
// What text cannot carry is written anew in its usual form: LEB128 numbers with more bytes than
// they need, sections without entries (a data count stays, as (@datacount)), neighbouring runs of
// locals of one type and empty ones, and the index of memory 0 in a memarg.
//
// The module must decode, but need not be valid: Malformed and Unsupported as in decode, or Limit
// if the text would be more than 100 times the size of the binary, which only long names and
// signatures that are used again and again can bring about.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::text {

Result<std::string> print_module(std::span<const u8> wasm, Features features = Features::implemented());

// One function's instructions, indented by their nesting, each with its byte offset in the .wasm; in front of them a
// line for its type and one for its locals, if there are any, at the begin of its body.
struct PrintedInstruction {
  u32 position;
  std::string text;
};
class ModulePrinter;
class FunctionPrinter {
 public:
  explicit FunctionPrinter(const wasm::Module& module, Features features = Features::implemented());
  ~FunctionPrinter();
  Result<std::vector<PrintedInstruction>> print(FuncIndex function);

 private:
  std::unique_ptr<ModulePrinter> printer_;
};

}  // namespace skerry::text
