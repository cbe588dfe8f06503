// The handles Store, InterruptHandle, ExternRef and Trap of the API.

#include "base/string.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"
#include "skerry/value.h"

namespace skerry {

Store::Store(std::unique_ptr<runtime::Store> store) : store_(std::move(store)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::create(const Engine& engine) { return create(engine, engine.internal().config().limits); }
Result<Store> Store::create(const Engine& engine, const StoreLimits& limits) {
  return Store(TRY(runtime::Store::create(engine.engine_, limits)));
}

InterruptHandle Store::interrupt_handle() const { return InterruptHandle(store_->link()); }

void Store::listen(std::shared_ptr<InterruptListener> listener) { store_->listen(std::move(listener)); }

void Store::set_fuel(u64 fuel) { store_->state().fuel = fuel; }
u64 Store::fuel() const { return store_->state().fuel; }
Engine Store::engine() const { return Engine(store_->shared_engine()); }
const detail::Link& Store::link() const { return store_->link(); }
void Store::set_any_data(detail::AnyData data) { store_->set_data(std::move(data)); }
const detail::AnyData& Store::any_data() const { return store_->data(); }

void InterruptHandle::interrupt() const {
  platform::MutexGuard guard(link_->mutex);
  if (link_->interruptible) link_->interruptible->interrupt();
}

Result<ExternRef> ExternRef::create_any(const Store& store, detail::AnyData data) {
  return ExternRef(store.link(), TRY(store.internal().add_extern(std::move(data))));
}

const detail::AnyData* ExternRef::any_data() const {
  return link_ && link_->store ? link_->store->extern_data(handle_) : nullptr;
}

std::string Trap::text() const {
  std::string out = message_;
  if (code_ == TrapCode::Exit) out += concat(" with status ", exit_status_);
  usize at = 0, gap = left_out_ ? frames_.size() / 2 : frames_.size();
  for (const Frame& frame : frames_) {
    if (at == gap) out += concat("\n  ... ", left_out_, " more");
    out += concat("\n  ", at < gap ? at : at + left_out_, ": ");
    if (!frame.module.empty()) out += concat(frame.module, "!");
    out += frame.function.empty() ? concat("function[", frame.function_index, "]") : frame.function;
    out += concat(" @ 0x", hex(frame.position));
    ++at;
  }
  return out;
}

}  // namespace skerry
