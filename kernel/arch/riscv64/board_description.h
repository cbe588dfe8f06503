// What the kernel takes from a device tree: the board in numbers, and copies of texts.

#pragma once

#include "kernel/arch/riscv64/device_tree.h"

namespace skerry::kernel::riscv64 {

struct BoardDescription {
  // Memory, and what of it is somebody else's. Neither is sorted; they may overlap.
  static constexpr u32 max_ranges = 32;
  PhysicalRange memory[max_ranges];
  u32 memory_count = 0;
  PhysicalRange reserved[max_ranges];
  u32 reserved_count = 0;

  struct Hart {
    u64 id;            // as the firmware counts
    u32 interrupts;    // phandle of its own interrupt controller, 0 if it has none
    u32 external;      // as what the interrupt controller knows it as a supervisor; no_context if as nothing
  };
  static constexpr u32 max_harts = 64;
  static constexpr u32 no_context = ~u32{0};
  Hart harts[max_harts];
  u32 hart_count = 0;
  const Hart* find_hart(u64 id) const;

  u64 ticks_per_second = 0;  // of the time register
  bool has_sv48 = false;
  char isa[256] = {};        // of the boot hart, as `riscv,isa` has it: "rv64imafdc_zba_zbb"

  // Registers; all empty if there is none.
  PhysicalRange serial;      // a 16550
  u32 serial_stride = 1;     // bytes from one register to the next
  u32 serial_width = 1;      // of one access
  u32 serial_line = 0;       // 0: it interrupts nobody
  enum class Controller : u8 {
    None,
    Plic,
    Aplic,  // which interrupts harts itself
    Imsic,  // an APLIC that sends messages to files of interrupts, of which each hart has its own
  };
  Controller controller = Controller::None;
  PhysicalRange interrupt_controller;  // its registers: those of a PLIC or an APLIC
  u32 identities = 0;                  // of Imsic: the highest number of an interrupt
  PhysicalRange finisher;    // ends the emulator
  PhysicalRange clock;       // a goldfish clock
  DeviceWindow devices[BootInfo::max_devices];  // virtio
  u32 device_count = 0;

  PhysicalRange archive;
  char command_line[2048] = {};
  u8 seed[64] = {};
  u32 seed_size = 0;

  // What is wrong, in words; empty: the board can be booted.
  std::string_view problem;
};

// `boot_hart`: the number of the hart that reads this.
void describe_board(const DeviceTree& tree, u64 boot_hart, BoardDescription& board);

}  // namespace skerry::kernel::riscv64
