#include "kernel/dev/virtio_9p.h"

#include <algorithm>

#include "base/check.h"
#include "kernel/mm/frames.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::HostResult;

constexpr u32 feature_tag = 1 << 0;

std::unique_ptr<Virtio9p> Virtio9p::start(std::unique_ptr<VirtioDevice> device, Virtio9pDevices& home) {
  if (!device->negotiate(feature_tag)) return nullptr;
  constexpr u64 buffer_frames = align_up(u64{message_bytes} * VirtioRings::size, page_size) / page_size;
  auto rings = allocate_adjacent_frames(1);
  auto buffers = allocate_adjacent_frames(buffer_frames);
  if (!rings || !buffers || !device->set_queue(0, VirtioRings::size, VirtioRings::parts(*rings))) return nullptr;
  std::unique_ptr<Virtio9p> transport(new Virtio9p(std::move(device), home));
  transport->rings_ = reinterpret_cast<VirtioRings*>(arch::direct(*rings));
  __builtin_memset(transport->rings_, 0, page_size);
  transport->buffers_ = arch::direct(*buffers);
  transport->buffers_frame_ = *buffers;

  {
    SpinGuard guard(home.lock_);
    auto slot = std::ranges::find(home.running_, nullptr);
    if (slot == home.running_.end()) return nullptr;
    *slot = transport.get();
  }
  transport->device_->begin();
  transport->device_->enable_interrupts();
  return transport;
}

Virtio9p::~Virtio9p() {
  SpinGuard guard(home_.lock_);
  std::ranges::replace(home_.running_, this, nullptr);
}

void Virtio9p::wake() {
  __atomic_fetch_add(&events_, 1, __ATOMIC_RELEASE);
  wake_threads(&events_);
}

void Virtio9p::give_up() {
  is_given_up_ = true;
  wake();
}

HostResult<NinepTransport::Place> Virtio9p::begin() {
  for (;;) {
    u32 seen = __atomic_load_n(&events_, __ATOMIC_ACQUIRE);
    if (is_given_up_) return fail(Errno::Io);
    {
      platform::MutexGuard guard(lock_);
      auto free = std::ranges::find(states_, State::Free);
      if (free != states_.end()) {
        *free = State::Taken;
        u32 number = u32(free - states_.begin());
        return Place{number, {buffer(2 * number), message_bytes}, {buffer(2 * number + 1), message_bytes}};
      }
    }
    wait_for_word(&events_, seen, never);
  }
}

// Takes over what the device has finished with.
void Virtio9p::collect() {
  while (!is_given_up_ && rings_->finished() != taken_) {
    auto [id, bytes] = rings_->used.ring[taken_ % VirtioRings::size];
    ++taken_;
    u32 number = id / 2;
    bool is_ours = id % 2 == 0 && number < places && states_[number] == State::Sent && bytes <= message_bytes;
    if (!is_ours) return give_up();
    states_[number] = State::Answered;
    answers_[number] = bytes;
    wake();
  }
}

HostResult<u32> Virtio9p::exchange(const Place& place, u32 bytes) {
  CHECK(bytes <= message_bytes);
  if (is_given_up_) return fail(Errno::Io);
  offer(place.number, bytes);
  u64 deadline = arch::monotonic_ns() + patience_ns;
  for (;;) {
    u32 seen = __atomic_load_n(&events_, __ATOMIC_ACQUIRE);
    {
      platform::MutexGuard guard(lock_);
      collect();
      if (states_[place.number] == State::Answered) {
        states_[place.number] = State::Taken;
        return answers_[place.number];
      }
    }
    if (is_given_up_) return fail(Errno::Io);
    if (arch::monotonic_ns() >= deadline) {
      arch::console_write("skerry: a folder's server does not answer, and is given up\n");
      give_up();
      return fail(Errno::Io);
    }
    wait_for_word(&events_, seen, deadline);
  }
}

void Virtio9p::offer(u32 number, u32 bytes) {
  platform::MutexGuard guard(lock_);
  CHECK(states_[number] == State::Taken);
  u16 head = u16(2 * number), tail = u16(head + 1);
  rings_->descriptors[head] = {buffers_frame_ + u64{head} * message_bytes, bytes, VirtioRings::descriptor_next, tail};
  rings_->descriptors[tail] = {buffers_frame_ + u64{tail} * message_bytes, message_bytes,
                               VirtioRings::descriptor_write, 0};
  states_[number] = State::Sent;
  rings_->offer(head, given_++);
  if (rings_->wants_notice()) device_->notify(0);
}

void Virtio9p::end(const Place& place) {
  {
    platform::MutexGuard guard(lock_);
    if (states_[place.number] == State::Sent) return;  // the device may still write to it
    states_[place.number] = State::Free;
  }
  wake();
}

void Virtio9pDevices::find(const BootInfo& info) {
  for (auto& device : VirtioDevice::find_all(info, VirtioDevice::Kind::Files)) {
    u32 size = device->configuration(0) | u32{device->configuration(1)} << 8;
    std::string tag;
    for (u32 i = 0; i < std::min<u32>(size, 64); ++i) tag.push_back(char(device->configuration(2 + i)));
    known_.push_back({std::move(tag), std::move(device)});
  }
}

std::unique_ptr<Virtio9p> Virtio9pDevices::take(std::string_view tag) {
  auto found = std::ranges::find(known_, tag, &Known::tag);
  if (found == known_.end() || !found->device) return nullptr;
  return Virtio9p::start(std::move(found->device), *this);
}

void Virtio9pDevices::device_interrupt(u32 line) {
  SpinGuard guard(lock_);
  for (Virtio9p* transport : running_) {
    if (transport && transport->device_->line() == line && transport->device_->take_interrupt()) transport->wake();
  }
}

}  // namespace skerry::kernel
