// From the device tree to BootInfo.

#include <algorithm>

#include "kernel/arch/boot_info.h"
#include "kernel/arch/riscv64/cpu.h"

namespace skerry::kernel::riscv64 {

BoardDescription board;

extern "C" char image_begin[], image_end[];

// QEMU's is 1 MB.
constexpr u64 largest_tree = 4 * MiB;

extern "C" [[noreturn]] void kernel_entry(u64 hart, u64 tree_address) {
  arch::begin_first_hart();
  prepare_traps(0);
  load_trap_vector(0);
  if (tree_address == 0 || tree_address > most_physical - largest_tree) arch::stop("the firmware gives no device tree");
  const u8* tree_bytes = arch::direct(tree_address);
  u64 size = DeviceTree::size_by_header({tree_bytes, DeviceTree::header_size});
  if (size == 0 || size > largest_tree) arch::stop("what the firmware gives is no device tree");
  auto tree = DeviceTree::create({tree_bytes, size});
  if (!tree) arch::stop("the device tree is damaged");
  describe_board(*tree, hart, board);
  if (!board.problem.empty()) arch::stop(board.problem);
  std::iter_swap(board.harts, const_cast<BoardDescription::Hart*>(board.find_hart(hart)));
  stir_entropy({board.seed, board.seed_size});

  static BootInfo info;
  info.archive = board.archive.size() != 0 ? board.archive : archive_in_image();
  std::copy(std::begin(board.command_line), std::end(board.command_line), info.command_line);
  std::copy_n(board.devices, board.device_count, info.devices);
  info.device_count = board.device_count;

  // What lies below the image is the firmware's, whether it says so or not.
  PhysicalRange taken[BoardDescription::max_ranges + 3];
  u32 taken_count = 0;
  taken[taken_count++] = {0, u64(image_end)};
  taken[taken_count++] = {most_physical, ~u64{0}};
  taken[taken_count++] = info.archive;
  for (PhysicalRange range : std::span(board.reserved, board.reserved_count)) taken[taken_count++] = range;
  for (PhysicalRange range : std::span(board.memory, board.memory_count)) add_ram(info, range, {taken, taken_count});
  sort_ram(info);
  arch::kernel_main(info);
}

}  // namespace skerry::kernel::riscv64
