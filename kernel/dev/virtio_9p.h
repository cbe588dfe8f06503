// The transport of 9P (kernel/fs/ninep.h) over virtio (Virtual I/O Device 1.2, 5.1 and QEMU's virtio-9p): a queue in
// which a request and the room for its reply are a chain of two descriptors, and a device for each folder, told apart
// by a tag.
//
// A device that does not answer within `patience`, or hands back what it was not given, is given up: everything on it
// fails from then on. Its buffers stay its own, since it may still write to them.

#pragma once

#include <array>
#include <atomic>
#include <string_view>

#include "kernel/arch/spin_lock.h"
#include "kernel/dev/virtio.h"
#include "kernel/fs/ninep.h"

namespace skerry::kernel {

class Virtio9pDevices;

class Virtio9p final : public NinepTransport {
 public:
  static constexpr u64 patience_ns = 30'000'000'000;

  // Null where the device does not take part.
  static std::unique_ptr<Virtio9p> start(std::unique_ptr<VirtioDevice> device, Virtio9pDevices& home);
  ~Virtio9p() override;

  u32 room() const override { return message_bytes; }
  wasi::HostResult<Place> begin() override;
  wasi::HostResult<u32> exchange(const Place& place, u32 bytes) override;
  void end(const Place& place) override;
  void give_up() override;
  bool is_given_up() const override { return is_given_up_; }

 private:
  static constexpr u32 message_bytes = 32 * KiB;
  static constexpr u32 places = VirtioRings::size / 2;
  enum class State : u8 { Free, Taken, Sent, Answered };

  Virtio9p(std::unique_ptr<VirtioDevice> device, Virtio9pDevices& home) : device_(std::move(device)), home_(home) {}
  friend class Virtio9pDevices;

  // Any context: what is waited for may have happened.
  void wake();
  void offer(u32 number, u32 bytes);
  void collect();  // under the lock
  u8* buffer(u32 descriptor) const { return buffers_ + u64{descriptor} * message_bytes; }

  const std::unique_ptr<VirtioDevice> device_;
  Virtio9pDevices& home_;
  u8* buffers_ = nullptr;
  u64 buffers_frame_ = 0;
  std::atomic<bool> is_given_up_ = false;
  u32 events_ = 0;  // counts interrupts and what else waiters should look at; atomically

  // Nobody waits for the device under it.
  platform::Mutex lock_;
  VirtioRings* rings_ = nullptr;
  u16 given_ = 0, taken_ = 0;
  std::array<State, places> states_ = {};
  std::array<u32, places> answers_ = {};  // bytes of each
};

// The board's devices of this kind. Outlives what is taken from it.
class Virtio9pDevices {
 public:
  void find(const BootInfo& info);
  // The one with this tag, once; null where there is none.
  std::unique_ptr<Virtio9p> take(std::string_view tag);
  void device_interrupt(u32 line);

 private:
  friend class Virtio9p;
  struct Known {
    std::string tag;
    std::unique_ptr<VirtioDevice> device;  // until it is taken
  };
  std::vector<Known> known_;
  static constexpr u32 most = 64;
  SpinLock lock_;
  // Of those that are taken. Under the lock, since interrupt handlers read it.
  std::array<Virtio9p*, most> running_ = {};
};

}  // namespace skerry::kernel
