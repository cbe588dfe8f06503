#include "tests/kernel/trees.h"

namespace skerry::kernel::riscv64 {

namespace {

void word(std::string& to, u32 value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(char(value >> shift));
}
void pad(std::string& to) { to.resize((to.size() + 3) & ~usize{3}); }

}  // namespace

TreeWriter& TreeWriter::begin(std::string_view name) {
  token(1);
  structure_.append(name).push_back('\0');
  pad(structure_);
  return *this;
}

TreeWriter& TreeWriter::end() { return token(2); }

TreeWriter& TreeWriter::bytes(std::string_view name, std::string_view value) {
  token(3);
  word(structure_, u32(value.size()));
  word(structure_, u32(strings_.size()));
  strings_.append(name).push_back('\0');
  structure_.append(value);
  pad(structure_);
  return *this;
}

TreeWriter& TreeWriter::cells(std::string_view name, std::initializer_list<u32> values) {
  std::string value;
  for (u32 v : values) word(value, v);
  return bytes(name, value);
}

TreeWriter& TreeWriter::token(u32 kind) {
  word(structure_, kind);
  return *this;
}

TreeWriter& TreeWriter::reserve(u64 address, u64 size) {
  for (u64 value : {address, size}) {
    word(reservations_, u32(value >> 32));
    word(reservations_, u32(value));
  }
  return *this;
}

std::vector<u8> TreeWriter::take() {
  token(9);
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

std::vector<u8> virt_tree(InterruptsBy controller) {
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
  if (controller == InterruptsBy::Plic) {
    w.begin("plic@c000000").cells("reg", {0, 0xc00'0000, 0, 0x60'0000});
    w.cells("interrupts-extended", {7, 11, 7, 9, 10, 11, 10, 9});
    w.bytes("compatible", std::string("sifive,plic-1.0.0\0riscv,plic0\0", 30)).end();
  } else {
    // The kernel's and the firmware's.
    for (u32 cause : {9u, 11u}) {
      u32 file = 20 + cause;
      w.begin("aplic").texts("compatible", "riscv,aplic").cells("reg", {0, 0xc00'0000 + cause, 0, 0x8000});
      if (controller == InterruptsBy::Imsic) w.cells("msi-parent", {file});
      else w.cells("interrupts-extended", {10, cause, 7, cause});
      if (cause == 11) w.cells("riscv,children", {1});
      w.end();
      if (controller == InterruptsBy::Aplic) continue;
      w.begin("imsics").texts("compatible", "riscv,imsics").cells("phandle", {file}).cells("riscv,num-ids", {200 + cause});
      w.cells("interrupts-extended", {10, cause, 7, cause}).end();
    }
  }
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

}  // namespace skerry::kernel::riscv64
