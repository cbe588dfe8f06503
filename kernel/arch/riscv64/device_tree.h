// The flattened device tree (Devicetree Specification 0.4, chapter 5), as a loader hands it over:
// nodes and their properties, read in place.
//
//   DeviceTree::Walk walk(tree);
//   while (walk.next()) {
//     if (walk.is_compatible("ns16550a")) use(walk.reg(0));
//   }
//   if (walk.damaged()) ...
//
// The bytes are not trusted: whatever they are, a walk reads nothing outside of them, ends, and takes
// work linear in their number. It needs no memory. Where a damaged tree ends early, what came before
// was seen.

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "kernel/arch/arch.h"

namespace skerry::kernel::riscv64 {

class DeviceTree {
 public:
  static constexpr usize header_size = 40;
  // How many bytes the tree has that begins with this header; 0 if it is none.
  static u64 size_by_header(std::span<const u8> header);
  // None if the parts that the header names do not lie within the bytes.
  static std::optional<DeviceTree> create(std::span<const u8> bytes);

  // The i-th range of memory that nobody may touch, of the list in front of the nodes.
  std::optional<PhysicalRange> reserved(u32 i) const;

  class Walk;

 private:
  std::span<const u8> structure_, strings_, reservations_;
};

// Goes over the nodes, parents before their children.
class DeviceTree::Walk {
 public:
  explicit Walk(const DeviceTree& tree) : tree_(tree) {}

  // To the next node. False when there is none, or the tree is damaged from here on.
  bool next();
  bool damaged() const { return damaged_; }

  // Of the node: the root is at depth 0. `name(up)`: of its ancestor so many levels above; without
  // the unit address; empty beyond the root.
  u32 depth() const { return depth_ - 1; }
  std::string_view name(u32 up = 0) const;

  using Bytes = std::span<const u8>;
  std::optional<Bytes> property(std::string_view name) const;
  // One 32-bit cell of a property.
  std::optional<u32> cell(std::string_view name, u32 i = 0) const;
  // A property of one or two cells as a number.
  std::optional<u64> number(std::string_view name) const;
  // Its text up to the first NUL; empty if it has none.
  std::string_view text(std::string_view name) const;
  // Whether one of the texts of `compatible` is this.
  bool is_compatible(std::string_view with) const;
  // Whether its status does not say otherwise.
  bool is_usable() const;
  // The i-th range of `reg`, in physical addresses. Where `size` has no cells, it is empty.
  std::optional<PhysicalRange> reg(u32 i = 0) const;
  // The i-th address of a `reg` of no physical addresses: a hart's number.
  std::optional<u64> reg_number(u32 i = 0) const;

 private:
  static constexpr u32 max_depth = 16;
  struct Level {
    std::string_view name;
    usize properties;  // where they begin
    u32 address_cells, size_cells;  // of its children's `reg`
    std::optional<Bytes> ranges;    // from its children's addresses to its own
  };
  struct Token;

  std::optional<Token> token_at(usize offset) const;
  bool enter(const Token& token);
  std::optional<PhysicalRange> raw_reg(u32 i) const;
  // An address of children of level `l` as a physical one.
  std::optional<u64> translate(u64 address, u64 size, u32 l) const;

  const DeviceTree& tree_;
  usize at_ = 0;
  u32 depth_ = 0;  // of levels_, that are open
  bool ended_ = false, damaged_ = false;
  Level levels_[max_depth];
};

}  // namespace skerry::kernel::riscv64
