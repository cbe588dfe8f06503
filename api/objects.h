// The objects behind wasm.h's references, over the C++ API.
//
// A reference is a counted object: copies are the same pointer. What wasm.h calls an extern, a func and so on are
// classes below wasm_ref_t, so that its conversions are those of C++.
//
//                     wasm_ref_t
//     wasm_extern_t      wasm_instance_t  wasm_module_t  wasm_trap_t  wasm_foreign_t
//     wasm_func_t wasm_global_t wasm_table_t wasm_memory_t
//
// An object refers to its ObjectStore, which holds the Store until wasm_store_delete and is then an empty shell, so
// that objects may outlive it. An entity of the store has one object, whichever way it is asked for (`entities`, by
// what the runtime knows it by); it goes with its last owner and is made anew when somebody asks again, unless it has
// host information: then the store is an owner as well. A reference that goes into a guest as an externref is put
// into the store's list of externs once, which is an owner, and has the handle of its place there: guests see 32-bit
// handles and never an address.

#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "skerry/skerry.h"
#include "wasm.h"

namespace skerry::capi {

// What tells an entity from others of its store.
struct EntityKey {
  const void* first;
  const void* second;
  auto operator<=>(const EntityKey&) const = default;
};

struct ObjectStore : std::enable_shared_from_this<ObjectStore> {
  std::optional<Store> store;  // none once it was deleted
  std::map<EntityKey, wasm_ref_t*> entities;  // not owners
  std::vector<wasm_ref_t*> kept;              // owners: entities with host information
  u32 runs = 0;                               // calls and instantiations under way
  bool is_to_end = false;                     // once none is under way
  // What a callback returned, on its way to the call that the guest ends.
  wasm_trap_t* thrown = nullptr;

  void end();
};
using State = std::shared_ptr<ObjectStore>;

enum class Kind : u8 { Func, Global, Table, Memory, Instance, Module, Trap, Foreign };

// A run of guests of a store: keeps the store while it lasts.
class Running {
 public:
  explicit Running(State state) : state_(std::move(state)) { ++state_->runs; }
  Running(const Running&) = delete;
  ~Running() {
    if (--state_->runs == 0 && state_->is_to_end) state_->end();
  }

 private:
  State state_;
};

}  // namespace skerry::capi

struct wasm_store_t {
  skerry::capi::State state;
};

struct wasm_ref_t {
  using Kind = skerry::capi::Kind;
  wasm_ref_t(Kind kind, skerry::capi::State state) : kind(kind), state(std::move(state)) {}
  wasm_ref_t(const wasm_ref_t&) = delete;
  virtual ~wasm_ref_t();

  void retain() { ++owners; }
  void release();
  // Null once it is gone.
  skerry::Store* store() const { return state->store ? &*state->store : nullptr; }
  void set_host_info(void* info, void (*finalizer)(void*));
  void finalize();

  const Kind kind;
  const skerry::capi::State state;
  skerry::u32 owners = 1;
  bool is_kept = false;  // the store owns it, for its host information
  std::optional<skerry::capi::EntityKey> key;  // of an entity
  skerry::ExternRef as_extern;                 // null until it goes into a guest
  void* host_info = nullptr;
  void (*finalizer)(void*) = nullptr;
};

struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};

// A class of references that stands for a T.
template <class Base, skerry::capi::Kind kind_, class T>
struct Referring : Base {
  static constexpr skerry::capi::Kind kind_of = kind_;
  Referring(skerry::capi::State state, T value) : Base(kind_, std::move(state)), value(std::move(value)) {}
  T value;
};

struct wasm_func_t : Referring<wasm_extern_t, skerry::capi::Kind::Func, skerry::Func> {
  using Referring::Referring;
  // What a call needs, from the first on.
  struct Callable {
    skerry::FuncType type;
    skerry::detail::Entry entry;
  };
  std::optional<Callable> callable;
  // Null if the store is gone.
  const Callable* prepare();
};
struct wasm_global_t : Referring<wasm_extern_t, skerry::capi::Kind::Global, skerry::Global> {
  using Referring::Referring;
};
struct wasm_table_t : Referring<wasm_extern_t, skerry::capi::Kind::Table, skerry::Table> {
  using Referring::Referring;
};
struct wasm_memory_t : Referring<wasm_extern_t, skerry::capi::Kind::Memory, skerry::Memory> {
  using Referring::Referring;
};
struct wasm_instance_t : Referring<wasm_ref_t, skerry::capi::Kind::Instance, skerry::Instance> {
  using Referring::Referring;
};
struct wasm_module_t : Referring<wasm_ref_t, skerry::capi::Kind::Module, skerry::Module> {
  using Referring::Referring;
};
struct wasm_trap_t : Referring<wasm_ref_t, skerry::capi::Kind::Trap, skerry::Trap> {
  using Referring::Referring;
};
struct wasm_foreign_t : wasm_ref_t {
  static constexpr Kind kind_of = Kind::Foreign;
  explicit wasm_foreign_t(skerry::capi::State state) : wasm_ref_t(Kind::Foreign, std::move(state)) {}
};

namespace skerry::capi {

// One more owner of the object of an entity of the store.
wasm_func_t* object_of(const State& state, const Func& func);
wasm_global_t* object_of(const State& state, const Global& global);
wasm_table_t* object_of(const State& state, const Table& table);
wasm_memory_t* object_of(const State& state, const Memory& memory);
wasm_instance_t* object_of(const State& state, const Instance& instance);
wasm_extern_t* object_of(const State& state, const Extern& entity);

// An error of the host's as a trap.
wasm_trap_t* trap_of(const State& state, std::string message);
// What ended a run: the very object that a callback threw, if it was one.
wasm_trap_t* trap_of(const State& state, Trap trap);

// A value for a place of a type, as bits (skerry/value.h). Error if it is of another type or store.
Result<u64> bits_from(ObjectStore& state, ValueType type, const wasm_val_t& value);
// The same of a reference, which may be null.
Result<u64> bits_from(ObjectStore& state, ValueType type, wasm_ref_t* ref);
// A reference is owned by the receiver.
wasm_val_t value_to(const State& state, ValueType type, u64 bits);
wasm_ref_t* reference_to(const State& state, ValueType type, u64 bits);
// For the C++ API.
Result<Value> value_from(ObjectStore& state, ValueType type, const wasm_val_t& value);
Result<Value> value_from(ObjectStore& state, ValueType type, wasm_ref_t* ref);

wasm_valkind_t kind_of(ValueType type);

}  // namespace skerry::capi
