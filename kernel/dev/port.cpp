#include "kernel/dev/port.h"

#include <algorithm>

#include "kernel/sched/thread.h"

namespace skerry::kernel {

constexpr u32 feature_multiport = 1 << 1;
constexpr u32 port_number = 1;
constexpr u32 queue_control_receive = 2, queue_control_send = 3, queue_receive = 4, queue_send = 5;
enum Event : u16 { DeviceReady = 0, PortAdd = 1, PortReady = 3, PortOpen = 6 };

constexpr u32 send_size = 16 * KiB, receive_size = 4 * KiB, control_size = 64;
constexpr u32 all_buffers = (1u << VirtioQueue::size) - 1;

bool Port::start(const BootInfo& info) {
  for (u32 i = 0; i < info.device_count && !device_; ++i) {
    device_ = VirtioDevice::find(info.devices[i], VirtioDevice::Kind::Console);
  }
  using enum VirtioQueue::Direction;
  if (!device_ || !device_->negotiate(feature_multiport) ||
      !control_receive_.create(*device_, queue_control_receive, FromDevice, control_size) ||
      !control_send_.create(*device_, queue_control_send, ToDevice, control_size) ||
      !receive_.create(*device_, queue_receive, FromDevice, receive_size) ||
      !send_.create(*device_, queue_send, ToDevice, send_size)) {
    return false;
  }
  device_->begin();
  for (u32 i = 0; i < VirtioQueue::size; ++i) {
    control_receive_.give(i, control_size);
    receive_.give(i, receive_size);
  }
  control_receive_.notify();
  receive_.notify();
  arch::enable_line(device_->line());

  send_control(DeviceReady, 1);
  if (!await_control(PortAdd)) return false;
  send_control(PortReady, 1);
  send_control(PortOpen, 1);
  started_ = true;
  return true;
}

void Port::send_control(u16 event, u16 value) {
  Control control = {port_number, event, value};
  __builtin_memcpy(control_send_.buffer(0), &control, sizeof control);
  control_send_.give(0, sizeof control);
  control_send_.notify();
  while (!control_send_.take()) {}
}

// The device answers at once; so this looks for a while and then gives up.
bool Port::await_control(u16 event) {
  for (u32 attempt = 0; attempt < 10'000'000; ++attempt) {
    auto used = control_receive_.take();
    if (!used) continue;
    Control control = {};
    __builtin_memcpy(&control, control_receive_.buffer(used->buffer), std::min<usize>(used->bytes, sizeof control));
    control_receive_.give(used->buffer, control_size);
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

u32 Port::free_buffer() {
  for (;;) {
    u32 news = news_;
    collect_sent();
    if (sending_ != all_buffers) return u32(__builtin_ctz(~sending_));
    wait_for_word(&news_, news, never);
  }
}

void Port::write(std::span<const u8> head, std::span<const u8> body) {
  while (!head.empty() || !body.empty()) {
    u32 buffer = free_buffer(), filled = 0;
    for (auto* from : {&head, &body}) {
      usize size = std::min<usize>(from->size(), send_size - filled);
      __builtin_memcpy(send_.buffer(buffer) + filled, from->data(), size);
      *from = from->subspan(size);
      filled += u32(size);
    }
    sending_ |= 1u << buffer;
    send_.give(buffer, filled);
    send_.notify();
  }
}

void Port::drain() {
  for (;;) {
    u32 news = news_;
    collect_sent();
    if (sending_ == 0) return;
    wait_for_word(&news_, news, never);
  }
}

bool Port::interrupted(u32 line) {
  if (!device_ || device_->line() != line || device_->take_interrupt() == 0) return false;
  ++news_;
  wake_threads(&news_);
  return true;
}

}  // namespace skerry::kernel
