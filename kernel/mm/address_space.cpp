#include "kernel/mm/address_space.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/check.h"
#include "kernel/arch/spin_lock.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

namespace {

struct Span {
  u64 begin, end;
  Access access;
  Image* image;    // null: zeros
  u64 first_page;  // of the image, at `begin`
  bool is_stack = false;
  u64 touched = 0;  // pages of a stack that are mapped, each with its frame

  u64 pages() const { return (end - begin) / page_size; }
  u64 charged() const { return is_stack ? std::max(touched, promised_stack_pages) : pages(); }
};

struct Reservation {
  u64 begin, end;
  std::vector<Span> spans;  // ascending, disjoint
};

// Guards all that follows, the reservations' spans, and the counts of who holds images.
SpinLock lock;

// All of them, ascending. The pointers are stable, the array is not.
std::vector<std::unique_ptr<Reservation>> reservations;
// Released addresses, ascending, never adjacent; and between what was never reserved. Small reservations are from below
// and large ones from above, so that small ones do not break what large ones leave.
std::vector<PhysicalRange> released;
PhysicalRange never_reserved = {reservations_begin, 0};
constexpr u64 large = 1 * GiB;

// Pages mapped at once around a fault, a power of two: a fault costs as much as some ten pages.
constexpr u64 around = 8;

bool lies_below(u64 address, PhysicalRange hole) { return address < hole.begin; }

Reservation* find_reservation(u64 address) {
  auto behind = std::upper_bound(reservations.begin(), reservations.end(), address,
                                 [](u64 a, const auto& r) { return a < r->begin; });
  if (behind == reservations.begin()) return nullptr;
  Reservation* r = std::prev(behind)->get();
  return address < r->end ? r : nullptr;
}

Reservation& reservation_of(u8* address, u64 size) {
  Reservation* r = find_reservation(u64(address));
  CHECK(u64(address) % page_size == 0 && size % page_size == 0);
  CHECK(r && size <= r->end - u64(address));
  return *r;
}

Span* find_span(Reservation& r, u64 address) {
  auto it = std::upper_bound(r.spans.begin(), r.spans.end(), address, [](u64 a, const Span& s) { return a < s.end; });
  return it != r.spans.end() && it->begin <= address ? &*it : nullptr;
}

void hold(const Span& span) {
  if (span.image) span.image->hold();
}
void drop(const Span& span) {
  if (span.image) span.image->drop();
}

// Makes `at` a border between spans, if it lies within one.
void split(Reservation& r, u64 at) {
  Span* s = find_span(r, at);
  if (!s || s->begin == at) return;
  CHECK(!s->is_stack);
  Span low = *s;
  s->first_page += (at - s->begin) / page_size;
  s->begin = at;
  low.end = at;
  hold(low);
  r.spans.insert(r.spans.begin() + (s - r.spans.data()), low);
}

// The spans in [begin, end), after its ends have been made borders.
std::pair<usize, usize> spans_in(Reservation& r, u64 begin, u64 end) {
  split(r, begin);
  split(r, end);
  auto by_begin = [](const Span& s, u64 a) { return s.begin < a; };
  auto first = std::lower_bound(r.spans.begin(), r.spans.end(), begin, by_begin);
  auto last = std::lower_bound(first, r.spans.end(), end, by_begin);
  return {usize(first - r.spans.begin()), usize(last - r.spans.begin())};
}

u64 pages_in(const Reservation& r, usize first, usize last) {
  u64 pages = 0;
  for (usize i = first; i < last; ++i) pages += r.spans[i].pages();
  return pages;
}
u64 charged_in(const Reservation& r, usize first, usize last) {
  u64 pages = 0;
  for (usize i = first; i < last; ++i) pages += r.spans[i].charged();
  return pages;
}

// Joins neighbours of zeros with equal access around the spans [first, last].
void merge(Reservation& r, usize first, usize last) {
  usize i = first > 0 ? first - 1 : 0;
  for (usize left = last - i + 1; left > 0 && i + 1 < r.spans.size(); --left) {
    Span &a = r.spans[i], &b = r.spans[i + 1];
    if (a.end == b.begin && a.access == b.access && !a.image && !b.image && !a.is_stack && !b.is_stack) {
      a.end = b.end;
      r.spans.erase(r.spans.begin() + std::ptrdiff_t(i) + 1);
    } else {
      ++i;
    }
  }
}

// Puts one span where [first, last) were.
void replace(Reservation& r, usize first, usize last, Span span) {
  for (usize i = first; i < last; ++i) drop(r.spans[i]);
  auto place = r.spans.erase(r.spans.begin() + std::ptrdiff_t(first), r.spans.begin() + std::ptrdiff_t(last));
  r.spans.insert(place, span);
  merge(r, first, first);
}

Failure<Error> no_memory() { return fail(ErrorCode::Environment, "no memory is left"); }

[[noreturn]] void no_table() { arch::stop("no memory is left for page tables"); }

u64 frame_or_stop() {
  auto frame = allocate_frame();
  if (!frame) arch::stop("no memory is left though it was promised");
  return *frame;
}

// Maps a page that is not mapped, or is mapped to the image's frame and shall be written.
void map_own_page(const Span& span, u64 page) {
  u64 content = span.image ? span.image->frame(span.first_page + (page - span.begin) / page_size) : Image::zeros;
  u64 frame = frame_or_stop();
  if (content == Image::zeros) __builtin_memset(arch::direct(frame), 0, page_size);
  else __builtin_memcpy(arch::direct(frame), arch::direct(content), page_size);
  if (!arch::map_page(page, {frame, span.access})) no_table();
}

void map_on_read(const Span& span, u64 page) {
  u64 content = span.image ? span.image->frame(span.first_page + (page - span.begin) / page_size) : Image::zeros;
  if (content == Image::zeros) return map_own_page(span, page);
  if (!arch::map_page(page, {content, span.access, true})) no_table();
}

// Pages of its own up to which a range is made what it was by writing them: one that is taken away costs a flush, and a
// fault when it is wanted again.
constexpr usize most_rewritten = 16;

// Makes the range, which can be read and written, zeros or an image again. False: it has too many pages, and is as it was.
bool rewrite(u64 begin, u64 end, const Image* image) {
  arch::OwnPage pages[most_rewritten];
  usize count = arch::own_pages(begin, end, pages);
  if (count > most_rewritten) return false;
  for (arch::OwnPage page : std::span(pages, count)) {
    u64 content = image ? image->frame((page.address - begin) / page_size) : Image::zeros;
    if (content == Image::zeros) __builtin_memset(arch::direct(page.frame), 0, page_size);
    else __builtin_memcpy(arch::direct(page.frame), arch::direct(content), page_size);
  }
  return true;
}

// Tables of pages that a reservation has for itself, if only one of its pages is touched: small ones would otherwise
// take far more of them than what is kept for tables. What is between large ones is theirs.
constexpr u64 tables_of(u64 size) { return size < large ? 1 : 2; }

// The lowest addresses that are free.
std::optional<u64> take_addresses_below(u64 size) {
  auto hole = std::find_if(released.begin(), released.end(), [&](PhysicalRange r) { return r.size() >= size; });
  if ((hole == released.end() || hole->begin >= never_reserved.end) && size <= never_reserved.size()) {
    never_reserved.begin += size;
    return never_reserved.begin - size;
  }
  if (hole == released.end()) return std::nullopt;
  u64 begin = hole->begin;
  hole->begin += size;
  if (hole->size() == 0) released.erase(hole);
  return begin;
}

// The highest, at a multiple of `large`: what they are in is theirs alone, tables of pages as well.
std::optional<u64> take_addresses_above(u64 size) {
  auto begin_in = [&](PhysicalRange r) { return r.size() < size ? u64{0} : align_down(r.end - size, large); };
  auto hole = std::find_if(released.rbegin(), released.rend(), [&](PhysicalRange r) { return begin_in(r) >= r.begin; });
  if (u64 begin = begin_in(never_reserved);
      begin >= never_reserved.begin && (hole == released.rend() || hole->end <= never_reserved.begin)) {
    PhysicalRange left = {begin + size, never_reserved.end};
    never_reserved.end = begin;
    if (left.size() != 0) released.insert(std::upper_bound(released.begin(), released.end(), begin, lies_below), left);
    return begin;
  }
  if (hole == released.rend()) return std::nullopt;
  u64 begin = begin_in(*hole);
  PhysicalRange left = {begin + size, hole->end};
  hole->end = begin;
  auto place = hole.base();  // behind it
  if (hole->size() == 0) place = released.erase(std::prev(place));
  if (left.size() != 0) released.insert(place, left);
  return begin;
}

bool allows(Access has, arch::FaultAccess wanted) {
  switch (wanted) {
    case arch::FaultAccess::Read: return has != Access::None;
    case arch::FaultAccess::Write: return has == Access::ReadWrite;
    case arch::FaultAccess::Execute: return has == Access::ReadExecute;
  }
  return false;
}

void decommit_in(Reservation& r, u64 begin, u64 end) {
  auto [first, last] = spans_in(r, begin, end);
  arch::unmap_range(begin, end);
  uncharge_frames(charged_in(r, first, last));
  for (usize i = first; i < last; ++i) drop(r.spans[i]);
  r.spans.erase(r.spans.begin() + std::ptrdiff_t(first), r.spans.begin() + std::ptrdiff_t(last));
}

}  // namespace

