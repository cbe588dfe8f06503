#include "kernel/dev/virtio.h"

#include "base/check.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

constexpr u32 status_acknowledge = 1, status_driver = 2, status_driver_ok = 4, status_features_ok = 8;
constexpr u32 status_needs_reset = 64;
constexpr u32 features_high_version_1 = 1;
constexpr u16 used_no_notify = 1, available_no_interrupt = 1;

std::unique_ptr<VirtioDevice> VirtioDevice::find(const BootInfo& info, Kind kind) {
  for (u32 i = 0; i < info.device_count; ++i) {
    if (auto device = find_virtio_mmio(info.devices[i], kind)) return device;
  }
  auto found = find_virtio_pci(kind, 1);
  return found.empty() ? nullptr : std::move(found.front());
}

std::vector<std::unique_ptr<VirtioDevice>> VirtioDevice::find_all(const BootInfo& info, Kind kind) {
  constexpr usize most = 64;
  std::vector<std::unique_ptr<VirtioDevice>> all = find_virtio_pci(kind, most);
  for (u32 i = 0; i < info.device_count; ++i) {
    if (auto device = find_virtio_mmio(info.devices[i], kind)) all.push_back(std::move(device));
  }
  return all;
}

bool VirtioDevice::negotiate(u32 wanted) {
  constexpr u32 most_polls = 1'000'000;
  set_status(0);
  for (u32 i = 0; status() != 0; ++i) {
    if (i == most_polls) return false;
  }
  set_status(status_acknowledge | status_driver);
  if ((features(0) & wanted) != wanted || !(features(1) & features_high_version_1)) return false;
  set_features(0, wanted);
  set_features(1, features_high_version_1);
  set_status(status_acknowledge | status_driver | status_features_ok);
  return status() & status_features_ok;
}

void VirtioDevice::begin() {
  set_status(status_acknowledge | status_driver | status_features_ok | status_driver_ok);
}

bool VirtioDevice::has_failed() { return status() & status_needs_reset; }

VirtioDevice::QueueParts VirtioRings::parts(u64 frame) {
  return {frame + offsetof(VirtioRings, descriptors), frame + offsetof(VirtioRings, available),
          frame + offsetof(VirtioRings, used)};
}

void VirtioRings::offer(u16 head, u16 given) {
  available.ring[given % size] = head;
  __atomic_store_n(&available.index, u16(given + 1), __ATOMIC_RELEASE);
}

bool VirtioRings::wants_notice() const {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // the index before the flag
  return !(__atomic_load_n(&used.flags, __ATOMIC_RELAXED) & used_no_notify);
}

void VirtioRings::want_interrupts(bool wanted) {
  __atomic_store_n(&available.flags, wanted ? u16(0) : available_no_interrupt, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // the flag before what the caller looks at next
}

bool VirtioQueue::create(VirtioDevice& device, u32 number, Direction direction, u32 buffer_size) {
  static_assert(sizeof(VirtioRings) <= page_size);
  auto rings = allocate_adjacent_frames(1);
  auto buffers = allocate_adjacent_frames(align_up(u64(buffer_size) * size, page_size) / page_size);
  if (!rings || !buffers) return false;

  device_ = &device;
  number_ = number;
  direction_ = direction;
  buffer_size_ = buffer_size;
  buffers_frame_ = *buffers;
  buffers_ = arch::direct(*buffers);
  rings_ = reinterpret_cast<VirtioRings*>(arch::direct(*rings));
  __builtin_memset(rings_, 0, page_size);

  return device.set_queue(number, size, VirtioRings::parts(*rings));
}

void VirtioQueue::give(u32 i, u32 bytes) {
  CHECK(i < size && bytes <= buffer_size_ && !(outstanding_ >> i & 1));
  outstanding_ |= 1u << i;
  u16 flags = direction_ == Direction::FromDevice ? VirtioRings::descriptor_write : u16(0);
  rings_->descriptors[i] = {buffers_frame_ + u64(i) * buffer_size_, bytes, flags, 0};
  rings_->offer(u16(i), given_++);
}

void VirtioQueue::notify() {
  if (rings_->wants_notice()) device_->notify(number_);
}

void VirtioQueue::want_interrupts(bool wanted) { rings_->want_interrupts(wanted); }

bool VirtioQueue::has_used() const { return rings_->finished() != taken_; }

std::optional<VirtioQueue::Used> VirtioQueue::take() {
  if (!has_used()) return std::nullopt;
  auto [id, bytes] = rings_->used.ring[taken_ % size];
  ++taken_;
  // An index that is more ahead than there are buffers speaks of what was not given, too.
  u16 finished = u16(__atomic_load_n(&rings_->used.index, __ATOMIC_RELAXED) - taken_);
  if (finished >= size || id >= size || bytes > buffer_size_ || !(outstanding_ >> id & 1)) {
    arch::stop("a virtio device returns what it was not given");
  }
  outstanding_ &= ~(1u << id);
  return Used{id, bytes};
}

}  // namespace skerry::kernel
