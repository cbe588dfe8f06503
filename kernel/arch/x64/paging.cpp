// The page tables: four levels of 512 entries (manual of the processor, volume 3, 4.5).
//
// Large pages are in the direct map alone. (An emulator tracks them as one range and flushes all of
// its translations when a page in that range is flushed; pages elsewhere are flushed one by one.)
// An entry becomes present without a flush, since the processor keeps no absent ones.

#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

constexpr u64 present = 1, writable = 2, write_through = 8, cache_disable = 16, accessed = 32, dirty = 64, large = 128;
// Bits for software. Every page but a device's is occupied, present or not.
constexpr u64 shared_frame = u64{1} << 9, occupied = u64{1} << 10;
constexpr u64 no_execute = u64{1} << 63;
constexpr u64 frame_mask = 0x000ffffffffff000;

constexpr unsigned top_level = 3;
constexpr u64 span_of(unsigned level) { return page_size << (9 * level); }  // of one entry
constexpr u64 lower_half_end = span_of(top_level) * 256;

extern "C" char text_begin[], text_end[], rodata_end[], image_end[];

// Pages of devices are mapped one after the other from here on.
constexpr u64 device_window = 0xffff'f000'0000'0000;

static u64 root;  // frame of the top table
static u64 next_device = device_window;

static u64* table_at(u64 entry_or_frame) { return reinterpret_cast<u64*>(arch::direct(entry_or_frame & frame_mask)); }
static unsigned index_of(u64 address, unsigned level) { return address >> (12 + 9 * level) & 511; }

static u64 allocate_table_or_stop() {
  auto frame = arch::allocate_table();
  if (!frame) arch::stop("no memory for the first page tables");
  return *frame;
}

// The entry of `address` in a table of `level`; null if a table is missing and none was made.
static u64* find_entry(u64 address, unsigned level, bool create) {
  u64* table = table_at(root);
  for (unsigned l = top_level; l > level; --l) {
    u64& entry = table[index_of(address, l)];
    if (!(entry & present)) {
      if (!create) return nullptr;
      auto frame = arch::allocate_table();
      if (!frame) return nullptr;
      entry = *frame | present | writable | accessed;
    } else if (entry & large) {
      return nullptr;
    }
    table = table_at(entry);
  }
  return &table[index_of(address, level)];
}

static u64 encode(arch::Mapping mapping) {
  u64 entry = mapping.frame | occupied | accessed;
  if (mapping.access != arch::Access::None) entry |= present;
  if (mapping.shared) entry |= shared_frame;
  if (mapping.access == arch::Access::ReadWrite && !mapping.shared) entry |= writable | dirty;
  if (mapping.access != arch::Access::ReadExecute) entry |= no_execute;
  return entry;
}

static arch::Mapping decode(u64 entry) {
  arch::Access access = !(entry & present)    ? arch::Access::None
                        : entry & writable    ? arch::Access::ReadWrite
                        : entry & no_execute ? arch::Access::Read
                                              : arch::Access::ReadExecute;
  return {entry & frame_mask, access, (entry & shared_frame) != 0};
}

static void map_image_section(const char* begin, const char* end, arch::Access access) {
  for (u64 at = u64(begin); at < u64(end); at += page_size) {
    if (!arch::map_page(at, {at, access})) arch::stop("no memory to map the kernel");
  }
}

// Maps physical memory [begin, end) at its place in the direct map, with the largest pages that fit.
static void map_direct(u64 begin, u64 end, unsigned largest) {
  while (begin < end) {
    unsigned level = largest;
    while (level > 0 && (begin % span_of(level) || end - begin < span_of(level))) --level;
    u64* entry = find_entry(arch::direct_map + begin, level, true);
    if (!entry) arch::stop("no memory to map the memory");
    *entry = begin | present | writable | accessed | dirty | no_execute | (level ? large : 0);
    begin += span_of(level);
  }
}

