#include "engine/validate/validate.h"

#include "engine/validate/function.h"
#include "engine/validate/module.h"
#include "engine/validate/null_sink.h"

namespace skerry::validate {

Result<void> validate(const wasm::Module& module, Features features) {
  TRY(validate_module(module, features));
  NullSink sink;
  Scratch<NullSink> scratch;
  for (FuncIndex function(module.imported_functions); function < module.functions.end_key(); function = function.next())
    TRY(validate_function(module, function, features, sink, scratch));
  return {};
}

}  // namespace skerry::validate