Result<u8*> reserve(u64 size) {
  CHECK(size % page_size == 0 && size > 0);
  if (!charge_frames(tables_of(size), For::Guest)) return no_memory();
  SpinGuard guard(lock);
  if (never_reserved.end == 0) never_reserved.end = arch::address_limit();
  auto begin = size < large ? take_addresses_below(size) : take_addresses_above(size);
  if (!begin) {
    uncharge_frames(tables_of(size));
    return fail(ErrorCode::Environment, "no address space is left");
  }
  auto place = std::upper_bound(reservations.begin(), reservations.end(), *begin,
                                [](u64 a, const auto& r) { return a < r->begin; });
  reservations.insert(place, std::make_unique<Reservation>(*begin, *begin + size));
  return reinterpret_cast<u8*>(*begin);
}

void release(u8* address, u64 size) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  CHECK(r.begin == u64(address) && r.end == r.begin + size);
  auto behind = std::upper_bound(released.begin(), released.end(), r.begin, lies_below);
  behind = released.insert(behind, {r.begin, r.end});
  if (auto next = behind + 1; next != released.end() && next->begin == behind->end) {
    behind->end = next->end;
    released.erase(next);
  }
  if (behind != released.begin() && std::prev(behind)->end == behind->begin) {
    std::prev(behind)->end = behind->end;
    behind = std::prev(released.erase(behind));
  }
  // With what is free around it, as far as it shares tables with that: those that are empty then go as well.
  constexpr u64 of_table = 512 * page_size;
  arch::unmap_range(std::max(behind->begin, align_down(r.begin, of_table)),
                    std::min(behind->end, align_up(r.end, of_table)));
  uncharge_frames(charged_in(r, 0, r.spans.size()) + tables_of(size));
  for (const Span& span : r.spans) drop(span);
  std::erase_if(reservations, [&](const auto& other) { return other.get() == &r; });
}

