#include "kernel/terminal.h"

#include <algorithm>

#include "kernel/sched/news.h"
#include "kernel/sched/thread.h"
#include "kernel/wasi_host.h"

namespace skerry::kernel {

namespace {

enum Key : u8 {
  ctrl_c = 3,
  ctrl_d = 4,
  backspace = 8,
  newline = 10,
  carriage_return = 13,
  ctrl_u = 21,
  ctrl_w = 23,
  escape = 27,
  del = 127,
};

void echo(std::string_view text) { arch::console_write(text); }

}  // namespace

void Terminal::start() { line_ = arch::start_console_input(); }

void Terminal::device_interrupt(u32 line) {
  if (line != line_) return;
  SpinGuard guard(lock_);
  while (auto byte = arch::console_read()) take_byte(*byte);
}

void Terminal::take_byte(u8 byte) {
  if (escape_ != Escape::None) return take_escaped(byte);
  switch (byte) {
    case escape: escape_ = Escape::Begun; return;
    case backspace:
    case del: return erase(1);
    case ctrl_u: return erase(edited_.size);
    case ctrl_w: {
      u32 keep = edited_.size;
      while (keep > 0 && edited_.text[keep - 1] == ' ') --keep;
      while (keep > 0 && edited_.text[keep - 1] != ' ') --keep;
      return erase(edited_.size - keep);
    }
    case ctrl_c:
      echo("^C\n");
      edited_.size = 0;
      if (interrupt_callback_) interrupt_callback_();
      return;
    case ctrl_d:
      if (edited_.size == 0) ++ends_;
      else finish_line();
      make_news();
      return;
    case carriage_return:
    case newline:
      echo("\n");
      if (edited_.size == most_line) --edited_.size;
      edited_.text[edited_.size++] = '\n';
      finish_line();
      make_news();
      return;
    default: break;
  }
  if ((byte < ' ' && byte != '\t') || edited_.size == most_line) return;
  edited_.text[edited_.size++] = char(byte);
  echo({edited_.text + edited_.size - 1, 1});
}

// ESC [ A and B: up and down. Nothing else is known.
void Terminal::take_escaped(u8 byte) {
  if (escape_ == Escape::Begun) {
    escape_ = byte == '[' || byte == 'O' ? Escape::Bracket : Escape::None;
    return;
  }
  if (byte >= '0' && byte <= ';') return;  // its parameters
  escape_ = Escape::None;
  if (byte == 'A') show_earlier(shown_ + 1);
  if (byte == 'B' && shown_ > 0) show_earlier(shown_ - 1);
}

void Terminal::show_earlier(u32 back) {
  if (back > std::min(earlier_count_, most_earlier)) return;
  shown_ = back;
  replace(back == 0 ? Line() : earlier_[(earlier_count_ - back) % most_earlier]);
}

void Terminal::replace(const Line& line) {
  u32 back = shown_;
  erase(edited_.size);
  shown_ = back;
  edited_ = line;
  echo({edited_.text, edited_.size});
}

void Terminal::erase(u32 count) {
  shown_ = 0;
  u32 keep = edited_.size - std::min(count, edited_.size);
  while (edited_.size > keep) {
    // The bytes of one character go together.
    do --edited_.size;
    while (edited_.size > 0 && (u8(edited_.text[edited_.size]) & 0xc0) == 0x80);
    echo("\b \b");
  }
}

// What does not fit is lost, as where nobody reads.
void Terminal::finish_line() {
  u32 size = std::min(edited_.size, most_filled - filled_);
  for (u32 i = 0; i < size; ++i) buffer_[(begin_ + filled_ + i) % most_filled] = u8(edited_.text[i]);
  filled_ += size;
  u32 text_size = edited_.size - (edited_.size > 0 && edited_.text[edited_.size - 1] == '\n' ? 1 : 0);
  if (text_size > 0) {
    Line& kept = earlier_[earlier_count_++ % most_earlier];
    kept = edited_;
    kept.size = text_size;
  }
  edited_.size = 0;
  shown_ = 0;
}

std::optional<usize> Terminal::take(std::span<u8> into) {
  SpinGuard guard(lock_);
  usize size = std::min<usize>(into.size(), filled_);
  if (size == 0) {
    if (ends_ == 0) return std::nullopt;
    --ends_;
    return 0;
  }
  for (usize i = 0; i < size; ++i) into[i] = buffer_[(begin_ + i) % most_filled];
  begin_ = u32((begin_ + size) % most_filled);
  filled_ -= u32(size);
  return size;
}

Terminal::Ready Terminal::ready() {
  SpinGuard guard(lock_);
  return {filled_, filled_ == 0 && ends_ != 0};
}

namespace {

class TerminalFile final : public Waitable {
 public:
  explicit TerminalFile(Terminal& terminal) : Waitable(wasi::FileType::CharacterDevice), terminal_(terminal) {}

  wasi::HostResult<u64> read(std::span<u8> into) override {
    if (into.empty()) return u64{0};
    u8 bytes[512];
    for (;;) {
      u32 seen = news();
      if (auto size = terminal_.take(std::span(bytes).first(std::min(into.size(), sizeof bytes)))) {
        std::copy_n(bytes, *size, into.begin());
        return u64(*size);
      }
      if (terminal_.is_deaf()) return u64{0};
      if (KernelInterruption::current().raised()) return fail(wasi::Errno::Canceled);
      if (KernelInterruption::current().take_told()) return fail(wasi::Errno::Intr);
      if (flags().has(wasi::FdFlag::Nonblock)) return fail(wasi::Errno::Again);
      wait_for_news(seen, never);
    }
  }
  wasi::HostResult<u64> write(std::span<const u8> from) override {
    arch::console_write({reinterpret_cast<const char*>(from.data()), from.size()});
    return u64(from.size());
  }

  void poll(wasi::PollItem& item) override {
    Terminal::Ready ready = terminal_.ready();
    item.size = item.interest == wasi::Interest::Read ? ready.bytes : 0;
    item.ready = item.interest == wasi::Interest::Write || item.size != 0 || ready.at_end || terminal_.is_deaf();
  }

 private:
  Terminal& terminal_;
};

}  // namespace

std::shared_ptr<wasi::File> terminal_file(Terminal& terminal) { return std::make_shared<TerminalFile>(terminal); }

}  // namespace skerry::kernel
