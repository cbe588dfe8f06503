// The page tables: Sv48's four levels where the machine has them, else Sv39's three (RISC-V
// Privileged Architecture 1.12, 4.4). The upper half is the same in both.
//
// A processor may keep what it found absent: the page fault that follows is told from others by the
// table (traps.cpp), so that becoming present takes no flush.

#include "kernel/arch/page_tables.h"
#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

constexpr u64 valid = 1, readable = 2, writable = 4, executable = 8, accessed = 64, dirty = 128;
// Bits for software. Every page but a device's and the direct map's is occupied, valid or not.
constexpr u64 shared_frame = 256, occupied = 512;
constexpr u64 frame_number = ((u64{1} << 44) - 1) << 10;

struct Format {
  static u64 of(u64 frame) { return frame >> 2; }
  static u64 frame(u64 entry) { return (entry & frame_number) << 2; }
  static u64 table(u64 frame) { return of(frame) | valid; }
  static bool is_table(u64 entry) { return !(entry & (readable | executable)); }
  static u64 direct(u64 frame, unsigned) { return of(frame) | valid | readable | writable | accessed | dirty; }
  // Which memory is a device's the machine knows by itself.
  static u64 device(u64 frame) { return direct(frame, 0); }
  static bool is_page(u64 entry) { return entry & occupied; }
  static bool is_present(u64 entry) { return entry & valid; }

  static u64 page(arch::Mapping mapping) {
    u64 entry = of(mapping.frame) | occupied;
    if (mapping.shared) entry |= shared_frame;
    if (mapping.access == arch::Access::None) return entry;
    entry |= valid | readable | accessed;
    if (mapping.access == arch::Access::ReadWrite && !mapping.shared) entry |= writable | dirty;
    if (mapping.access == arch::Access::ReadExecute) entry |= executable;
    return entry;
  }
  static arch::Mapping mapping(u64 entry) {
    arch::Access access = !(entry & valid)     ? arch::Access::None
                          : entry & writable   ? arch::Access::ReadWrite
                          : entry & executable ? arch::Access::ReadExecute
                                               : arch::Access::Read;
    return {frame(entry), access, (entry & shared_frame) != 0};
  }

  static constexpr u32 most_single = 2;  // an emulator forgets everything each time
  static void flush(u64 begin, u64 end) {
    if ((end - begin) / page_size > most_single) return flush_all();
    for (u64 at = begin; at < end; at += page_size) flush_page(at);
  }
  // A flush of one address may keep tables (Privileged Architecture, 4.2.1).
  static bool asks_for_all(const Outdated<most_single>& outdated) {
    return outdated.is_everything() || outdated.tables;
  }
  static void flush(const Outdated<most_single>& outdated) {
    if (asks_for_all(outdated)) return flush_all();
    for (u32 i = 0; i < outdated.count; ++i) flush_page(outdated.pages[i]);
  }
  static void fence_code() { riscv64::fence_code(); }
  static void interrupt(u32 hart) { arch::send_interrupt(hart); }
  static void pause() { give_way(); }
  static void sleep(auto&& is_over) {
    forget_asked();
    if (!is_over()) sleep_until_asked();
    remember_asked();
  }
};

extern "C" char text_begin[], text_end[], rodata_end[], image_end[];

constexpr u64 satp_sv39 = u64{8} << 60, satp_sv48 = u64{9} << 60;
static PageTables<Format> tables;
static u64 satp;
u64 page_table_register() { return satp; }
void serve() { tables.serve(arch::hart_number()); }

constexpr u64 first_device = 0xffff'fff0'0000'0000;

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

const u64 direct_map = 0xffff'ffc0'0000'0000;

void start_paging(const BootInfo& info) {
  auto root = allocate_table();
  if (!root) stop("no memory for the first page table");
  bool sv48 = board.has_sv48 && std::string_view(info.command_line).find("sv39") == std::string_view::npos;
  tables.start(*root, sv48 ? 3 : 2);

  tables.map_image(text_begin, text_end, Access::ReadExecute);
  tables.map_image(text_end, rodata_end, Access::Read);
  tables.map_image(rodata_end, image_end, Access::ReadWrite);

  // The kernel's own image is not among these: its text has no writable name anywhere.
  constexpr unsigned largest = 2;
  for (u32 i = 0; i < info.ram_count; ++i) tables.map_direct(info.ram[i].begin, info.ram[i].end, largest);
  tables.map_direct(align_down(info.archive.begin, page_size), align_up(info.archive.end, page_size), largest);

  satp = (sv48 ? satp_sv48 : satp_sv39) | *root / page_size;
  write_csr<Csr::Pages>(satp);
  if (read_csr<Csr::Pages>() != satp) stop("the processor has not the pages that the device tree promises");
  flush_all();
  map_console();
}

u64 address_limit() { return tables.lower_half_end(); }

u8* map_device(u64 physical, u64 size) {
  u8* registers = tables.map_device(physical, size, first_device);
  flush_all();
  return registers;
}

bool map_page(u64 address, Mapping mapping) { return tables.map(address, mapping); }
std::optional<Mapping> find_mapping(u64 address) { return tables.find(address); }
usize own_pages(u64 begin, u64 end, std::span<OwnPage> into) { return tables.own_pages(begin, end, into); }
void unmap_ranges(std::span<const PhysicalRange> ranges) { tables.unmap(ranges); }
void protect_range(u64 begin, u64 end, Access access) { tables.protect(begin, end, access); }

void serve_requests() { tables.serve_while_waiting(hart_number()); }

void forget_pages() {
  flush_all();
  fence_code();
}

void agree_on_code() { tables.agree_on_code(); }

}  // namespace skerry::kernel::arch
