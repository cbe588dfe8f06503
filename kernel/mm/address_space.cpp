#include "kernel/mm/address_space.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/array.h"
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
  u64 tables;               // of pages, that are promised
  PhysicalRange home = {};  // that it shares; empty: its addresses are its own
  Array<Span> spans;  // ascending, disjoint
  bool is_released = false;  // and waits for others: its pages are mapped still, and its addresses taken
  bool is_taken_down = false;
};

// Guards all that follows, the reservations' spans, and the counts of who holds images.
SpinLock lock;

// A part of the addresses with what is reserved in it. What is taken is the lowest that is free, so that arrays grow at
// their ends.
struct Arena {
  std::vector<std::unique_ptr<Reservation>> reservations;  // ascending; the pointers are stable, the array is not
  Array<PhysicalRange> released;                           // ascending, never adjacent
  PhysicalRange never_reserved;                            // above all that is released

  std::optional<PhysicalRange> take(u64 size);
  // Answers the hole that they are then part of.
  PhysicalRange give_back(PhysicalRange range);
  auto behind(u64 address) {
    return std::upper_bound(reservations.begin(), reservations.end(), address,
                            [](u64 a, const auto& r) { return a < r->begin; });
  }
};

// Small reservations do not break what large ones leave. Those have whole multiples of `large` for themselves, so that a
// hole's tables go with it.
Arena small_ones, large_ones;
constexpr u64 large = 1 * GiB;

// Where addresses are many, a thread's stack and its memory lie in a home: the memory begins where the stack ends, and the
// pages at which both begin to be used are in the same table.
//
//   | nothing | guard, stack | memory, its guard           | nothing |
//   a multiple of `large`    home_corner                    home_size
constexpr u64 home_corner = 15 * MiB;  // in the middle of what one table covers
constexpr u64 home_size = home_memory + large;
// Of address space, below which there are no homes.
constexpr u64 many_addresses = u64{1} << 46;

// Pages mapped at once around a fault, a power of two: a fault costs as much as some ten pages.
constexpr u64 around = 8;

bool lies_below(u64 address, PhysicalRange hole) { return address < hole.begin; }

Arena& arena_of(u64 address) { return address < small_ones.never_reserved.end ? small_ones : large_ones; }

