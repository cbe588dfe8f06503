#include "kernel/fs/content.h"

#include <algorithm>
#include <new>

#include "platform/platform.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::HostResult;

Content::~Content() {
  for (const auto& page : pages_) budget_.give_back(sizeof page + (page ? page_bytes : 0));
}

void Content::read_original(u64 offset, std::span<u8> into) const {
  u64 there = offset < original_.size() ? std::min<u64>(into.size(), original_.size() - offset) : 0;
  std::copy_n(original_.begin() + (there ? std::ptrdiff_t(offset) : 0), there, into.begin());
  std::fill(into.begin() + std::ptrdiff_t(there), into.end(), u8(0));
}

u64 Content::read(u64 offset, std::span<u8> into) const {
  if (offset >= size_) return 0;
  u64 total = std::min<u64>(into.size(), size_ - offset);
  for (u64 done = 0; done < total;) {
    u64 at = offset + done, in_page = at % page_bytes, index = at / page_bytes;
    auto part = into.subspan(done, std::min(total - done, page_bytes - in_page));
    if (index < pages_.size() && pages_[index]) std::copy_n(pages_[index]->bytes + in_page, part.size(), part.begin());
    else read_original(at, part);
    done += part.size();
  }
  return total;
}

HostResult<Content::Page*> Content::own_page(u64 index) {
  if (index >= pages_.size()) {
    u64 grown = (index + 1 - pages_.size()) * sizeof pages_[0];
    u64 longer = std::max<u64>(index + 1, 2 * pages_.capacity()) * sizeof pages_[0];
    if (index >= pages_.capacity() && platform::available_memory() < longer) return fail(Errno::Nospc);
    if (!budget_.take(grown)) return fail(Errno::Nospc);
    if (index >= pages_.capacity()) pages_.reserve(std::max<u64>(index + 1, 2 * pages_.capacity()));
    pages_.resize(index + 1);
  }
  auto& page = pages_[index];
  if (!page) {
    if (!budget_.take(page_bytes)) return fail(Errno::Nospc);
    page.reset(new (std::nothrow) Page);
    if (!page) {
      budget_.give_back(page_bytes);
      return fail(Errno::Nospc);
    }
    read_original(index * page_bytes, page->bytes);
  }
  return page.get();
}

HostResult<void> Content::write(u64 offset, std::span<const u8> from) {
  if (offset > most || from.size() > most - offset) return fail(Errno::Fbig);
  for (u64 done = 0; done < from.size();) {
    u64 at = offset + done, in_page = at % page_bytes;
    auto part = from.subspan(done, std::min<u64>(from.size() - done, page_bytes - in_page));
    Page* page = TRY(own_page(at / page_bytes));
    std::copy_n(part.begin(), part.size(), page->bytes + in_page);
    done += part.size();
    size_ = std::max(size_, at + part.size());
  }
  return {};
}

HostResult<void> Content::resize(u64 size) {
  if (size > most) return fail(Errno::Fbig);
  if (size < size_) {
    // Behind the new end are zeros, should the file grow again.
    original_ = original_.first(std::min<u64>(original_.size(), size));
    u64 pages = (size + page_bytes - 1) / page_bytes;
    for (u64 i = pages; i < pages_.size(); ++i) budget_.give_back(sizeof pages_[i] + (pages_[i] ? page_bytes : 0));
    if (pages == 0) pages_ = decltype(pages_)();
    else if (pages < pages_.size()) pages_.resize(pages);
    u64 in_page = size % page_bytes;
    if (in_page && pages == pages_.size() && pages_.back()) {
      std::fill(pages_.back()->bytes + in_page, pages_.back()->bytes + page_bytes, u8(0));
    }
  }
  size_ = size;
  return {};
}

}  // namespace skerry::kernel
