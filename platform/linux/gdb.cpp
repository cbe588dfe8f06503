// gdb's interface for code that a process makes (skerry/debugger.h; gdb's manual, "JIT Compilation Interface"): a list
// of object files in memory under a name that debuggers know, and a function that does nothing, in which they have a
// breakpoint.

#include <mutex>
#include <vector>

#include "skerry/debugger.h"

extern "C" {

// Names and layout are the interface's. Weak, since another compiler in the process has the same.
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  std::uint64_t symfile_size;
};
struct jit_descriptor {
  std::uint32_t version;
  std::uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

[[gnu::weak, gnu::visibility("default")]] jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
[[gnu::weak, gnu::noinline, gnu::used, gnu::visibility("default")]] void __jit_debug_register_code() {
  asm volatile("" ::: "memory");
}

}  // extern "C"

namespace skerry {
namespace {

enum Action : std::uint32_t { Register = 1, Unregister = 2 };

std::mutex mutex;  // guards the descriptor and its list

void tell(Action action, jit_code_entry* entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_register_code();
}

class Gdb final : public Debugger {
 public:
  void* code_added(std::span<const u8> object) override {
    auto* added = new Added{{}, {object.begin(), object.end()}};
    added->symfile_addr = reinterpret_cast<const char*>(added->object.data());
    added->symfile_size = added->object.size();
    std::lock_guard guard(mutex);
    added->next_entry = __jit_debug_descriptor.first_entry;
    if (added->next_entry) added->next_entry->prev_entry = added;
    __jit_debug_descriptor.first_entry = added;
    tell(Register, added);
    return added;
  }

  void code_removed(void* token) override {
    auto* removed = static_cast<Added*>(token);
    {
      std::lock_guard guard(mutex);
      jit_code_entry* before = removed->prev_entry;
      (before ? before->next_entry : __jit_debug_descriptor.first_entry) = removed->next_entry;
      if (removed->next_entry) removed->next_entry->prev_entry = removed->prev_entry;
      tell(Unregister, removed);
    }
    delete removed;
  }

 private:
  struct Added : jit_code_entry {
    std::vector<u8> object;
  };
};

}  // namespace

std::shared_ptr<Debugger> Debugger::gdb() { return std::make_shared<Gdb>(); }

}  // namespace skerry
