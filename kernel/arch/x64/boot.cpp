// From the PVH start information (Xen's public/arch-x86/hvm/start_info.h) to BootInfo.
//
// All of it lies below 4 GB wherever the firmware left it, possibly in memory that the map calls
// free; so it is copied before a frame is given out.

#include <algorithm>

#include "kernel/arch/boot_info.h"

namespace skerry::kernel::x64 {

struct StartInfo {
  u32 magic, version, flags, module_count;
  u64 modules, command_line, rsdp;
  u64 memory_map;  // from version 1 on
  u32 memory_map_entries, reserved;
};
struct StartModule { u64 address, size, command_line, reserved; };
struct StartMemory {
  u64 address, size;
  u32 type, reserved;
};
constexpr u32 start_magic = 0x336ec578, type_ram = 1;

extern "C" char image_begin[], image_end[];

// What physical memory below the kernel holds, firmware keeps.
constexpr u64 first_usable = 1 * MiB;

template <class T>
static const T* at(u64 physical) { return reinterpret_cast<const T*>(physical); }

// A number, decimal or hexadecimal with 0x, taken from the front of `text`; 0 if there is none.
static u64 take_number(std::string_view& text) {
  u64 base = 10, value = 0;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  for (; !text.empty(); text.remove_prefix(1)) {
    char c = text.front();
    u64 digit = c >= '0' && c <= '9' ? u64(c - '0') : c >= 'a' && c <= 'f' ? u64(c - 'a' + 10) : base;
    if (digit >= base) break;
    value = value * base + digit;
  }
  return value;
}

// Where the board has its virtio devices is told in words "virtio_mmio.device=SIZE@ADDRESS:LINE".
static void find_devices(BootInfo& info) {
  constexpr std::string_view key = "virtio_mmio.device=";
  std::string_view line = info.command_line;
  while (info.device_count < BootInfo::max_devices) {
    usize at = line.find(key);
    if (at == line.npos) return;
    line.remove_prefix(at + key.size());
    DeviceWindow device = {.size = take_number(line)};
    if (!line.starts_with('@')) continue;
    line.remove_prefix(1);
    device.physical = take_number(line);
    if (!line.starts_with(':')) continue;
    line.remove_prefix(1);
    device.line = u32(take_number(line));
    info.devices[info.device_count++] = device;
  }
}

extern "C" [[noreturn]] void kernel_entry(u64 start) {
  arch::begin_first_hart();
  const StartInfo& from = *at<StartInfo>(start);
  if (from.magic != start_magic || from.version < 1) arch::stop("not started by a PVH loader that gives a memory map");

  static BootInfo info;
  info.archive = archive_in_image();
  if (from.module_count > 0) {
    const StartModule& module = *at<StartModule>(from.modules);
    info.archive = {module.address, module.address + module.size};
  }
  if (from.command_line) {
    std::string_view line = at<char>(from.command_line);
    line = line.substr(0, sizeof info.command_line - 1);
    std::copy(line.begin(), line.end(), info.command_line);
    find_devices(info);
  }
  const PhysicalRange taken[] = {{0, first_usable}, {u64(image_begin), u64(image_end)}, info.archive};
  const StartMemory* memory = at<StartMemory>(from.memory_map);
  for (u32 i = 0; i < from.memory_map_entries; ++i) {
    if (memory[i].type == type_ram) add_ram(info, {memory[i].address, memory[i].address + memory[i].size}, taken);
  }
  sort_ram(info);
  arch::kernel_main(info);
}

}  // namespace skerry::kernel::x64
