// The page tables: four levels (manual of the processor, volume 3, 4.5).
//
// An entry becomes present without a flush, since the processor keeps no absent ones.

#include "kernel/arch/page_tables.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

constexpr u64 present = 1, writable = 2, write_through = 8, cache_disable = 16, accessed = 32, dirty = 64, large = 128;
// Bits for software. Every page but a device's and the direct map's is occupied, present or not.
constexpr u64 shared_frame = u64{1} << 9, occupied = u64{1} << 10;
constexpr u64 no_execute = u64{1} << 63;
constexpr u64 frame_mask = 0x000ffffffffff000;

struct Format {
  static u64 table(u64 frame) { return frame | present | writable | accessed; }
  static bool is_table(u64 entry) { return !(entry & large); }
  static u64 direct(u64 frame, unsigned level) {
    return frame | present | writable | accessed | dirty | no_execute | (level ? large : 0);
  }
  static u64 device(u64 frame) {
    return frame | present | writable | write_through | cache_disable | accessed | dirty | no_execute;
  }
  static u64 frame(u64 entry) { return entry & frame_mask; }
  static bool is_page(u64 entry) { return entry & occupied; }
  static bool is_present(u64 entry) { return entry & present; }

  static u64 page(arch::Mapping mapping) {
    u64 entry = mapping.frame | occupied | accessed;
    if (mapping.access != arch::Access::None) entry |= present;
    if (mapping.shared) entry |= shared_frame;
    if (mapping.access == arch::Access::ReadWrite && !mapping.shared) entry |= writable | dirty;
    if (mapping.access != arch::Access::ReadExecute) entry |= no_execute;
    return entry;
  }
  static arch::Mapping mapping(u64 entry) {
    arch::Access access = !(entry & present)   ? arch::Access::None
                          : entry & writable   ? arch::Access::ReadWrite
                          : entry & no_execute ? arch::Access::Read
                                               : arch::Access::ReadExecute;
    return {entry & frame_mask, access, (entry & shared_frame) != 0};
  }

  static constexpr u32 most_single = 32;
  static void flush(u64 begin, u64 end) {
    if ((end - begin) / page_size > most_single) return write_cr3(read_cr3());
    for (u64 at = begin; at < end; at += page_size) flush_page(at);
  }
  static void flush(const Outdated<most_single>& outdated) {
    if (outdated.is_everything()) return write_cr3(read_cr3());
    for (u32 i = 0; i < outdated.count; ++i) flush_page(outdated.pages[i]);
    // Forgetting any page forgets all tables (volume 3, 4.10.4.1).
    if (outdated.tables && outdated.count == 0) flush_page(outdated.begin);
  }
  // The processor itself watches for stores to what it has fetched.
  static void fence_code() {}
  static void interrupt(u32 hart) { send_vector(hart, vector_serve); }
  static void pause() { x64::pause(); }
  static void sleep(auto&& is_over) {
    if (!is_over()) sleep_until_asked();  // interrupts are off: one that comes from here on ends the sleep
  }
};

extern "C" char text_begin[], text_end[], rodata_end[], image_end[];

constexpr unsigned top_level = 3;
static PageTables<Format> tables;

constexpr u64 first_device = 0xffff'f000'0000'0000;

static bool has_own_tables;
bool paging_started() { return has_own_tables; }
u64 page_table_root() { return tables.root(); }
void serve() { tables.serve(arch::hart_number()); }

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

const u64 direct_map = 0xffff'8000'0000'0000;

void start_paging(const BootInfo& info) {
  // The boot map has the first GB at direct_map too, and the first frames come from there.
  auto root = allocate_table();
  if (!root) stop("no memory for the first page table");
  tables.start(*root, top_level);
  constexpr u32 leaf_edx_gigabyte_pages = 1 << 26;
  unsigned largest = cpuid(0x80000001).edx & leaf_edx_gigabyte_pages ? 2 : 1;

  tables.map_image(text_begin, text_end, Access::ReadExecute);
  tables.map_image(text_end, rodata_end, Access::Read);
  tables.map_image(rodata_end, image_end, Access::ReadWrite);

  // The kernel's own image is not among these: its text has no writable name anywhere.
  for (u32 i = 0; i < info.ram_count; ++i) tables.map_direct(info.ram[i].begin, info.ram[i].end, largest);
  tables.map_direct(align_down(info.archive.begin, page_size), align_up(info.archive.end, page_size), largest);
  write_cr3(*root);
  has_own_tables = true;
}

u64 address_limit() { return tables.lower_half_end(); }

u8* map_device(u64 physical, u64 size) { return tables.map_device(physical, size, first_device); }
bool map_page(u64 address, Mapping mapping) { return tables.map(address, mapping); }
std::optional<Mapping> find_mapping(u64 address) { return tables.find(address); }
usize own_pages(u64 begin, u64 end, std::span<OwnPage> into) { return tables.own_pages(begin, end, into); }
void unmap_ranges(std::span<const PhysicalRange> ranges) { tables.unmap(ranges); }
void protect_range(u64 begin, u64 end, Access access) { tables.protect(begin, end, access); }

void serve_requests() { tables.serve_while_waiting(hart_number()); }

void forget_pages() { write_cr3(read_cr3()); }

// No hart is told: see Format::fence_code.
void agree_on_code() {}

}  // namespace skerry::kernel::arch
