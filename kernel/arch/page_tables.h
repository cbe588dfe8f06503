// PageTables: the trees of tables that x86-64 and RISC-V share in all but the bits of an entry.
//
// A table is a frame of 512 entries; entries of level 0 are pages, those of `top_level` are the root's.
// Large pages are in the direct map alone. (An emulator forgets all of its translations when a page
// in the range of a large one is flushed.)
//
// A Format says what an entry is. Entries are 0, a table, a page (present or not), or a large page:
//
//   static u64 table(u64 frame);                        static bool is_table(u64 entry);
//   static u64 page(arch::Mapping);                     static arch::Mapping mapping(u64 entry);
//   static u64 direct(u64 frame, unsigned level);       readable and writable, of any level
//   static u64 device(u64 frame);                       the same, uncached
//   static u64 frame(u64 entry);                        of a table or a page
//   static bool is_page(u64 entry);                     of level 0, and not a device's
//   static bool is_present(u64 entry);                  whether the processor may know of it
//   static constexpr u32 most_single;                   pages up to which forgetting one by one is cheaper
//   static void flush(u64 begin, u64 end);              this hart forgets what it knows of the pages of a range
//   static void flush(const Outdated<most_single>&);    this hart
//   static void fence_code();                           this hart fetches what was written before
//   static void interrupt(u32 hart);                    which then calls serve()
//   static void pause();                                what who waits for others does for a moment
//   static void sleep(auto&& is_over);                  what it does if that takes longer, unless it is over: until an
//                                                       interrupt(), or less. With interrupts off, which stay so
//
// Who waits does not turn for long: harts of an emulator may be more than the host has processors, and where those who
// wait keep theirs, whom they wait for runs late. Who asks sleeps until the last has answered, and who waits for a lock
// meanwhile until the request is over.
//
// One lock is over all of it: the functions that are arch.h's take it, those of the start need none. Who does something
// else under it takes it by lock().

#pragma once

#include <atomic>
#include <optional>
#include <span>

#include "base/check.h"
#include "kernel/arch/arch.h"
#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

// What is to be forgotten: pages, or if they are too many, everything.
template <u32 most>
struct Outdated {
  u32 count = 0;        // no more are counted than make a difference
  bool tables = false;  // of tables as well, on the way to pages[0] if there are pages, or else to `begin`
  bool code = false;    // and there is new code
  u64 begin = 0;
  u64 pages[most];

  bool is_everything() const { return count > most; }
  void add(u64 page) {
    if (count < most) pages[count] = page;
    if (count <= most) ++count;
  }
};

template <class Format>
class PageTables {
 public:
  static constexpr u64 span_of(unsigned level) { return page_size << (9 * level); }  // of one entry

  void start(u64 root, unsigned top_level) {
    root_ = root;
    top_level_ = top_level;
  }
  u64 root() const { return root_; }

  // The first address that the lower half does not have.
  u64 lower_half_end() const { return span_of(top_level_) * 256; }

  SpinLock& lock() { return lock_; }

  // Pages, all in the lower half: arch::map_page and so on.
  bool map(u64 address, arch::Mapping mapping) {
    SpinGuard guard(lock_);
    u64* entry = find_entry(address, 0, Missing::Create);
    if (!entry) return false;
    u64 old = *entry;
    *entry = Format::page(mapping);
    if (Format::is_present(old)) Format::flush(address, address + page_size);
    return true;
  }

  std::optional<arch::Mapping> find(u64 address) {
    SpinGuard guard(lock_);
    const u64* entry = address < lower_half_end() ? find_entry(address, 0, Missing::Leave) : nullptr;
    if (!entry || !Format::is_page(*entry)) return std::nullopt;
    return Format::mapping(*entry);
  }

  usize own_pages(u64 begin, u64 end, std::span<arch::OwnPage> into) {
    SpinGuard guard(lock_);
    usize count = 0;
    for (u64 at = begin; at < end;) {
      const u64* table = table_at(root_);
      unsigned level = top_level_;
      for (; level > 0; --level) {
        u64 entry = table[index_of(at, level)];
        if (entry == 0) break;
        table = table_at(Format::frame(entry));
      }
      u64 next = align_down(at, span_of(level ? level : 1)) + span_of(level ? level : 1);
      u64 stop = end < next ? end : next;
      for (; level == 0 && at < stop; at += page_size) {
        u64 entry = table[index_of(at, 0)];
        if (entry == 0) continue;
        arch::Mapping mapping = Format::mapping(entry);
        if (mapping.shared) continue;
        if (count == into.size() || mapping.access != arch::Access::ReadWrite) return into.size() + 1;
        into[count++] = {at, mapping.frame};
      }
      at = stop;
    }
    return count;
  }

