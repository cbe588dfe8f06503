// A virtio serial port (Virtual I/O Device 1.2, 5.3): a stream of bytes to the host and one back,
// with back-pressure both ways. The port is number 1 of the console device.
//
// Nothing here waits. Reading is for the interrupt handler, writing for threads; all of it is under the caller's lock,
// but that a buffer that was taken may be filled outside.

#pragma once

#include <span>

#include "kernel/dev/virtio.h"

namespace skerry::kernel {

class Port {
 public:
  // False if the board has no console with a port 1 that answers; of one that does not, the serial console is told.
  bool start(const BootInfo& info);
  bool started() const { return started_; }

  // Takes what has arrived, as much as fits; 0 if nothing has. Never waits.
  usize read(std::span<u8> into);

  // Whether there is a free buffer. If not, an interrupt will tell of one.
  bool can_write();
  static constexpr u32 most_at_once = 16 * KiB;
  // A free buffer, which is the caller's until write(); none as can_write().
  std::optional<u32> take_buffer();
  u8* buffer(u32 i) { return send_.buffer(i); }
  // Hands the first `size` bytes of it to the device.
  void write(u32 buffer, u32 size);
  // Whether the device has passed on all that was written. If not, an interrupt will tell.
  bool all_written();

  // Of the interrupt handler: whether the interrupt was this device's.
  bool interrupted(u32 line);

 private:
  struct Control { u32 port; u16 event, value; };

  bool begin();
  void collect_sent();
  Control take_control(VirtioQueue::Used used);
  std::optional<VirtioQueue::Used> await(VirtioQueue& queue);
  bool send_control(u16 event, u16 value);
  bool await_control(u16 event);

  std::unique_ptr<VirtioDevice> device_;
  VirtioQueue receive_, send_, control_receive_, control_send_;
  bool started_ = false;

  // The buffer that is being read, if read_size_ is not 0.
  u32 read_buffer_ = 0, read_offset_ = 0, read_size_ = 0;
  // Which of send_'s buffers are the device's, or about to be.
  u32 sending_ = 0;
};

}  // namespace skerry::kernel
