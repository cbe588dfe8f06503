// CodeWriter: machine code of functions that are compiled one by one -> where it can run, one function behind the
// other.
//
//   |<- taken before ... ->|<- pages of a writer ->|<- of another ->|<- free ... ->|   one CodeSpace
//                           bodies ... room
//
// Pages are opened for some functions at once (platform::CodePages), the more the more the writer has written, so that
// a function takes neither a page nor calls of the system for itself. Where a system has no such pages, each function
// has pages of its own, which are written and then published. What lies at an address is in either case never changed
// again.
//
// A space is for any thread. A writer is for one at a time.

#pragma once

#include <atomic>

#include "base/array.h"
#include "platform/platform.h"

namespace skerry::runtime {

// Reserved addresses, taken from the beginning.
class CodeSpace {
 public:
  CodeSpace() = default;
  ~CodeSpace();
  CodeSpace(const CodeSpace&) = delete;

  Result<void> reserve(u64 size);
  u8* base() const { return base_; }
  u64 size() const { return size_; }
  // Whole pages; nothing is there yet. At least `least`, and up to `wanted` while that leaves as much.
  Result<std::span<u8>> take(u64 least, u64 wanted);
  // Pages that are writable.
  Result<u8*> allocate(u64 size);

 private:
  u8* base_ = nullptr;
  u64 size_ = 0;
  std::atomic<u64> used_ = 0;
};

class CodeWriter {
 public:
  explicit CodeWriter(CodeSpace& space) : space_(space) {}
  ~CodeWriter() { close(); }
  CodeWriter(const CodeWriter&) = delete;

  // Where code of so many bytes will be: for whoever has to know that to finish it.
  Result<u8*> next(u64 size);
  // It can be run there; to be called once after next(), with as many bytes.
  Result<void> write(u8* address, std::span<const u8> code);

 private:
  void close();

  CodeSpace& space_;
  platform::CodePages* open_ = nullptr;
  std::span<u8> room_;  // of the open pages; without such pages, taken and no more
  u64 opened_ = 0;      // bytes so far
};

}  // namespace skerry::runtime
