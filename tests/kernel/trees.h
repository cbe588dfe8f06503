// Device trees to test with.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skerry::kernel::riscv64 {

// Writes a tree as the specification has it, version 17.
class TreeWriter {
 public:
  TreeWriter& begin(std::string_view name);
  TreeWriter& end();
  TreeWriter& bytes(std::string_view name, std::string_view value);
  TreeWriter& texts(std::string_view name, std::string_view value) { return bytes(name, std::string(value) + '\0'); }
  TreeWriter& cells(std::string_view name, std::initializer_list<u32> values);
  TreeWriter& token(u32 kind);
  TreeWriter& reserve(u64 address, u64 size);
  std::vector<u8> take();

 private:
  std::string structure_, strings_, reservations_;
};

enum class InterruptsBy : u8 { Plic, Aplic, Imsic };
// Of a board like QEMU's virt, with two harts, 0 and 3, and some things that it has not.
std::vector<u8> virt_tree(InterruptsBy controller = InterruptsBy::Plic);

}  // namespace skerry::kernel::riscv64
