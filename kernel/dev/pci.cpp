#include "kernel/dev/pci.h"

namespace skerry::kernel {

namespace {

constexpr u32 functions = 256, functions_of_device = 8;
constexpr u32 command = 0x04, command_memory = 2, command_master = 4, command_no_line = 1 << 10;
constexpr u32 header_type = 0x0c, many_functions = 1 << 23;
constexpr u32 first_bar = 0x10, bars = 6, bar_is_port = 1, bar_type = 6, bar_is_64_bits = 4, bar_flags = 15;

// Of the capability for messages, and of an entry of its table.
constexpr u32 message_enable = u32{1} << 31, message_mask_all = 1 << 30, message_count = 0x7ff0000;
constexpr u32 message_table = 4, table_bar = 7, entry_size = 16;

}  // namespace

std::optional<PciFunction> PciFunction::from(u32 number) {
  while (number < functions) {
    PciFunction function(number);
    if (function.is_there()) return function;
    // A device without a first function has no others.
    number += number % functions_of_device == 0 ? functions_of_device : 1;
  }
  return std::nullopt;
}

std::optional<PciFunction> PciFunction::first() { return from(0); }

std::optional<PciFunction> PciFunction::next() const {
  bool is_only = number_ % functions_of_device == 0 && !(read(header_type) & many_functions);
  return from(number_ + (is_only ? functions_of_device : 1));
}

void PciFunction::enable() const {
  write(command, (read(command) & 0xffff) | command_memory | command_master | command_no_line);
}

std::optional<PhysicalRange> PciFunction::memory_bar(u32 i) const {
  if (i >= bars) return std::nullopt;
  u32 offset = first_bar + 4 * i, low = read(offset);
  bool is_long = (low & bar_type) == bar_is_64_bits;
  if (low & bar_is_port || (is_long && i + 1 == bars)) return std::nullopt;
  u64 address = low & ~bar_flags;
  if (is_long) address |= u64{read(offset + 4)} << 32;

  // The bits that do not keep what is written tell the size. Nobody reads there meanwhile.
  u32 before = read(command);
  write(command, before & 0xffff & ~command_memory);
  auto probe = [&](u32 at) {
    u32 value = read(at);
    write(at, ~u32{0});
    u32 mask = read(at);
    write(at, value);
    return mask;
  };
  u64 mask = probe(offset) & ~bar_flags;
  mask |= is_long ? u64{probe(offset + 4)} << 32 : ~u64{0} << 32;
  write(command, before & 0xffff);

  u64 size = ~mask + 1;
  if (address == 0 || mask == 0 || size > ~address) return std::nullopt;
  return PhysicalRange{address, address + size};
}

std::optional<PciFunction::Message> PciFunction::prepare_message(u32 entry) const {
  std::optional<Message> prepared;
  for_each_capability(Capability::Messages, [&](u32 offset) {
    u32 control = read(offset), table = read(offset + message_table);
    u64 begin = (table & ~table_bar) + u64{entry} * entry_size;
    auto bar = memory_bar(table & table_bar);
    if (prepared || entry > (control & message_count) >> 16 || !bar || begin + entry_size > bar->size()) return;
    auto message = arch::take_message();
    if (!message) return;
    auto* words = reinterpret_cast<volatile u32*>(arch::map_device(bar->begin + begin, entry_size));
    words[0] = u32(message->address);
    words[1] = u32(message->address >> 32);
    words[2] = message->data;
    words[3] = 1;  // held back
    write(offset, (control | message_enable) & ~message_mask_all);
    prepared = {message->line, &words[3]};
  });
  return prepared;
}

}  // namespace skerry::kernel
