// What tests of the API share.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "skerry/skerry.h"

namespace skerry {

inline Engine make_engine(const Config& config = {}) {
  auto engine = Engine::create(config);
  if (!engine) ADD_FAILURE() << engine.error().message;
  return *std::move(engine);
}

inline Module make_module(const Engine& engine, std::string_view text) {
  auto module = Module::from_text(engine, text);
  if (!module) ADD_FAILURE() << module.error().message << " at " << module.error().offset;
  return *std::move(module);
}

inline Store make_store(const Engine& engine) { return *Store::create(engine); }

// An instance of a module without imports, or with those of a linker.
inline Instance make_instance(const Store& store, const Module& module, const Linker& linker) {
  auto instance = linker.instantiate(store, module);
  if (!instance) ADD_FAILURE() << instance.error().message();
  return *std::move(instance);
}
inline Instance make_instance(const Store& store, const Module& module) {
  return make_instance(store, module, Linker(store.engine()));
}

template <class Signature>
TypedFunction<Signature> get(const Instance& instance, std::string_view name) {
  auto function = instance.get<Signature>(name);
  if (!function) ADD_FAILURE() << function.error().message;
  return *std::move(function);
}

template <class T>
TrapCode trap_of(const Called<T>& called) {
  if (called) {
    ADD_FAILURE() << "it did not trap";
    return TrapCode::Count;
  }
  return called.error().code();
}

}  // namespace skerry
