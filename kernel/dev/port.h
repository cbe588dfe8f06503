// A virtio serial port (Virtual I/O Device 1.2, 5.3): a stream of bytes to the host and one back,
// with back-pressure both ways. The port is number 1 of the console device.
//
// One writer at a time, who may wait. Reading is for the interrupt handler.

#pragma once

#include <span>

#include "kernel/dev/virtio.h"

namespace skerry::kernel {

class Port {
 public:
  // False if no device window holds a console with a port 1.
  bool start(const BootInfo& info);
  bool started() const { return started_; }

  // Takes what has arrived, as much as fits; 0 if nothing has. Never waits.
  usize read(std::span<u8> into);
  // Hands `head` and then `body` to the device, and waits where it is slow.
  void write(std::span<const u8> head, std::span<const u8> body);
  // Waits until the device has passed on all that was written.
  void drain();

  // Of the interrupt handler: whether the interrupt was this device's.
  bool interrupted(u32 line);

 private:
  struct Control { u32 port; u16 event, value; };

  u32 free_buffer();
  void collect_sent();
  void send_control(u16 event, u16 value);
  bool await_control(u16 event);

  std::optional<VirtioDevice> device_;
  VirtioQueue receive_, send_, control_receive_, control_send_;
  bool started_ = false;

  // The buffer that is being read, if read_size_ is not 0.
  u32 read_buffer_ = 0, read_offset_ = 0, read_size_ = 0;
  // Which of send_'s buffers are the device's.
  u32 sending_ = 0;
  u32 news_ = 0;  // counts interrupts
};

}  // namespace skerry::kernel
