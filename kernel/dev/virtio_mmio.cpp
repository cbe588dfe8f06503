// virtio over memory-mapped registers (Virtual I/O Device 1.2, 4.2).

#include "kernel/dev/virtio.h"

namespace skerry::kernel {

namespace {

// Indices of 32-bit registers.
enum Register : u32 {
  MagicValue = 0x000 / 4, Version = 0x004 / 4, DeviceId = 0x008 / 4,
  DeviceFeatures = 0x010 / 4, DeviceFeaturesSelect = 0x014 / 4,
  DriverFeatures = 0x020 / 4, DriverFeaturesSelect = 0x024 / 4,
  QueueSelect = 0x030 / 4, QueueSizeMax = 0x034 / 4, QueueSize = 0x038 / 4, QueueReady = 0x044 / 4,
  QueueNotify = 0x050 / 4, InterruptStatus = 0x060 / 4, InterruptAcknowledge = 0x064 / 4, Status = 0x070 / 4,
  QueueDescriptors = 0x080 / 4, QueueDriver = 0x090 / 4, QueueDevice = 0x0a0 / 4,
  RegisterEnd = 0x100 / 4,
};
constexpr u32 magic = 0x74726976, version = 2;

class MmioDevice final : public VirtioDevice {
 public:
  MmioDevice(u32 line, volatile u32* registers, u64 size) : line_(line), registers_(registers), size_(size) {}

  bool set_queue(u32 number, u32 size, const QueueParts& parts) override {
    registers_[QueueSelect] = number;
    if (registers_[QueueReady] || registers_[QueueSizeMax] < size) return false;
    registers_[QueueSize] = size;
    set_address(QueueDescriptors, parts.descriptors);
    set_address(QueueDriver, parts.available);
    set_address(QueueDevice, parts.used);
    registers_[QueueReady] = 1;
    return true;
  }
  void notify(u32 queue) override { registers_[QueueNotify] = queue; }

  void enable_interrupts() override { arch::enable_line(line_); }
  u32 line() const override { return line_; }
  u8 configuration(u32 offset) override {
    if (offset >= size_ - RegisterEnd * 4) return 0;
    return reinterpret_cast<volatile u8*>(registers_ + RegisterEnd)[offset];
  }
  bool take_interrupt() override {
    u32 reasons = registers_[InterruptStatus];
    registers_[InterruptAcknowledge] = reasons;
    return reasons != 0;
  }

 protected:
  u32 features(u32 half) override {
    registers_[DeviceFeaturesSelect] = half;
    return registers_[DeviceFeatures];
  }
  void set_features(u32 half, u32 features) override {
    registers_[DriverFeaturesSelect] = half;
    registers_[DriverFeatures] = features;
  }
  u32 status() override { return registers_[Status]; }
  void set_status(u32 status) override { registers_[Status] = status; }

 private:
  void set_address(Register reg, u64 address) {
    registers_[reg] = u32(address);
    registers_[reg + 1] = u32(address >> 32);
  }

  u32 line_;
  volatile u32* registers_;
  u64 size_;  // with the device's own configuration, which follows the registers
};

}  // namespace

std::unique_ptr<VirtioDevice> find_virtio_mmio(DeviceWindow window, VirtioDevice::Kind kind) {
  if (window.size < RegisterEnd * 4) return nullptr;
  auto* registers = reinterpret_cast<volatile u32*>(arch::map_device(window.physical, window.size));
  if (registers[MagicValue] != magic || registers[Version] != version) return nullptr;
  if (registers[DeviceId] != u32(kind)) return nullptr;
  return std::make_unique<MmioDevice>(window.line, registers, window.size);
}

}  // namespace skerry::kernel
