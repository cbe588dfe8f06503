#include "kernel/fs/archive.h"

#include "base/string.h"

namespace skerry::kernel {

namespace {

constexpr std::string_view magic = "070701", end_name = "TRAILER!!!";
enum Field {
  Inode, Mode, Uid, Gid, Links, Mtime, FileSize, DevMajor, DevMinor, RdevMajor, RdevMinor, NameSize, Check,
  FieldCount,
};
constexpr usize digits = 8;
constexpr usize header_size = magic.size() + FieldCount * digits;
constexpr u64 second = 1'000'000'000;

std::optional<u32> parse_hex(std::string_view text) {
  u32 value = 0;
  for (char c : text) {
    u32 digit = c >= '0' && c <= '9' ? u32(c - '0') : c >= 'a' && c <= 'f' ? u32(c - 'a' + 10)
                : c >= 'A' && c <= 'F'                                     ? u32(c - 'A' + 10)
                                                                           : 16;
    if (digit == 16) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

wasi::FileType type_of(u32 mode) {
  switch (mode & 0170000) {
    case 0040000: return wasi::FileType::Directory;
    case 0100000: return wasi::FileType::RegularFile;
    case 0120000: return wasi::FileType::SymbolicLink;
    default: return wasi::FileType::Unknown;
  }
}

}  // namespace

std::optional<ArchiveEntry> ArchiveReader::damage() {
  damaged_ = true;
  return std::nullopt;
}

std::optional<ArchiveEntry> ArchiveReader::next() {
  if (damaged_ || rest_.size() < header_size) return damage();
  std::string_view header(reinterpret_cast<const char*>(rest_.data()), header_size);
  if (!header.starts_with(magic)) return damage();
  u32 fields[FieldCount];
  for (usize i = 0; i < FieldCount; ++i) {
    auto field = parse_hex(header.substr(magic.size() + i * digits, digits));
    if (!field) return damage();
    fields[i] = *field;
  }

  u64 content_at = align_up(header_size + u64{fields[NameSize]}, 4);
  u64 next_at = align_up(content_at + fields[FileSize], 4);
  if (fields[NameSize] == 0 || content_at + fields[FileSize] > rest_.size()) return damage();
  std::string_view name(reinterpret_cast<const char*>(rest_.data()) + header_size, fields[NameSize] - 1);
  if (name.find('\0') != name.npos || rest_[header_size + name.size()] != 0) return damage();
  if (name == end_name) return std::nullopt;

  ArchiveEntry entry = {
      .type = type_of(fields[Mode]),
      .name = name,
      .content = rest_.subspan(content_at, fields[FileSize]),
      .modified = fields[Mtime] * second + fields[RdevMajor] % second,
  };
  rest_ = rest_.subspan(next_at < rest_.size() ? next_at : rest_.size());
  return entry;
}

void append_archive_header(std::string& out, ArchiveMode mode, std::string_view name, u64 size,
                           wasi::Timestamp modified) {
  u32 fields[FieldCount] = {};
  fields[Mode] = u32(mode);
  fields[Links] = 1;
  fields[Mtime] = u32(modified / second);
  fields[RdevMajor] = u32(modified % second);
  fields[FileSize] = u32(size);
  fields[NameSize] = u32(name.size() + 1);
  out += magic;
  for (u32 field : fields) out += hex(field, digits);
  out += name;
  out.push_back('\0');
  out.append((4 - (header_size + name.size() + 1) % 4) % 4, '\0');
}

void append_archive_end(std::string& out) { append_archive_header(out, ArchiveMode::Unchanged, end_name, 0, 0); }

}  // namespace skerry::kernel
