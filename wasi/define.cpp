#include "wasi/define.h"

#include <algorithm>

#include "engine/runtime/linker.h"
#include "wasi/entry.h"

namespace skerry::wasi {

// Each is instantiated beside its body.
#define WASI_CALL(name, type) extern template struct link::Entry<&preview1::name>;
#define WASI_OWN_CALL(name, type) extern template struct link::Entry<&unstable::name>;
#include "wasi/preview1.def"
#include "wasi/unstable.def"
#undef WASI_OWN_CALL
#undef WASI_CALL

namespace link {
namespace {

class Listener final : public InterruptListener {
 public:
  explicit Listener(std::shared_ptr<Interruption> interruption) : interruption_(std::move(interruption)) {}
  void interrupted() override { interruption_->raise(); }
  void resumed() override { interruption_->clear(); }

 private:
  const std::shared_ptr<Interruption> interruption_;
};

}  // namespace

bool begin(const WhoseCall& whose, InstanceHeader* header) {
  const skerry::detail::AnyData& data = runtime::Store::of(*header->store).data();
  Context* context = whose.context.get();
  if (!context && data.tag == whose.data_tag) context = *static_cast<Context* const*>(data.pointer.get());
  if (!context) {
    skerry::detail::raise(header, Trap("the store's data do not say whose call of WASI it is"));
    return false;
  }
  if (!context->listens && context->host.interruption) {
    skerry::Caller(header).listen(std::make_shared<Listener>(context->host.interruption));
  }
  context->listens = true;
  runtime::Store::known(*header->store) = {&whose, context};
  return true;
}

u32 leave(CallResult result, InstanceHeader* header) {
  switch (result.kind) {
    case CallResult::Kind::Exit: skerry::detail::raise(header, Trap::exit(result.value)); break;
    case CallResult::Kind::Cancelled: skerry::detail::raise(header, Trap(TrapCode::Interrupted)); break;
    case CallResult::Kind::Fault: skerry::detail::raise(header, Trap(TrapCode::MemoryOutOfBounds)); break;
    case CallResult::Kind::Return: UNREACHABLE("a call that returned does not return");
  }
  return 0;
}

}  // namespace link

namespace {

template <auto body>
const void* code_of_entry() {
  return reinterpret_cast<const void*>(&link::Entry<body>::call);
}

// The functions that a visit of link.h tells, ascending by name.
template <usize size>
struct Rows {
  std::array<runtime::HostRow, size> rows;
  usize count = 0;

  template <auto body>
  constexpr void operator()(std::string_view name, std::string_view type) {
    rows[count++] = {name, type, &code_of_entry<body>};
  }
};
struct Count {
  usize count = 0;
  template <auto body>
  constexpr void operator()(std::string_view, std::string_view) { ++count; }
};

template <auto visit>
constexpr auto make_rows() {
  constexpr usize size = [] {
    Count count;
    visit(count);
    return count.count;
  }();
  Rows<size> all{};
  visit(all);
  std::ranges::sort(all.rows, {}, &runtime::HostRow::name);
  return all.rows;
}
constexpr auto preview1_rows = make_rows<[](auto& visitor) { for_each_preview1(visitor); }>();
constexpr auto unstable_rows = make_rows<[](auto& visitor) { for_each_unstable(visitor); }>();

void define(Linker& linker, link::WhoseCall whose) {
  auto environment = std::make_shared<link::WhoseCall>(std::move(whose));
  linker.internal().define_rows(preview1_module, preview1_rows, environment);
  linker.internal().define_rows(unstable_module, unstable_rows, environment);
}

}  // namespace

void define_wasi(Linker& linker, std::shared_ptr<Context> context) { define(linker, {std::move(context)}); }
void define_wasi_of_data(Linker& linker, const void* data_tag) { define(linker, {nullptr, data_tag}); }

}  // namespace skerry::wasi
