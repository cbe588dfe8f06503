// Bytes as a list of WASI calls with hostile arguments, over files in memory (the kernel's) and, for one input of
// two, a temporary folder of Linux. A guest is given of each a tree that it may change and one that it may not.
//
// Each argument is read from the input by the type that the call's body takes, so that paths, buffers and descriptors
// often are some; any of them may be any number too. Held: calls end, with an errno that there is or as they may end;
// what lies outside of the trees, and the trees that are read-only, stay as they are; memory is touched within the
// guest's only, which is as long as it says.

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/check.h"
#include "base/string.h"
#include "kernel/fs/ram.h"
#include "platform/linux/wasi_host.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/target.h"
#include "wasi/link.h"

namespace skerry::fuzz {
namespace {

namespace fs = std::filesystem;
using wasi::CallResult;
using wasi::Errno;
using wasi::GuestMemory;
using wasi::GuestSpan;
using wasi::HostResult;
using wasi::Mutability;

// ------------------------------------------------------------------------------------- The host

// Time goes on by a step with each look, and by what is waited for.
class SteppingClock final : public wasi::Clock {
 public:
  HostResult<wasi::Timestamp> now(wasi::ClockId) override { return ++time; }
  HostResult<wasi::Timestamp> resolution(wasi::ClockId) override { return u64{1}; }
  wasi::Timestamp time = 1'000'000'000;
};

class Counter final : public wasi::Random {
 public:
  HostResult<void> fill(std::span<u8> bytes) override {
    for (u8& byte : bytes) byte = next_++;
    return {};
  }

 private:
  u8 next_ = 0;
};

// Nothing is ever ready; who waits for no instant is interrupted.
class ImpatientPoller final : public wasi::Poller {
 public:
  explicit ImpatientPoller(std::shared_ptr<SteppingClock> clock) : clock_(std::move(clock)) {}
  HostResult<void> wait(std::span<wasi::PollItem>, std::optional<wasi::Timestamp> deadline) override {
    if (!deadline) return fail(Errno::Canceled);
    clock_->time = std::max(clock_->time, *deadline);
    return {};
  }
  void yield() override {}

 private:
  const std::shared_ptr<SteppingClock> clock_;
};

// ------------------------------------------------------------------------------------ The trees

constexpr std::string_view content = "the content of a file", secret = "what nobody is to see";

// In memory.
struct RamTree {
  explicit RamTree(SteppingClock& clock) : files(clock, MiB, 12345), root(files.create_tree()) {
    using enum wasi::FileType;
    auto add = [&](std::string_view path, wasi::FileType type, std::string_view text) {
      CHECK(files.add(*root, path, type, {reinterpret_cast<const u8*>(text.data()), text.size()}, 7, path));
    };
    add("a", RegularFile, content);
    add("dir/b", RegularFile, content);
    add("link", SymbolicLink, "dir/b");
    add("up", SymbolicLink, "../outside/secret");
    add("loop", SymbolicLink, "loop");
  }
  kernel::RamFiles files;
  std::shared_ptr<kernel::RamNode> root;
};

// On Linux: FOLDER/rw, FOLDER/ro and, that nobody was given, FOLDER/outside.
class LinuxTrees {
 public:
  LinuxTrees() {
    // Files stay small, whatever they are asked to be.
    rlimit limit{MiB, MiB};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    signal(SIGXFSZ, SIG_IGN);
    // In memory if there is such a place: a guest may sync as often as it likes.
    fs::path place = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    std::string name = (place / "skerry-fuzz-XXXXXX").string();
    CHECK(mkdtemp(name.data()));
    path_ = name;
    make_tree(path_ / "ro");
    fs::create_directory(path_ / "outside");
    write(path_ / "outside/secret", secret);
    before_ = snapshot();
    interruption = *platform::wasi_interruption();
  }
  ~LinuxTrees() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  void renew() {
    fs::remove_all(path_ / "rw");
    make_tree(path_ / "rw");
  }
  void check() const { CHECK(snapshot() == before_); }

  std::shared_ptr<wasi::Directory> open(const char* name, platform::Walking walking) const {
    return *platform::wasi_directory((path_ / name).c_str(), interruption, walking);
  }

  std::shared_ptr<platform::LinuxInterruption> interruption;

