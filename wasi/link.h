// WASI's functions as a linker wants them: names, WebAssembly types, and native functions with
// one parameter of the native type for each of WebAssembly's.
//
//   wasi::for_each_preview1([&]<auto body>(std::string_view name, std::string_view type) {
//     // link::Adapter<body>::call is a CallResult (*)(Caller&, u32, u64, ...)
//   });
//
// i32 parameters are u32, i64 ones u64, and the result is a CallResult in one register: the
// wasm function's i32, or that the guest is to be unwound (call.h). entry.h makes of it what
// compiled code calls.
//
// An Adapter is made from the type of the body that it calls: each of the body's parameters
// takes one or two of WebAssembly's (GuestSpan), and its value is stored through one or two
// pointers behind them. So a guest's number is checked by the type that a body asks for, before
// the body runs: Inval for an enumerator or a flag that there is not. And so are the pointers
// for the value: a call that could not tell its result does nothing.
//
// proc_exit has no result in WebAssembly; it never returns a CallResult of kind Return.

#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "wasi/call.h"
#include "wasi/preview1/calls.h"
#include "wasi/unstable/calls.h"

namespace skerry::wasi {

inline constexpr std::string_view preview1_module = "wasi_snapshot_preview1";
inline constexpr std::string_view unstable_module = "wasi_unstable";

namespace link {

template <class... T>
struct Types {};

// How a body's parameter travels: which native parameters it takes, what they decode to, and whether they are any
// such thing (else Inval).
template <class T>
struct Parameter;

template <class T, class... N>
struct PlainParameter {
  using Native = Types<N...>;
  static constexpr bool accepts(N...) { return true; }
  static constexpr T decode(N... natives) { return T{natives...}; }
};
template <>
struct Parameter<u32> : PlainParameter<u32, u32> {};
template <>
struct Parameter<u64> : PlainParameter<u64, u64> {};
template <>
struct Parameter<i64> {
  using Native = Types<u64>;
  static constexpr bool accepts(u64) { return true; }
  static constexpr i64 decode(u64 value) { return i64(value); }
};
template <GuestData T>
struct Parameter<GuestPtr<T>> : PlainParameter<GuestPtr<T>, u32> {};
template <GuestData T>
struct Parameter<GuestSpan<T>> : PlainParameter<GuestSpan<T>, u32, u32> {};
template <class Bit>
struct Parameter<Flags<Bit>> {
  using Number = std::conditional_t<sizeof(Bit) == 8, u64, u32>;
  using Native = Types<Number>;
  static constexpr bool accepts(Number bits) { return Flags<Bit>::knows(bits); }
  static constexpr Flags<Bit> decode(Number bits) { return Flags<Bit>::truncate(bits); }
};
template <class T, T last>
struct EnumParameter {
  using Native = Types<u32>;
  static constexpr bool accepts(u32 value) { return value <= u32(last); }
  static constexpr T decode(u32 value) { return T(value); }
};
template <>
struct Parameter<Whence> : EnumParameter<Whence, Whence::End> {};
template <>
struct Parameter<unstable::Whence> : EnumParameter<unstable::Whence, unstable::Whence::Set> {};
template <>
struct Parameter<Advice> : EnumParameter<Advice, Advice::NoReuse> {};
template <>
struct Parameter<ClockId> : EnumParameter<ClockId, ClockId::ThreadCpu> {};

// Where a body's value goes: as many pointers as it has parts.
template <class T>
struct Value {
  using Native = Types<u32>;
  static Result<void, BadPointer> check(GuestMemory memory, u32 at) { return memory.check(GuestPtr<T>{at}); }
  static Result<void, BadPointer> store(GuestMemory memory, const T& value, u32 at) {
    return memory.store(GuestPtr<T>{at}, value);
  }
};
template <>
struct Value<void> {
  using Native = Types<>;
  static Result<void, BadPointer> check(GuestMemory) { return {}; }
};
template <class A, class B>
struct Value<std::pair<A, B>> {
  using Native = Types<u32, u32>;
  static Result<void, BadPointer> check(GuestMemory memory, u32 first, u32 second) {
    TRY(Value<A>::check(memory, first));
    return Value<B>::check(memory, second);
  }
  static Result<void, BadPointer> store(GuestMemory memory, const std::pair<A, B>& value, u32 first, u32 second) {
    TRY(Value<A>::store(memory, value.first, first));
    return Value<B>::store(memory, value.second, second);
  }
};

template <class... Lists>
struct Concatenate {
  using List = Types<>;
};
template <class... T>
struct Concatenate<Types<T...>> {
  using List = Types<T...>;
};
template <class... A, class... B, class... Rest>
struct Concatenate<Types<A...>, Types<B...>, Rest...> : Concatenate<Types<A..., B...>, Rest...> {};

template <class... T>
constexpr usize count(Types<T...>) { return sizeof...(T); }

template <auto body, class Parameters, class Natives, class T>
struct AdapterOf;

// All of it is one function with the body, where the compiler sees that: on the way of every call, each call less in
// it counts (docs/wasi.md).
template <auto body, class... P, class... N, class T>
struct AdapterOf<body, Types<P...>, Types<N...>, T> {
  using Natives = Types<N...>;