// Of one that is released as well, until it is taken down.
Reservation* find_mapped_reservation(u64 address) {
  Arena& arena = arena_of(address);
  auto behind = arena.behind(address);
  if (behind == arena.reservations.begin()) return nullptr;
  Reservation* r = std::prev(behind)->get();
  return address < r->end && !r->is_taken_down ? r : nullptr;
}
Reservation* find_reservation(u64 address) {
  Reservation* r = find_mapped_reservation(address);
  return r && !r->is_released ? r : nullptr;
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

// Tables of pages that a reservation has for itself, if only one of its pages is touched: many would otherwise
// take far more of them than what is kept for tables. Of small ones several share the second, which is small beside what
// else is promised for them. What is between large ones is theirs.
constexpr u64 tables_of(u64 size) { return size < large / 8 ? 1 : 2; }

void divide_addresses() {
  if (large_ones.never_reserved.end != 0) return;
  u64 end = arch::address_limit(), border = align_up(reservations_begin + (end - reservations_begin) / 8, large);
  small_ones.never_reserved = {reservations_begin, border};
  large_ones.never_reserved = {border, end};
}

std::optional<PhysicalRange> Arena::take(u64 size) {
  auto hole = std::find_if(released.begin(), released.end(), [&](PhysicalRange r) { return r.size() >= size; });
  PhysicalRange& from = hole != released.end() ? *hole : never_reserved;
  if (from.size() < size) return std::nullopt;
  PhysicalRange taken = {from.begin, from.begin + size};
  from.begin = taken.end;
  if (hole != released.end() && hole->size() == 0) released.erase(hole);
  return taken;
}

PhysicalRange Arena::give_back(PhysicalRange range) {
  auto hole = released.insert(std::upper_bound(released.begin(), released.end(), range.begin, lies_below), range);
  if (auto next = hole + 1; next != released.end() && next->begin == hole->end) {
    hole->end = next->end;
    released.erase(next);
  }
  if (hole != released.begin() && std::prev(hole)->end == hole->begin) {
    std::prev(hole)->end = hole->end;
    hole = std::prev(released.erase(hole));
  }
  return *hole;
}

// A range with what is free around it, as far as tables of any level are then all of a hole: they go as well.
PhysicalRange with_tables(PhysicalRange range, PhysicalRange hole) {
  PhysicalRange wide = range;
  for (u64 of_table = 512 * page_size; of_table <= hole.size(); of_table *= 512) {
    u64 first = align_down(range.begin, of_table), last = align_down(range.end - 1, of_table);
    if (first >= hole.begin && first + of_table <= hole.end) wide.begin = std::min(wide.begin, first);
    if (last >= hole.begin && last + of_table <= hole.end) wide.end = std::max(wide.end, last + of_table);
  }
  return wide;
}

u8* add(Reservation reservation) {
  u64 begin = reservation.begin;
  Arena& arena = arena_of(begin);
  arena.reservations.insert(arena.behind(begin), std::make_unique<Reservation>(std::move(reservation)));
  return reinterpret_cast<u8*>(begin);
}

// The other one of its home; null: there is none.
Reservation* other_at_home(const Reservation& r) {
  if (r.home.size() == 0) return nullptr;
  u64 corner = r.home.begin + home_corner;
  return find_mapped_reservation(r.begin == corner ? corner - 1 : corner);
}

// The home of the thread that asks, if it has one without a memory: it is on its stack.
std::optional<PhysicalRange> home_without_memory() {
  Reservation* stack = find_reservation(u64(__builtin_frame_address(0)));
  if (!stack || stack->home.size() == 0 || other_at_home(*stack)) return std::nullopt;
  return stack->home;
}

Failure<Error> no_addresses() { return fail(ErrorCode::Environment, "no address space is left"); }

// ------------------------------------------------------------------------------- What is released

// Where there are several harts, what is released is taken down with others: all that know its pages have to be told
// and waited for, once for each time that something is taken down, and where the host of an emulated machine has fewer
// processors than harts a wait takes as long as the host lets one of them wait. A thousand processes that are killed at
// once released three reservations each.
constexpr usize most_released = 64;
Reservation* released[most_released];
usize released_count;
u64 released_pages;  // charged for them

u64 most_released_pages() { return frame_counts().total / 64; }

// With all that belongs to it, and the tables of pages that go with it. It is one range.
PhysicalRange take_addresses(Reservation& r) {
  r.is_taken_down = true;
  if (Reservation* other = other_at_home(r)) {
    other->tables += std::exchange(r.tables, 0);
    return {r.begin, r.end};
  }
  PhysicalRange own = r.home.size() != 0 ? r.home : PhysicalRange{r.begin, r.end};
  Arena& arena = arena_of(r.begin);
  if (&arena == &large_ones) own.end = align_up(own.end, large);
  return with_tables(own, arena.give_back(own));
}

void take_down() {
  static PhysicalRange ranges[most_released];
  for (usize i = 0; i < released_count; ++i) ranges[i] = take_addresses(*released[i]);
  arch::unmap_ranges({ranges, released_count});
  for (Reservation* r : std::span(released, released_count)) {
    uncharge_frames(charged_in(*r, 0, r->spans.size()) + r->tables);
    for (const Span& span : r->spans) drop(span);
    Arena& arena = arena_of(r->begin);
    arena.reservations.erase(std::prev(arena.behind(r->begin)));
  }
  released_count = 0;
  released_pages = 0;
}

std::optional<PhysicalRange> take(Arena& arena, u64 size) {
  auto addresses = arena.take(size);
  if (addresses || released_count == 0) return addresses;
  take_down();
  return arena.take(size);
}

Result<u8*> reserve_small(u64 size) {
  auto addresses = take(small_ones, size);
  if (!addresses) return no_addresses();
  if (!charge_frames(tables_of(size), For::Guest)) {
    small_ones.give_back(*addresses);
    return no_memory();
  }
  return add({addresses->begin, addresses->end, tables_of(size)});
}

Result<u8*> reserve_large(u64 size) {
  if (auto home = size == home_memory ? home_without_memory() : std::nullopt) {
    u64 begin = home->begin + home_corner;
    return add({begin, begin + size, 0, *home});
  }
  auto addresses = take(large_ones, align_up(size, large));
  if (!addresses) return no_addresses();
  if (!charge_frames(tables_of(size), For::Guest)) {
    large_ones.give_back(*addresses);
    return no_memory();
  }
  return add({addresses->begin, addresses->begin + size, tables_of(size)});
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
  SpinGuard guard(lock);
  divide_addresses();
  return size < large ? reserve_small(size) : reserve_large(size);
}

Result<u8*> reserve_stack(u64 size) {
  CHECK(size % page_size == 0 && size > 0 && size <= home_corner);
  SpinGuard guard(lock);
  divide_addresses();
  auto home = arch::address_limit() >= many_addresses ? take(large_ones, home_size) : std::nullopt;
  if (!home) return reserve_small(size);
  if (!charge_frames(tables_of(home_size), For::Guest)) {
    large_ones.give_back(*home);
    return no_memory();
  }
  u64 end = home->begin + home_corner;
  return add({end - size, end, tables_of(home_size), *home});
}

void release(u8* address, u64 size) {
  SpinGuard guard(lock);
  Reservation& r = reservation_of(address, size);
  CHECK(r.begin == u64(address) && r.end == r.begin + size);
  r.is_released = true;
  released[released_count++] = &r;
  released_pages += charged_in(r, 0, r.spans.size()) + r.tables;
  bool waits = several_harts() && released_count < most_released && released_pages <= most_released_pages();
  if (!waits || is_memory_short()) take_down();
}

void take_down_released() {
  SpinGuard guard(lock);
  if (released_count != 0) take_down();
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

void write_code(u8* address, std::span<const u8> code) {
  SpinGuard guard(lock);
  u64 at = u64(address);
  Reservation* r = find_reservation(at);
  Span* span = r ? find_span(*r, at) : nullptr;
  CHECK(span && span->access == Access::ReadExecute && !span->image && code.size() <= span->end - at);
  while (!code.empty()) {
    u64 page = align_down(at, page_size);
    if (!arch::find_mapping(page)) map_own_page(*span, page);
    usize size = std::min<u64>(code.size(), page + page_size - at);
    __builtin_memcpy(arch::direct(arch::find_mapping(page)->frame) + (at - page), code.data(), size);
    code = code.subspan(size);
    at += size;
  }
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
    if (!is_charged && released_count != 0) {
      take_down();
      is_charged = charge_frames(1, For::Guest);
    }
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
  bool goes_on = (page != span->begin && arch::find_mapping(page - page_size)) ||
                 (page + page_size != span->end && arch::find_mapping(page + page_size));
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
