// The archive that crosses between host and kernel: what the program gets at boot, and what it
// changed at the end. Its format is cpio's "newc" (cpio(5)): for each entry a header of
// hexadecimal digits, the name with a NUL, and the bytes, both filled up to a multiple of 4.
//
//   070701 ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
//
// The nanoseconds of mtime are in rdevmajor, which means nothing for files and directories.
//
// At boot it holds "manifest" (kernel/manifest.h), "program", a tree dirs/N/... for each preopened
// directory, and in some images code/KEY: machine code of modules, by what the engine's cache knows it by. At the end it
// holds what dirs/N/... then is, where something was changed:
// a file that is as it was in the boot archive, name and all, has mode 0 and no bytes.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wasi/types.h"

namespace skerry::kernel {

struct ArchiveEntry {
  wasi::FileType type;  // Unknown: neither file nor directory nor symbolic link
  std::string_view name;
  std::span<const u8> content;
  wasi::Timestamp modified;
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<const u8> bytes) : rest_(bytes) {}

  // The next entry; none at the end, or where the archive is not one (`damaged`).
  std::optional<ArchiveEntry> next();
  bool damaged() const { return damaged_; }

 private:
  std::optional<ArchiveEntry> damage();

  std::span<const u8> rest_;
  bool damaged_ = false;
};

// Appends the header and name of an entry, whose bytes the caller sends behind them, and then
// archive_padding(size) zeros.
enum class ArchiveMode : u32 { Unchanged = 0, Directory = 0040755, File = 0100644, SymbolicLink = 0120777 };
void append_archive_header(std::string& out, ArchiveMode mode, std::string_view name, u64 size,
                           wasi::Timestamp modified);
constexpr u64 archive_padding(u64 size) { return (4 - size % 4) % 4; }
void append_archive_end(std::string& out);

}  // namespace skerry::kernel
