// Value: a value of WebAssembly with its type, for calls whose types are known only at run time;
// and ExternRef, a reference of the host's that guests hold and hand on.

#pragma once

#include <bit>
#include <memory>

#include "skerry/func.h"
#include "skerry/integers.h"
#include "skerry/store.h"
#include "skerry/types.h"

namespace skerry {

// A reference to something of the host's, opaque to guests; or null. What it refers to lives
// until its store is dropped.
class ExternRef {
 public:
  ExternRef() = default;  // null
  // Makes `value` known to the store.
  template <class T>
  static Result<ExternRef> create(const Store& store, T value) {
    return create_any(store, {std::make_shared<T>(std::move(value)), &detail::type_tag<T>});
  }

  bool is_null() const { return handle_ == 0; }
  // Null if the reference is null, is not to a T, or its store is gone.
  template <class T>
  T* data() const {
    const detail::AnyData* any = any_data();
    return any && any->tag == &detail::type_tag<T> ? static_cast<T*>(any->pointer.get()) : nullptr;
  }
  // Whether both are null or the same reference.
  bool operator==(const ExternRef& other) const { return link_ == other.link_ && handle_ == other.handle_; }

  ExternRef(detail::Link link, u32 handle) : link_(handle ? std::move(link) : nullptr), handle_(handle) {}
  const detail::Link& link() const { return link_; }
  u32 handle() const { return handle_; }

 private:
  static Result<ExternRef> create_any(const Store& store, detail::AnyData data);
  const detail::AnyData* any_data() const;

  detail::Link link_;
  u32 handle_ = 0;
};

class Value {
 public:
  Value() : Value(i32{0}) {}
  Value(i32 value) : type_(ValueType::I32), bits_(u32(value)) {}
  Value(u32 value) : type_(ValueType::I32), bits_(value) {}
  Value(i64 value) : type_(ValueType::I64), bits_(u64(value)) {}
  Value(u64 value) : type_(ValueType::I64), bits_(value) {}
  Value(f32 value) : type_(ValueType::F32), bits_(std::bit_cast<u32>(value)) {}
  Value(f64 value) : type_(ValueType::F64), bits_(std::bit_cast<u64>(value)) {}
  Value(const Func& func) : type_(ValueType::FuncRef), bits_(func.handle()), link_(func.link()) {}
  Value(const ExternRef& ref) : type_(ValueType::ExternRef), bits_(ref.handle()), link_(ref.link()) {}
  // A number by its bits, of which an i32 or f32 has the low half; a reference by its handle in the store behind the link.
  Value(ValueType type, u64 bits, detail::Link link)
      : type_(type),
        bits_(type == ValueType::I32 || type == ValueType::F32 ? u32(bits) : bits),
        link_(std::move(link)) {}
  static Value null(ValueType type) { return Value(type, 0, nullptr); }

  ValueType type() const { return type_; }
  // The bits of a number: those of an i32 or f32 in the low half, zeros above.
  u64 bits() const { return bits_; }
  i32 as_i32() const { return i32(checked(ValueType::I32)); }
  i64 as_i64() const { return i64(checked(ValueType::I64)); }
  f32 as_f32() const { return std::bit_cast<f32>(u32(checked(ValueType::F32))); }
  f64 as_f64() const { return std::bit_cast<f64>(checked(ValueType::F64)); }
  Func as_func() const { return Func(u32(checked(ValueType::FuncRef)) ? link_ : nullptr, u32(bits_)); }
  ExternRef as_extern() const { return ExternRef(link_, u32(checked(ValueType::ExternRef))); }

  // The store that a reference is of; none for numbers and null.
  const detail::Link& link() const { return link_; }

 private:
  u64 checked(ValueType type) const {
    if (type != type_) check_failed(__FILE__, __LINE__, "a Value was taken for another type");
    return bits_;
  }

  ValueType type_;
  u64 bits_;
  detail::Link link_;
};

}  // namespace skerry