  void unmap(std::span<const PhysicalRange> ranges) {
    if (ranges.empty()) return;
    for (auto [begin, end] : ranges) CHECK(begin <= end && end <= lower_half_end());
    SpinGuard guard(lock_);
    Removed removed;
    u64 first = removed.outdated.begin = ranges.front().begin;
    for (auto [begin, end] : ranges) unmap_in(table_at(root_), top_level_, begin, end, removed, u64{0} - first);
    if (removed.outdated.count != 0 || removed.outdated.tables) {
      Format::flush(removed.outdated);
      tell_others(removed.outdated);
    }
    while (removed.frames != no_frame) {
      u64 frame = removed.frames;
      removed.frames = *table_at(frame);
      arch::free_frame(frame);
    }
  }

  void protect(u64 begin, u64 end, arch::Access access) {
    SpinGuard guard(lock_);
    for (u64 at = begin; at < end;) {
      u64* entry = find_entry(at, 0, Missing::Leave);
      if (!entry) {  // nothing below this table's span
        at = align_down(at, span_of(1)) + span_of(1);
        continue;
      }
      if (Format::is_page(*entry)) {
        arch::Mapping mapping = Format::mapping(*entry);
        *entry = Format::page({mapping.frame, access, mapping.shared});
      }
      at += page_size;
    }
    Format::flush(begin, end);
  }

  // Code was written that any hart may be about to fetch.
  void agree_on_code() {
    SpinGuard guard(lock_);
    Format::fence_code();
    Outdated<Format::most_single> nothing;
    nothing.code = true;
    tell_others(nothing);
  }

  // Does what another hart has asked of this one, if one has.
  bool serve(u32 hart) {
    u64 bit = u64{1} << hart;
    if (!(asked_.load(std::memory_order_acquire) & bit)) return false;
    if (request_.count != 0 || request_.tables) Format::flush(request_);
    if (request_.code) Format::fence_code();
    if (asked_.fetch_and(~bit) == bit) wake(asker_asleep_);
    return true;
  }

  // Of a hart that waits with interrupts off: arch::serve_requests.
  void serve_while_waiting(u32 hart) {
    u64 bit = u64{1} << hart;
    for (u32 i = 0; i < patience; ++i) {
      if (serve(hart)) return;
      Format::pause();
      if (!is_asking_.load(std::memory_order_relaxed)) return;
    }
    asleep_.fetch_or(bit);
    Format::sleep([&] { return !is_asking_.load() || (asked_.load() & bit); });
    asleep_.fetch_and(~bit);
  }

  // Maps physical memory [begin, end) at its place in the direct map, with the largest pages that fit.
  void map_direct(u64 begin, u64 end, unsigned largest) {
    while (begin < end) {
      unsigned level = largest;
      while (level > 0 && (begin % span_of(level) || end - begin < span_of(level))) --level;
      u64* entry = find_entry(arch::direct_map + begin, level, Missing::Create);
      if (!entry) arch::stop("no memory to map the memory");
      do {
        *entry++ = Format::direct(begin, level);
        begin += span_of(level);
      } while (begin % span_of(level + 1) && end - begin >= span_of(level));
    }
  }

  void map_image(const char* begin, const char* end, arch::Access access) {
    for (u64 at = u64(begin); at < u64(end);) {
      u64* entry = find_entry(at, 0, Missing::Create);
      if (!entry) arch::stop("no memory to map the kernel");
      do {
        *entry++ = Format::page({at, access});
        at += page_size;
      } while (at % span_of(1) && at < u64(end));
    }
  }

  // Registers of a device, behind those of the others: from `first_device` on, page after page.
  u8* map_device(u64 physical, u64 size, u64 first_device) {
    SpinGuard guard(lock_);
    u64 first = align_down(physical, page_size), address = first_device + device_pages_ * page_size, next = address;
    for (u64 at = first; at < physical + size; at += page_size, next += page_size) {
      u64* entry = find_entry(next, 0, Missing::Create);
      if (!entry) arch::stop("no memory to map a device");
      *entry = Format::device(at);
      ++device_pages_;
    }
    return reinterpret_cast<u8*>(address + (physical - first));
  }

 private:
  enum class Missing : u8 { Leave, Create };

  static u64* table_at(u64 frame) { return reinterpret_cast<u64*>(arch::direct(frame)); }
  static unsigned index_of(u64 address, unsigned level) { return address >> (12 + 9 * level) & 511; }

