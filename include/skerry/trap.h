// Trap: how a guest's run ended before its function returned.
//
//   auto sum = add(1, 2);
//   if (!sum) std::fputs(sum.error().text().c_str(), stderr);
//
// A trap has a code, a sentence and the backtrace of the guest's functions, innermost first. It
// is a value: it refers to nothing in the store that it came from and may outlive it. A host
// function stops its guest by returning one (func.h).

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/integers.h"
#include "skerry/result.h"
#include "skerry/trap_code.h"

namespace skerry {

// A function of a guest that was running, and where in it.
struct Frame {
  std::string module;    // its name in the module's "name" section; may be empty
  std::string function;  // likewise
  u32 function_index = 0;
  u32 position = 0;        // byte offset in the .wasm of the instruction
  u32 function_begin = 0;  // and of the function's body
};

class Trap {
 public:
  explicit Trap(TrapCode code) : code_(code), message_(sentence(code)) {}
  // A host function's own reason.
  explicit Trap(std::string message) : code_(TrapCode::Host), message_(std::move(message)) {}
  // The program asked to end (WASI's proc_exit): no fault, but all of the guest's frames go.
  static Trap exit(u32 status) {
    Trap trap(TrapCode::Exit);
    trap.exit_status_ = status;
    return trap;
  }

  TrapCode code() const { return code_; }
  u32 exit_status() const { return exit_status_; }  // of TrapCode::Exit
  // One sentence without a full stop.
  const std::string& message() const { return message_; }
  std::span<const Frame> frames() const { return frames_; }
  // Where a stack was too deep to tell whole: this many frames are left out, behind the first half of frames().
  u32 frames_left_out() const { return left_out_; }

  // The sentence and the backtrace, in lines.
  std::string text() const;

  void set_frames(std::vector<Frame> frames, u32 left_out) {
    frames_ = std::move(frames);
    left_out_ = left_out;
  }

 private:
  TrapCode code_;
  u32 exit_status_ = 0;
  u32 left_out_ = 0;
  std::string message_;
  std::vector<Frame> frames_;
};

// What a call of a guest gives: its results, or a trap.
template <class T>
using Called = Result<T, Trap>;

}  // namespace skerry
