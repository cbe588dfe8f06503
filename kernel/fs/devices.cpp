#include "kernel/fs/devices.h"

#include <algorithm>
#include <atomic>

#include "kernel/fs/made.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;

namespace {

enum class Gives : u8 { Nothing, Zeros, RandomBytes };
enum class Takes : u8 { Everything, Nothing };

// Has a position that is always 0, so that nobody takes it for a terminal.
class Device final : public wasi::File {
 public:
  Device(wasi::FileStat stat, Gives gives, Takes takes, std::shared_ptr<wasi::Random> random)
      : File(FileType::CharacterDevice), stat_(stat), gives_(gives), takes_(takes), random_(std::move(random)) {}

  HostResult<wasi::FileStat> stat() override { return stat_; }
  HostResult<void> set_times(wasi::NewTime, wasi::NewTime) override { return fail(Errno::Perm); }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }

  HostResult<u64> read(std::span<u8> into) override {
    // Nobody else runs meanwhile: a piece at a time.
    constexpr usize most = 1 * MiB;
    into = into.first(std::min(into.size(), most));
    switch (gives_) {
      case Gives::Nothing: return u64{0};
      case Gives::Zeros: std::ranges::fill(into, u8(0)); break;
      case Gives::RandomBytes: TRY(random_->fill(into)); break;
    }
    return u64(into.size());
  }
  HostResult<u64> write(std::span<const u8> from) override {
    if (takes_ == Takes::Nothing && !from.empty()) return fail(Errno::Nospc);
    return u64(from.size());
  }
  HostResult<u64> read_at(std::span<u8> into, u64) override { return read(into); }
  HostResult<u64> write_at(std::span<const u8> from, u64) override { return write(from); }
  HostResult<u64> seek(i64, wasi::Whence) override { return u64{0}; }
  HostResult<void> allocate(u64, u64) override { return fail(Errno::Nodev); }
  HostResult<void> set_size(u64) override { return fail(Errno::Inval); }
  HostResult<void> advise(u64, u64, wasi::Advice) override { return {}; }
  HostResult<void> set_flags(FdFlags flags) override {
    keep_flags(flags);
    return {};
  }

 private:
  const wasi::FileStat stat_;
  const Gives gives_;
  const Takes takes_;
  const std::shared_ptr<wasi::Random> random_;
};

class Devices final : public MadeDirectory {
 public:
  Devices(u64 device, wasi::Timestamp since, std::shared_ptr<wasi::Random> random,
          std::function<std::shared_ptr<wasi::File>()> console)
      : MadeDirectory(device, 1, since), random_(std::move(random)), console_(std::move(console)) {}

  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    return std::shared_ptr<Directory>(std::make_shared<Devices>(device(), since(), random_, console_));
  }

 protected:
  std::vector<MadeEntry> list(u64 from, u32 most) const override {
    std::vector<MadeEntry> all;
    auto add = [&](const char* name, std::function<std::shared_ptr<wasi::File>()> file) {
      all.push_back({name, all.size() + 2, FileType::CharacterDevice, std::move(file)});
    };
    auto add_device = [&](const char* name, Gives gives, Takes takes) {
      wasi::FileStat stat = {.device = device(), .inode = all.size() + 2, .type = FileType::CharacterDevice, .links = 1,
                             .accessed = since(), .modified = since(), .changed = since()};
      add(name, [=, random = random_] { return std::make_shared<Device>(stat, gives, takes, random); });
    };
    add("console", console_);
    add("tty", console_);
    add_device("null", Gives::Nothing, Takes::Everything);
    add_device("zero", Gives::Zeros, Takes::Everything);
    add_device("full", Gives::Zeros, Takes::Nothing);
    add_device("random", Gives::RandomBytes, Takes::Everything);
    add_device("urandom", Gives::RandomBytes, Takes::Everything);
    std::erase_if(all, [&](const MadeEntry& entry) { return entry.inode < from; });
    if (all.size() > most) all.erase(all.begin() + most, all.end());
    return all;
  }

 private:
  std::shared_ptr<wasi::Random> random_;
  std::function<std::shared_ptr<wasi::File>()> console_;
};

}  // namespace

std::shared_ptr<wasi::Directory> make_devices(u64 device, wasi::Timestamp since, std::shared_ptr<wasi::Random> random,
                                              std::function<std::shared_ptr<wasi::File>()> console) {
  return std::make_shared<Devices>(device, since, std::move(random), std::move(console));
}

}  // namespace skerry::kernel
