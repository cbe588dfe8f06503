#include "kernel/dev/virtio.h"

#include "base/check.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

// Indices of 32-bit registers.
enum Register : u32 {
  MagicValue = 0x000 / 4, Version = 0x004 / 4, DeviceId = 0x008 / 4,
  DeviceFeatures = 0x010 / 4, DeviceFeaturesSelect = 0x014 / 4,
  DriverFeatures = 0x020 / 4, DriverFeaturesSelect = 0x024 / 4,
  QueueSelect = 0x030 / 4, QueueSizeMax = 0x034 / 4, QueueSize = 0x038 / 4, QueueReady = 0x044 / 4,
  QueueNotify = 0x050 / 4, InterruptStatus = 0x060 / 4, InterruptAcknowledge = 0x064 / 4, Status = 0x070 / 4,
  QueueDescriptors = 0x080 / 4, QueueDriver = 0x090 / 4, QueueDevice = 0x0a0 / 4,
};
constexpr u32 magic = 0x74726976, version = 2;
constexpr u32 status_acknowledge = 1, status_driver = 2, status_driver_ok = 4, status_features_ok = 8;
constexpr u32 features_high_version_1 = 1;
constexpr u16 descriptor_write = 2;  // by the device
constexpr u16 used_no_notify = 1, available_no_interrupt = 1;

std::optional<VirtioDevice> VirtioDevice::find(DeviceWindow window, Kind kind) {
  auto* registers = reinterpret_cast<volatile u32*>(arch::map_device(window.physical, window.size));
  if (registers[MagicValue] != magic || registers[Version] != version) return std::nullopt;
  if (registers[DeviceId] != u32(kind)) return std::nullopt;
  return VirtioDevice(window, registers);
}

bool VirtioDevice::negotiate(u32 features) {
  registers_[Status] = 0;
  registers_[Status] = status_acknowledge | status_driver;
  registers_[DeviceFeaturesSelect] = 0;
  if ((registers_[DeviceFeatures] & features) != features) return false;
  registers_[DriverFeaturesSelect] = 0;
  registers_[DriverFeatures] = features;
  registers_[DriverFeaturesSelect] = 1;
  registers_[DriverFeatures] = features_high_version_1;
  registers_[Status] = status_acknowledge | status_driver | status_features_ok;
  return registers_[Status] & status_features_ok;
}

void VirtioDevice::begin() {
  registers_[Status] = status_acknowledge | status_driver | status_features_ok | status_driver_ok;
}

u32 VirtioDevice::take_interrupt() {
  u32 reasons = registers_[InterruptStatus];
  registers_[InterruptAcknowledge] = reasons;
  return reasons;
}

bool VirtioQueue::create(VirtioDevice& device, u32 number, Direction direction, u32 buffer_size) {
  static_assert(sizeof(Rings) <= page_size);
  volatile u32* registers = device.registers_;
  registers[QueueSelect] = number;
  if (registers[QueueReady] || registers[QueueSizeMax] < size) return false;
  auto rings = allocate_adjacent_frames(1);
  auto buffers = allocate_adjacent_frames(align_up(u64(buffer_size) * size, page_size) / page_size);
  if (!rings || !buffers) return false;

  device_ = &device;
  number_ = number;
  direction_ = direction;
  buffer_size_ = buffer_size;
  buffers_frame_ = *buffers;
  buffers_ = arch::direct(*buffers);
  rings_ = reinterpret_cast<Rings*>(arch::direct(*rings));
  __builtin_memset(rings_, 0, page_size);

  registers[QueueSize] = size;
  const struct { u32 reg; u64 offset; } parts[] = {
      {QueueDescriptors, offsetof(Rings, descriptors)},
      {QueueDriver, offsetof(Rings, available)},
      {QueueDevice, offsetof(Rings, used)},
  };
  for (auto [reg, offset] : parts) {
    registers[reg] = u32(*rings + offset);
    registers[reg + 1] = u32((*rings + offset) >> 32);
  }
  registers[QueueReady] = 1;
  return true;
}

void VirtioQueue::give(u32 i, u32 bytes) {
  CHECK(i < size && bytes <= buffer_size_);
  u16 flags = direction_ == Direction::FromDevice ? descriptor_write : u16(0);
  rings_->descriptors[i] = {buffers_frame_ + u64(i) * buffer_size_, bytes, flags, 0};
  rings_->available.ring[given_ % size] = u16(i);
  __atomic_store_n(&rings_->available.index, ++given_, __ATOMIC_RELEASE);
}

void VirtioQueue::notify() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // the index before the flag
  if (!(__atomic_load_n(&rings_->used.flags, __ATOMIC_RELAXED) & used_no_notify)) {
    device_->registers_[QueueNotify] = number_;
  }
}

void VirtioQueue::want_interrupts(bool wanted) {
  __atomic_store_n(&rings_->available.flags, wanted ? u16(0) : available_no_interrupt, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // the flag before what the caller looks at next
}

bool VirtioQueue::has_used() const { return __atomic_load_n(&rings_->used.index, __ATOMIC_ACQUIRE) != taken_; }

std::optional<VirtioQueue::Used> VirtioQueue::take() {
  if (!has_used()) return std::nullopt;
  auto [id, bytes] = rings_->used.ring[taken_ % size];
  ++taken_;
  if (id >= size || bytes > buffer_size_) arch::stop("a virtio device returns what it was not given");
  return Used{id, bytes};
}

}  // namespace skerry::kernel
