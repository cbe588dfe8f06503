// The archive that the kernel is booted with, and the manifest in it. What it has is within its bytes, and can be
// walked.

#include <string>

#include "base/check.h"
#include "kernel/fs/archive.h"
#include "kernel/manifest.h"
#include "tests/fuzz/target.h"

namespace skerry::fuzz {
namespace {

using namespace kernel;

class StoppedClock final : public wasi::Clock {
 public:
  wasi::HostResult<wasi::Timestamp> now(wasi::ClockId) override { return u64{1'000}; }
  wasi::HostResult<wasi::Timestamp> resolution(wasi::ClockId) override { return u64{1}; }
};

bool lies_within(std::span<const u8> part, std::span<const u8> all) {
  return part.empty() || (part.data() >= all.data() && part.data() + part.size() <= all.data() + all.size());
}

// Everything in a directory is looked at; how many there are.
u32 look(wasi::Directory& directory, u32 most) {
  u32 count = 0;
  for (u64 cookie = 0; count < most;) {
    auto entries = directory.entries(cookie, 16);
    CHECK(entries);
    if (entries->empty()) break;
    for (const wasi::DirectoryEntry& entry : *entries) {
      CHECK(entry.next > cookie);
      cookie = entry.next;
      if (entry.name == "." || entry.name == "..") continue;
      CHECK(!entry.name.empty() && entry.name.find('/') == entry.name.npos);
      ++count;
      CHECK(directory.stat_at(entry.name)->type == entry.type);
      if (entry.type == wasi::FileType::Directory) {
        count += look(**directory.open_directory(entry.name, wasi::Directory::Use::List), most - count);
      } else if (entry.type == wasi::FileType::SymbolicLink) {
        CHECK(directory.read_link(entry.name));
      } else {
        u8 some[100];
        auto opened = directory.open(entry.name, {}, wasi::Directory::Access::Read, {});
        CHECK(opened && opened->file->read(some));
      }
    }
  }
  return count;
}

void run(std::span<const u8> bytes) {
  ArchiveReader reader(bytes);
  while (auto entry = reader.next()) {
    CHECK(lies_within(entry->content, bytes));
    CHECK(lies_within({reinterpret_cast<const u8*>(entry->name.data()), entry->name.size()}, bytes));
    CHECK(entry->name.find('\0') == entry->name.npos);
  }

  StoppedClock clock;
  RamFiles files(clock, 256 * KiB, 7);
  auto manifest = Manifest::read(bytes, files);
  if (!manifest) {
    CHECK(!manifest.error().message.empty());
    return;
  }
  CHECK(lies_within(manifest->program, bytes));
  for (const Manifest::Preopen& preopen : manifest->preopens) {
    if (preopen.root) look(*files.open(preopen.root), 1000);
  }
}

std::vector<Bytes> seeds() {
  auto pack = [](std::string& out, ArchiveMode mode, std::string_view name, std::string_view content) {
    append_archive_header(out, mode, name, content.size(), 1'700'000'000'000'000'001);
    out += content;
    out.append(archive_padding(content.size()), '\0');
  };
  using namespace std::string_view_literals;
  std::vector<Bytes> all;
  for (std::string_view manifest :
       {"arg=p\0stream=2\0stream=2\0stream=2\0"sv,
        "file=x\0arg=p\0arg=-v\0env=A=b\0dir=/\0dir-ro=/r\0dir-9p=/n\0dir-9p-ro=/m\0stream=4\0stream=0\0stream=2\0"sv
        "system=\0lines=\0timeout_ns=100\0max-memory=65536\0fuel=1\0features=wasm2\0unknown-imports=trap\0"sv
        "allow-precompiled=\0eager=\0stats=\0"sv}) {
    std::string out;
    pack(out, ArchiveMode::File, "manifest", manifest);
    pack(out, ArchiveMode::File, "program", "\0asm\1\0\0\0"sv);
    if (manifest.find("dir=") != manifest.npos) {
      pack(out, ArchiveMode::File, "dirs/0/a/b", "content");
      pack(out, ArchiveMode::Directory, "dirs/0/d", "");
      pack(out, ArchiveMode::SymbolicLink, "dirs/1/l", "a/b");
      pack(out, ArchiveMode::File, "dirs/1/f", "");
    }
    append_archive_end(out);
    all.emplace_back(out.begin(), out.end());
  }
  return all;
}

}  // namespace

const Target archive_target = {"archive", 4'000, run, seeds};

}  // namespace skerry::fuzz
