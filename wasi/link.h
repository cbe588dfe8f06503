// WASI's functions as a linker wants them: names, WebAssembly types, and native functions with
// one parameter of the native type for each of WebAssembly's.
//
//   wasi::for_each_preview1([&]<auto function>(std::string_view name, std::string_view type) {
//     // function is a CallResult (*)(Caller&, u32, u64, ...), a constant
//   });
//
// i32 parameters are u32, i64 ones u64, and the result is a CallResult in one register: the
// wasm function's i32, or that the guest is to be unwound (call.h). A runtime writes one
// template over `function` that makes the Caller from its instance (a GuestMemory from the
// memory's base and current size, fetched at each call) and deals with the CallResult.
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

// How a body's parameter travels: which native parameters it takes, and what they decode to.
template <class T>
struct Parameter;

template <>
struct Parameter<u32> {
  using Native = Types<u32>;
  static HostResult<u32> decode(u32 value) { return value; }
};
template <>
struct Parameter<u64> {
  using Native = Types<u64>;
  static HostResult<u64> decode(u64 value) { return value; }
};
template <>
struct Parameter<i64> {
  using Native = Types<u64>;
  static HostResult<i64> decode(u64 value) { return i64(value); }
};
template <GuestData T>
struct Parameter<GuestPtr<T>> {
  using Native = Types<u32>;
  static HostResult<GuestPtr<T>> decode(u32 address) { return GuestPtr<T>{address}; }
};
template <GuestData T>
struct Parameter<GuestSpan<T>> {
  using Native = Types<u32, u32>;
  static HostResult<GuestSpan<T>> decode(u32 address, u32 count) { return GuestSpan<T>{address, count}; }
};
template <class Bit>
struct Parameter<Flags<Bit>> {
  using Number = std::conditional_t<sizeof(Bit) == 8, u64, u32>;
  using Native = Types<Number>;
  static HostResult<Flags<Bit>> decode(Number bits) { return Flags<Bit>::from_bits(bits); }
};
template <class T, T last>
struct EnumParameter {
  using Native = Types<u32>;
  static HostResult<T> decode(u32 value) {
    if (value > u32(last)) return fail(Errno::Inval);
    return T(value);
  }
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

// Calls `function` with the elements of `tuple` from `first` on, as many as `List` has.
template <usize first, class List, class Tuple, class Function>
auto apply_part(const Tuple& tuple, Function&& function) {
  return [&]<usize... i>(std::index_sequence<i...>) {
    return function(std::get<first + i>(tuple)...);
  }(std::make_index_sequence<count(List())>());
}

template <auto body, class Parameters, class Natives, class T>
struct AdapterOf;

template <auto body, class... P, class... N, class T>
struct AdapterOf<body, Types<P...>, Types<N...>, T> {
  static CallResult call(Caller& caller, N... natives) {
    auto result = run(caller, std::tuple<N...>(natives...));
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

  static Outcome<> run(Caller& caller, const std::tuple<N...>& natives) {
    return [&]<usize... i>(std::index_sequence<i...>) -> Outcome<> {
      using Pointers = typename Value<T>::Native;
      TRY((apply_part<offsets[sizeof...(P)], Pointers>(
          natives, [&](auto... at) { return Value<T>::check(caller.memory, at...); })));
      std::tuple<HostResult<P>...> decoded = {
          apply_part<offsets[i], typename Parameter<P>::Native>(natives, Parameter<P>::decode)...};
      Errno first = Errno::Success;
      auto note = [&](const auto& parameter) {
        if (!parameter && first == Errno::Success) first = parameter.error();
      };
      (note(std::get<i>(decoded)), ...);
      if (first != Errno::Success) return fail(first);
      if constexpr (std::is_void_v<T>) {
        return body(caller, *std::get<i>(decoded)...);
      } else {
        T value = TRY(body(caller, *std::get<i>(decoded)...));
        TRY((apply_part<offsets[sizeof...(P)], Pointers>(
            natives, [&](auto... at) { return Value<T>::store(caller.memory, value, at...); })));
        return {};
      }
    }(std::index_sequence_for<P...>());
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

// The adapter's entry, if it has the type that the table says.
template <auto body, std::array type>
consteval auto entry() {
  static_assert(Adapter<body>::has_type(std::string_view(type.data(), type.size() - 1)));
  return &Adapter<body>::call;
}

}  // namespace link

// Calls `visit.template operator()<function>(name, type)` for each function of preview 1.
template <class Visitor>
constexpr void for_each_preview1(Visitor&& visit) {
#define WASI_CALL(name, type) \
  visit.template operator()<link::entry<&preview1::name, std::to_array(type)>()>(#name, type);
#include "wasi/preview1.def"
#undef WASI_CALL
}

// The same for wasi_unstable.
template <class Visitor>
constexpr void for_each_unstable(Visitor&& visit) {
#define WASI_CALL(name, type) \
  visit.template operator()<link::entry<&preview1::name, std::to_array(type)>()>(#name, type);
#define WASI_OWN_CALL(name, type) \
  visit.template operator()<link::entry<&unstable::name, std::to_array(type)>()>(#name, type);
#include "wasi/unstable.def"
#undef WASI_OWN_CALL
#undef WASI_CALL
}

}  // namespace skerry::wasi
