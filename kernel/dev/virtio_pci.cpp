// virtio over PCI (Virtual I/O Device 1.2, 4.1), by the capabilities that tell where its registers
// are. Devices that also speak the older protocol are used by the new one. Interrupts are messages.

#include "kernel/dev/pci.h"
#include "kernel/dev/virtio.h"

namespace skerry::kernel {

namespace {

constexpr u16 vendor_virtio = 0x1af4;
// Device numbers: 0x1040 + kind, or one of the older ones, whose kind is the subsystem's number.
constexpr u16 first_old = 0x1000, first_new = 0x1040, last_new = 0x107f;

// A capability of the vendor's: where a structure of this type lies.
enum class Structure : u8 { Common = 1, Notify = 2, Device = 4 };
constexpr u32 structure_type = 3, structure_bar = 4, structure_offset = 8, structure_size = 12, notify_multiplier = 16;

// Offsets in the common structure.
enum Register : u32 {
  DeviceFeaturesSelect = 0x00, DeviceFeatures = 0x04, DriverFeaturesSelect = 0x08, DriverFeatures = 0x0c,
  ConfigVector = 0x10, Status = 0x14, QueueSelect = 0x16, QueueSize = 0x18, QueueVector = 0x1a,
  QueueEnable = 0x1c, QueueNotifyOffset = 0x1e, QueueDescriptors = 0x20, QueueDriver = 0x28, QueueDevice = 0x30,
  CommonSize = 0x38,
};
constexpr u16 no_vector = 0xffff, our_vector = 0;

struct Registers {
  u8* at = nullptr;
  u64 size = 0;
};

class PciDevice final : public VirtioDevice {
 public:
  static constexpr u32 most_queues = 8;

  PciDevice(PciFunction::Message message, u8* common, Registers notify, u32 multiplier, Registers device)
      : message_(message), common_(common), notify_(notify), multiplier_(multiplier), device_(device) {}

  bool set_queue(u32 number, u32 size, const QueueParts& parts) override {
    if (number >= most_queues) return false;
    write<u16>(QueueSelect, u16(number));
    if (read<u16>(QueueEnable) || read<u16>(QueueSize) < size) return false;
    u64 offset = u64{read<u16>(QueueNotifyOffset)} * multiplier_;
    if (notify_.size < 2 || offset > notify_.size - 2) return false;
    notify_offsets_[number] = offset;
    write<u16>(QueueSize, u16(size));
    write<u16>(QueueVector, our_vector);
    if (read<u16>(QueueVector) != our_vector) return false;
    set_address(QueueDescriptors, parts.descriptors);
    set_address(QueueDriver, parts.available);
    set_address(QueueDevice, parts.used);
    write<u16>(QueueEnable, 1);
    return true;
  }
  void notify(u32 queue) override {
    *reinterpret_cast<volatile u16*>(notify_.at + notify_offsets_[queue]) = u16(queue);
  }

  void enable_interrupts() override { message_.let_through(); }
  u32 line() const override { return message_.line; }
  u8 configuration(u32 offset) override {
    return offset < device_.size ? *const_cast<volatile u8*>(device_.at + offset) : u8(0);
  }
  bool take_interrupt() override { return true; }

 protected:
  u32 features(u32 half) override {
    write<u32>(DeviceFeaturesSelect, half);
    return read<u32>(DeviceFeatures);
  }
  void set_features(u32 half, u32 features) override {
    write<u32>(DriverFeaturesSelect, half);
    write<u32>(DriverFeatures, features);
    write<u16>(ConfigVector, no_vector);
  }
  u32 status() override { return read<u8>(Status); }
  void set_status(u32 status) override { write<u8>(Status, u8(status)); }

 private:
  template <class T>
  T read(Register reg) { return *reinterpret_cast<volatile T*>(common_ + reg); }
  template <class T>
  void write(Register reg, T value) { *reinterpret_cast<volatile T*>(common_ + reg) = value; }
  void set_address(Register reg, u64 address) {
    write<u32>(reg, u32(address));
    write<u32>(Register(reg + 4), u32(address >> 32));
  }

  PciFunction::Message message_;
  u8* common_;
  Registers notify_;
  u32 multiplier_;
  Registers device_;
  u64 notify_offsets_[most_queues] = {};
};

bool is_kind(PciFunction function, VirtioDevice::Kind kind) {
  if (function.vendor() != vendor_virtio) return false;
  u16 device = function.device();
  if (device >= first_new && device <= last_new) return device - first_new == u16(kind);
  return device >= first_old && device < first_new && function.subsystem() == u16(kind);
}

// Maps what the capability at `offset` speaks of; nothing if it does not fit where it says it is.
Registers map_structure(PciFunction function, u32 offset) {
  u32 first = function.read(offset + structure_offset), size = function.read(offset + structure_size);
  auto bar = function.memory_bar(u8(function.read(offset + structure_bar)));
  if (!bar || size == 0 || u64{first} + size > bar->size()) return {};
  return {arch::map_device(bar->begin + first, size), size};
}

}  // namespace

std::vector<std::unique_ptr<VirtioDevice>> find_virtio_pci(VirtioDevice::Kind kind, usize most) {
  std::vector<std::unique_ptr<VirtioDevice>> found;
  for (auto function = PciFunction::first(); function && found.size() < most; function = function->next()) {
    if (!is_kind(*function, kind)) continue;
    function->enable();
    Registers common, notify, device;
    u32 multiplier = 0;
    function->for_each_capability(PciFunction::Capability::Vendor, [&](u32 offset) {
      Structure type = Structure(function->read(offset) >> (8 * structure_type));
      if (type == Structure::Common && !common.at) common = map_structure(*function, offset);
      if (type == Structure::Device && !device.at) device = map_structure(*function, offset);
      if (type != Structure::Notify || notify.at) return;
      notify = map_structure(*function, offset);
      multiplier = function->read(offset + notify_multiplier);
    });
    if (common.size < CommonSize || !notify.at) continue;
    auto message = function->prepare_message(our_vector);
    if (message) found.push_back(std::make_unique<PciDevice>(*message, common.at, notify, multiplier, device));
  }
  return found;
}

}  // namespace skerry::kernel