 private:
  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  static void make_tree(const fs::path& path) {
    fs::create_directories(path / "dir");
    write(path / "a", content);
    write(path / "dir/b", content);
    fs::create_symlink("dir/b", path / "link");
    fs::create_symlink("../outside/secret", path / "up");
    fs::create_symlink("loop", path / "loop");
  }
  // All but times of access; that of the last change of anything tells of all else.
  std::string snapshot() const {
    std::string all;
    for (const char* name :
         {"ro", "ro/a", "ro/dir", "ro/dir/b", "ro/link", "ro/up", "ro/loop", "outside", "outside/secret"}) {
      struct stat is;
      CHECK(lstat((path_ / name).c_str(), &is) == 0);
      all += concat(name, " ", is.st_ino, " ", is.st_mode, " ", is.st_nlink, " ", is.st_size, " ", is.st_mtim.tv_sec,
                    ".", is.st_mtim.tv_nsec, " ", is.st_ctim.tv_sec, ".", is.st_ctim.tv_nsec, "\n");
    }
    return all;
  }

  fs::path path_;
  std::string before_;
};

// ------------------------------------------------------------------------------------- The guest

constexpr u32 memory_size = 16'384;
constexpr u32 names_at = 256, name_step = 512, vectors_at = 12'288, buffers_at = 13'312;

const std::string_view names[] = {
    "a", "dir", "dir/b", "link", "up", "loop", "new", "dir/new", ".", "..", "a/", "dir/../a", "link/..",
    "../outside/secret", "/etc/passwd", "dir/..//../ro/a", "new/", "./dir/./b", std::string_view("a\0b", 3), "\xff\xfe",
    "dir/../dir/../dir/b", "",
};
static_assert(names_at + std::size(names) * name_step <= vectors_at);

// Paths, buffers and lists of buffers; numbers of the input are written over it.
std::vector<u8> make_memory() {
  std::vector<u8> memory(memory_size);
  for (u32 i = 0; i < std::size(names); ++i) {
    u8* at = memory.data() + names_at + i * name_step;
    memset(at, 'n', name_step);  // what is behind a path's end is a part of a longer one
    memcpy(at, names[i].data(), names[i].size());
  }
  const wasi::Iovec vectors[] = {{buffers_at, 64},        {buffers_at + 100, 5}, {buffers_at, 0},
                                 {buffers_at + 200, 1000}, {vectors_at, 64},      {memory_size - 4, 4},
                                 {memory_size - 3, 4},     {0, ~u32{0}}};
  memcpy(memory.data() + vectors_at, vectors, sizeof vectors);
  return memory;
}

u64 number(Feed& feed) {
  static constexpr u64 edges[] = {0x7fff'ffff, 0x8000'0000, 0xffff'ffff, ~u64{0}, u64{1} << 63, (u64{1} << 63) - 1,
                                  memory_size, memory_size - 1, memory_size - 8, memory_size - 64, 4096, 1024, 64 * KiB,
                                  MiB, u64{1} << 32, u64{1} << 34};
  u8 kind = feed.get8();
  if (kind < 0x80) return kind & 0x1f;
  if (kind < 0xc0) return edges[kind & 0xf];
  if (kind < 0xe0) return feed.get16();
  if (kind < 0xf0) return feed.get32();
  return feed.get64();
}
u32 address(Feed& feed) {
  u8 kind = feed.get8();
  return kind < 0xe0 ? buffers_at + kind * 8 : u32(number(feed));
}

// The numbers that an argument of this type travels as.
template <class P>
struct Argument {
  static void add(Feed& feed, std::vector<u64>& to) {
    constexpr usize count = wasi::link::count(typename wasi::link::Parameter<P>::Native());
    for (usize i = 0; i < count; ++i) to.push_back(number(feed));
  }
};
template <class T>
struct Argument<wasi::GuestPtr<T>> {
  static void add(Feed& feed, std::vector<u64>& to) { to.push_back(address(feed)); }
};
template <>
struct Argument<GuestSpan<u8>> {
  static void add(Feed& feed, std::vector<u64>& to) {
    u8 kind = feed.get8();
    if (kind < 0xd0) {
      u32 name = kind % std::size(names);
      to.push_back(names_at + name * name_step);
      to.push_back(names[name].size());
    } else {
      to.push_back(kind < 0xe8 ? names_at + kind % std::size(names) * name_step : address(feed));
      to.push_back(number(feed));
    }
  }
};
template <>
struct Argument<GuestSpan<wasi::Iovec>> {
  static void add(Feed& feed, std::vector<u64>& to) {
    u8 kind = feed.get8();
    to.push_back(kind < 0xe0 ? vectors_at + kind % 8 * sizeof(wasi::Iovec) : address(feed));
    to.push_back(kind < 0xe0 ? kind / 8 % 4 : number(feed));
  }
};
// In the order of the parameters, and behind them where values go.
template <class T, class... P>
void add_arguments(wasi::Outcome<T> (*)(wasi::Caller&, P...), Feed& feed, std::vector<u64>& to) {
  (Argument<P>::add(feed, to), ...);
}

template <class... N, usize... i>
CallResult call_with(CallResult (*function)(wasi::Caller&, N...), wasi::Caller& caller, const std::vector<u64>& numbers,
                     std::index_sequence<i...>) {
  return function(caller, N(numbers[i])...);
}
template <auto body>
CallResult call(wasi::Caller& caller, Feed& feed) {
  constexpr usize count = wasi::link::count(typename wasi::link::Adapter<body>::Natives());
  std::vector<u64> numbers;
  add_arguments(body, feed, numbers);
  while (numbers.size() < count) numbers.push_back(address(feed));
  return call_with(&wasi::link::Adapter<body>::call, caller, numbers, std::make_index_sequence<count>());
}

using Call = CallResult (*)(wasi::Caller&, Feed&);
const std::vector<Call>& all_calls() {
  static const std::vector<Call> calls = [] {
    std::vector<Call> all;
    auto add = [&]<auto body>(std::string_view, std::string_view) { all.push_back(call<body>); };
    wasi::for_each_preview1(add);
    wasi::for_each_unstable(add);
    return all;
  }();
  return calls;
}

void run(std::span<const u8> bytes) {
  static LinuxTrees trees;
  static const std::vector<u8> memory = make_memory();
  Feed feed(bytes);
  u8 how = feed.get8();
  bool with_linux = how & 1;

  auto clock = std::make_shared<SteppingClock>();
  RamTree changing(*clock), fixed(*clock);
  {
    wasi::Context context({clock, std::make_shared<Counter>(), std::make_shared<ImpatientPoller>(clock)},
                          {.descriptors = 24});
    context.arguments = {"program", "argument"};
    context.environment = {"NAME=value"};
    auto give = [&](std::shared_ptr<wasi::Directory> directory, const char* name, Mutability mutability) {
      CHECK(context.add_directory(std::move(directory), name, mutability));
    };
    give(changing.files.open(changing.root), "/rw", Mutability::ReadWrite);
    give(fixed.files.open(fixed.root), "/ro", Mutability::ReadOnly);
    if (with_linux) {
      auto walking = how & 2 ? platform::Walking::Components : platform::Walking::Openat2;
      trees.renew();
      give(trees.open("rw", walking), "/host/rw", Mutability::ReadWrite);
      give(trees.open("ro", walking), "/host/ro", Mutability::ReadOnly);
    }

    // Of its own for each input, so that the address sanitizer sees a byte too much.
    std::unique_ptr<u8[]> own(new u8[memory_size]);
    memcpy(own.get(), memory.data(), memory_size);
    wasi::Caller caller{context, GuestMemory(own.get(), memory_size)};
    const std::vector<Call>& calls = all_calls();
    for (u32 done = 0; done < 200 && !feed.empty(); ++done) {
      u8 which = feed.get8();
      if (which >= 0xf0) {  // writes to its memory
        u32 at = address(feed) % (memory_size - 16);
        std::span<const u8> written = feed.bytes(which & 0xf);
        memcpy(own.get() + at, written.data(), written.size());
        continue;
      }
      CallResult result = calls[which % calls.size()](caller, feed);
      CHECK(u32(result.kind) <= u32(CallResult::Kind::Fault));
      if (result.kind == CallResult::Kind::Return) CHECK(result.value <= u32(Errno::Notcapable));
      CHECK(context.files.count() <= 24);
    }
  }
  CHECK(fixed.files.changes() == 0);
  if (with_linux) trees.check();
}

// What programs do, after a fashion: each call once, and lists of any.
std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (u32 seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    Bytes bytes = {u8(seed % 4)};
    for (u32 size = seed * 10; size > 0; --size) bytes.push_back(u8(random.next() % (seed % 3 ? 0xc0 : 0x100)));
    all.push_back(std::move(bytes));
  }
  return all;
}

}  // namespace

const Target wasi_target = {"wasi", 2'000, run, seeds};

}  // namespace skerry::fuzz
