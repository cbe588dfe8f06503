// The bytes of a file in memory: pages of its own over bytes that it began with.
//
//   original   [ bytes in the boot archive, never written .......... ]
//   pages      [ own ][ - ][ own ][ - ][ - ]      -: as in the original, zeros behind its end
//
// Unlike an array it costs nothing to begin with, nothing moves when it grows, and holes are free.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "wasi/types.h"

namespace skerry::kernel {

// What files, names and nodes of a file system take together, and may.
class Budget {
 public:
  // `is_short` tells whether there is no more to be had for now, whatever is left of the limit.
  Budget(u64 limit, bool (*is_short)() = [] { return false; }) : limit_(limit), is_short_(is_short) {}
  bool has(u64 bytes) const { return bytes <= limit_ - used_ && !is_short_(); }
  bool take(u64 bytes) {
    if (!has(bytes)) return false;
    used_ += bytes;
    return true;
  }
  void give_back(u64 bytes) { used_ -= bytes; }

 private:
  u64 limit_;
  u64 used_ = 0;
  bool (*is_short_)();
};

class Content {
 public:
  static constexpr u64 most = u64{1} << 34;  // bytes

  explicit Content(Budget& budget, std::span<const u8> original = {})
      : budget_(budget), original_(original), size_(original.size()) {}
  ~Content();

  u64 size() const { return size_; }
  // How many bytes there were from `offset` on, up to the buffer's size.
  u64 read(u64 offset, std::span<u8> into) const;
  // All of it, or Fbig or Nospc and part of it.
  wasi::HostResult<void> write(u64 offset, std::span<const u8> from);
  wasi::HostResult<void> resize(u64 size);  // Fbig

 private:
  static constexpr u64 page_bytes = 4096;
  struct Page { u8 bytes[page_bytes]; };

  // Bytes [offset, offset + into.size()) of one page that is not the file's own.
  void read_original(u64 offset, std::span<u8> into) const;
  wasi::HostResult<Page*> own_page(u64 index);

  Budget& budget_;
  std::span<const u8> original_;
  u64 size_;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace skerry::kernel
