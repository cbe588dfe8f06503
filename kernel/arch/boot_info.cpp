#include "kernel/arch/boot_info.h"

#include <algorithm>

namespace skerry::kernel {

// Written into the image's file by tools/dev/image.py, which finds it by its name.
extern "C" [[gnu::section(".data")]] volatile u64 skerry_archive_in_image[2] = {};

PhysicalRange archive_in_image() { return {skerry_archive_in_image[0], skerry_archive_in_image[1]}; }

void add_ram(BootInfo& info, PhysicalRange range, std::span<const PhysicalRange> taken) {
  for (u64 begin = range.begin; begin < range.end;) {
    u64 end = range.end, behind = 0;  // of the hole that `begin` lies in, if any
    for (PhysicalRange hole : taken) {
      if (hole.begin <= begin && begin < hole.end) behind = hole.end;
      else if (begin < hole.begin && hole.begin < hole.end) end = std::min(end, hole.begin);
    }
    if (behind == 0) {
      PhysicalRange pages = {align_up(begin, page_size), align_down(end, page_size)};
      if (pages.begin < pages.end && info.ram_count < BootInfo::max_ram) info.ram[info.ram_count++] = pages;
      behind = end;
    }
    begin = behind;
  }
}

void sort_ram(BootInfo& info) {
  std::sort(info.ram, info.ram + info.ram_count, [](PhysicalRange a, PhysicalRange b) { return a.begin < b.begin; });
  u64 behind = 0;
  u32 kept = 0;
  for (PhysicalRange range : std::span(info.ram, info.ram_count)) {
    range.begin = std::max(range.begin, behind);
    if (range.begin >= range.end) continue;
    behind = range.end;
    info.ram[kept++] = range;
  }
  info.ram_count = kept;
}

}  // namespace skerry::kernel
