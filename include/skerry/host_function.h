// Host functions from C++ callables: func.h says what is accepted; here is how it is made.
//
// For each callable a trampoline is compiled with the signature of the guest's function in the
// convention of C, behind the callable's address and the calling instance, so that a guest's
// call arrives with its arguments in registers. Several results go through a pointer.

#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "skerry/instance.h"
#include "skerry/typed_function.h"

namespace skerry {

// Who called a host function: valid during that call.
class Caller {
 public:
  explicit Caller(InstanceHeader* header) : header_(header) {}

  // The store's data (Store::set_data).
  template <class T>
  T* data() const {
    const detail::AnyData& any = any_data();
    return any.tag == &detail::type_tag<T> ? static_cast<T*>(any.pointer.get()) : nullptr;
  }
  // The instance whose code called; none if the host called the function itself.
  std::optional<Instance> instance() const;
  // The bytes of the calling instance's memory 0; none without. Not kept beyond the call.
  std::span<u8> memory() const;
  // Whether the store was interrupted, or one whose host function called into this one: a host function
  // that waits should return soon.
  bool interrupted() const;
  // Store::listen.
  void listen(std::shared_ptr<InterruptListener> listener) const;

  const detail::Link& link() const;
  InstanceHeader* internal() const { return header_; }

 private:
  const detail::AnyData& any_data() const;

  InstanceHeader* header_;
};

namespace detail {

// Leaves a trap for the guest to end with once the host function returns.
void raise(InstanceHeader* caller, Trap trap);

// What a callable returns, apart from a possible trap.
template <class R>
struct Returned {
  using Value = R;
  static constexpr bool may_trap = false;
};
template <class R>
struct Returned<Result<R, Trap>> {
  using Value = R;
  static constexpr bool may_trap = true;
};

// How results travel in C: one as itself, several through an array.
template <class R>
struct RawResults {
  using Raw = typename Wasm<R>::Raw;
  static constexpr bool is_array = false;
  static Raw to_raw(const R& value) { return Wasm<R>::to_raw(value); }
};
template <>
struct RawResults<void> {
  using Raw = void;
  static constexpr bool is_array = false;
};
template <class R>
struct RawResults<std::tuple<R>> {
  using Raw = typename Wasm<R>::Raw;
  static constexpr bool is_array = false;
  static Raw to_raw(const std::tuple<R>& values) { return Wasm<R>::to_raw(std::get<0>(values)); }
};
template <>
struct RawResults<std::tuple<>> {
  using Raw = void;
  static constexpr bool is_array = false;
};
template <class First, class Second, class... R>
struct RawResults<std::tuple<First, Second, R...>> {
  using Raw = void;
  static constexpr bool is_array = true;
  static void to_array(const std::tuple<First, Second, R...>& values, u64* out) {
    std::apply(
        [&](const auto&... value) { ((*out++ = Wasm<std::remove_cvref_t<decltype(value)>>::to_bits(value)), ...); },
        values);
  }
};

template <class R>
bool results_belong_to(InstanceHeader* caller, const R& value) { return Wasm<R>::belongs_to(caller, value); }
template <class... R>
bool results_belong_to(InstanceHeader* caller, const std::tuple<R...>& values) {
  return std::apply([&](const auto&... value) { return (results_belong_to(caller, value) && ...); }, values);
}

template <class Callable, bool takes_caller, class R, class... A>
struct HostCall {
  using Value = typename Returned<R>::Value;
  using Results = RawResults<Value>;
  using Raw = typename Results::Raw;

  static FuncType type() { return func_type<Value, A...>(); }

  static const void* code() {
    if constexpr (Results::is_array) return reinterpret_cast<const void*>(&several_results);
    else return reinterpret_cast<const void*>(&at_most_one_result);
  }

 private:
  static R invoke(void* environment, InstanceHeader* header, typename Wasm<A>::Raw... arguments) {
    Callable& callable = *static_cast<Callable*>(environment);
    if constexpr (takes_caller) {
      Caller caller(header);
      return callable(caller, Wasm<A>::from_raw(header, arguments)...);
    } else {
      return callable(Wasm<A>::from_raw(header, arguments)...);
    }
  }

  // The values of an outcome, or null with a trap raised.
  template <class Outcome>
  static const Value* checked(InstanceHeader* header, Outcome& outcome) {
    const Value* value = nullptr;
    if constexpr (Returned<R>::may_trap) {
      if (!outcome) {
        raise(header, std::move(outcome.error()));
        return nullptr;
      }
      value = &*outcome;
    } else {
      value = &outcome;
    }
    if (!results_belong_to(header, *value)) {
      raise(header, misuse("a host function returned a reference of another store"));
      return nullptr;
    }
    return value;
  }

  static Raw at_most_one_result(void* environment, InstanceHeader* header,
                                typename Wasm<A>::Raw... arguments) noexcept {
    if constexpr (std::is_void_v<R>) {
      invoke(environment, header, arguments...);
    } else if constexpr (std::is_void_v<Value>) {
      R outcome = invoke(environment, header, arguments...);
      if (!outcome) raise(header, std::move(outcome.error()));
    } else {
      R outcome = invoke(environment, header, arguments...);
      const Value* value = checked(header, outcome);
      if constexpr (!std::is_void_v<Raw>) return value ? Results::to_raw(*value) : Raw{};
    }
  }
  static void several_results(void* environment, InstanceHeader* header, u64* results,
                              typename Wasm<A>::Raw... arguments) noexcept {
    R outcome = invoke(environment, header, arguments...);
    if (const Value* values = checked(header, outcome)) Results::to_array(*values, results);
  }
};

// The signature of a callable: of a function pointer, or of its only operator().
template <class Callable, class Signature>
struct HostSignature;
template <class Callable, class R, class... A>
struct HostSignature<Callable, R(A...)> : HostCall<Callable, false, R, std::remove_cvref_t<A>...> {};
template <class Callable, class R, class... A>
struct HostSignature<Callable, R(Caller&, A...)> : HostCall<Callable, true, R, std::remove_cvref_t<A>...> {};

template <class T>
struct CallSignature : CallSignature<decltype(&T::operator())> {};
template <class R, class... A>
struct CallSignature<R (*)(A...)> { using Type = R(A...); };
template <class R, class... A>
struct CallSignature<R (*)(A...) noexcept> { using Type = R(A...); };
template <class C, class R, class... A>
struct CallSignature<R (C::*)(A...)> { using Type = R(A...); };
template <class C, class R, class... A>
struct CallSignature<R (C::*)(A...) const> { using Type = R(A...); };
template <class C, class R, class... A>
struct CallSignature<R (C::*)(A...) noexcept> { using Type = R(A...); };
template <class C, class R, class... A>
struct CallSignature<R (C::*)(A...) const noexcept> { using Type = R(A...); };

template <class Callable>
HostFunction host_function(Callable callable) {
  using Call = HostSignature<Callable, typename CallSignature<Callable>::Type>;
  return {Call::type(), Call::code(), false, std::make_shared<Callable>(std::move(callable))};
}
HostFunction dynamic_host_function(FuncType type, Func::Dynamic callable);

}  // namespace detail

template <class Callable>
Result<Func> Func::wrap(const Store& store, Callable callable) {
  return make(store, detail::host_function(std::move(callable)));
}

}  // namespace skerry
