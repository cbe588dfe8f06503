// Module::from_text: the text format into the engine, which itself knows only the binary.

#include "engine/runtime/engine.h"
#include "skerry/module.h"
#include "text/parse.h"

namespace skerry {

Result<Module> Module::from_text(const Engine& engine, std::string_view text) {
  std::vector<u8> bytes = TRY(text::parse_module(text, engine.internal().features()));
  return from_binary(engine, bytes);
}

}  // namespace skerry
