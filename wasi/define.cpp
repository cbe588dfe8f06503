#include "wasi/define.h"

#include <algorithm>

#include "engine/runtime/linker.h"
#include "wasi/link.h"

namespace skerry::wasi {
namespace {

// Whose call it is: always one process's, or what somebody tells.
struct OneContext {
  std::shared_ptr<Context> context;
  Context& operator()(const skerry::Caller&) const { return *context; }
};
using ToldContext = Context& (*)(const skerry::Caller&);

class Listener final : public InterruptListener {
 public:
  explicit Listener(std::shared_ptr<Interruption> interruption) : interruption_(std::move(interruption)) {}
  void interrupted() override { interruption_->raise(); }
  void resumed() override { interruption_->clear(); }

 private:
  const std::shared_ptr<Interruption> interruption_;
};

void listen(Context& context, const skerry::Caller& caller) {
  context.listens = true;
  if (context.host.interruption) caller.listen(std::make_shared<Listener>(context.host.interruption));
}

// A host function over one of WASI's: R is u32, the errno, or nothing.
template <auto function, class R, class ContextOf>
struct Import;

template <class... Number, CallResult (*function)(Caller&, Number...), class R, class ContextOf>
struct Import<function, R, ContextOf> {
  ContextOf context_of;

  Called<R> operator()(skerry::Caller& caller, Number... numbers) const {
    Context& context = context_of(caller);
    if (!context.listens) [[unlikely]] listen(context, caller);
    std::span<u8> memory = caller.memory();
    Caller here{context, GuestMemory(memory.data(), memory.size())};
    CallResult result = function(here, numbers...);
    switch (result.kind) {
      case CallResult::Kind::Return:
        if constexpr (std::is_void_v<R>) return {};
        else return result.value;
      case CallResult::Kind::Exit: return fail(Trap::exit(result.value));
      case CallResult::Kind::Cancelled: return fail(Trap(TrapCode::Interrupted));
      case CallResult::Kind::Fault: break;
    }
    return fail(Trap(TrapCode::MemoryOutOfBounds));
  }
};

// proc_exit alone has no result.
template <auto function>
constexpr bool has_result = true;
template <>
constexpr bool has_result<&link::Adapter<&preview1::proc_exit>::call> = false;

// The functions that a visit of link.h tells, ascending by name.
template <class ContextOf, usize size>
struct Rows {
  std::array<runtime::HostRow, size> rows;
  usize count = 0;

  template <auto function>
  constexpr void operator()(std::string_view name, std::string_view type) {
    using Callable = Import<function, std::conditional_t<has_result<function>, u32, void>, ContextOf>;
    rows[count++] = {name, type, runtime::code_of<Callable>};
  }
};
struct Count {
  usize count = 0;
  template <auto function>
  constexpr void operator()(std::string_view, std::string_view) { ++count; }
};

template <class ContextOf, auto visit>
constexpr auto make_rows() {
  constexpr usize size = [] {
    Count count;
    visit(count);
    return count.count;
  }();
  Rows<ContextOf, size> all{};
  visit(all);
  std::ranges::sort(all.rows, {}, &runtime::HostRow::name);
  return all.rows;
}
template <class ContextOf>
constexpr auto preview1_rows = make_rows<ContextOf, [](auto& visitor) { for_each_preview1(visitor); }>();
template <class ContextOf>
constexpr auto unstable_rows = make_rows<ContextOf, [](auto& visitor) { for_each_unstable(visitor); }>();

// Every Import is a ContextOf and nothing more, so that one serves all.
template <class ContextOf>
void define(Linker& linker, ContextOf context_of) {
  auto environment = std::make_shared<ContextOf>(std::move(context_of));
  linker.internal().define_rows(preview1_module, preview1_rows<ContextOf>, environment);
  linker.internal().define_rows(unstable_module, unstable_rows<ContextOf>, environment);
}

}  // namespace

void define_wasi(Linker& linker, std::shared_ptr<Context> context) { define(linker, OneContext{std::move(context)}); }
void define_wasi(Linker& linker, Context& (*context_of)(const skerry::Caller&)) { define(linker, context_of); }

}  // namespace skerry::wasi
