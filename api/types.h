// The type objects of wasm.h.
//
// What has a vector or a part that is lent to the user keeps it in that form; types of the C++ API are made of them,
// and they of those. `extern "C"` types are classes below wasm_externtype_t, as references are (objects.h).

#pragma once

#include <memory>
#include <vector>

#include "api/vectors.h"
#include "skerry/module.h"

struct wasm_valtype_t {
  skerry::ValueType type;
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(wasm_externkind_t kind) : kind(kind) {}
  virtual ~wasm_externtype_t() = default;
  const wasm_externkind_t kind;
};

struct wasm_functype_t : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_FUNC;
  explicit wasm_functype_t(skerry::FuncType type);
  skerry::FuncType type;
  skerry::capi::Owned<wasm_valtype_vec_t, wasm_valtype_vec_delete> params, results;
};

struct wasm_globaltype_t : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_GLOBAL;
  explicit wasm_globaltype_t(skerry::GlobalType type)
      : wasm_externtype_t(kind_of), type(type), content{type.value} {}
  skerry::GlobalType type;
  wasm_valtype_t content;
};

struct wasm_tabletype_t : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_TABLE;
  explicit wasm_tabletype_t(const skerry::TableType& type);
  skerry::TableType type;
  wasm_valtype_t element;
  wasm_limits_t limits;
};

struct wasm_memorytype_t : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_MEMORY;
  explicit wasm_memorytype_t(const skerry::MemoryType& type);
  skerry::MemoryType type;
  wasm_limits_t limits;
};

namespace skerry::capi {

using Name = Owned<wasm_name_t, wasm_byte_vec_delete>;

std::unique_ptr<wasm_externtype_t> externtype_of(const ExternType& type);
// The string's bytes.
void fill(wasm_name_t* out, std::string_view text);

}  // namespace skerry::capi

struct wasm_exporttype_t {
  skerry::capi::Name name;
  std::unique_ptr<wasm_externtype_t> type;
};
struct wasm_importtype_t {
  skerry::capi::Name module, name;
  std::unique_ptr<wasm_externtype_t> type;
};
