// The terminal: the serial console as a person's, where there is no channel to a host (docs/kernel.md).
//
// Bytes that arrive are edited into lines by the interrupt handler, which echoes them: backspace, Ctrl-U and Ctrl-W
// take back, the arrows up and down bring earlier lines, Ctrl-D ends the file or hands over what there is, Ctrl-C
// asks for an end. What readers get are whole lines.

#pragma once

#include <memory>
#include <optional>

#include "kernel/arch/spin_lock.h"
#include "wasi/host.h"

namespace skerry::kernel {

class Terminal {
 public:
  // From here on it is read, if it can be.
  void start();
  // Called by the interrupt handler when somebody presses Ctrl-C.
  void on_interrupt(void (*callback)()) { interrupt_callback_ = callback; }
  void device_interrupt(u32 line);

  // Of lines that are finished; news (kernel/sched/news.h) comes with each. 0: the end, which is then taken as well;
  // none: nothing is there yet. `into` is not a guest's memory.
  std::optional<usize> take(std::span<u8> into);
  struct Ready {
    usize bytes;
    bool at_end;
  };
  Ready ready();
  // Whether nothing will ever be read.
  bool is_deaf() const { return !line_; }

 private:
  static constexpr u32 most_line = 1000, most_filled = 4096, most_earlier = 16;
  struct Line {
    char text[most_line];
    u32 size = 0;
  };

  void take_byte(u8 byte);
  void take_escaped(u8 byte);
  void finish_line();
  void erase(u32 count);
  void replace(const Line& line);
  void show_earlier(u32 back);

  std::optional<u32> line_;
  void (*interrupt_callback_)() = nullptr;

  SpinLock lock_;  // guards what follows
  Line edited_;
  Line earlier_[most_earlier];  // a ring
  u32 earlier_count_ = 0;
  u32 shown_ = 0;               // how far back the edited line was taken from; 0: it is new
  enum class Escape : u8 { None, Begun, Bracket } escape_ = Escape::None;
  u8 buffer_[most_filled];      // a ring
  u32 begin_ = 0, filled_ = 0;
  u32 ends_ = 0;                // Ctrl-D that nobody has seen yet
};

// Standard input, output and error.
std::shared_ptr<wasi::File> terminal_file(Terminal& terminal);

}  // namespace skerry::kernel
