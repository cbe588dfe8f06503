#include "kernel/dev/port.h"

#include <algorithm>

#include "base/check.h"

namespace skerry::kernel {

constexpr u32 feature_multiport = 1 << 1;
constexpr u32 port_number = 1;
constexpr u32 queue_control_receive = 2, queue_control_send = 3, queue_receive = 4, queue_send = 5;
enum Event : u16 { DeviceReady = 0, PortAdd = 1, PortReady = 3, PortOpen = 6 };

constexpr u32 receive_size = 4 * KiB, control_size = 64;
constexpr u8 exit_abandoned = 125;
constexpr u32 all_buffers = (1u << VirtioQueue::size) - 1;

bool Port::start(const BootInfo& info) {
  device_ = VirtioDevice::find(info, VirtioDevice::Kind::Console);
  if (!device_) return false;
  started_ = begin();
  if (started_) device_->enable_interrupts();
  else arch::console_write("skerry: the virtio console does not serve: it has no port 1, or does not answer\n");
  return started_;
}

bool Port::begin() {
  using enum VirtioQueue::Direction;
  if (!device_->negotiate(feature_multiport) ||
      !control_receive_.create(*device_, queue_control_receive, FromDevice, control_size) ||
      !control_send_.create(*device_, queue_control_send, ToDevice, control_size) ||
      !receive_.create(*device_, queue_receive, FromDevice, receive_size) ||
      !send_.create(*device_, queue_send, ToDevice, most_at_once)) {
    return false;
  }
  device_->begin();
  for (u32 i = 0; i < VirtioQueue::size; ++i) {
    control_receive_.give(i, control_size);
    receive_.give(i, receive_size);
  }
  control_receive_.notify();
  receive_.notify();

  if (!send_control(DeviceReady, 1) || !await_control(PortAdd)) return false;
  if (!send_control(PortReady, 1) || !send_control(PortOpen, 1)) return false;
  receive_.notify();  // QEMU looks for buffers only when it is told of them while the port is open
  return true;
}

// The device answers soon, at the latest when the emulator's other thread has come to it. So this looks for a
// while and then gives up; reading the status takes long enough, and lets others of the emulator work.
std::optional<VirtioQueue::Used> Port::await(VirtioQueue& queue) {
  constexpr u32 most_looks = 5'000'000;
  for (u32 look = 0; look < most_looks; ++look) {
    if (auto used = queue.take()) return used;
    if (device_->has_failed()) break;
  }
  return std::nullopt;
}

bool Port::send_control(u16 event, u16 value) {
  Control control = {port_number, event, value};
  __builtin_memcpy(control_send_.buffer(0), &control, sizeof control);
  control_send_.give(0, sizeof control);
  control_send_.notify();
  return await(control_send_).has_value();
}

Port::Control Port::take_control(VirtioQueue::Used used) {
  Control control = {};
  __builtin_memcpy(&control, control_receive_.buffer(used.buffer), std::min<usize>(used.bytes, sizeof control));
  control_receive_.give(used.buffer, control_size);
  control_receive_.notify();
  return control;
}

bool Port::await_control(u16 event) {
  constexpr u32 most_others = 100;
  for (u32 i = 0; i < most_others; ++i) {
    auto used = await(control_receive_);
    if (!used) break;
    Control control = take_control(*used);
    if (control.port == port_number && control.event == event) return true;
  }
  return false;
}

usize Port::read(std::span<u8> into) {
  usize done = 0;
  while (done < into.size()) {
    if (read_size_ == 0) {
      auto used = receive_.take();
      if (!used) break;
      read_buffer_ = used->buffer;
      read_offset_ = 0;
      read_size_ = used->bytes;
    }
    usize size = std::min<usize>(read_size_, into.size() - done);
    __builtin_memcpy(into.data() + done, receive_.buffer(read_buffer_) + read_offset_, size);
    done += size;
    read_offset_ += u32(size);
    read_size_ -= u32(size);
    if (read_size_ == 0) {
      receive_.give(read_buffer_, receive_size);
      receive_.notify();
    }
  }
  return done;
}

void Port::collect_sent() {
  while (auto used = send_.take()) sending_ &= ~(1u << used->buffer);
}

// Interrupts for sent buffers are asked for only by those who find none free.
bool Port::can_write() {
  collect_sent();
  if (sending_ != all_buffers) return true;
  send_.want_interrupts(true);
  collect_sent();
  return sending_ != all_buffers;
}

bool Port::all_written() {
  send_.want_interrupts(true);
  collect_sent();
  return sending_ == 0;
}

std::optional<u32> Port::take_buffer() {
  if (!can_write()) return std::nullopt;
  u32 buffer = u32(__builtin_ctz(~sending_));
  sending_ |= 1u << buffer;
  return buffer;
}

void Port::write(u32 buffer, u32 size) {
  CHECK((sending_ >> buffer & 1) && size <= most_at_once);
  send_.give(buffer, size);
  send_.want_interrupts(false);
  send_.notify();
}

bool Port::interrupted(u32 line) {
  if (!device_ || device_->line() != line || !device_->take_interrupt()) return false;
  // The host's end is gone: nobody is there to do anything for.
  while (auto used = control_receive_.take()) {
    Control control = take_control(*used);
    if (control.port == port_number && control.event == PortOpen && control.value == 0) arch::power_off(exit_abandoned);
  }
  return true;
}

}  // namespace skerry::kernel
