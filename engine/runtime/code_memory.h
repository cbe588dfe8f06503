// CodeMemory: pages of machine code, written once, then published and never written again.
//
//   CodeMemory code = TRY(CodeMemory::create(size));
//   write(code.data());
//   TRY(code.publish());            // from here on executable and read-only
//   code.add_range(0, size, CodeKind::Functions, &functions);
//
// Its ranges leave the registry when it is destroyed, and the pages go back.

#pragma once

#include <span>

#include "base/array.h"
#include "base/result.h"
#include "engine/runtime/code_ranges.h"

namespace skerry::runtime {

class CodeMemory {
 public:
  CodeMemory() = default;
  static Result<CodeMemory> create(u64 size);
  CodeMemory(CodeMemory&& other) noexcept { *this = std::move(other); }
  CodeMemory& operator=(CodeMemory&& other) noexcept;
  ~CodeMemory();

  u8* data() const { return base_; }
  u64 size() const { return size_; }
  bool contains(u64 pc) const { return pc - reinterpret_cast<u64>(base_) < size_; }
  std::span<const u8> bytes() const { return {base_, size_}; }

  Result<void> publish();
  void add_range(u64 begin, u64 end, CodeKind kind, const CodeMap* functions = nullptr);

 private:
  u8* base_ = nullptr;
  u64 size_ = 0;  // whole pages
  Array<u64> ranges_;
};

}  // namespace skerry::runtime
