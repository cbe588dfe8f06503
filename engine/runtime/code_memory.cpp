#include "engine/runtime/code_memory.h"

#include <utility>

#include "platform/platform.h"

namespace skerry::runtime {

Result<CodeMemory> CodeMemory::create(u64 size) {
  CodeMemory memory;
  u64 rounded = align_up(size, platform::page_size());
  if (rounded == 0) return memory;
  memory.base_ = TRY(platform::reserve(rounded));
  memory.size_ = rounded;
  TRY(platform::commit(memory.base_, rounded, platform::Access::ReadWrite));
  return memory;
}

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  ranges_.swap(other.ranges_);
  return *this;
}

CodeMemory::~CodeMemory() {
  for (u64 begin : ranges_) remove_code_range(begin);
  if (base_) platform::release(base_, size_);
}

Result<void> CodeMemory::publish() {
  if (size_ == 0) return {};
  return platform::publish_code(base_, size_);
}

void CodeMemory::add_range(u64 begin, u64 end, CodeKind kind, const CodeMap* functions) {
  if (begin == end) return;
  u64 base = reinterpret_cast<u64>(base_);
  add_code_range({base + begin, base + end, kind, functions});
  ranges_.push_back(base + begin);
}

}  // namespace skerry::runtime
