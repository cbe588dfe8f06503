// The handles Engine and Module of the API.

#include <algorithm>

#include "engine/decode/decode.h"
#include "engine/runtime/artifact.h"
#include "engine/runtime/compiled_module.h"
#include "engine/validate/validate.h"
#include "skerry/module.h"

namespace skerry {

Result<Engine> Engine::create(const Config& config) { return Engine(TRY(runtime::Engine::create(config))); }

std::string Engine::target() const { return engine_->describe(); }

Result<Module> Module::from_binary(const Engine& engine, std::span<const u8> bytes) {
  return Module(TRY(runtime::CompiledModule::create(engine.engine_, {bytes.begin(), bytes.end()})));
}

Result<Module> Module::from_artifact_trusted(const Engine& engine, std::span<const u8> artifact) {
  runtime::Artifact read = TRY(runtime::read_artifact(engine.internal(), artifact));
  std::vector<u8> bytes(read.module.begin(), read.module.end());
  return Module(TRY(runtime::CompiledModule::create(engine.engine_, std::move(bytes), std::move(read.code))));
}

Result<void> Module::validate(const Engine& engine, std::span<const u8> bytes) {
  Features features = engine.internal().features();
  wasm::Module module = TRY(wasm::decode(bytes, features));
  return validate::validate(module, features);
}

Result<std::vector<u8>> Module::serialise() const {
  if (module_->is_lazy()) return fail(ErrorCode::Argument, "a lazily compiled module cannot be serialised");
  return runtime::write_artifact(*module_);
}

namespace {

ExternType type_of(const wasm::Module& module, ExternKind kind, u32 index) {
  switch (kind) {
    case ExternKind::Func: return module.type_of(FuncIndex(index));
    case ExternKind::Table: return module.tables[TableIndex(index)].type;
    case ExternKind::Memory: return module.memories[MemoryIndex(index)];
    case ExternKind::Global: return module.globals[GlobalIndex(index)].type;
    case ExternKind::Tag: break;
  }
  UNREACHABLE("a kind that is not implemented");
}

}  // namespace

std::vector<ImportType> Module::imports() const {
  const wasm::Module& module = module_->module();
  std::vector<ImportType> out;
  for (const wasm::Import& i : module.imports) out.push_back({i.module, i.name, type_of(module, i.kind, i.index)});
  return out;
}

std::vector<ExportType> Module::exports() const {
  const wasm::Module& module = module_->module();
  std::vector<ExportType> out;
  for (const wasm::Export& e : module.exports) out.push_back({e.name, type_of(module, e.kind, e.index)});
  return out;
}

std::string_view Module::name() const { return module_->module().module_name; }
std::span<const u8> Module::binary() const { return module_->bytes(); }

}  // namespace skerry
