// What a process is given and how it ends: args_*, environ_*, proc_*, sched_yield, random_get.

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"

namespace skerry::wasi::preview1 {
namespace {

// How many strings, and their bytes with a NUL behind each. Overflow past 32 bits.
Outcome<std::pair<Size, Size>> sizes(const std::vector<std::string>& strings) {
  u64 bytes = 0;
  for (const std::string& string : strings) bytes += string.size() + 1;
  if (bytes > UINT32_MAX || strings.size() > UINT32_MAX) return fail(Errno::Overflow);
  return std::pair(Size(strings.size()), Size(bytes));
}

// The strings one behind another at `bytes`, and the address of each at `pointers`.
Outcome<> store(Caller& c, const std::vector<std::string>& strings, GuestPtr<u32> pointers, GuestPtr<u8> bytes) {
  auto [count, size] = TRY(sizes(strings));
  GuestSpan<u32> addresses{pointers.address, count};
  TRY(c.memory.check(addresses));
  Pinned into = TRY(c.memory.pin({bytes.address, size}));
  u32 position = 0;
  for (u32 i = 0; i < count; ++i) {
    TRY(c.memory.store(addresses, i, bytes.address + position));
    std::memcpy(into.data() + position, strings[i].c_str(), strings[i].size() + 1);
    position += u32(strings[i].size() + 1);
  }
  return {};
}

// Of the signals of preview 1, those that a process without handlers does not end by.
constexpr u32 signal_count = 31;
constexpr u32 ignored_signals = 1u << 0 /* none */ | 1u << 16 /* chld */ | 1u << 17 /* cont */ |
                                1u << 22 /* urg */ | 1u << 27 /* winch */;
constexpr u32 stopping_signals = 1u << 18 /* stop */ | 1u << 19 /* tstp */ | 1u << 20 /* ttin */ | 1u << 21 /* ttou */;

}  // namespace

Outcome<> args_get(Caller& c, GuestPtr<u32> pointers, GuestPtr<u8> bytes) {
  return store(c, c.context.arguments, pointers, bytes);
}

Outcome<std::pair<Size, Size>> args_sizes_get(Caller& c) { return sizes(c.context.arguments); }

Outcome<> environ_get(Caller& c, GuestPtr<u32> pointers, GuestPtr<u8> bytes) {
  return store(c, c.context.environment, pointers, bytes);
}

Outcome<std::pair<Size, Size>> environ_sizes_get(Caller& c) { return sizes(c.context.environment); }

Outcome<> proc_exit(Caller&, u32 status) { return fail(Stop::exit(status)); }

// There are no handlers, so a signal does what it does by default; ending by one is the
// status that a shell would show.
Outcome<> proc_raise(Caller&, u32 signal) {
  if (signal >= signal_count) return fail(Errno::Inval);
  if (ignored_signals >> signal & 1) return {};
  if (stopping_signals >> signal & 1) return fail(Errno::Notsup);
  return fail(Stop::exit(128 + signal));
}

Outcome<> sched_yield(Caller& c) {
  c.context.host.poller->yield();
  return {};
}

Outcome<> random_get(Caller& c, Bytes into) {
  TRY(c.context.host.random->fill(TRY(c.memory.pin(into))));
  return {};
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::args_get)
WASI_ENTRY(preview1::args_sizes_get)
WASI_ENTRY(preview1::environ_get)
WASI_ENTRY(preview1::environ_sizes_get)
WASI_ENTRY(preview1::proc_exit)
WASI_ENTRY(preview1::proc_raise)
WASI_ENTRY(preview1::sched_yield)
WASI_ENTRY(preview1::random_get)
}  // namespace skerry::wasi
