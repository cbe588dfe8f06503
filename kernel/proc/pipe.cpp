#include "kernel/proc/pipe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "kernel/mm/frames.h"
#include "kernel/sched/news.h"
#include "kernel/sched/thread.h"
#include "kernel/wasi_host.h"
#include "platform/platform.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::HostResult;

namespace {

constexpr usize capacity = 64 * KiB;
// What is written in one piece, as POSIX promises of PIPE_BUF.
constexpr usize atomic_size = 4 * KiB;

// A ring of a power of two. Grows from nothing to its capacity, since most pipes carry little. All of it is under its
// lock.
struct Pipe {
  platform::Mutex lock;
  std::vector<u8> bytes;
  usize begin = 0;
  usize size = 0;
  bool is_read = true, is_written = true;  // an end is left
  u32 changes = 0;
  u32 waiting = 0;  // how many threads wait for a change

  void change() {
    __atomic_store_n(&changes, changes + 1, __ATOMIC_RELEASE);
    if (waiting != 0) wake_threads(&changes);
    make_news();
  }

  usize room() const { return capacity - size; }
  // Whether so many more bytes, for which there is room, take memory.
  bool is_to_grow(usize more) const { return size + more > bytes.size(); }

  void put(std::span<const u8> from) {
    if (is_to_grow(from.size())) grow(size + from.size());
    for (usize done = 0; done < from.size();) {
      usize at = (begin + size) & (bytes.size() - 1);
      usize part = std::min(from.size() - done, bytes.size() - at);
      copy(bytes.data() + at, from.data() + done, part);
      done += part;
      size += part;
    }
  }
  void take(std::span<u8> into) {
    for (usize done = 0; done < into.size();) {
      usize part = std::min(into.size() - done, bytes.size() - begin);
      copy(into.data() + done, bytes.data() + begin, part);
      done += part;
      begin = (begin + part) & (bytes.size() - 1);
      size -= part;
    }
  }

 private:
  // Most that is written is a byte or a line.
  static void copy(u8* into, const u8* from, usize count) {
    if (count == 1) *into = *from;
    else std::memcpy(into, from, count);
  }
  void grow(usize wanted) {
    std::vector<u8> larger(std::min(capacity, std::bit_ceil(std::max<usize>(2 * wanted, 256))));
    usize kept = size;
    take(std::span(larger).first(kept));
    bytes = std::move(larger);
    begin = 0;
    size = kept;
  }
};

class End : public Waitable {
 public:
  explicit End(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}

 protected:
  // Under the lock, which others may take meanwhile: until the pipe changes. Again where waiting is not wanted;
  // Canceled.
  HostResult<void> wait() {
    if (flags().has(wasi::FdFlag::Nonblock)) return fail(Errno::Again);
    if (KernelInterruption::current().raised()) return fail(Errno::Canceled);
    u32 seen = pipe_->changes;
    ++pipe_->waiting;
    pipe_->lock.unlock();
    wait_for_word(&pipe_->changes, seen, never);
    pipe_->lock.lock();
    --pipe_->waiting;
    return {};
  }

  std::shared_ptr<Pipe> pipe_;
};

class ReadingEnd final : public End {
 public:
  using End::End;
  ~ReadingEnd() override {
    platform::MutexGuard guard(pipe_->lock);
    pipe_->is_read = false;
    pipe_->change();
  }

  HostResult<u64> read(std::span<u8> into) override {
    if (into.empty()) return u64{0};
    platform::MutexGuard guard(pipe_->lock);
    while (pipe_->size == 0) {
      if (!pipe_->is_written) return u64{0};
      TRY(wait());
    }
    usize size = std::min(into.size(), pipe_->size);
    // Nobody can wait to write where there was room enough.
    bool was_full = pipe_->room() < atomic_size;
    pipe_->take(into.first(size));
    if (was_full) pipe_->change();
    return u64(size);
  }

  void poll(wasi::PollItem& item) override {
    if (item.interest == wasi::Interest::Write) return;
    platform::MutexGuard guard(pipe_->lock);
    item.size = pipe_->size;
    item.hangup = !pipe_->is_written;
    item.ready = item.size != 0 || item.hangup;
  }
};

class WritingEnd final : public End {
 public:
  using End::End;
  ~WritingEnd() override {
    platform::MutexGuard guard(pipe_->lock);
    pipe_->is_written = false;
    pipe_->change();
  }

  HostResult<u64> write(std::span<const u8> from) override {
    platform::MutexGuard guard(pipe_->lock);
    usize done = 0;
    while (done < from.size()) {
      if (!pipe_->is_read) return done ? HostResult<u64>(done) : fail(Errno::Pipe);
      usize wanted = from.size() <= atomic_size ? from.size() : 1;
      if (pipe_->room() < wanted) {
        auto waited = wait();
        if (!waited && done == 0) return fail(waited.error());
        if (!waited) break;
        continue;
      }
      usize part = std::min(from.size() - done, pipe_->room());
      if (pipe_->is_to_grow(part) && is_memory_short()) return done ? HostResult<u64>(done) : fail(Errno::Nomem);
      pipe_->put(from.subspan(done, part));
      pipe_->change();
      done += part;
    }
    return u64(done);
  }

  void poll(wasi::PollItem& item) override {
    if (item.interest == wasi::Interest::Read) return;
    platform::MutexGuard guard(pipe_->lock);
    item.size = pipe_->room();
    item.hangup = !pipe_->is_read;
    item.ready = item.size >= atomic_size || item.hangup;
  }
};

}  // namespace

PipeEnds make_pipe() {
  auto pipe = std::make_shared<Pipe>();
  return {std::make_shared<ReadingEnd>(pipe), std::make_shared<WritingEnd>(pipe)};
}

}  // namespace skerry::kernel
