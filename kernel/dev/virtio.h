// virtio devices (Virtual I/O Device, version 1.2) and their queues (2.7). How a device is reached, by
// registers in memory or over PCI, is for virtio_mmio.cpp and virtio_pci.cpp.
//
// A Queue has buffers of its own, one descriptor each, in adjacent frames. Buffer i is descriptor
// i, and at any time either the driver's or the device's.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/types.h"
#include "kernel/arch/arch.h"

namespace skerry::kernel {

class VirtioDevice {
 public:
  enum class Kind : u32 { Console = 3, Files = 9 };

  // The board's first device of this kind; null if it has none.
  static std::unique_ptr<VirtioDevice> find(const BootInfo& info, Kind kind);
  // All of them.
  static std::vector<std::unique_ptr<VirtioDevice>> find_all(const BootInfo& info, Kind kind);
  virtual ~VirtioDevice() = default;

  // Resets it and agrees on what it must have: bits of the features' lower half. False: it has not.
  bool negotiate(u32 features);
  // Queues have been set up; the device may use them.
  void begin();
  // It says that it cannot go on.
  bool has_failed();

  struct QueueParts { u64 descriptors, available, used; };  // physical
  // False if it has no such queue of this size. Between negotiate and begin.
  virtual bool set_queue(u32 number, u32 size, const QueueParts& parts) = 0;
  virtual void notify(u32 queue) = 0;

  // arch::device_interrupt(line()) will be called when it has news.
  virtual void enable_interrupts() = 0;
  virtual u32 line() const = 0;
  // A byte of what the device says of itself, by its kind; 0 past its end.
  virtual u8 configuration(u32 offset) = 0;

  // Whether a queue may have news. By the handler of its interrupt; acknowledges it.
  virtual bool take_interrupt() = 0;

 protected:
  virtual u32 features(u32 half) = 0;
  virtual void set_features(u32 half, u32 features) = 0;
  virtual u32 status() = 0;
  virtual void set_status(u32 status) = 0;
};

// One for each way of reaching devices. A window has one device, or null.
std::unique_ptr<VirtioDevice> find_virtio_mmio(DeviceWindow window, VirtioDevice::Kind kind);
std::vector<std::unique_ptr<VirtioDevice>> find_virtio_pci(VirtioDevice::Kind kind, usize most);

// What driver and device share of a queue of `size` descriptors, a page at most.
struct VirtioRings {
  static constexpr u32 size = 16;
  struct Descriptor { u64 address; u32 bytes; u16 flags, next; };
  struct Available { u16 flags, index, ring[size], used_event; };
  struct UsedRing { u16 flags, index; struct { u32 id, bytes; } ring[size]; u16 available_event; };

  Descriptor descriptors[size];
  Available available;
  alignas(4) UsedRing used;

  static constexpr u16 descriptor_next = 1, descriptor_write = 2;  // another follows; by the device

  // Where its parts lie, if it lies in this frame.
  static VirtioDevice::QueueParts parts(u64 frame);
  // Makes descriptor `head` known to the device: the `given`-th, from 0.
  void offer(u16 head, u16 given);
  // Whether the device wants to be told of what was offered.
  bool wants_notice() const;
  void want_interrupts(bool wanted);
  // How many the device has finished with so far.
  u16 finished() const { return __atomic_load_n(&used.index, __ATOMIC_ACQUIRE); }
};

class VirtioQueue {
 public:
  static constexpr u32 size = VirtioRings::size;
  enum class Direction : u8 { ToDevice, FromDevice };

  // False if the queue is not there or memory is short. Between negotiate and begin of the device, which
  // must outlive the queue.
  bool create(VirtioDevice& device, u32 number, Direction direction, u32 buffer_size);

  u32 buffer_size() const { return buffer_size_; }
  u8* buffer(u32 i) { return buffers_ + u64(i) * buffer_size_; }

  // Gives a buffer to the device: `bytes` of it to read, or all of it to fill.
  void give(u32 i, u32 bytes);
  // Tells the device about what was given.
  void notify();
  // Whether the device shall raise its line for buffers that it has finished with.
  void want_interrupts(bool wanted);
  // A buffer that the device has finished with, and how many bytes it filled. A device that returns what it has not, or
  // more than fits, stops the kernel.
  struct Used { u32 buffer, bytes; };
  std::optional<Used> take();
  bool has_used() const;

 private:
  VirtioDevice* device_ = nullptr;
  u32 number_ = 0, buffer_size_ = 0;
  Direction direction_ = Direction::ToDevice;
  VirtioRings* rings_ = nullptr;
  u8* buffers_ = nullptr;
  u64 buffers_frame_ = 0;
  u16 given_ = 0, taken_ = 0;
  u32 outstanding_ = 0;  // bits of buffers that are the device's
};

}  // namespace skerry::kernel
