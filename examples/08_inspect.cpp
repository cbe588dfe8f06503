// What a module imports and exports, and calls whose types are known only at run time.

#include <cstdio>

#include "skerry/skerry.h"

using namespace skerry;

const char* kind(const ExternType& type) {
  constexpr const char* kinds[] = {"function", "table", "memory", "global"};
  return kinds[type.index()];
}

int main() {
  Engine engine = *Engine::create();
  Module module = *Module::from_text(engine, R"((module
    (import "env" "scale" (func $scale (param f64) (result f64)))
    (memory (export "memory") 1 4)
    (func (export "apply") (param i32 f64) (result f64)
      (f64.mul (f64.convert_i32_s (local.get 0)) (call $scale (local.get 1))))))");
  for (const ImportType& import : module.imports()) {
    std::printf("import %.*s %.*s: %s\n", int(import.module.size()), import.module.data(), int(import.name.size()),
                import.name.data(), kind(import.type));
  }
  for (const ExportType& item : module.exports()) {
    std::printf("export %.*s: %s\n", int(item.name.size()), item.name.data(), kind(item.type));
  }

  // Whatever function the module wants is given by one callable that looks at the types.
  Linker linker(engine);
  for (const ImportType& import : module.imports()) {
    const FuncType& type = std::get<FuncType>(import.type);
    linker.func_dynamic(import.module, import.name, type,
                        [](Caller&, std::span<const Value> arguments, std::span<Value> results) -> Called<void> {
                          results[0] = Value(10 * arguments[0].as_f64());
                          return {};
                        });
  }
  Store store = *Store::create(engine);
  Instance instance = *linker.instantiate(store, module);
  std::vector<Value> arguments = {Value(i32{3}), Value(f64{0.5})};
  Called<std::vector<Value>> results = instance.func("apply")->call(arguments);
  std::printf("%g\n", (*results)[0].as_f64());
}

// prints: import env scale: function
// prints: export memory: memory
// prints: export apply: function
// prints: 15
