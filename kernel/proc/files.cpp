#include "kernel/proc/files.h"

#include <algorithm>

#include "base/string.h"
#include "engine/runtime/engine.h"
#include "kernel/fs/made.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::FileType;
using wasi::HostResult;

namespace {

// Inodes: 1 the directory, then its files; of process N 16 N and what follows.
constexpr u64 inodes_of_process = 16;

// A guest chose it: it shall not look like another line.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return u8(c) < ' ' || c == 0x7f; }, '?');
  return line;
}

std::string memory_text() {
  take_down_released();
  FrameCounts counts = frame_counts();
  auto line = [](std::string_view name, u64 frames) {
    std::string number = decimal(frames * page_size / KiB);
    return concat(name, std::string(24 - name.size() - std::min<usize>(number.size(), 12), ' '), number, " kB\n");
  };
  u64 free = counts.total - std::min(counts.total, counts.used);
  u64 available = counts.total - std::min(counts.total, counts.charged);
  return concat(line("MemTotal:", counts.total), line("MemFree:", free), line("MemAvailable:", available));
}

std::string uptime_text() {
  u64 hundredths = arch::monotonic_ns() / 10'000'000;
  std::string rest = decimal(hundredths % 100);
  return concat(hundredths / 100, ".", rest.size() < 2 ? "0" : "", rest, "\n");
}

std::string mounts_text(const Mounts& mounts) {
  std::string text;
  for (const auto& entry : mounts.all()) {
    const Mount& mount = *entry;
    // Fields are apart by a space.
    std::string path;
    for (char c : mount.path) {
      bool plain = u8(c) > ' ' && c != '\\' && c != 0x7f;
      path += plain ? std::string(1, c) : concat("\\", u8(c) >> 6, (u8(c) >> 3) & 7, u8(c) & 7);
    }
    text += concat(mount.kind, " ", path, " ", mount.kind, " ",
                   mount.tree == wasi::Mutability::ReadOnly ? "ro" : "rw", " 0 0\n");
  }
  return text;
}

std::string status_text(const Processes::Info& info) {
  return concat("Name:\t", one_line(info.name), "\nPid:\t", info.number, "\nPPid:\t", info.parent,
                "\nCpuNs:\t", info.processor_ns, "\nMemory:\t", info.memory_bytes / KiB, " kB\nDescriptors:\t",
                info.descriptors, "\n");
}

class OfProcess final : public MadeDirectory {
 public:
  OfProcess(u64 device, wasi::Timestamp since, Processes& all, u32 number)
      : MadeDirectory(device, number * inodes_of_process, since), all_(all), number_(number) {}

  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    return std::shared_ptr<Directory>(std::make_shared<OfProcess>(device(), since(), all_, number_));
  }

 protected:
  std::vector<MadeEntry> list(u64 from, u32 most) const override {
    std::vector<MadeEntry> entries;
    auto add = [&](u64 place, const char* name, std::string (*text)(const Processes&, const Processes::Info&)) {
      u64 inode = number_ * inodes_of_process + place;
      if (inode < from || entries.size() == most) return;
      auto make = [&all = all_, number = number_, text] {
        auto info = all.info(number);
        return info ? text(all, *info) : std::string();
      };
      entries.push_back({name, inode, FileType::RegularFile, nullptr, make});
    };
    if (!all_.info(number_)) return entries;
    add(1, "status", [](const Processes&, const Processes::Info& info) { return status_text(info); });
    add(2, "cmdline", [](const Processes& all, const Processes::Info& info) { return all.command_line(info.number); });
    return entries;
  }

 private:
  Processes& all_;
  const u32 number_;
};

class ProcessFiles final : public MadeDirectory {
 public:
  ProcessFiles(u64 device, wasi::Timestamp since, Processes& all, const Mounts& mounts)
      : MadeDirectory(device, 1, since), all_(all), mounts_(mounts) {}

  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    return std::shared_ptr<Directory>(std::make_shared<ProcessFiles>(device(), since(), all_, mounts_));
  }

 protected:
  HostResult<MadeEntry> find(Name name) const override {
    if (name.front() < '1' || name.front() > '9') return MadeDirectory::find(name);
    u64 number = 0;
    for (char c : name) {
      if (c < '0' || c > '9' || number > ~u32{0}) return fail(Errno::Noent);
      number = number * 10 + u64(c - '0');
    }
    if (number > ~u32{0} || !all_.info(u32(number))) return fail(Errno::Noent);
    return of_process(u32(number));
  }

  std::vector<MadeEntry> list(u64 from, u32 most) const override {
    std::vector<MadeEntry> entries;
    auto add = [&](MadeEntry entry) {
      if (entry.inode >= from && entries.size() < most) entries.push_back(std::move(entry));
    };
    auto add_text = [&](u64 inode, const char* name, std::function<std::string()> text) {
      add({name, inode, FileType::RegularFile, nullptr, std::move(text)});
    };
    add_text(2, "version", [&all = all_] { return concat("Skerry ", all.engine().internal().target().name(), "\n"); });
    add_text(3, "uptime", uptime_text);
    add_text(4, "meminfo", memory_text);
    add_text(5, "mounts", [&mounts = mounts_] { return mounts_text(mounts); });
    add({.name = "self", .inode = 6, .type = FileType::SymbolicLink,
         .target = [] { return decimal(Process::current().number); }});
    u64 first = std::max<u64>((from + inodes_of_process - 1) / inodes_of_process, 1);
    if (entries.size() == most || first > ~u32{0}) return entries;
    for (u32 number : all_.numbers(u32(first), most - u32(entries.size()))) add(of_process(number));
    return entries;
  }

 private:
  MadeEntry of_process(u32 number) const {
    auto open = [this_device = device(), since = since(), &all = all_, number] {
      return std::make_shared<OfProcess>(this_device, since, all, number);
    };
    return {.name = decimal(number), .inode = number * inodes_of_process, .type = FileType::Directory,
            .directory = open};
  }

  Processes& all_;
  const Mounts& mounts_;
};

}  // namespace

std::shared_ptr<wasi::Directory> make_process_files(u64 device, wasi::Timestamp since, Processes& all,
                                                    const Mounts& mounts) {
  return std::make_shared<ProcessFiles>(device, since, all, mounts);
}

}  // namespace skerry::kernel