// Tables below `table` that [begin, end) covers whole are freed; offsets are within the table.
// Answers whether an entry was taken away.
static bool unmap_in(u64* table, unsigned level, u64 begin, u64 end) {
  bool changed = false;
  for (u64 at = begin; at < end;) {
    u64 entry_begin = align_down(at, span_of(level)), entry_end = entry_begin + span_of(level);
    u64 stop = end < entry_end ? end : entry_end;
    u64& entry = table[at / span_of(level)];
    if (entry) {
      if (level == 0) {
        if (!(entry & shared_frame)) arch::free_frame(entry & frame_mask);
        entry = 0;
        changed = true;
      } else {
        changed |= unmap_in(table_at(entry), level - 1, at - entry_begin, stop - entry_begin);
        if (at == entry_begin && stop == entry_end) {
          arch::free_frame(entry & frame_mask);
          entry = 0;
          changed = true;
        }
      }
    }
    at = stop;
  }
  return changed;
}

static void flush_range(u64 begin, u64 end) {
  constexpr u64 most_single = 32;
  if ((end - begin) / page_size > most_single) return write_cr3(root);
  for (u64 at = begin; at < end; at += page_size) flush_page(at);
}

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

const u64 direct_map = 0xffff'8000'0000'0000;

void start_paging(const BootInfo& info) {
  // The boot map has the first GB at direct_map too, and the first frames come from there.
  root = allocate_table_or_stop();
  constexpr u32 leaf_edx_gigabyte_pages = 1 << 26;
  unsigned largest = cpuid(0x80000001).edx & leaf_edx_gigabyte_pages ? 2 : 1;

  map_image_section(text_begin, text_end, Access::ReadExecute);
  map_image_section(text_end, rodata_end, Access::Read);
  map_image_section(rodata_end, image_end, Access::ReadWrite);

  // The kernel's own image is not among these: its text has no writable name anywhere.
  for (u32 i = 0; i < info.ram_count; ++i) map_direct(info.ram[i].begin, info.ram[i].end, largest);
  map_direct(align_down(info.archive.begin, page_size), align_up(info.archive.end, page_size), largest);
  write_cr3(root);
}

u8* map_device(u64 physical, u64 size) {
  u64 first = align_down(physical, page_size), address = next_device;
  for (u64 at = first; at < physical + size; at += page_size, next_device += page_size) {
    u64* entry = find_entry(next_device, 0, true);
    if (!entry) stop("no memory to map a device");
    *entry = at | present | writable | write_through | cache_disable | accessed | dirty | no_execute;
  }
  return reinterpret_cast<u8*>(address + (physical - first));
}

bool map_page(u64 address, Mapping mapping) {
  u64* entry = find_entry(address, 0, true);
  if (!entry) return false;
  u64 old = *entry;
  *entry = encode(mapping);
  if (old & present) flush_page(address);
  return true;
}

std::optional<Mapping> find_mapping(u64 address) {
  const u64* entry = find_entry(address, 0, false);
  if (!entry || !(*entry & occupied)) return std::nullopt;
  return decode(*entry);
}

void unmap_range(u64 begin, u64 end) {
  CHECK(begin <= end && end <= lower_half_end);  // the lower half, where no entry is large
  if (unmap_in(table_at(root), top_level, begin, end)) flush_range(begin, end);
}

void protect_range(u64 begin, u64 end, Access access) {
  for (u64 at = begin; at < end;) {
    u64* entry = find_entry(at, 0, false);
    if (!entry) {  // nothing below this table's span
      at = align_down(at, span_of(1)) + span_of(1);
      continue;
    }
    if (*entry & occupied) *entry = encode({*entry & frame_mask, access, (*entry & shared_frame) != 0});
    at += page_size;
  }
  flush_range(begin, end);
}

// The processor itself watches for stores to what it has fetched.
void agree_on_code() {}

}  // namespace skerry::kernel::arch
