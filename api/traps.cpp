#include "api/types.h"

#include "api/objects.h"
#include "engine/runtime/instance.h"

using namespace skerry;
using namespace skerry::capi;

struct wasm_frame_t {
  wasm_frame_t(State state, const Frame& frame) : state(std::move(state)), frame(frame) {}
  wasm_frame_t(const wasm_frame_t& other) : wasm_frame_t(other.state, other.frame) {}
  ~wasm_frame_t() { wasm_instance_delete(instance); }

  const State state;
  const Frame frame;
  mutable wasm_instance_t* instance = nullptr;  // owned; once somebody asked
};

namespace skerry::capi {

wasm_trap_t* trap_of(const State& state, std::string message) {
  return new wasm_trap_t(state, Trap(std::move(message)));
}

wasm_trap_t* trap_of(const State& state, Trap trap) {
  wasm_trap_t* thrown = std::exchange(state->thrown, nullptr);
  if (!thrown) return new wasm_trap_t(state, std::move(trap));
  if (thrown->value.code() == trap.code() && thrown->value.message() == trap.message()) {
    thrown->value = std::move(trap);
    return thrown;
  }
  thrown->release();
  return new wasm_trap_t(state, std::move(trap));
}

namespace {

// A trap does not say which instance a frame was of: it is known where only one has such a function.
runtime::Instance* only_instance(const runtime::Store& store, const Frame& frame) {
  runtime::Instance* found = nullptr;
  for (const auto& instance : store.instances()) {
    const wasm::Module& module = instance->module().module();
    if (frame.function_index < module.imported_functions || frame.function_index >= module.functions.size()) continue;
    if (module.functions[FuncIndex(frame.function_index)].body.offset != frame.function_begin) continue;
    if (module.module_name != frame.module) continue;
    if (found) return nullptr;
    found = instance.get();
  }
  return found;
}

}  // namespace
}  // namespace skerry::capi

extern "C" {

void wasm_frame_delete(wasm_frame_t* self) { delete self; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* self) { return self ? new wasm_frame_t(*self) : nullptr; }
uint32_t wasm_frame_func_index(const wasm_frame_t* self) { return self->frame.function_index; }
size_t wasm_frame_func_offset(const wasm_frame_t* self) { return self->frame.position - self->frame.function_begin; }
size_t wasm_frame_module_offset(const wasm_frame_t* self) { return self->frame.position; }

wasm_instance_t* wasm_frame_instance(const wasm_frame_t* self) {
  if (self->instance || !self->state->store) return self->instance;
  Store& store = *self->state->store;
  if (auto* found = only_instance(store.internal(), self->frame)) {
    self->instance = object_of(self->state, Instance(store.link(), found));
  }
  return self->instance;
}

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  std::string_view text(message->data, message->size);
  if (text.ends_with('\0')) text.remove_suffix(1);
  return trap_of(store->state, std::string(text));
}

void wasm_trap_message(const wasm_trap_t* self, wasm_message_t* out) {
  const std::string& message = self->value.message();
  fill(out, {message.c_str(), message.size() + 1});
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* self) {
  auto frames = self->value.frames();
  return frames.empty() ? nullptr : new wasm_frame_t(self->state, frames.front());
}

void wasm_trap_trace(const wasm_trap_t* self, wasm_frame_vec_t* out) {
  auto frames = self->value.frames();
  allocate(out, frames.size());
  for (usize i = 0; i < out->size; ++i) out->data[i] = new wasm_frame_t(self->state, frames[i]);
}

}  // extern "C"
