// Func: a function of a store: a guest's, or a host's that was wrapped (Core 4.2.6).
//
// There are two ways to call one. With types known at compile time, which are checked once:
//
//   Result<TypedFunction<i32(i32, i32)>> add = instance.get<i32(i32, i32)>("add");
//   Called<i32> sum = (*add)(1, 2);
//
// and with Values, checked at each call. A host function is made from any C++ callable:
//
//   Result<Func> log = Func::wrap(store, [](Caller& caller, i32 level) { ... });
//
// Its parameters are i32 u32 i64 u64 f32 f64 Func ExternRef, optionally after a Caller&. It
// returns nothing, one such value, a std::tuple of them, or Called<> of any of these, whose
// Trap stops the guest. The callable is kept until its store is dropped. It must not throw:
// an exception that would leave it ends the program.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "skerry/store.h"
#include "skerry/trap.h"
#include "skerry/types.h"

namespace skerry {

class Caller;
class Value;
template <class Signature>
class TypedFunction;

namespace detail {
// A host function on its way into a store or a linker.
struct HostFunction {
  FuncType type;
  const void* code = nullptr;  // a trampoline of host_function.h
  bool takes_array = false;
  std::shared_ptr<void> environment;  // its first argument
};
}  // namespace detail

class Func {
 public:
  Func() = default;  // null

  template <class Callable>
  static Result<Func> wrap(const Store& store, Callable callable);
  // For types known only at run time. `results` come as zeros of their types.
  using Dynamic =
      std::function<Called<void>(Caller& caller, std::span<const Value> arguments, std::span<Value> results)>;
  static Result<Func> wrap_dynamic(const Store& store, FuncType type, Dynamic callable);

  bool is_null() const { return handle_ == 0; }
  // Error if it is null or its store is gone.
  Result<FuncType> type() const;

  // A misuse (null, arguments of other types or of another store) is a Trap of TrapCode::Host.
  Called<std::vector<Value>> call(std::span<const Value> arguments) const;
  // Error if its type is not exactly the signature's.
  template <class Signature>
  Result<TypedFunction<Signature>> typed() const;

  // Whether both are null or the same reference. Equality of functions is not defined by
  // WebAssembly: two references to one function may differ.
  bool operator==(const Func& other) const { return link_ == other.link_ && handle_ == other.handle_; }

  Func(detail::Link link, u32 handle) : link_(handle ? std::move(link) : nullptr), handle_(handle) {}
  const detail::Link& link() const { return link_; }
  u32 handle() const { return handle_; }

 private:
  static Result<Func> make(const Store& store, detail::HostFunction function);

  detail::Link link_;
  u32 handle_ = 0;
};

}  // namespace skerry
