// Signatures: function types as numbers that are equal across an engine, and the stubs that
// lead in and out of functions of a type.
//
// A caller of a table's element compares one number; so equal types of all modules have one.
// Ids are counted by the references of modules and host functions to them; one that nobody
// refers to is free for another type. There are at most max_signatures at once. 0 is none.
//
// Stubs are made for many types at a time, each kind at most once for a type while it is referred to, and
// share pages, which live as long as any of their types. All functions are for any thread.

#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/array.h"
#include "base/result.h"
#include "engine/codegen/target.h"
#include "engine/runtime/code_memory.h"
#include "platform/platform.h"

namespace skerry::runtime {

struct Stubs {
  const void* enter = nullptr;
  const void* bridge = nullptr;
  const void* call_host = nullptr;
  const void* call_host_array = nullptr;
};
using StubPlace = const void* Stubs::*;

// Some kinds of stubs for a type.
struct WantedStubs {
  u32 id;
  bool enter = false, bridge = false, call_host = false, call_host_array = false;
};

class Signatures {
 public:
  static constexpr u32 max_signatures = 1'000'000;

  explicit Signatures(const codegen::Target& target, u32 maximum = max_signatures)
      : target_(target), maximum_(maximum) {}

  // One more reference to the id of a type, which may be new. Limit when there are too many.
  Result<u32> acquire(const FuncType& type);
  void retain(u32 id);
  void release(u32 id);
  // The id must be referred to by somebody meanwhile.
  const FuncType& type(u32 id);

  // Makes those that are missing.
  Result<void> make_stubs(std::span<const WantedStubs> wanted);
  // Those that were made; the others are null.
  Stubs stubs(u32 id);

  u32 live();

 private:
  struct Entry {
    FuncType type;
    std::string key;
    u64 references = 0;
    Stubs stubs;
    std::vector<std::shared_ptr<CodeMemory>> code;  // of its stubs
  };

  Entry& live_entry(u32 id);  // that somebody refers to; under the lock

  const codegen::Target& target_;
  const u32 maximum_;

  platform::Mutex mutex_;
  // Guarded by mutex_; an entry's address and type are stable while it is referred to.
  std::deque<Entry> entries_ = std::deque<Entry>(1);  // by id
  Array<u32> free_;
  std::unordered_map<std::string, u32> ids_;
};

}  // namespace skerry::runtime
