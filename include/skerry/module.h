// Module: WebAssembly that was decoded, validated and compiled; instances are made from it.
//
//   Result<Module> module = Module::from_binary(engine, bytes);
//   for (const ImportType& import : module->imports()) ...
//
// A handle: copies refer to the same module, which also lives as long as a store has an
// instance of it. Immutable; may be used from any thread and in any number of stores.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "skerry/engine.h"
#include "skerry/result.h"
#include "skerry/types.h"

namespace skerry {

namespace runtime {
class CompiledModule;
}

// The type of what a module imports or exports (Core 2.3.12), in the order of ExternKind.
using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType>;

struct ImportType {
  std::string_view module;
  std::string_view name;
  ExternType type;
};
struct ExportType {
  std::string_view name;
  ExternType type;
};

class Module {
 public:
  // From a .wasm. The bytes are copied. Errors of decoding and validation have the byte offset.
  static Result<Module> from_binary(const Engine& engine, std::span<const u8> bytes);
  // From the text format; offsets of errors are bytes of the text.
  static Result<Module> from_text(const Engine& engine, std::string_view text);
  // From what serialise() gave, to an engine with equal settings. An artifact is machine code, and
  // is trusted: damage is found and refused, but one made by an enemy runs with all the rights of
  // this process. Never pass one on that a guest or a stranger gave.
  static Result<Module> from_artifact_trusted(const Engine& engine, std::span<const u8> artifact);
  // Whether bytes are a valid module, without compiling it.
  static Result<void> validate(const Engine& engine, std::span<const u8> bytes);

  // The compiled module as an ELF file for from_artifact_trusted. Not of lazily compiled modules.
  Result<std::vector<u8>> serialise() const;

  // In the order of the module. The names stay valid as long as the module.
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  // From the "name" section; may be empty.
  std::string_view name() const;
  // The .wasm that it came from.
  std::span<const u8> binary() const;

  runtime::CompiledModule& internal() const { return *module_; }
  const std::shared_ptr<runtime::CompiledModule>& shared() const { return module_; }
  explicit Module(std::shared_ptr<runtime::CompiledModule> module) : module_(std::move(module)) {}

 private:
  std::shared_ptr<runtime::CompiledModule> module_;
};

}  // namespace skerry
