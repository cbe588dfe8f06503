#include "tests/fuzz/wasm_h_subject.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <type_traits>

#include "wasm.h"

namespace skerry::fuzz {
namespace {

// What of wasm.h is used, which an engine gives by address. Nothing else of it is: its inline functions call ours.
#define FUNCTIONS(F)                                                                                                  \
  F(engine_new) F(engine_delete) F(store_new) F(store_delete) F(module_new) F(module_delete) F(instance_new)         \
  F(instance_delete) F(instance_exports) F(extern_vec_delete) F(extern_as_func) F(extern_as_global)                  \
  F(extern_as_memory) F(extern_as_table) F(extern_delete) F(func_new_with_env) F(func_call) F(func_as_extern)        \
  F(global_new) F(global_get) F(global_as_extern) F(table_new) F(table_get) F(table_size) F(table_as_extern)         \
  F(memory_new) F(memory_data) F(memory_data_size) F(memory_as_extern) F(trap_new) F(trap_message) F(trap_delete)    \
  F(ref_delete) F(val_delete) F(byte_vec_delete) F(valtype_new) F(valtype_vec_new) F(functype_new)                   \
  F(functype_delete) F(globaltype_new) F(globaltype_delete) F(tabletype_new) F(tabletype_delete)                     \
  F(memorytype_new) F(memorytype_delete)
// For references of the host's, which not every engine has.
#define FOREIGN_FUNCTIONS(F) F(foreign_new) F(foreign_as_ref) F(ref_get_host_info) F(ref_set_host_info) F(ref_copy)

struct Api {
#define MEMBER(name) decltype(&::wasm_##name) name;
  FUNCTIONS(MEMBER)
  FOREIGN_FUNCTIONS(MEMBER)
#undef MEMBER
};

const Api ours = {
#define ADDRESS(name) &::wasm_##name,
    FUNCTIONS(ADDRESS) FOREIGN_FUNCTIONS(ADDRESS)
#undef ADDRESS
};

// Null if it is not there, or lacks something.
const Api* others() {
  static const Api* api = []() -> const Api* {
    const char* path = getenv("SKERRY_WASMTIME_LIBRARY");
    void* library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (!library) return nullptr;
    static Api found{};
    bool has_all = true;
    auto look = [&](auto& member, const char* name) {
      member = reinterpret_cast<std::remove_reference_t<decltype(member)>>(dlsym(library, name));
      has_all = has_all && member;
    };
#define LOOK(name) look(found.name, "wasm_" #name);
    FUNCTIONS(LOOK)
#undef LOOK
    return has_all ? &found : nullptr;
  }();
  return api;
}

wasm_valkind_t kind_of(ValueType type) {
  switch (type) {
    case ValueType::I32: return WASM_I32;
    case ValueType::I64: return WASM_I64;
    case ValueType::F32: return WASM_F32;
    case ValueType::F64: return WASM_F64;
    case ValueType::FuncRef: return WASM_FUNCREF;
    default: return WASM_EXTERNREF;
  }
}

bool has_references(const wasm::Module& module) {
  auto any = [](const std::vector<ValueType>& types) {
    return std::ranges::any_of(types, [](ValueType type) { return is_reference(type); });
  };
  for (const FuncType& type : module.types) {
    if (any(type.params) || any(type.results)) return true;
  }
  for (const auto& global : module.globals) {
    if (is_reference(global.type.value)) return true;
  }
  return module.tables.size() != 0;
}

constexpr char host_message[] = "the host has had enough";

class WasmHSubject : public Subject {
 public:
  WasmHSubject(const Api& api, const Program& program) : api_(api), program_(program) {
    static wasm_engine_t* engines[2] = {};
    wasm_engine_t*& engine = engines[&api == &ours];
    if (!engine) engine = api.engine_new();
    store_ = api_.store_new(engine);
    if (&api != &ours) return;
    for (u32 i = 1; i < extern_count; ++i) {
      externs_[i] = api_.foreign_as_ref(api_.foreign_new(store_));
      api_.ref_set_host_info(externs_[i], reinterpret_cast<void*>(u64{i}));
    }
  }
  ~WasmHSubject() override {
    api_.extern_vec_delete(&exports_);
    if (instance_) api_.instance_delete(instance_);
    for (wasm_extern_t* import : imports_) api_.extern_delete(import);
    for (wasm_ref_t* ref : externs_) {
      if (ref) api_.ref_delete(ref);
    }
    api_.store_delete(store_);
  }

  std::string name() const override { return &api_ == &ours ? "wasm.h" : "wasmtime, by wasm.h"; }

