// The device tree that firmware hands over: whatever it is, the description of the board keeps to its lists.

#include "base/check.h"
#include "kernel/arch/boot_info.h"
#include "kernel/arch/riscv64/board_description.h"
#include "tests/fuzz/target.h"
#include "tests/kernel/trees.h"

namespace skerry::fuzz {
namespace {

using namespace kernel;
using namespace kernel::riscv64;

void run(std::span<const u8> bytes) {
  if (bytes.size() >= DeviceTree::header_size) (void)DeviceTree::size_by_header(bytes.first(DeviceTree::header_size));
  auto tree = DeviceTree::create(bytes);
  if (!tree) return;
  BoardDescription b;
  describe_board(*tree, 3, b);
  CHECK(b.memory_count <= BoardDescription::max_ranges && b.reserved_count <= BoardDescription::max_ranges);
  CHECK(b.hart_count <= BoardDescription::max_harts && b.device_count <= BootInfo::max_devices);
  CHECK(b.seed_size <= sizeof b.seed);
  CHECK(std::string_view(b.command_line).size() < sizeof b.command_line);
  CHECK(std::string_view(b.isa).size() < sizeof b.isa);

  BootInfo info;
  std::span<const PhysicalRange> reserved(b.reserved, b.reserved_count);
  for (PhysicalRange range : std::span(b.memory, b.memory_count)) add_ram(info, range, reserved);
  sort_ram(info);
  for (u32 i = 0; i < info.ram_count; ++i) {
    CHECK(info.ram[i].begin < info.ram[i].end);
    if (i > 0) CHECK(info.ram[i - 1].end <= info.ram[i].begin);
    for (PhysicalRange range : reserved) {
      CHECK(range.begin >= range.end || range.end <= info.ram[i].begin || range.begin >= info.ram[i].end);
    }
  }
}

std::vector<Bytes> seeds() {
  TreeWriter small;
  small.begin("").cells("#address-cells", {1}).cells("#size-cells", {1});
  small.begin("memory").texts("device_type", "memory").cells("reg", {0x8000'0000, 0x100'0000}).end();
  return {virt_tree(), virt_tree(InterruptsBy::Aplic), virt_tree(InterruptsBy::Imsic), small.end().take()};
}

}  // namespace

const Target device_tree_target = {"device_tree", 4'000, run, seeds};

}  // namespace skerry::fuzz
