// virtio devices over memory-mapped registers (Virtual I/O Device, version 1.2: 4.2 for the
// registers, 2.7 for the queues). The same on every ISA.
//
// A Queue has buffers of its own, one descriptor each, in adjacent frames. Buffer i is descriptor
// i, and at any time either the driver's or the device's.

#pragma once

#include <optional>
#include <span>

#include "base/types.h"
#include "kernel/arch/arch.h"

namespace skerry::kernel {

class VirtioDevice {
 public:
  enum class Kind : u32 { Console = 3 };

  // None if there is no device of version 2 behind the window, or nothing is plugged in.
  static std::optional<VirtioDevice> find(DeviceWindow window, Kind kind);

  // Resets it and agrees on what it must have: bits of the features' lower half. False: it has not.
  bool negotiate(u32 features);
  // Queues have been set up; the device may use them.
  void begin();
  // Why it raised its line, acknowledged: not zero if a queue may have news.
  u32 take_interrupt();

  u32 line() const { return window_.line; }

 private:
  friend class VirtioQueue;
  VirtioDevice(DeviceWindow window, volatile u32* registers) : window_(window), registers_(registers) {}

  DeviceWindow window_;
  volatile u32* registers_;
};

class VirtioQueue {
 public:
  static constexpr u32 size = 16;
  enum class Direction : u8 { ToDevice, FromDevice };

  // False if the queue is not there or memory is short. Between negotiate and begin.
  bool create(VirtioDevice& device, u32 number, Direction direction, u32 buffer_size);

  u32 buffer_size() const { return buffer_size_; }
  u8* buffer(u32 i) { return buffers_ + u64(i) * buffer_size_; }

  // Gives a buffer to the device: `bytes` of it to read, or all of it to fill.
  void give(u32 i, u32 bytes);
  // Tells the device about what was given.
  void notify();
  // Whether the device shall raise its line for buffers that it has finished with.
  void want_interrupts(bool wanted);
  // A buffer that the device has finished with, and how many bytes it filled.
  struct Used { u32 buffer, bytes; };
  std::optional<Used> take();
  bool has_used() const;

 private:
  struct Descriptor { u64 address; u32 bytes; u16 flags, next; };
  struct Available { u16 flags, index, ring[size], used_event; };
  struct UsedRing { u16 flags, index; struct { u32 id, bytes; } ring[size]; u16 available_event; };
  struct Rings {
    Descriptor descriptors[size];
    Available available;
    alignas(4) UsedRing used;
  };

  VirtioDevice* device_ = nullptr;
  u32 number_ = 0, buffer_size_ = 0;
  Direction direction_ = Direction::ToDevice;
  Rings* rings_ = nullptr;
  u8* buffers_ = nullptr;
  u64 buffers_frame_ = 0;
  u16 given_ = 0, taken_ = 0;
};

}  // namespace skerry::kernel