  Outcome instantiate() override {
    wasm_byte_vec_t bytes = {program_.bytes.size(), reinterpret_cast<char*>(const_cast<u8*>(program_.bytes.data()))};
    wasm_module_t* module = api_.module_new(store_, &bytes);
    CHECK(module);
    for (const wasm::Import& import : program_.module.imports) imports_.push_back(make_import(import));
    wasm_extern_vec_t imports = {imports_.size(), imports_.data()};
    wasm_trap_t* trap = nullptr;
    instance_ = api_.instance_new(store_, module, &imports, &trap);
    api_.module_delete(module);
    if (!instance_) return trapped(trap);
    api_.instance_exports(instance_, &exports_);
    return {};
  }

  Outcome invoke(const wasm::Export& function, const FuncType& type, std::span<const u64> arguments) override {
    std::vector<wasm_val_t> in, out(type.results.size(), wasm_val_t WASM_INIT_VAL);
    for (usize i = 0; i < arguments.size(); ++i) in.push_back(to_value(type.params[i], arguments[i]));
    wasm_val_vec_t args = {in.size(), in.data()}, results = {out.size(), out.data()};
    wasm_trap_t* trap = api_.func_call(api_.extern_as_func(find(function)), &args, &results);
    for (wasm_val_t& value : in) api_.val_delete(&value);
    if (trap) return trapped(trap);
    Outcome outcome;
    for (usize i = 0; i < out.size(); ++i) {
      CHECK(out[i].kind == kind_of(type.results[i]));
      outcome.results.push_back(from_value(out[i]));
      api_.val_delete(&out[i]);
    }
    return outcome;
  }

  u64 global(const wasm::Export& global) override {
    wasm_val_t value;
    api_.global_get(api_.extern_as_global(find(global)), &value);
    u64 bits = from_value(value);
    api_.val_delete(&value);
    return bits;
  }
  std::span<const u8> memory(const wasm::Export& memory) override {
    wasm_memory_t* found = api_.extern_as_memory(find(memory));
    return {reinterpret_cast<u8*>(api_.memory_data(found)), api_.memory_data_size(found)};
  }
  std::vector<u32> table(const wasm::Export& table) override {
    wasm_table_t* found = api_.extern_as_table(find(table));
    ValueType type = program_.module.tables[TableIndex(table.index)].type.element;
    std::vector<u32> elements;
    for (u32 i = 0; i < api_.table_size(found); ++i) {
      wasm_ref_t* ref = api_.table_get(found, i);
      elements.push_back(u32(from_ref(kind_of(type), ref)));
      if (ref) api_.ref_delete(ref);
    }
    return elements;
  }

 private:
  wasm_extern_t* find(const wasm::Export& wanted) const {
    usize i = 0;
    while (program_.module.exports[i].name != wanted.name) ++i;
    return exports_.data[i];
  }

  wasm_val_t to_value(ValueType type, u64 bits) const {
    wasm_val_t value = {.kind = kind_of(type), .of = {.i64 = 0}};
    switch (type) {
      case ValueType::I32: value.of.i32 = i32(bits); break;
      case ValueType::I64: value.of.i64 = i64(bits); break;
      case ValueType::F32: value.of.f32 = std::bit_cast<f32>(u32(bits)); break;
      case ValueType::F64: value.of.f64 = std::bit_cast<f64>(bits); break;
      case ValueType::ExternRef: value.of.ref = bits ? api_.ref_copy(externs_[bits]) : nullptr; break;
      default: value.of.ref = nullptr; break;
    }
    return value;
  }
  u64 from_value(const wasm_val_t& value) const {
    switch (value.kind) {
      case WASM_I32: return u32(value.of.i32);
      case WASM_I64: return u64(value.of.i64);
      case WASM_F32: return std::bit_cast<u32>(value.of.f32);
      case WASM_F64: return std::bit_cast<u64>(value.of.f64);
      default: return from_ref(value.kind, value.of.ref);
    }
  }
  u64 from_ref(wasm_valkind_t kind, wasm_ref_t* ref) const {
    if (!ref || kind == WASM_FUNCREF) return ref != nullptr;
    return reinterpret_cast<u64>(api_.ref_get_host_info(ref));
  }

  // By the sentence in its message, which wasmtime puts behind a backtrace.
  Outcome trapped(wasm_trap_t* trap) const {
    CHECK(trap);
    wasm_byte_vec_t message;
    api_.trap_message(trap, &message);
    std::string text(message.data, message.size);
    api_.byte_vec_delete(&message);
    api_.trap_delete(trap);
    if (text.find(host_message) != text.npos) return Outcome::trapped(TrapCode::Host);
    if (text.find("`unreachable`") != text.npos) return Outcome::trapped(TrapCode::Unreachable);
    for (u8 code = 0; code < u8(TrapCode::Count); ++code) {
      if (text.find(sentence(TrapCode(code))) != text.npos) return Outcome::trapped(TrapCode(code));
    }
    fprintf(stderr, "a trap of no known kind: %s\n", text.c_str());
    CHECK(false);
  }

