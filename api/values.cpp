#include "base/result.h"
#include "base/string.h"

#include "api/objects.h"

using namespace skerry;
using namespace skerry::capi;

namespace skerry::capi {
namespace {

// An object in the store's list of externs.
struct Held {
  explicit Held(wasm_ref_t* object) : object(object) { object->retain(); }
  Held(Held&& other) noexcept : object(std::exchange(other.object, nullptr)) {}
  ~Held() {
    if (object) object->release();
  }
  wasm_ref_t* object;
};

}  // namespace

Result<u64> bits_from(ObjectStore& state, ValueType type, wasm_ref_t* ref) {
  if (!is_reference(type)) {
    return fail(ErrorCode::Argument, concat("a reference was given for a value of ", name(type)));
  }
  if (!ref) return u64{0};
  if (ref->state.get() != &state || !state.store) {
    return fail(ErrorCode::Argument, "a reference of another store was given");
  }
  if (type == ValueType::FuncRef) {
    if (ref->kind != Kind::Func) return fail(ErrorCode::Argument, "a funcref must be to a function");
    return u64{static_cast<wasm_func_t*>(ref)->value.handle()};
  }
  if (ref->as_extern.is_null()) ref->as_extern = TRY(ExternRef::create(*state.store, Held(ref)));
  return u64{ref->as_extern.handle()};
}

Result<u64> bits_from(ObjectStore& state, ValueType type, const wasm_val_t& value) {
  if (is_reference(type) && wasm_valkind_is_ref(value.kind)) return bits_from(state, type, value.of.ref);
  if (value.kind != kind_of(type)) {
    return fail(ErrorCode::Argument, concat("a value of kind ", value.kind, " was given for one of ", name(type)));
  }
  switch (type) {
    case ValueType::I32: return u64{u32(value.of.i32)};
    case ValueType::I64: return u64(value.of.i64);
    case ValueType::F32: return u64{std::bit_cast<u32>(value.of.f32)};
    case ValueType::F64: return std::bit_cast<u64>(value.of.f64);
    default: return fail(ErrorCode::Unsupported, concat("values of ", name(type), " are not in wasm.h"));
  }
}

wasm_ref_t* reference_to(const State& state, ValueType type, u64 bits) {
  if (u32(bits) == 0) return nullptr;
  const detail::Link& link = state->store->link();
  if (type == ValueType::FuncRef) return object_of(state, Func(link, u32(bits)));
  Held* held = ExternRef(link, u32(bits)).data<Held>();
  if (!held) return nullptr;
  held->object->retain();
  return held->object;
}

wasm_val_t value_to(const State& state, ValueType type, u64 bits) {
  wasm_val_t value = {.kind = kind_of(type), .of = {.i64 = 0}};
  switch (type) {
    case ValueType::I32: value.of.i32 = i32(u32(bits)); break;
    case ValueType::I64: value.of.i64 = i64(bits); break;
    case ValueType::F32: value.of.f32 = std::bit_cast<f32>(u32(bits)); break;
    case ValueType::F64: value.of.f64 = std::bit_cast<f64>(bits); break;
    case ValueType::FuncRef:
    case ValueType::ExternRef: value.of.ref = reference_to(state, type, bits); break;
    case ValueType::V128:
    case ValueType::Bottom: break;
  }
  return value;
}

Result<Value> value_from(ObjectStore& state, ValueType type, const wasm_val_t& value) {
  u64 bits = TRY(bits_from(state, type, value));
  return Value(type, bits, is_reference(type) && bits ? state.store->link() : nullptr);
}
Result<Value> value_from(ObjectStore& state, ValueType type, wasm_ref_t* ref) {
  u64 bits = TRY(bits_from(state, type, ref));
  return Value(type, bits, bits ? state.store->link() : nullptr);
}

}  // namespace skerry::capi

extern "C" {

void wasm_val_delete(wasm_val_t* self) {
  if (!self || !wasm_valkind_is_ref(self->kind)) return;
  wasm_ref_delete(std::exchange(self->of.ref, nullptr));
}

void wasm_val_copy(wasm_val_t* out, const wasm_val_t* self) {
  *out = *self;
  if (wasm_valkind_is_ref(self->kind)) out->of.ref = wasm_ref_copy(self->of.ref);
}

}  // extern "C"
