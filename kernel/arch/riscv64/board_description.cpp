#include "kernel/arch/riscv64/board_description.h"

#include <algorithm>

namespace skerry::kernel::riscv64 {

namespace {

using Walk = DeviceTree::Walk;

constexpr std::string_view too_many_reserved = "the device tree reserves more memory than the kernel can note";
constexpr u32 supervisor_external = 9;  // the interrupt of a hart that its controller raises

template <usize size>
void copy_text(std::string_view text, char (&to)[size]) {
  text = text.substr(0, size - 1);
  std::copy(text.begin(), text.end(), to);
  to[text.size()] = 0;
}


bool add(PhysicalRange range, PhysicalRange* list, u32& count) {
  if (range.size() == 0) return true;
  if (count == BoardDescription::max_ranges) return false;
  list[count++] = range;
  return true;
}

// The ranges of the node's `reg`. False if the list cannot hold them all.
bool add_all(const Walk& walk, PhysicalRange* list, u32& count) {
  for (u32 i = 0; i <= BoardDescription::max_ranges; ++i) {
    auto range = walk.reg(i);
    if (!range) return true;
    if (!add(*range, list, count)) return false;
  }
  return false;
}

void take_first(std::optional<PhysicalRange> range, PhysicalRange& into) {
  if (range && into.size() == 0) into = *range;
}

class Reader {
 public:
  Reader(BoardDescription& board, u64 boot_hart) : board_(board), boot_hart_(boot_hart) {}

  void read_node(const Walk& walk) {
    std::string_view name = walk.name(), parent = walk.name(1);
    if (walk.depth() == 1 && name == "memory") {
      add_all(walk, board_.memory, board_.memory_count);  // what there is no room for is not used
    } else if (walk.depth() == 1 && name == "chosen") {
      read_chosen(walk);
    } else if (walk.depth() == 1 && name == "cpus") {
      board_.ticks_per_second = walk.number("timebase-frequency").value_or(0);
    } else if (parent == "reserved-memory") {
      if (!add_all(walk, board_.reserved, board_.reserved_count)) board_.problem = too_many_reserved;
    } else if (parent == "cpus" && walk.text("device_type") == "cpu") {
      read_hart(walk);
    } else if (name == "interrupt-controller" && walk.name(2) == "cpus") {
      if (board_.hart_count > 0 && hart_is_open_) board_.harts[board_.hart_count - 1].interrupts = phandle(walk);
    } else if (walk.is_usable()) {
      read_device(walk);
    }
  }

  void finish() {
    using enum BoardDescription::Controller;
    if (board_.interrupt_controller.size() == 0 && aplic_.size() != 0) {
      bool sends = imsic_ != 0 && aplic_sends_to_ == imsic_;
      board_.controller = sends ? Imsic : Aplic;
      board_.interrupt_controller = aplic_;
      contexts_ = sends ? imsic_contexts_ : aplic_contexts_;
    }
    // A PLIC's context i is the i-th pair: a hart's interrupt controller, and which interrupt of it. So are an APLIC's
    // and an IMSIC's harts counted.
    for (usize i = 0; i < contexts_.size() / 8; ++i) {
      if (word(contexts_, i * 8 + 4) != supervisor_external) continue;
      for (BoardDescription::Hart& hart : std::span(board_.harts, board_.hart_count)) {
        if (hart.interrupts != 0 && hart.interrupts == word(contexts_, i * 8)) hart.external = u32(i);
      }
    }
  }

 private:
  static u32 phandle(const Walk& walk) { return walk.cell("phandle").value_or(0); }

  static u32 word(Walk::Bytes bytes, usize offset) {
    u32 value;
    __builtin_memcpy(&value, bytes.data() + offset, sizeof value);
    return __builtin_bswap32(value);
  }

  static Walk::Bytes contexts(const Walk& walk) {
    return walk.property("interrupts-extended").value_or(Walk::Bytes());
  }
  static bool is_supervisors(Walk::Bytes contexts) {
    return contexts.size() >= 8 && word(contexts, 4) == supervisor_external;
  }

  void read_chosen(const Walk& walk) {
    copy_text(walk.text("bootargs"), board_.command_line);
    auto begin = walk.number("linux,initrd-start"), end = walk.number("linux,initrd-end");
    if (begin && end && *begin < *end) board_.archive = {*begin, *end};
    if (auto seed = walk.property("rng-seed")) {
      board_.seed_size = u32(std::min(seed->size(), sizeof board_.seed));
      std::copy_n(seed->begin(), board_.seed_size, board_.seed);
    }
  }