  // The entry of `address` in a table of `level`; null if a table is missing and none was made.
  u64* find_entry(u64 address, unsigned level, Missing missing) {
    u64* table = table_at(root_);
    for (unsigned l = top_level_; l > level; --l) {
      u64& entry = table[index_of(address, l)];
      if (entry == 0) {
        if (missing == Missing::Leave) return nullptr;
        auto frame = arch::allocate_table();
        if (!frame) return nullptr;
        entry = Format::table(*frame);
      } else if (!Format::is_table(entry)) {
        return nullptr;
      }
      table = table_at(Format::frame(entry));
    }
    return &table[index_of(address, level)];
  }

  // Those who must know at once have when it returns. They are told by an interrupt, or find it where they wait with
  // interrupts off.
  void tell_others(const Outdated<Format::most_single>& outdated) {
    u64 harts = arch::harts_to_tell();
    if (harts == 0) return;
    request_ = outdated;
    is_asking_.store(true, std::memory_order_relaxed);
    asked_.store(harts, std::memory_order_release);
    for (u64 left = harts; left; left &= left - 1) Format::interrupt(u32(__builtin_ctzll(left)));
    for (u32 i = 0; asked_.load(std::memory_order_acquire) != 0; ++i) {
      if (i < patience) {
        Format::pause();
        continue;
      }
      asker_asleep_.store(u64{1} << arch::hart_number());
      Format::sleep([&] { return asked_.load() == 0; });
      asker_asleep_.store(0, std::memory_order_relaxed);
    }
    arch::harts_were_told(harts);
    is_asking_.store(false);
    wake(asleep_);
  }

  // Those of whom one goes to sleep after it has said so and looked, and the other looks here after it changed that.
  static void wake(std::atomic<u64>& harts) {
    if (harts.load() == 0) return;
    for (u64 left = harts.exchange(0); left; left &= left - 1) Format::interrupt(u32(__builtin_ctzll(left)));
  }

  static constexpr u64 no_frame = u64{0} - page_size;

  // What an unmapping took away. A range is often far larger than what is mapped in it, and forgetting more than
  // need be costs everybody. The frames are a list through their first words, which a processor that still takes them
  // for tables finds to be no entry, until all have forgotten them.
  struct Removed {
    Outdated<Format::most_single> outdated;
    u64 frames = no_frame;

    void add_frame(u64 frame) {
      *table_at(frame) = frames;
      frames = frame;
    }
  };

  // Tables below `table` that [begin, end) covers whole are freed; begin and end are within the table, which covers
  // addresses from `table_offset` on, counted from the beginning of the first range.
  void unmap_in(u64* table, unsigned level, u64 begin, u64 end, Removed& removed, u64 table_offset) {
    if (begin == end) return;
    // Most entries are empty.
    for (u64 i = begin / span_of(level), last = (end - 1) / span_of(level); i <= last; ++i) {
      u64& entry = table[i];
      if (entry == 0) continue;
      u64 entry_begin = i * span_of(level), entry_end = entry_begin + span_of(level);
      u64 at = begin > entry_begin ? begin : entry_begin, stop = end < entry_end ? end : entry_end;
      if (level == 0) {
        arch::Mapping mapping = Format::mapping(entry);
        if (!mapping.shared) removed.add_frame(mapping.frame);
        if (Format::is_present(entry)) removed.outdated.add(removed.outdated.begin + table_offset + at);
        entry = 0;
      } else {
        u64 frame = Format::frame(entry);
        unmap_in(table_at(frame), level - 1, at - entry_begin, stop - entry_begin, removed, table_offset + entry_begin);
        if (at == entry_begin && stop == entry_end) {
          entry = 0;
          removed.add_frame(frame);
          removed.outdated.tables = true;
        }
      }
    }
  }

  SpinLock lock_;
  // What harts are asked to forget, one request at a time: written under the lock, read by those whose bits are set.
  Outdated<Format::most_single> request_;
  std::atomic<u64> asked_ = 0;
  std::atomic<bool> is_asking_ = false;   // from before the first is asked to after the last has answered
  std::atomic<u64> asker_asleep_ = 0;     // the hart that is to be woken by the last who answers
  std::atomic<u64> asleep_ = 0;           // those that are to be woken when it is over
  static constexpr u32 patience = 64;     // moments after which one who waits sleeps
  u64 device_pages_ = 0;
  u64 root_ = 0;  // frame of the top table
  unsigned top_level_ = 0;
};

}  // namespace skerry::kernel
