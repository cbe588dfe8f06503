// TypedFunction<R(A...)>: a function whose type was checked once, called like one of C++.
//
//   TypedFunction<i32(i32, i32)> add = *instance.get<i32(i32, i32)>("add");
//   Called<i32> sum = add(1, 2);              // the result, or the Trap
//   Called<std::tuple<i64, f64>> pair = ...   // for functions with several results
//
// A call goes straight into compiled code by a piece of code made for the type. Copies refer
// to the same function; using one whose store is gone is a Trap of TrapCode::Host.

#pragma once

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

#include "skerry/func.h"
#include "skerry/value.h"

namespace skerry {
namespace detail {

// The store of the instance that calls a host function.
const Link& link_of(InstanceHeader* caller);

// How a C++ type stands for a value type, and how its bits travel in a u64. A 32-bit number
// arrives with whatever in the upper half and leaves with zeros there.
template <class T>
struct Wasm {
  static_assert(sizeof(T) == 0, "not a type of WebAssembly: use i32 u32 i64 u64 f32 f64, Func or ExternRef");
};
template <class T, ValueType value_type>
struct WasmInteger {
  static constexpr ValueType type = value_type;
  using Raw = T;  // in the convention of C
  static u64 to_bits(T value) { return u64(std::make_unsigned_t<T>(value)); }
  static T from_bits(const Link&, u64 bits) { return T(bits); }
  static T to_raw(T value) { return value; }
  static T from_raw(InstanceHeader*, T raw) { return raw; }
  static bool belongs_to(const Link&, T) { return true; }
  static bool belongs_to(InstanceHeader*, T) { return true; }
};
template <> struct Wasm<int> : WasmInteger<int, ValueType::I32> {};
template <> struct Wasm<unsigned> : WasmInteger<unsigned, ValueType::I32> {};
template <> struct Wasm<long> : WasmInteger<long, sizeof(long) == 8 ? ValueType::I64 : ValueType::I32> {};
template <>
struct Wasm<unsigned long> : WasmInteger<unsigned long, sizeof(long) == 8 ? ValueType::I64 : ValueType::I32> {};
template <> struct Wasm<long long> : WasmInteger<long long, ValueType::I64> {};
template <> struct Wasm<unsigned long long> : WasmInteger<unsigned long long, ValueType::I64> {};

template <class T, class Bits, ValueType value_type>
struct WasmFloat {
  static constexpr ValueType type = value_type;
  using Raw = T;
  static u64 to_bits(T value) { return std::bit_cast<Bits>(value); }
  static T from_bits(const Link&, u64 bits) { return std::bit_cast<T>(Bits(bits)); }
  static T to_raw(T value) { return value; }
  static T from_raw(InstanceHeader*, T raw) { return raw; }
  static bool belongs_to(const Link&, T) { return true; }
  static bool belongs_to(InstanceHeader*, T) { return true; }
};
template <> struct Wasm<f32> : WasmFloat<f32, u32, ValueType::F32> {};
template <> struct Wasm<f64> : WasmFloat<f64, u64, ValueType::F64> {};

template <class T, ValueType value_type>
struct WasmReference {
  static constexpr ValueType type = value_type;
  using Raw = u32;
  static u64 to_bits(const T& ref) { return ref.handle(); }
  static T from_bits(const Link& link, u64 bits) { return T(link, u32(bits)); }
  static u32 to_raw(const T& ref) { return ref.handle(); }
  static T from_raw(InstanceHeader* caller, u32 raw) { return raw ? T(link_of(caller), raw) : T(); }
  static bool belongs_to(const Link& link, const T& ref) { return ref.is_null() || ref.link() == link; }
  static bool belongs_to(InstanceHeader* caller, const T& ref) {
    return ref.is_null() || ref.link() == link_of(caller);
  }
};
template <> struct Wasm<Func> : WasmReference<Func, ValueType::FuncRef> {};
template <> struct Wasm<ExternRef> : WasmReference<ExternRef, ValueType::ExternRef> {};

// Results: none, one, or a tuple.
template <class R>
struct WasmResults {
  static constexpr usize count = 1;
  static std::vector<ValueType> types() { return {Wasm<R>::type}; }
  static R from_bits(const Link& link, const u64* bits) { return Wasm<R>::from_bits(link, bits[0]); }
};
template <>
struct WasmResults<void> {
  static constexpr usize count = 0;
  static std::vector<ValueType> types() { return {}; }
  static void from_bits(const Link&, const u64*) {}
};
template <class... R>
struct WasmResults<std::tuple<R...>> {
  static constexpr usize count = sizeof...(R);
  static std::vector<ValueType> types() { return {Wasm<R>::type...}; }
  static std::tuple<R...> from_bits(const Link& link, const u64* bits) {
    return [&]<usize... i>(std::index_sequence<i...>) {
      return std::tuple<R...>{Wasm<R>::from_bits(link, bits[i])...};
    }(std::make_index_sequence<sizeof...(R)>());
  }
};

template <class R, class... A>
FuncType func_type() {
  return {{Wasm<A>::type...}, WasmResults<R>::types()};
}

// What a call of a known type needs. The link keeps the address, not the store.
struct Entry {
  FuncRecord* record = nullptr;
  const void* code = nullptr;
};
Result<Entry> find_entry(const Func& func, const FuncType& type);
// Arguments in `values`, results in their place. False: a trap is to be taken.
bool enter(runtime::StoreLink& link, const Entry& entry, u64* values);
Trap take_trap(runtime::StoreLink& link);
Trap misuse(const char* why);

}  // namespace detail

template <class R, class... A>
class TypedFunction<R(A...)> {
 public:
  Called<R> operator()(A... arguments) const {
    if (!(detail::Wasm<A>::belongs_to(link_, arguments) && ...)) {
      return fail(detail::misuse("a reference of another store was given to a function"));
    }
    constexpr usize count = std::max({sizeof...(A), detail::WasmResults<R>::count, usize{1}});
    u64 values[count] = {detail::Wasm<A>::to_bits(arguments)...};
    if (!detail::enter(*link_, entry_, values)) [[unlikely]] return fail(detail::take_trap(*link_));
    if constexpr (std::is_void_v<R>) return {};
    else return detail::WasmResults<R>::from_bits(link_, values);
  }

  // The same function as a reference.
  Func func() const { return func_; }

 private:
  friend class Func;
  TypedFunction(Func func, detail::Entry entry) : func_(std::move(func)), link_(func_.link()), entry_(entry) {}

  Func func_;
  detail::Link link_;
  detail::Entry entry_;
};

template <class Signature>
struct SignatureType;
template <class R, class... A>
struct SignatureType<R(A...)> {
  static FuncType type() { return detail::func_type<R, A...>(); }
};

template <class Signature>
Result<TypedFunction<Signature>> Func::typed() const {
  Result<detail::Entry> entry = detail::find_entry(*this, SignatureType<Signature>::type());
  if (!entry) return entry.take_failure();
  return TypedFunction<Signature>(*this, *entry);
}

}  // namespace skerry