  void read_hart(const Walk& walk) {
    auto id = walk.reg_number();
    if (auto hz = walk.number("timebase-frequency"); hz && board_.ticks_per_second == 0) board_.ticks_per_second = *hz;
    hart_is_open_ = id && walk.is_usable() && board_.hart_count < BoardDescription::max_harts;
    if (!hart_is_open_) return;
    board_.harts[board_.hart_count++] = {*id, 0, BoardDescription::no_context};
    if (*id != boot_hart_) return;
    copy_text(walk.text("riscv,isa"), board_.isa);
    std::string_view pages = walk.text("mmu-type");
    board_.has_sv48 = pages == "riscv,sv48" || pages == "riscv,sv57";
  }

  void read_device(const Walk& walk) {
    if (walk.is_compatible("ns16550a") || walk.is_compatible("ns16550") || walk.is_compatible("snps,dw-apb-uart")) {
      if (board_.serial.size() != 0) return;
      take_first(walk.reg(), board_.serial);
      board_.serial_line = walk.cell("interrupts").value_or(0);
      board_.serial_stride = u32{1} << std::min(walk.cell("reg-shift").value_or(0), u32{4});
      board_.serial_width = walk.cell("reg-io-width").value_or(1) == 4 ? 4 : 1;
    } else if (walk.is_compatible("sifive,plic-1.0.0") || walk.is_compatible("riscv,plic0")) {
      if (board_.interrupt_controller.size() != 0) return;
      take_first(walk.reg(), board_.interrupt_controller);
      if (board_.interrupt_controller.size() != 0) board_.controller = BoardDescription::Controller::Plic;
      contexts_ = contexts(walk);
    } else if (walk.is_compatible("riscv,aplic")) {
      // One for each level of privilege; the firmware's has that of the kernel below it.
      if (walk.property("riscv,children") || aplic_.size() != 0) return;
      take_first(walk.reg(), aplic_);
      aplic_sends_to_ = walk.cell("msi-parent").value_or(0);
      aplic_contexts_ = contexts(walk);
    } else if (walk.is_compatible("riscv,imsics")) {
      if (!is_supervisors(contexts(walk))) return;
      imsic_ = phandle(walk);
      imsic_contexts_ = contexts(walk);
      board_.identities = walk.cell("riscv,num-ids").value_or(0);
    } else if (walk.is_compatible("sifive,test0") || walk.is_compatible("sifive,test1")) {
      take_first(walk.reg(), board_.finisher);
    } else if (walk.is_compatible("google,goldfish-rtc")) {
      take_first(walk.reg(), board_.clock);
    } else if (walk.is_compatible("virtio,mmio") && board_.device_count < BootInfo::max_devices) {
      auto range = walk.reg();
      auto line = walk.cell("interrupts");
      if (range && line) board_.devices[board_.device_count++] = {range->begin, range->size(), *line};
    }
  }

  BoardDescription& board_;
  u64 boot_hart_;
  bool hart_is_open_ = false;  // the last in the list is the one whose children come
  Walk::Bytes contexts_, aplic_contexts_, imsic_contexts_;
  PhysicalRange aplic_;
  u32 aplic_sends_to_ = 0, imsic_ = 0;  // phandles
};

}  // namespace

const BoardDescription::Hart* BoardDescription::find_hart(u64 id) const {
  for (const Hart& hart : std::span(harts, hart_count)) {
    if (hart.id == id) return &hart;
  }
  return nullptr;
}

void describe_board(const DeviceTree& tree, u64 boot_hart, BoardDescription& board) {
  board = {};
  for (u32 i = 0; board.problem.empty(); ++i) {
    auto range = tree.reserved(i);
    if (!range) break;
    if (!add(*range, board.reserved, board.reserved_count) || i == 2 * BoardDescription::max_ranges) {
      board.problem = too_many_reserved;
    }
  }
  Walk walk(tree);
  Reader reader(board, boot_hart);
  while (walk.next()) reader.read_node(walk);
  reader.finish();

  if (!board.problem.empty()) return;
  if (walk.damaged()) board.problem = "the device tree is damaged";
  else if (board.memory_count == 0) board.problem = "the device tree names no memory";
  else if (!board.find_hart(boot_hart)) board.problem = "the device tree does not know this hart";
  else if (board.ticks_per_second == 0) board.problem = "the device tree does not say how fast the clock runs";
  else if (board.seed_size < 16) board.problem = "the device tree has no seed for random numbers";
}

}  // namespace skerry::kernel::riscv64
