#include "kernel/arch/riscv64/device_tree.h"

#include <algorithm>

namespace skerry::kernel::riscv64 {

namespace {

constexpr u32 tree_magic = 0xd00dfeed;
constexpr u32 oldest_version = 16, structure_size_since = 17;
enum HeaderField : u32 {
  Magic = 0, TotalSize = 4, StructureOffset = 8, StringsOffset = 12, ReservationsOffset = 16,
  Version = 20, LastCompatible = 24, StringsSize = 32, StructureSize = 36,
};
enum Kind : u32 { BeginNode = 1, EndNode = 2, Property = 3, Nop = 4, End = 9 };
constexpr usize reservation_size = 16;

// Entries of one `ranges` that are looked at.
constexpr u32 most_ranges = 64;

using Bytes = std::span<const u8>;

// The caller has compared with the size.
u32 big_endian(Bytes bytes, usize offset) {
  u32 value;
  __builtin_memcpy(&value, bytes.data() + offset, sizeof value);
  return __builtin_bswap32(value);
}
u64 cells(Bytes bytes, usize offset, u32 count) {
  u64 value = 0;
  for (u32 i = 0; i < count; ++i) value = value << 32 | big_endian(bytes, offset + 4 * i);
  return value;
}

// Up to the first NUL in the bytes from `offset` on; none if there is no NUL.
std::optional<std::string_view> text_at(Bytes bytes, usize offset) {
  if (offset >= bytes.size()) return std::nullopt;
  const char* begin = reinterpret_cast<const char*>(bytes.data() + offset);
  const void* end = __builtin_memchr(begin, 0, bytes.size() - offset);
  if (!end) return std::nullopt;
  return std::string_view(begin, usize(static_cast<const char*>(end) - begin));
}

std::optional<Bytes> part(Bytes bytes, u64 offset, u64 size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(offset, size);
}

}  // namespace

u64 DeviceTree::size_by_header(Bytes header) {
  if (header.size() < header_size || big_endian(header, Magic) != tree_magic) return 0;
  return big_endian(header, TotalSize);
}

std::optional<DeviceTree> DeviceTree::create(Bytes bytes) {
  u64 size = size_by_header(bytes);
  if (size < header_size || size > bytes.size()) return std::nullopt;
  bytes = bytes.first(size);
  u32 version = big_endian(bytes, Version);
  if (version < oldest_version || big_endian(bytes, LastCompatible) > structure_size_since) return std::nullopt;

  u32 structure_offset = big_endian(bytes, StructureOffset);
  u32 reservations_offset = big_endian(bytes, ReservationsOffset);
  u64 structure_size = version >= structure_size_since ? big_endian(bytes, StructureSize)
                                                       : size - std::min<u64>(size, structure_offset);
  auto structure = part(bytes, structure_offset, structure_size);
  auto strings = part(bytes, big_endian(bytes, StringsOffset), big_endian(bytes, StringsSize));
  auto reservations = part(bytes, reservations_offset, size - std::min<u64>(size, reservations_offset));
  if (!structure || !strings || !reservations) return std::nullopt;
  DeviceTree tree;
  tree.structure_ = *structure;
  tree.strings_ = *strings;
  tree.reservations_ = *reservations;
  return tree;
}

std::optional<PhysicalRange> DeviceTree::reserved(u32 i) const {
  usize offset = usize{i} * reservation_size;
  if (offset > reservations_.size() || reservations_.size() - offset < reservation_size) return std::nullopt;
  u64 address = cells(reservations_, offset, 2), size = cells(reservations_, offset + 8, 2);
  if (address == 0 && size == 0) return std::nullopt;
  return PhysicalRange{address, size > ~address ? ~u64{0} : address + size};
}

// What stands at an offset of the structure: for a node its name, for a property its name and value.
struct DeviceTree::Walk::Token {
  u32 kind;
  usize next;  // where the next token begins
  std::string_view name;
  Bytes value;
};

std::optional<DeviceTree::Walk::Token> DeviceTree::Walk::token_at(usize offset) const {
  Bytes structure = tree_.structure_;
  if (offset > structure.size() || structure.size() - offset < 4) return std::nullopt;
  Token token = {.kind = big_endian(structure, offset), .next = offset + 4};
  switch (token.kind) {
    case BeginNode: {
      auto name = text_at(structure, token.next);
      if (!name) return std::nullopt;
      token.name = *name;
      token.next = align_up(token.next + name->size() + 1, 4);
      return token;
    }
    case Property: {
      if (structure.size() - token.next < 8) return std::nullopt;
      u32 size = big_endian(structure, token.next);
      auto value = part(structure, token.next + 8, size);
      auto name = text_at(tree_.strings_, big_endian(structure, token.next + 4));
      if (!value || !name) return std::nullopt;
      token.name = *name;
      token.value = *value;
      token.next = align_up(token.next + 8 + size, 4);
      return token;
    }
    case EndNode:
    case Nop:
    case End: return token;
    default: return std::nullopt;
  }
}

// Opens a level for the node, with what its children have to know of it.
bool DeviceTree::Walk::enter(const Token& node) {
  if (depth_ == max_depth) return false;
  Level& level = levels_[depth_++];
  level = {node.name.substr(0, node.name.find('@')), node.next, 2, 1, std::nullopt};
  for (usize offset = node.next;;) {
    auto token = token_at(offset);
    if (!token) return false;
    if (token->kind != Property && token->kind != Nop) return true;
    if (token->kind == Property) {
      bool is_cell = token->value.size() == 4;
      if (token->name == "#address-cells" && is_cell) level.address_cells = big_endian(token->value, 0);
      else if (token->name == "#size-cells" && is_cell) level.size_cells = big_endian(token->value, 0);
      else if (token->name == "ranges") level.ranges = token->value;
    }
    offset = token->next;
  }
}

bool DeviceTree::Walk::next() {
  while (!ended_) {
    auto token = token_at(at_);
    if (!token) break;
    at_ = token->next;
    if (token->kind == BeginNode) {
      if (!enter(*token)) break;
      return true;
    }
    if (token->kind == Nop) continue;
    if (depth_ == 0 || token->kind == End) break;
    if (token->kind == EndNode && --depth_ == 0) {
      ended_ = true;
      return false;
    }
  }
  if (!ended_) damaged_ = true;
  ended_ = true;
  depth_ = 0;
  return false;
}

std::string_view DeviceTree::Walk::name(u32 up) const { return up < depth_ ? levels_[depth_ - 1 - up].name : ""; }

std::optional<Bytes> DeviceTree::Walk::property(std::string_view name) const {
  for (usize offset = levels_[depth_ - 1].properties;;) {
    auto token = token_at(offset);
    if (!token || (token->kind != Property && token->kind != Nop)) return std::nullopt;
    if (token->kind == Property && token->name == name) return token->value;
    offset = token->next;
  }
}

std::optional<u32> DeviceTree::Walk::cell(std::string_view name, u32 i) const {
  auto value = property(name);
  if (!value || value->size() / 4 <= i) return std::nullopt;
  return big_endian(*value, usize{i} * 4);
}

std::optional<u64> DeviceTree::Walk::number(std::string_view name) const {
  auto value = property(name);
  if (!value || (value->size() != 4 && value->size() != 8)) return std::nullopt;
  return cells(*value, 0, u32(value->size() / 4));
}

std::string_view DeviceTree::Walk::text(std::string_view name) const {
  auto value = property(name);
  return value ? text_at(*value, 0).value_or("") : "";
}

bool DeviceTree::Walk::is_compatible(std::string_view with) const {
  auto value = property("compatible");
  for (usize offset = 0; value;) {
    auto text = text_at(*value, offset);
    if (!text) return false;
    if (*text == with) return true;
    offset += text->size() + 1;
  }
  return false;
}

bool DeviceTree::Walk::is_usable() const {
  std::string_view status = text("status");
  return status.empty() || status == "okay" || status == "ok";
}

// Addresses as the parent counts them.
std::optional<PhysicalRange> DeviceTree::Walk::raw_reg(u32 i) const {
  if (depth_ < 2) return std::nullopt;
  const Level& parent = levels_[depth_ - 2];
  auto value = property("reg");
  if (!value || parent.address_cells < 1 || parent.address_cells > 2 || parent.size_cells > 2) return std::nullopt;
  usize entry = 4 * (parent.address_cells + parent.size_cells);
  if (value->size() / entry <= i) return std::nullopt;
  u64 address = cells(*value, i * entry, parent.address_cells);
  u64 size = cells(*value, i * entry + 4 * parent.address_cells, parent.size_cells);
  if (size > ~address) return std::nullopt;
  return PhysicalRange{address, address + size};
}

std::optional<u64> DeviceTree::Walk::reg_number(u32 i) const {
  auto range = raw_reg(i);
  return range ? std::optional(range->begin) : std::nullopt;
}

std::optional<PhysicalRange> DeviceTree::Walk::reg(u32 i) const {
  auto range = raw_reg(i);
  if (!range) return std::nullopt;
  u64 size = range->size();
  auto begin = translate(range->begin, size, depth_ - 2);
  if (!begin || size > ~*begin) return std::nullopt;
  return PhysicalRange{*begin, *begin + size};
}

std::optional<u64> DeviceTree::Walk::translate(u64 address, u64 size, u32 l) const {
  for (; l > 0; --l) {
    const Level &level = levels_[l], &parent = levels_[l - 1];
    if (!level.ranges) return std::nullopt;
    if (level.ranges->empty()) continue;  // the same addresses
    if (level.address_cells > 2 || parent.address_cells > 2 || level.size_cells > 2) return std::nullopt;
    u32 own = level.address_cells, up = parent.address_cells;
    usize entry = 4 * (own + up + level.size_cells);
    if (entry == 0) return std::nullopt;
    bool found = false;
    for (u32 i = 0; i < most_ranges && i < level.ranges->size() / entry && !found; ++i) {
      u64 child = cells(*level.ranges, i * entry, own), base = cells(*level.ranges, i * entry + 4 * own, up);
      u64 span = cells(*level.ranges, i * entry + 4 * (own + up), level.size_cells);
      if (address < child || address - child > span || size > span - (address - child)) continue;
      if (address - child > ~base) return std::nullopt;
      address = base + (address - child);
      found = true;
    }
    if (!found) return std::nullopt;
  }
  return address;
}

}  // namespace skerry::kernel::riscv64
