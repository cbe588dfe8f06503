// The device tree's parser and what is taken from a tree, on trees that are whole and on damaged ones.

#include "kernel/arch/riscv64/board_description.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "kernel/arch/boot_info.h"
#include "tests/kernel/trees.h"

namespace skerry::kernel::riscv64 {
namespace {

BoardDescription describe(std::span<const u8> bytes, u64 hart) {
  BoardDescription board;
  auto tree = DeviceTree::create(bytes);
  if (!tree) {
    board.problem = "no tree";
    return board;
  }
  describe_board(*tree, hart, board);
  return board;
}

TEST(DeviceTree, DescribesTheBoard) {
  BoardDescription b = describe(virt_tree(), 3);
  EXPECT_EQ(b.problem, "");
  ASSERT_EQ(b.memory_count, 1u);
  EXPECT_EQ(b.memory[0].begin, 0x8000'0000u);
  EXPECT_EQ(b.memory[0].end, 0x9000'0000u);
  ASSERT_EQ(b.reserved_count, 2u);
  EXPECT_EQ(b.reserved[0].end, 0x8000'1000u);
  EXPECT_EQ(b.reserved[1].end, 0x8008'0000u);
  EXPECT_EQ(b.archive.begin, 0x8820'0000u);
  EXPECT_EQ(b.archive.end, 0x8820'1234u);
  EXPECT_STREQ(b.command_line, "test=1 sv39");
  EXPECT_EQ(b.seed_size, 32u);
  ASSERT_EQ(b.hart_count, 2u);
  EXPECT_EQ(b.find_hart(0)->external, 1u);
  EXPECT_EQ(b.find_hart(3)->external, 3u);
  EXPECT_EQ(b.find_hart(1), nullptr);
  EXPECT_STREQ(b.isa, "rv64imafdc_zba_zbb");
  EXPECT_TRUE(b.has_sv48);
  EXPECT_EQ(b.ticks_per_second, 10'000'000u);
  EXPECT_EQ(b.serial.begin, 0x1000'0100u);
  EXPECT_EQ(b.serial_stride, 4u);
  EXPECT_EQ(b.serial_width, 1u);
  EXPECT_EQ(b.interrupt_controller.begin, 0xc00'0000u);
  EXPECT_EQ(b.finisher.begin, 0x10'0000u);
  EXPECT_EQ(b.clock.begin, 0x10'1000u);
  ASSERT_EQ(b.device_count, 2u);
  EXPECT_EQ(b.devices[1].physical, 0x1000'3000u);
  EXPECT_EQ(b.devices[1].line, 3u);
}

TEST(DeviceTree, FindsTheInterruptController) {
  using enum BoardDescription::Controller;
  EXPECT_EQ(describe(virt_tree(), 3).controller, Plic);
  BoardDescription aplic = describe(virt_tree(InterruptsBy::Aplic), 3);
  EXPECT_EQ(aplic.controller, Aplic);
  EXPECT_EQ(aplic.interrupt_controller.begin, 0xc00'0009u);  // not the firmware's
  EXPECT_EQ(aplic.find_hart(3)->external, 0u);
  EXPECT_EQ(aplic.find_hart(0)->external, 1u);
  BoardDescription imsic = describe(virt_tree(InterruptsBy::Imsic), 3);
  EXPECT_EQ(imsic.controller, Imsic);
  EXPECT_EQ(imsic.interrupt_controller.begin, 0xc00'0009u);
  EXPECT_EQ(imsic.find_hart(3)->external, 0u);
  EXPECT_EQ(imsic.identities, 209u);
}

TEST(DeviceTree, SaysWhatIsMissing) {
  EXPECT_EQ(describe(virt_tree(), 5).problem, "the device tree does not know this hart");
  EXPECT_EQ(describe(TreeWriter().begin("").end().take(), 0).problem, "the device tree names no memory");
  EXPECT_EQ(describe({}, 0).problem, "no tree");
  std::vector<u8> short_tree = virt_tree();
  short_tree.pop_back();
  EXPECT_EQ(describe(short_tree, 0).problem, "no tree");
}

TEST(DeviceTree, DamagedStructures) {
  auto damaged = [](TreeWriter&& w) { return describe(w.take(), 0).problem == "the device tree is damaged"; };
  auto with = [](auto&& write) {
    TreeWriter w;
    write(w);
    return w;
  };
  EXPECT_TRUE(damaged(with([](TreeWriter& w) { w.begin(""); })));  // never ended
  EXPECT_TRUE(damaged(with([](TreeWriter& w) { w.end(); })));      // never begun
  EXPECT_TRUE(damaged(with([](TreeWriter&) {})));
  EXPECT_TRUE(damaged(with([](TreeWriter& w) { w.begin("").token(5).end(); })));
  EXPECT_TRUE(damaged(with([](TreeWriter& w) { w.cells("reg", {1}).begin("").end(); })));
  TreeWriter deep;
  for (u32 i = 0; i < 100'000; ++i) deep.begin("n");
  EXPECT_TRUE(damaged(std::move(deep)));
}

TEST(DeviceTree, ListsThatAreTooLong) {
  TreeWriter w;
  w.begin("").cells("#address-cells", {1}).cells("#size-cells", {1});
  std::string many;
  for (u32 i = 0; i < 100'000; ++i) many += std::string("\0\0\1\0\0\0\0\1", 8);
  w.begin("memory").bytes("reg", many).end();
  w.begin("reserved-memory").cells("ranges", {}).begin("a").bytes("reg", many).end().end();
  w.begin("cpus").cells("timebase-frequency", {1}).cells("#address-cells", {1}).cells("#size-cells", {1});
  for (u32 i = 0; i < 1000; ++i) w.begin("cpu").texts("device_type", "cpu").cells("reg", {i, 0}).end();
  w.end();
  for (u32 i = 0; i < 1000; ++i) {
    w.begin("v").texts("compatible", "virtio,mmio").cells("reg", {i, 1}).cells("interrupts", {i}).end();
  }
  std::vector<u8> bytes = w.end().take();
  BoardDescription b = describe(bytes, 0);
  EXPECT_EQ(b.problem, "the device tree reserves more memory than the kernel can note");
  EXPECT_EQ(b.memory_count, BoardDescription::max_ranges);
  EXPECT_EQ(b.hart_count, BoardDescription::max_harts);
  EXPECT_EQ(b.device_count, BootInfo::max_devices);
}

// Bytes changed, words set to what arithmetic dislikes, ends cut off: no read outside (the sanitizers
// watch; the bytes are an allocation of their own), no hang, and every count within its list.
TEST(DeviceTree, HundredThousandDamagedTrees) {
  const std::vector<u8> trees[] = {virt_tree(), virt_tree(InterruptsBy::Aplic), virt_tree(InterruptsBy::Imsic)};
  std::mt19937_64 random(7);
  u32 with_problem = 0;
  for (u32 round = 0; round < 100'000; ++round) {
    std::vector<u8> bytes = trees[round % 3];
    for (u64 n = 1 + random() % 4; n > 0; --n) {
      constexpr u32 words[] = {0, 1, 2, 3, 4, 9, 0xff, 0x7fff'ffff, 0x8000'0000, 0xffff'fffc, 0xffff'ffff};
      usize at = random() % bytes.size();
      if (random() % 2) bytes[at] = u8(random());
      else for (u32 i = 0, word = words[random() % std::size(words)]; i < 4 && (at & ~3) + i < bytes.size(); ++i) {
        bytes[(at & ~3) + i] = u8(word >> (24 - 8 * i));
      }
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    std::vector<u8> exact(bytes.begin(), bytes.end());
    exact.shrink_to_fit();
    BoardDescription b = describe(exact, 3);
    with_problem += !b.problem.empty();
    ASSERT_LE(b.memory_count, BoardDescription::max_ranges);
    ASSERT_LE(b.hart_count, BoardDescription::max_harts);
    ASSERT_LE(b.device_count, BootInfo::max_devices);
    ASSERT_LE(b.seed_size, sizeof b.seed);
    ASSERT_LT(std::string_view(b.command_line).size(), sizeof b.command_line);

    BootInfo info;
    const PhysicalRange taken[] = {{0, 0x8020'0000}, b.reserved[0], b.reserved[1], b.archive};
    for (PhysicalRange range : std::span(b.memory, b.memory_count)) add_ram(info, range, taken);
    sort_ram(info);
    for (u32 i = 0; i < info.ram_count; ++i) {
      ASSERT_LT(info.ram[i].begin, info.ram[i].end);
      if (i > 0) ASSERT_LE(info.ram[i - 1].end, info.ram[i].begin);
    }
  }
  EXPECT_GT(with_problem, 10'000u);
  EXPECT_LT(with_problem, 90'000u);
}

TEST(BootInfo, RamWithoutWhatIsTaken) {
  BootInfo info;
  const PhysicalRange taken[] = {{0x5000, 0x6000}, {0, 0x1800}, {0x5800, 0x8001}, {0x3000, 0x3000}, {0xf000, ~u64{0}}};
  add_ram(info, {0, 0x1'0000}, taken);
  add_ram(info, {0x2000, 0x4000}, taken);  // once more
  sort_ram(info);
  ASSERT_EQ(info.ram_count, 2u);
  EXPECT_EQ(info.ram[0].begin, 0x2000u);
  EXPECT_EQ(info.ram[0].end, 0x5000u);
  EXPECT_EQ(info.ram[1].begin, 0x9000u);
  EXPECT_EQ(info.ram[1].end, 0xf000u);
}

}  // namespace
}  // namespace skerry::kernel::riscv64