  struct HostFunction {
    WasmHSubject* subject;
    const FuncType* type;
  };
  static wasm_trap_t* call_host(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    auto& [subject, type] = *static_cast<HostFunction*>(env);
    std::vector<u64> seen;
    for (usize i = 0; i < args->size; ++i) seen.push_back(subject->from_value(args->data[i]));
    auto numbers = subject->host_.call(*type, seen);
    if (!numbers) {
      wasm_byte_vec_t message = {sizeof host_message, const_cast<char*>(host_message)};
      return subject->api_.trap_new(subject->store_, &message);
    }
    for (usize i = 0; i < results->size; ++i) results->data[i] = subject->to_value(type->results[i], (*numbers)[i]);
    return nullptr;
  }

  wasm_valtype_vec_t types(const std::vector<ValueType>& list) const {
    std::vector<wasm_valtype_t*> made;
    for (ValueType type : list) made.push_back(api_.valtype_new(kind_of(type)));
    wasm_valtype_vec_t out;
    api_.valtype_vec_new(&out, made.size(), made.data());
    return out;
  }
  static wasm_limits_t limits_of(const Limits& limits) {
    return {u32(limits.min), limits.max ? u32(*limits.max) : wasm_limits_max_default};
  }

  wasm_extern_t* make_import(const wasm::Import& import) {
    const wasm::Module& module = program_.module;
    switch (import.kind) {
      case ExternKind::Func: {
        const FuncType& type = module.type_of(FuncIndex(import.index));
        wasm_valtype_vec_t params = types(type.params), results = types(type.results);
        wasm_functype_t* made = api_.functype_new(&params, &results);
        functions_.push_back(std::make_unique<HostFunction>(HostFunction{this, &type}));
        wasm_func_t* func = api_.func_new_with_env(store_, made, call_host, functions_.back().get(), nullptr);
        api_.functype_delete(made);
        return api_.func_as_extern(func);
      }
      case ExternKind::Table: {
        const TableType& type = module.tables[TableIndex(import.index)].type;
        wasm_limits_t limits = limits_of(type.limits);
        wasm_tabletype_t* made = api_.tabletype_new(api_.valtype_new(kind_of(type.element)), &limits);
        wasm_table_t* table = api_.table_new(store_, made, nullptr);
        api_.tabletype_delete(made);
        return api_.table_as_extern(table);
      }
      case ExternKind::Memory: {
        wasm_limits_t limits = limits_of(module.memories[MemoryIndex(import.index)].limits);
        wasm_memorytype_t* made = api_.memorytype_new(&limits);
        wasm_memory_t* memory = api_.memory_new(store_, made);
        api_.memorytype_delete(made);
        return api_.memory_as_extern(memory);
      }
      case ExternKind::Global: {
        const GlobalType& type = module.globals[GlobalIndex(import.index)].type;
        wasm_globaltype_t* made = api_.globaltype_new(api_.valtype_new(kind_of(type.value)),
                                                      type.mutability == Mutability::Var ? WASM_VAR : WASM_CONST);
        wasm_val_t value = to_value(type.value, Host::global(type.value, import.index));
        wasm_global_t* global = api_.global_new(store_, made, &value);
        api_.val_delete(&value);
        api_.globaltype_delete(made);
        return api_.global_as_extern(global);
      }
      case ExternKind::Tag: break;
    }
    UNREACHABLE("an import of no kind");
  }

  const Api& api_;
  const Program& program_;
  Host host_;
  wasm_store_t* store_;
  wasm_instance_t* instance_ = nullptr;
  wasm_extern_vec_t exports_ = {0, nullptr};
  std::vector<wasm_extern_t*> imports_;
  std::vector<std::unique_ptr<HostFunction>> functions_;
  wasm_ref_t* externs_[extern_count] = {};
};

std::unique_ptr<Subject> make_ours(u32, const Program& program) {
  return std::make_unique<WasmHSubject>(ours, program);
}
std::unique_ptr<Subject> make_other(u32, const Program& program) {
  if (has_references(program.module)) return nullptr;
  return std::make_unique<WasmHSubject>(*others(), program);
}

}  // namespace

Contender wasm_h_contender() { return {"wasm.h", false, make_ours, 0}; }
std::optional<Contender> wasmtime_library_contender() {
  if (!others()) return std::nullopt;
  return Contender{"wasmtime, by wasm.h", false, make_other, 0};
}

}  // namespace skerry::fuzz
