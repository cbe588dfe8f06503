// The channel to the host's process that started us (tools/dev/os), over a port: what the program
// reads and writes, exact to the byte, and how it ends.
//
// Both ways go messages: kind and size, each 32 bits, little-endian, and `size` bytes. The host
// reads its standard input only when it is asked to, and only as much, as a program would that ran
// there: what our program does not read stays for whoever reads next.
//
//   to the host     Output, Error   bytes for its standard output and error
//                   Read            u32: read so many bytes of standard input, once, and wait
//                   Watch           tell when reading would not wait
//                   Files           a part of the archive of changed files (kernel/fs/archive.h)
//                   Exit            u32: the exit code. The last message.
//   from the host   Input           the answer to Read; empty at the end of the file
//                   Ready           the answer to Watch
//                   Closed          u32: nobody reads stream 1 or 2 any more
//                   Interrupt       the program is to end
//
// Messages from the host are taken by the interrupt handler.

#pragma once

#include <span>

#include "kernel/dev/port.h"

namespace skerry::kernel {

enum class ToHost : u32 { Output = 1, Error = 2, Read = 3, Watch = 4, Files = 5, Exit = 6 };
enum class FromHost : u32 { Input = 1, Ready = 2, Closed = 3, Interrupt = 4 };

class Channel {
 public:
  // False if the board has no port.
  bool start(const BootInfo& info) { return port_.start(info); }
  bool started() const { return port_.started(); }
  // Called by the interrupt handler when the host asks for an end.
  void on_interrupt(void (*callback)()) { interrupt_callback_ = callback; }
  void device_interrupt(u32 line);

  void send(ToHost kind, std::span<const u8> bytes);
  bool is_closed(ToHost stream) const { return closed_ >> u32(stream) & 1; }
  // Waits until the host has all that was sent.
  void drain() { port_.drain(); }

  static constexpr u32 most_input = 64 * KiB;  // of one message
  // One read of standard input, in steps, so that waits can be given up. At most one is under way.
  void ask_input(u32 size);
  bool input_asked() const { return input_ == InputState::Asked; }
  bool input_arrived() const { return input_ == InputState::Arrived; }
  // Takes from what has arrived; 0 at the end of the file. When all is taken the read is over.
  usize take_input(std::span<u8> into);

  // Whether a read would not wait, as far as the host has said; asks it if need be.
  bool input_ready();

  // Counts messages from the host: what waits for one waits for this word to change.
  const u32* news() const { return &news_; }

 private:
  enum class InputState : u8 { Idle, Asked, Arrived };
  enum class WatchState : u8 { Idle, Asked, Ready };
  struct Header { u32 kind, size; };

  void take_messages();
  void handle_message();

  Port port_;
  void (*interrupt_callback_)() = nullptr;

  // Written by the interrupt handler, or while it is locked out.
  u32 news_ = 0;
  u32 closed_ = 0;  // bits by ToHost
  InputState input_ = InputState::Idle;
  WatchState watch_ = WatchState::Idle;
  u32 input_asked_ = 0, input_size_ = 0, input_taken_ = 0;
  u8 input_bytes_[most_input];
  Header header_ = {};
  u32 header_filled_ = 0, body_filled_ = 0;
  u8 body_[16];
};

}  // namespace skerry::kernel
