// validate_function: one function body through the specification's stack machine (Core 3.3,
// Appendix 7.3), told to a sink as it goes (sink.h).
//
//   NullSink sink;
//   Scratch<NullSink> scratch;                 // reused for the next function
//   TRY(validate_function(module, index, features, sink, scratch));
//
// The module has passed validate_module. Errors found only here: the body's bytes are not
// code (Malformed), do not type-check (Invalid), are of a feature that is off (Unsupported).
// Time is linear in the body times the longest type it names; nesting is not limited and
// uses no recursion.

#pragma once

#include "base/result.h"
#include "engine/validate/sink.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::validate {

// The arrays of one validation, kept from function to function. One thread at a time.
template <FunctionSink Sink>
struct Scratch {
  std::vector<Operand<typename Sink::Value>> operands;
  std::vector<ControlFrame<typename Sink::Value, typename Sink::Frame>> frames;
  std::vector<ControlFrame<typename Sink::Value, typename Sink::Frame>*> targets;
  std::vector<ValueType> locals;
};

template <FunctionSink Sink>
Result<void> validate_function(const wasm::Module& module, FuncIndex function, Features features, Sink& sink,
                               Scratch<Sink>& scratch);

}  // namespace skerry::validate
