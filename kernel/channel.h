// The channel to the host's process that started us (tools/dev/os), over a port: what the program
// reads and writes, exact to the byte, and how it ends.
//
// Both ways go messages: kind and size, each 32 bits, little-endian, and `size` bytes. The host
// reads its standard input only when it is asked to, and only as much, as a program would that ran
// there: what our program does not read stays for whoever reads next.
//
//   to the host     Output, Error   bytes for its standard output and error
//                   Read            u32: read so many bytes of standard input, once, and wait
//                   Watch           tell whether reading would wait, and if so, when it no longer does
//                   Time            tell the time
//                   Files           a part of the archive of changed files (kernel/fs/archive.h)
//                   Exit            u32: the exit code. The last message.
//                   Interrupts      u32: 1: a program sees to them itself from now on, and goes on after them; 0: none
//   from the host   Input           the answer to Read; empty at the end of the file
//                   Ready           answers to Watch: u32 ReadyState, u32 bytes that are there
//                   Time            the answer to Time: u64 nanoseconds since 1970
//                   Closed          u32: nobody reads stream 1 or 2 any more
//                   Interrupt       the program is to end
//
// Messages from the host are taken by the interrupt handler, and are news (kernel/sched/news.h). A message to it fits
// one buffer of the port, so that sending waits before a message and never within one.

#pragma once

#include <atomic>
#include <optional>
#include <span>

#include "kernel/dev/port.h"
#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

enum class ToHost : u32 { Output = 1, Error = 2, Read = 3, Watch = 4, Files = 5, Exit = 6, Time = 7, Interrupts = 8 };
enum class FromHost : u32 { Input = 1, Ready = 2, Closed = 3, Interrupt = 4, Time = 5 };
enum class ReadyState : u32 { Waits = 0, Ready = 1, Hangup = 3 };

class Channel {
 public:
  // False if the board has no port.
  bool start(const BootInfo& info);
  bool started() const { return port_.started(); }
  // Called by the interrupt handler when the host asks for an end; at once if it has asked before.
  void on_interrupt(void (*callback)());
  void device_interrupt(u32 line);

  // Waits as long as the host does not take what was sent before.
  void send(ToHost kind, std::span<const u8> bytes);
  // Whether the next message of so many bytes, at most `most_output`, would be sent without waiting.
  // If not, news (kernel/sched/news.h) will come.
  bool can_send();
  static constexpr u32 most_output = Port::most_at_once - 8;
  bool is_closed(ToHost stream) const { return closed_.load(std::memory_order_relaxed) >> u32(stream) & 1; }
  // Waits until the host has all that was sent.
  void drain();

  static constexpr u32 most_input = 64 * KiB;  // of one message
  // One read of standard input, in steps, so that waits can be given up. At most one is under way, whoever asked: the
  // first who comes takes what has arrived. News (kernel/sched/news.h) tell of changes.
  void ask_input(u32 size);  // unless somebody has
  // Takes from what has arrived; 0 at the end of the file; none if nothing has. When all is taken the read is over.
  std::optional<usize> take_input(std::span<u8> into);

  // Whether a read would wait. Asks the host, if need be, and will hear when that changes.
  struct Ready { ReadyState state; u32 bytes; };
  Ready input_ready();

  u64 host_time_ns();

 private:
  enum class InputState : u8 { Idle, Asked, Arrived, Taken };  // Taken: by somebody who copies it
  enum class WatchState : u8 { Idle, Asked, Told };
  struct Header { u32 kind, size; };

  void take_messages();
  void handle_message();

  platform::Mutex time_mutex_;
  Port port_;
  void (*interrupt_callback_)() = nullptr;
  bool interrupt_came_early_ = false;
  std::atomic<u32> closed_ = 0;  // bits by ToHost

  // Guards the port and what follows, but for bytes that have arrived.
  SpinLock lock_;
  InputState input_ = InputState::Idle;
  WatchState watch_ = WatchState::Idle;
  Ready ready_ = {};
  u64 time_ = 0;
  u32 input_asked_ = 0, input_size_ = 0, input_taken_ = 0;
  u8 input_bytes_[most_input];
  Header header_ = {};
  u32 header_filled_ = 0, body_filled_ = 0;
  u8 body_[16];
};

}  // namespace skerry::kernel
