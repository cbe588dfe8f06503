#include "engine/runtime/signatures.h"

#include <cstring>

#include "base/string.h"

namespace skerry::runtime {
namespace {

// Equal for equal types only.
std::string key_of(const FuncType& type) {
  std::string key;
  key.reserve(type.params.size() + type.results.size() + 1);
  for (ValueType param : type.params) key.push_back(char(param));
  key.push_back(0);
  for (ValueType result : type.results) key.push_back(char(result));
  return key;
}

}  // namespace

Result<u32> Signatures::acquire(const FuncType& type) {
  std::string key = key_of(type);
  platform::MutexGuard guard(mutex_);
  if (auto found = ids_.find(key); found != ids_.end()) {
    ++live_entry(found->second).references;
    return found->second;
  }
  u32 id;
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  } else {
    if (entries_.size() > maximum_) {
      return fail(ErrorCode::Limit, concat("more than ", maximum_, " different function types are in use"));
    }
    id = u32(entries_.size());
    entries_.emplace_back();
  }
  entries_[id] = {type, key, 1, {}, {}};
  ids_.emplace(std::move(key), id);
  return id;
}

// Out of line: finding the place in a deque takes a division.
[[gnu::noinline]] Signatures::Entry& Signatures::live_entry(u32 id) {
  CHECK(id < entries_.size());
  Entry& entry = entries_[id];
  CHECK(entry.references > 0);
  return entry;
}

void Signatures::retain(u32 id) {
  platform::MutexGuard guard(mutex_);
  ++live_entry(id).references;
}

void Signatures::release(u32 id) {
  std::vector<std::shared_ptr<CodeMemory>> code;  // goes after the lock
  platform::MutexGuard guard(mutex_);
  Entry& entry = live_entry(id);
  if (--entry.references > 0) return;
  ids_.erase(entry.key);
  code = std::move(entry.code);
  entry = {};
  free_.push_back(id);
}

const FuncType& Signatures::type(u32 id) {
  platform::MutexGuard guard(mutex_);
  return live_entry(id).type;
}

Result<void> Signatures::make_stubs(std::span<const WantedStubs> wanted) {
  platform::MutexGuard guard(mutex_);
  // The ways in come first, so that each kind of code is one range.
  struct Made {
    u32 id, offset;
    StubPlace place;
  };
  Array<Made> made;
  Array<u8> bytes;
  using codegen::StubKind;
  auto make = [&](StubKind kind, bool WantedStubs::* is_wanted, StubPlace place) {
    for (const WantedStubs& wants : wanted) {
      if (!(wants.*is_wanted)) continue;
      Entry& entry = live_entry(wants.id);
      if (!(entry.stubs.*place)) made.push_back({wants.id, target_.add_stub(kind, &entry.type, nullptr, bytes), place});
    }
  };
  make(StubKind::Enter, &WantedStubs::enter, &Stubs::enter);
  usize ways_in = made.size();
  make(StubKind::Bridge, &WantedStubs::bridge, &Stubs::bridge);
  make(StubKind::CallHost, &WantedStubs::call_host, &Stubs::call_host);
  make(StubKind::CallHostArray, &WantedStubs::call_host_array, &Stubs::call_host_array);
  if (made.empty()) return {};

  auto code = std::make_shared<CodeMemory>(TRY(CodeMemory::create(bytes.size())));
  std::memcpy(code->data(), bytes.data(), bytes.size());
  TRY(code->publish());
  u64 others = ways_in == made.size() ? bytes.size() : made[ways_in].offset;
  code->add_range(0, others, CodeKind::Enter);
  code->add_range(others, bytes.size(), CodeKind::Stubs);
  for (const Made& stub : made) {
    Entry& entry = live_entry(stub.id);
    entry.stubs.*stub.place = code->data() + stub.offset;
    if (entry.code.empty() || entry.code.back() != code) entry.code.push_back(code);
  }
  return {};
}

Stubs Signatures::stubs(u32 id) {
  platform::MutexGuard guard(mutex_);
  return live_entry(id).stubs;
}

u32 Signatures::live() {
  platform::MutexGuard guard(mutex_);
  return u32(ids_.size());
}

}  // namespace skerry::runtime
