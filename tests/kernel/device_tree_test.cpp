// The device tree's parser and what is taken from a tree, on trees that are whole and on damaged ones.

#include "kernel/arch/riscv64/board_description.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "kernel/arch/boot_info.h"

namespace skerry::kernel::riscv64 {
namespace {

// Writes a tree as the specification has it, version 17.
class TreeWriter {
 public:
  TreeWriter& begin(std::string_view name) {
    word(structure_, 1);
    text(structure_, name);
    return *this;
  }
  TreeWriter& end() {
    word(structure_, 2);
    return *this;
  }
  TreeWriter& bytes(std::string_view name, std::string_view value) {
    word(structure_, 3);
    word(structure_, u32(value.size()));
    word(structure_, u32(strings_.size()));
    strings_.append(name).push_back('\0');
    structure_.append(value);
    pad(structure_);
    return *this;
  }
  TreeWriter& texts(std::string_view name, std::string_view value) { return bytes(name, std::string(value) + '\0'); }
  TreeWriter& cells(std::string_view name, std::initializer_list<u32> values) {
    std::string value;
    for (u32 v : values) word(value, v);
    return bytes(name, value);
  }
  TreeWriter& token(u32 kind) {
    word(structure_, kind);
    return *this;
  }
  TreeWriter& reserve(u64 address, u64 size) {
    for (u64 value : {address, size}) {
      word(reservations_, u32(value >> 32));
      word(reservations_, u32(value));
    }
    return *this;
  }

  std::vector<u8> take() {
    word(structure_, 9);
    reserve(0, 0);
    std::string out;
    u32 at_reservations = 40, at_structure = at_reservations + u32(reservations_.size());
    u32 at_strings = at_structure + u32(structure_.size());
    for (u32 value : {0xd00dfeedu, at_strings + u32(strings_.size()), at_structure, at_strings, at_reservations,
                      17u, 16u, 0u, u32(strings_.size()), u32(structure_.size())}) {
      word(out, value);
    }
    out += reservations_ + structure_ + strings_;
    return {out.begin(), out.end()};
  }

 private:
  static void word(std::string& to, u32 value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(char(value >> shift));
  }
  static void pad(std::string& to) { to.resize((to.size() + 3) & ~usize{3}); }
  static void text(std::string& to, std::string_view value) {
    to.append(value).push_back('\0');
    pad(to);
  }
  std::string structure_, strings_, reservations_;
};

// A board like QEMU's virt, with two harts and some things that it has not.
std::vector<u8> virt_tree() {
  TreeWriter w;
  w.reserve(0x8000'0000, 0x1000);
  w.begin("").cells("#address-cells", {2}).cells("#size-cells", {2}).texts("compatible", "riscv-virtio");
  w.token(4);
  w.begin("chosen").texts("bootargs", "test=1 sv39").texts("stdout-path", "/soc/serial@10000000");
  w.cells("linux,initrd-start", {0, 0x8820'0000}).cells("linux,initrd-end", {0, 0x8820'1234});
  w.bytes("rng-seed", "0123456789abcdef0123456789abcdef").end();
  w.begin("memory@80000000").texts("device_type", "memory").cells("reg", {0, 0x8000'0000, 0, 0x1000'0000}).end();
  w.begin("reserved-memory").cells("#address-cells", {2}).cells("#size-cells", {2}).cells("ranges", {});
  w.begin("mmode_resv0@80000000").cells("reg", {0, 0x8000'0000, 0, 0x8'0000}).end().end();
  w.begin("cpus").cells("#address-cells", {1}).cells("#size-cells", {0}).cells("timebase-frequency", {10'000'000});
  for (u32 hart : {0u, 3u}) {
    w.begin("cpu@" + std::to_string(hart)).texts("device_type", "cpu").cells("reg", {hart}).texts("status", "okay");
    w.texts("riscv,isa", hart == 3 ? "rv64imafdc_zba_zbb" : "rv64imafdc").texts("mmu-type", "riscv,sv48");
    w.begin("interrupt-controller").cells("#interrupt-cells", {1}).cells("phandle", {7 + hart}).end().end();
  }
  w.begin("cpu-map").end().end();
  w.begin("soc").cells("#address-cells", {2}).cells("#size-cells", {2}).texts("compatible", "simple-bus");
  w.cells("ranges", {});
  for (u32 i = 0; i < 3; ++i) {
    w.begin("virtio_mmio@1000100" + std::to_string(i)).cells("interrupts", {1 + i}).cells("interrupt-parent", {9});
    w.cells("reg", {0, 0x1000'1000 + i * 0x1000, 0, 0x1000}).texts("compatible", "virtio,mmio");
    if (i == 1) w.texts("status", "disabled");
    w.end();
  }
  w.begin("plic@c000000").cells("reg", {0, 0xc00'0000, 0, 0x60'0000});
  w.cells("interrupts-extended", {7, 11, 7, 9, 10, 11, 10, 9});
  w.bytes("compatible", std::string("sifive,plic-1.0.0\0riscv,plic0\0", 30)).end();
  w.begin("test@100000").bytes("compatible", std::string("sifive,test1\0sifive,test0\0syscon\0", 33));
  w.cells("reg", {0, 0x10'0000, 0, 0x1000}).end();
  w.begin("rtc@101000").texts("compatible", "google,goldfish-rtc").cells("reg", {0, 0x10'1000, 0, 0x1000}).end();
  // A bus of its own addresses.
  w.begin("bus@20000000").cells("#address-cells", {1}).cells("#size-cells", {1});
  w.cells("ranges", {0x100, 0, 0x1000'0000, 0x1000});
  w.begin("serial@200").texts("compatible", "ns16550a").cells("reg", {0x200, 0x100}).cells("reg-shift", {2}).end();
  w.begin("rtc@9000").texts("compatible", "google,goldfish-rtc").cells("reg", {0x9000, 0x100}).end();
  w.end().end().end();
  return w.take();
}

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
  const std::vector<u8> whole = virt_tree();
  std::mt19937_64 random(7);
  u32 with_problem = 0;
  for (u32 round = 0; round < 100'000; ++round) {
    std::vector<u8> bytes = whole;
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