  [[gnu::always_inline]] static CallResult call(Caller& caller, N... natives) {
    Outcome<> result = run(caller, std::index_sequence_for<P...>(), std::tuple<N...>(natives...));
    return result ? CallResult{0, CallResult::Kind::Return} : result.error().result();
  }

  static consteval bool has_type(std::string_view type) {
    constexpr char letters[] = {(sizeof(N) == 8 ? 'I' : 'i')..., ':'};
    return type.starts_with(std::string_view(letters, sizeof(letters)));
  }

 private:
  // Where each parameter's natives begin, and behind them the value's.
  static constexpr auto offsets = [] {
    std::array<usize, sizeof...(P) + 1> result{};
    usize next = 0, i = 0;
    ((result[i++] = next, next += count(typename Parameter<P>::Native())), ...);
    result[i] = next;
    return result;
  }();

  // Of the parameter behind the natives from `first` on.
  template <class Parameter, usize first, usize... i>
  [[gnu::always_inline]] static constexpr bool accepts(const std::tuple<N...>& natives, std::index_sequence<i...>) {
    return Parameter::accepts(std::get<first + i>(natives)...);
  }
  template <class Parameter, usize first, usize... i>
  [[gnu::always_inline]] static constexpr auto decode(const std::tuple<N...>& natives, std::index_sequence<i...>) {
    return Parameter::decode(std::get<first + i>(natives)...);
  }
  template <class List>
  using Indices = std::make_index_sequence<count(List())>;
  template <class Parameter>
  using IndicesOf = Indices<typename Parameter::Native>;
  using Pointers = Indices<typename Value<T>::Native>;

  template <usize... i>
  [[gnu::always_inline]] static auto check(const Caller& caller, const std::tuple<N...>& natives,
                                           std::index_sequence<i...>) {
    return Value<T>::check(caller.memory, std::get<offsets[sizeof...(P)] + i>(natives)...);
  }
  template <class U, usize... i>
  [[gnu::always_inline]] static auto store(const Caller& caller, const U& value, const std::tuple<N...>& natives,
                                           std::index_sequence<i...>) {
    return Value<U>::store(caller.memory, value, std::get<offsets[sizeof...(P)] + i>(natives)...);
  }

  template <usize... i>
  [[gnu::always_inline]] static Outcome<> run(Caller& caller, std::index_sequence<i...>, std::tuple<N...> natives) {
    TRY(check(caller, natives, Pointers()));
    bool accepted = (accepts<Parameter<P>, offsets[i]>(natives, IndicesOf<Parameter<P>>()) && ...);
    if (!accepted) [[unlikely]] return fail(Errno::Inval);
    Outcome<T> outcome = invoke(caller, decode<Parameter<P>, offsets[i]>(natives, IndicesOf<Parameter<P>>())...);
    if constexpr (std::is_void_v<T>) {
      return outcome;
    } else {
      T value = TRY(outcome);
      TRY(store(caller, value, natives, Pointers()));
      return {};
    }
  }
  [[gnu::always_inline]] static Outcome<T> invoke(Caller& caller, P... parameters) {
    [[clang::always_inline]] return body(caller, parameters...);
  }
};

template <auto body, class Body>
struct Inspect;
template <auto body, class T, class... P>
struct Inspect<body, Outcome<T> (*)(Caller&, P...)> {
  using Adapter = AdapterOf<body, Types<P...>,
                            typename Concatenate<typename Parameter<P>::Native..., typename Value<T>::Native>::List, T>;
};

template <auto body>
using Adapter = typename Inspect<body, decltype(body)>::Adapter;

// The body, if it has the type that the table says.
template <auto body, std::array type>
consteval auto checked() {
  static_assert(Adapter<body>::has_type(std::string_view(type.data(), type.size() - 1)));
  return body;
}

}  // namespace link

// Calls `visit.template operator()<body>(name, type)` for each function of preview 1.
template <class Visitor>
constexpr void for_each_preview1(Visitor&& visit) {
#define WASI_CALL(name, type) \
  visit.template operator()<link::checked<&preview1::name, std::to_array(type)>()>(#name, type);
#include "wasi/preview1.def"
#undef WASI_CALL
}

// The same for wasi_unstable.
template <class Visitor>
constexpr void for_each_unstable(Visitor&& visit) {
#define WASI_CALL(name, type) \
  visit.template operator()<link::checked<&preview1::name, std::to_array(type)>()>(#name, type);
#define WASI_OWN_CALL(name, type) \
  visit.template operator()<link::checked<&unstable::name, std::to_array(type)>()>(#name, type);
#include "wasi/unstable.def"
#undef WASI_OWN_CALL
#undef WASI_CALL
}

}  // namespace skerry::wasi
