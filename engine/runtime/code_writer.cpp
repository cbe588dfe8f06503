#include "engine/runtime/code_writer.h"

#include <algorithm>
#include <cstring>

#include "engine/codegen/target.h"

namespace skerry::runtime {
namespace {

// So that no line has bytes of two functions: a processor that runs one has fetched nothing of what is to come.
constexpr u64 code_line = codegen::CompiledFunction::most_alignment;
// Of pages that are opened at once, by what there is already, so that at most an eighth is in vain.
constexpr u64 part_of_code = 8;
constexpr u64 most_opened = 1 * MiB;

}  // namespace

CodeSpace::~CodeSpace() {
  if (base_) platform::release(base_, size_);
}

Result<void> CodeSpace::reserve(u64 size) {
  base_ = TRY(platform::reserve(size));
  size_ = size;
  return {};
}

Result<std::span<u8>> CodeSpace::take(u64 least, u64 wanted) {
  u64 page = platform::page_size();
  least = align_up(least, page);
  wanted = align_up(std::max(wanted, least), page);
  u64 used = used_.load(std::memory_order_relaxed), size;
  do {
    if (least > size_ - used) return fail(ErrorCode::Limit, "the machine code of the module is too large");
    // Other writers want some as well.
    size = std::max(least, align_down(std::min(wanted, (size_ - used) / 2), page));
  } while (!used_.compare_exchange_weak(used, used + size, std::memory_order_relaxed));
  return std::span(base_ + used, size);
}

Result<u8*> CodeSpace::allocate(u64 size) {
  std::span<u8> taken = TRY(take(size, size));
  TRY(platform::commit_for_code(taken.data(), taken.size()));
  return taken.data();
}

Result<u8*> CodeWriter::next(u64 size) {
  u64 page = platform::page_size();
  bool can_write = !open_ || platform::can_write(open_);
  if (!can_write || size > room_.size()) {
    close();
    u64 wanted = std::clamp<u64>(opened_ / part_of_code, platform::least_code_pages(), most_opened);
    room_ = TRY(space_.take(size, wanted));
    open_ = TRY(platform::open_code_pages(room_.data(), room_.size()));
    opened_ += room_.size();
  }
  if (!open_) TRY(platform::commit_for_code(room_.data(), align_up(size, page)));
  return room_.data();
}

Result<void> CodeWriter::write(u8* address, std::span<const u8> code) {
  u64 whole = align_up(code.size(), open_ ? code_line : platform::page_size());
  room_ = room_.subspan(std::min<u64>(whole, room_.size()));
  if (open_) {
    platform::write_code(open_, address, code);
    return {};
  }
  std::memcpy(address, code.data(), code.size());
  return platform::publish_code(address, whole);
}

void CodeWriter::close() {
  if (open_) platform::close_code_pages(open_);
  open_ = nullptr;
  room_ = {};
}

}  // namespace skerry::runtime