Result<void> commit(u8* address, u64 size, Access access, For whom) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  if (size == 0) return {};
  u64 begin = u64(address), end = begin + size;
  auto [first, last] = spans_in(r, begin, end);
  CHECK(first == last);  // not committed yet
  if (!charge_frames(size / page_size, whom)) return no_memory();
  replace(r, first, last, {begin, end, access, nullptr, 0});
  return {};
}

Result<void> commit_stack(u8* address, u64 size) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  u64 begin = u64(address), end = begin + size;
  auto [first, last] = spans_in(r, begin, end);
  CHECK(first == last && size > 0);
  if (!charge_frames(promised_stack_pages, For::Guest)) return no_memory();
  replace(r, first, last, {begin, end, Access::ReadWrite, nullptr, 0, true, 0});
  return {};
}

u64 stack_pages(u8* address) {
  SpinGuard guard(lock);
  Span* span = find_span(reservation_of(address, page_size), u64(address));
  CHECK(span && span->is_stack);
  return span->touched;
}

Result<void> protect(u8* address, u64 size, Access access) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  if (size == 0) return {};
  u64 begin = u64(address), end = begin + size;
  auto [first, last] = spans_in(r, begin, end);
  CHECK(pages_in(r, first, last) == size / page_size);
  for (usize i = first; i < last; ++i) r.spans[i].access = access;
  arch::protect_range(begin, end, access);
  note_changed_pages();
  if (first < last) merge(r, first, last - 1);
  return {};
}

void decommit(u8* address, u64 size) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  if (size != 0) decommit_in(r, u64(address), u64(address) + size);
}

Result<void> zero(u8* address, u64 size) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  if (size == 0) return {};
  u64 begin = u64(address), end = begin + size;
  const Span* whole = find_span(r, begin);
  bool is_plain = whole && whole->end >= end && whole->access == Access::ReadWrite && !whole->image;
  if (is_plain && rewrite(begin, end, nullptr)) return {};
  auto [first, last] = spans_in(r, begin, end);
  CHECK(pages_in(r, first, last) == size / page_size);
  arch::unmap_range(begin, end);
  replace(r, first, last, {begin, end, Access::ReadWrite, nullptr, 0});
  return {};
}

