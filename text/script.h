// Scripts of the specification's test suite (.wast) -> a list of commands. Plain data: what
// running a command means is the runner's matter (tools/).
//
//   std::vector<Command> commands = TRY(text::parse_script(wast));
//
// Modules are kept as ranges of the script or as the bytes that it spells out, and are parsed
// one by one by ModuleSource::parse, so that a module with a fault is no fault of the script.
// The text must outlive the commands.
//
// The script language is that of the suite's README, with module definitions and instances and
// `either` of its newer editions.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/wasm/features.h"
#include "text/lexer.h"
#include "text/parse.h"

namespace skerry::text {

struct ModuleSource {
  enum class Form : u8 { Text, Binary, Quote };
  Form form = Form::Text;
  std::optional<std::string> id;  // without its $, as all ids here
  Source text;                    // Text: from the parenthesis of (module to the one that closes it
  std::string bytes;              // Binary: the module; Quote: its text

  // The binary of the module. What is Binary is given as it is, decoded or not.
  Result<std::vector<u8>> parse(Features features) const;
};

// A number of an expected result that need not be one certain number.
enum class FloatPattern : u8 { Exact, CanonicalNan, ArithmeticNan };
enum class LaneShape : u8 { I8x16, I16x8, I32x4, I64x2, F32x4, F64x2 };

// An argument of a call, or an expected result.
struct Constant {
  enum class Kind : u8 { I32, I64, F32, F64, V128, RefNull, Ref, Either };
  Kind kind = Kind::I32;
  u64 bits = 0;  // I32 to F64: the value, zero-extended
  FloatPattern pattern = FloatPattern::Exact;

  // V128: bytes as in memory; what is expected of each lane of a float shape.
  LaneShape shape = LaneShape::I8x16;
  std::array<u8, 16> bytes = {};
  std::array<FloatPattern, 4> lanes = {};

  // RefNull: the heap type's keyword, or empty for any null. Ref: the word behind "ref.", such as
  // extern, host or func; of a result without number any such reference will do.
  std::string_view heap_type;
  std::optional<u32> number;

  std::vector<Constant> alternatives;  // Either
};

struct Action {
  enum class Kind : u8 { Invoke, Get };
  Kind kind = Kind::Invoke;
  std::optional<std::string> module;  // the last one that was instantiated if there is no id
  std::string name;                   // of the export
  std::vector<Constant> arguments;
};

struct Command {
  enum class Kind : u8 {
    Module,             // module: define and instantiate
    ModuleDefinition,   // module: define only
    ModuleInstance,     // id: of the new instance; definition: the id of what is instantiated
    Register,           // name; id: of the instance, the last one if none
    Action,             // action
    AssertReturn,       // action gives results
    AssertTrap,         // action, or else the instantiation of module, traps with message
    AssertExhaustion,   // action runs out of stack
    AssertException,    // action throws
    AssertInvalid,      // module does not validate
    AssertMalformed,    // module does not parse or decode
    AssertUnlinkable,   // module does not link
  };
  Kind kind = Kind::Module;
  u32 line = 1;  // of the command's parenthesis
  std::optional<ModuleSource> module;
  std::optional<Action> action;
  std::vector<Constant> results;
  std::string message;  // what the suite expects an error's sentence to begin with
  std::string name;
  std::optional<std::string> id;
  std::optional<std::string> definition;
};

Result<std::vector<Command>> parse_script(std::string_view wast);

}  // namespace skerry::text
