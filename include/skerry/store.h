// Store: everything that a program makes while it runs, and the unit of isolation (Core 4.2.3).
//
//   Store store = *Store::create(engine);
//   store.set_data(MyState{...});
//
// A store owns its instances, functions, memories, tables and globals; they live until the
// store is dropped. Instance, Func, Memory, Table and Global are handles into it: they may
// be copied and kept freely, also beyond the store, after which each use is refused with
// an error. They keep no store alive, so that a host function may hold handles to the very
// store that owns it. A store also keeps alive the modules and host functions in use.
//
// One thread at a time may use a store and its handles; different threads may use different
// stores. An InterruptHandle is for any thread at any time.

#pragma once

#include <memory>

#include "skerry/engine.h"
#include "skerry/result.h"

namespace skerry {

struct InstanceHeader;
struct FuncRecord;

namespace runtime {
class Store;
struct StoreLink;
}  // namespace runtime

namespace detail {
using Link = std::shared_ptr<runtime::StoreLink>;
// A value whose type only its owner knows: checked by `tag`, the address of a variable of each type.
struct AnyData {
  std::shared_ptr<void> pointer;
  const void* tag = nullptr;
};
template <class T>
inline constexpr char type_tag = 0;
}  // namespace detail

// Stops whatever its store runs, from any thread: the guest ends with TrapCode::Interrupted. If
// it is in a host function, the guest ends when that returns. So that this is soon, a host function
// that waits asks Caller::interrupted or listens (Store::listen; WASI's do), and guests that it runs are
// ended too, be they of this store or, where signal handlers are allowed (Config), of another. If nothing
// runs, the next call into the store ends at its start. Several interruptions before a run has ended are one. Does nothing once the store
// is gone. Copies refer to the same store and do not keep it alive.
class InterruptHandle {
 public:
  void interrupt() const;

  explicit InterruptHandle(detail::Link link) : link_(std::move(link)) {}

 private:
  detail::Link link_;
};

// Hears of the interruptions of a store: how a host function that waits is made to return. WASI's do so by one.
class InterruptListener {
 public:
  virtual ~InterruptListener() = default;
  // By whoever interrupts, on any thread. May not use the store.
  virtual void interrupted() = 0;
  // By the store's thread, once the runs have ended that were interrupted.
  virtual void resumed() = 0;
};

class Store {
 public:
  // With limits of its own, or those of the engine's Config.
  static Result<Store> create(const Engine& engine);
  static Result<Store> create(const Engine& engine, const StoreLimits& limits);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  // Not while one of its guests runs.
  ~Store();

  // The embedder's own data beside the store, one value of any type; host functions reach it
  // through their Caller. data<T>() is null unless the value is a T.
  template <class T>
  T* set_data(T value) {
    auto pointer = std::make_shared<T>(std::move(value));
    T* raw = pointer.get();
    set_any_data({std::move(pointer), &detail::type_tag<T>});
    return raw;
  }
  template <class T>
  T* data() const {
    const detail::AnyData& any = any_data();
    return any.tag == &detail::type_tag<T> ? static_cast<T*>(any.pointer.get()) : nullptr;
  }

  InterruptHandle interrupt_handle() const;
  // As long as the store lives. If it is interrupted now, the listener is told.
  void listen(std::shared_ptr<InterruptListener> listener);

  // Counts down by the instructions of the .wasm as they run; at its end the guest stops with
  // TrapCode::OutOfFuel. Only where Config::fuel is Counted. A new store has none.
  void set_fuel(u64 fuel);
  u64 fuel() const;

  Engine engine() const;
  runtime::Store& internal() const { return *store_; }
  const detail::Link& link() const;

 private:
  explicit Store(std::unique_ptr<runtime::Store> store);
  void set_any_data(detail::AnyData data);
  const detail::AnyData& any_data() const;

  std::unique_ptr<runtime::Store> store_;
};

}  // namespace skerry