Result<Image*> Image::create(std::span<const u8> content) {
  u64 pages = align_up(content.size(), page_size) / page_size;
  if (!charge_frames(pages, For::Guest)) return no_memory();
  u64* frames = new u64[pages];
  u64 all_zeros = 0;
  for (u64 i = 0; i < pages; ++i) {
    std::span<const u8> page = content.subspan(i * page_size, std::min(page_size, content.size() - i * page_size));
    if (std::all_of(page.begin(), page.end(), [](u8 byte) { return byte == 0; })) {
      frames[i] = zeros;
      ++all_zeros;
      continue;
    }
    frames[i] = frame_or_stop();
    __builtin_memcpy(arch::direct(frames[i]), page.data(), page.size());
    __builtin_memset(arch::direct(frames[i]) + page.size(), 0, page_size - page.size());
  }
  uncharge_frames(all_zeros);
  return new Image(frames, pages);
}

Image::~Image() {
  for (u64 i = 0; i < page_count_; ++i) {
    if (frames_[i] == zeros) continue;
    free_frame(frames_[i]);
    uncharge_frames(1);
  }
  delete[] frames_;
}

void Image::drop() {
  if (--references_ == 0) delete this;
}

void drop_image(Image* image) {
  SpinGuard guard(lock);
  image->drop();
}

Result<void> map_image(Image* image, u8* address) {
  u64 size = image->page_count() * page_size, begin = u64(address), end = begin + size;
  if (size == 0) return {};
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  auto [first, last] = spans_in(r, begin, end);
  u64 committed = pages_in(r, first, last);
  if (!charge_frames(image->page_count() - committed, For::Guest)) return no_memory();
  arch::unmap_range(begin, end);
  image->hold();
  replace(r, first, last, {begin, end, Access::ReadWrite, image, 0});
  return {};
}

void restore_image(const Image& image, u8* address) {
  u64 begin = u64(address), end = begin + image.page_count() * page_size;
  // The next access finds the image, for the spans still name it.
  SpinGuard guard(lock);
  // Where there are several harts, one may know a frame of the image in the place of such a page (note_changed_pages).
  if (several_harts() || !rewrite(begin, end, &image)) arch::unmap_range(begin, end);
}

namespace {

enum class Fault : u8 { Refused, Mended, MendedBeyondMeasure };

Fault mend(u64 address, arch::FaultAccess access) {
  SpinGuard guard(lock);
  Reservation* r = find_reservation(address);
  Span* span = r ? find_span(*r, address) : nullptr;
  if (!span || !allows(span->access, access)) return Fault::Refused;

  u64 page = align_down(address, page_size);
  auto mapping = arch::find_mapping(page);
  if (span->is_stack && !mapping) {
    bool is_charged = span->touched < promised_stack_pages || charge_frames(1, For::Guest);
    if (!is_charged && !charge_frames(1, For::Ended)) arch::stop("no memory is left for a stack");
    ++span->touched;
    map_own_page(*span, page);
    return is_charged ? Fault::Mended : Fault::MendedBeyondMeasure;
  }
  if (mapping) {
    if (access != arch::FaultAccess::Write || !mapping->shared) {
      return allows(mapping->access, access) ? Fault::Mended : Fault::Refused;
    }
    map_own_page(*span, page);
    note_changed_pages();
    return Fault::Mended;
  }
  if (access == arch::FaultAccess::Write) map_own_page(*span, page);
  else map_on_read(*span, page);

  // The neighbours as well, as if they were read: those that are images' cost no frame, and of others where somebody
  // goes on who was next to here before.
  bool costs_frames = !span->image || access == arch::FaultAccess::Write;
  bool goes_on = arch::find_mapping(page - page_size) || arch::find_mapping(page + page_size);
  if (costs_frames && !goes_on) return Fault::Mended;
  u64 begin = std::max(align_down(page, around * page_size), span->begin);
  u64 end = std::min(align_down(page, around * page_size) + around * page_size, span->end);
  for (u64 at = begin; at < end; at += page_size) {
    if (at != page && !arch::find_mapping(at)) map_on_read(*span, at);
  }
  return Fault::Mended;
}

}  // namespace

bool fault_in_reservation(u64 address, arch::FaultAccess access) {
  Fault fault = mend(address, access);
  if (fault == Fault::MendedBeyondMeasure) out_of_memory();
  return fault != Fault::Refused;
}

}  // namespace skerry::kernel
