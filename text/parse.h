// The text of a module (Core 6) -> its binary (Core 5).
//
//   std::vector<u8> wasm = TRY(text::parse_module("(module (func (export \"f\")))"));
//
// All of the text format of WebAssembly 2.0 without vectors is read, and what the features
// extended-const, tail-call and multi-memory add; an instruction whose feature is off is an
// unknown operator. The text is not validated: indices that are numbers, types of operands and
// constant expressions are the validator's matter.
//
// The binary is as short as the text lets it be, but for what the text says outright: a type
// use of a block that names a type, and a table or memory that a segment names as (table t) or
// (memory m), are encoded as such even where a shorter form would mean the same. Sections are in
// the standard order, (@custom ...) annotations where they ask to be. Ids become the custom
// section "name" behind the data section, unless the text has a custom section of that name.
// A data count section is written where an instruction needs it, or for the annotation
// (@datacount), which is ours.
//
// An error is Malformed, with the byte in the text and a sentence that begins with the words of
// the specification's test suite and ends with line and column. The earliest fault is reported.
//
// Memory is linear in the text, and nesting in the text does not nest calls.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/wasm/features.h"
#include "text/lexer.h"

namespace skerry::text {

// Which ids become names in the binary.
enum class Names : u8 { None, Functions, All };  // Functions: those, and the module's

Result<std::vector<u8>> parse_module(std::string_view wat, Features features = Features::implemented(),
                                     Names names = Names::All);
// Of a text that was cut from a larger one; errors tell the place in that.
Result<std::vector<u8>> parse_module(const Source& source, Features features = Features::implemented(),
                                     Names names = Names::All);

}  // namespace skerry::text
