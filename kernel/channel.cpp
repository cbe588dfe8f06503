#include "kernel/channel.h"

#include <algorithm>

#include "base/check.h"
#include "kernel/sched/news.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

static std::span<const u8> bytes_of(const auto& value) { return {reinterpret_cast<const u8*>(&value), sizeof value}; }

template <class Condition>
static void wait_until(Condition&& holds) {
  for (u32 seen = news(); !holds(); seen = news()) wait_for_news(seen, never);
}

bool Channel::start(const BootInfo& info) {
  if (!port_.start(info)) return false;
  // What came before interrupts did.
  SpinGuard guard(lock_);
  take_messages();
  return true;
}

void Channel::send(ToHost kind, std::span<const u8> bytes) {
  do {
    auto part = bytes.first(std::min<usize>(bytes.size(), most_output));
    bytes = bytes.subspan(part.size());
    Header header = {u32(kind), u32(part.size())};
    std::optional<u32> buffer;
    wait_until([&] {
      SpinGuard guard(lock_);
      buffer = port_.take_buffer();
      return buffer.has_value();
    });
    u8* to = port_.buffer(*buffer);
    __builtin_memcpy(to, &header, sizeof header);
    __builtin_memcpy(to + sizeof header, part.data(), part.size());
    SpinGuard guard(lock_);
    port_.write(*buffer, u32(sizeof header + part.size()));
  } while (!bytes.empty());
}

bool Channel::can_send() {
  SpinGuard guard(lock_);
  return port_.can_write();
}

void Channel::drain() {
  wait_until([&] {
    SpinGuard guard(lock_);
    return port_.all_written();
  });
}

void Channel::ask_input(u32 size) {
  CHECK(size <= most_input);
  {
    SpinGuard guard(lock_);
    if (input_ != InputState::Idle) return;
    input_asked_ = size;
    input_ = InputState::Asked;
  }
  send(ToHost::Read, bytes_of(size));
}

std::optional<usize> Channel::take_input(std::span<u8> into) {
  {
    SpinGuard guard(lock_);
    if (input_ != InputState::Arrived) return std::nullopt;
    input_ = InputState::Taken;
  }
  usize size = std::min<usize>(into.size(), input_size_ - input_taken_);
  __builtin_memcpy(into.data(), input_bytes_ + input_taken_, size);
  {
    SpinGuard guard(lock_);
    input_taken_ += u32(size);
    input_ = input_taken_ == input_size_ ? InputState::Idle : InputState::Arrived;
    if (input_ == InputState::Idle) watch_ = WatchState::Idle;  // what was said of the file before is no longer true
  }
  make_news();  // for others who read
  return size;
}

Channel::Ready Channel::input_ready() {
  Ready ready = {};
  bool asks = false;
  auto look = [&] {
    SpinGuard guard(lock_);
    if (input_ == InputState::Arrived) return ready = {ReadyState::Ready, input_size_ - input_taken_}, true;
    if (input_ != InputState::Idle) return ready = {ReadyState::Waits, 0}, true;
    if (watch_ == WatchState::Told) return ready = ready_, true;
    asks = watch_ == WatchState::Idle;
    watch_ = WatchState::Asked;
    return false;
  };
  if (look()) return ready;
  if (asks) send(ToHost::Watch, {});
  wait_until([&] {
    if (look()) return true;
    if (asks) send(ToHost::Watch, {});  // somebody has read meanwhile
    return false;
  });
  return ready;
}

u64 Channel::host_time_ns() {
  platform::MutexGuard one_at_a_time(time_mutex_);
  {
    SpinGuard guard(lock_);
    time_ = 0;
  }
  send(ToHost::Time, {});
  u64 time;
  wait_until([&] {
    SpinGuard guard(lock_);
    return (time = time_) != 0;
  });
  return time;
}

void Channel::on_interrupt(void (*callback)()) {
  SpinGuard guard(lock_);
  interrupt_callback_ = callback;
  if (interrupt_came_early_) callback();
}

void Channel::device_interrupt(u32 line) {
  {
    SpinGuard guard(lock_);
    if (!port_.interrupted(line)) return;
    if (port_.started()) take_messages();
  }
  make_news();
}

void Channel::take_messages() {
  for (;;) {
    if (header_filled_ < sizeof header_) {
      u8* header = reinterpret_cast<u8*>(&header_);
      usize size = port_.read({header + header_filled_, sizeof header_ - header_filled_});
      header_filled_ += u32(size);
      if (header_filled_ < sizeof header_) return;
      body_filled_ = 0;
      bool fits = FromHost(header_.kind) == FromHost::Input
                      ? input_ == InputState::Asked && header_.size <= input_asked_
                      : header_.size <= sizeof body_;
      if (!fits) arch::stop("the host does not speak as it should");
    }
    u8* body = FromHost(header_.kind) == FromHost::Input ? input_bytes_ : body_;
    body_filled_ += u32(port_.read({body + body_filled_, header_.size - body_filled_}));
    if (body_filled_ < header_.size) return;
    handle_message();
    header_filled_ = 0;
  }
}

void Channel::handle_message() {
  switch (FromHost(header_.kind)) {
    case FromHost::Input:
      input_size_ = header_.size;
      input_taken_ = 0;
      input_ = InputState::Arrived;
      break;
    case FromHost::Ready: {
      u32 words[2] = {};
      __builtin_memcpy(words, body_, sizeof words);
      ready_ = {ReadyState(words[0]), words[1]};
      watch_ = WatchState::Told;
      break;
    }
    case FromHost::Time: __builtin_memcpy(&time_, body_, sizeof time_); break;
    case FromHost::Closed: closed_.fetch_or(1u << (body_[0] & 31), std::memory_order_relaxed); break;
    case FromHost::Interrupt:
      if (interrupt_callback_) interrupt_callback_();
      else interrupt_came_early_ = true;
      break;
  }
}

}  // namespace skerry::kernel
