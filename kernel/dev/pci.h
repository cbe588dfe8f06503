// Functions of PCI devices (PCI Local Bus Specification 3.0, chapter 6) on the first bus, as firmware
// has set them up: their capabilities, registers and interrupts by message.

#pragma once

#include <optional>

#include "kernel/arch/arch.h"

namespace skerry::kernel {

class PciFunction {
 public:
  static std::optional<PciFunction> first();
  std::optional<PciFunction> next() const;

  u16 vendor() const { return u16(read(0x00)); }
  u16 device() const { return u16(read(0x00) >> 16); }
  u16 subsystem() const { return u16(read(0x2c) >> 16); }

  // The 32 bits at an offset of its configuration.
  u32 read(u32 offset) const { return arch::read_pci(number_, offset); }
  void write(u32 offset, u32 value) const { arch::write_pci(number_, offset, value); }

  // It may answer at its registers, reach memory, and send messages.
  void enable() const;
  // What firmware gave the i-th of its six base addresses; none where it is no memory.
  std::optional<PhysicalRange> memory_bar(u32 i) const;

  enum class Capability : u8 { Vendor = 0x09, Messages = 0x11 };
  // Calls visit(offset) for its capabilities of this kind. Ends, whatever the list looks like.
  template <class Visit>
  void for_each_capability(Capability kind, Visit&& visit) const {
    if (!(read(0x04) >> 16 & 0x10)) return;
    u32 offset = read(0x34) & 0xfc;
    for (u32 left = 48; offset >= 0x40 && left > 0; --left) {
      u32 head = read(offset);
      if ((head & 0xff) == u32(kind)) visit(offset);
      offset = head >> 8 & 0xfc;
    }
  }
  // A message of its table (MSI-X) that raises an interrupt line. It is held back until `let_through`.
  struct Message {
    u32 line;
    volatile u32* masked;
    void let_through() const { *masked = 0; }
  };
  // None if it has no such message, or the board no line left.
  std::optional<Message> prepare_message(u32 entry) const;

 private:
  explicit PciFunction(u32 number) : number_(number) {}
  static std::optional<PciFunction> from(u32 number);
  bool is_there() const { return vendor() != 0xffff; }

  u32 number_;  // device * 8 + function
};

}  // namespace skerry::kernel
