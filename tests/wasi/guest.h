// A guest without an engine: a buffer for its memory, a Context over Linux, and a temporary
// folder with what its calls act on.

#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/linux/wasi_host.h"
#include "wasi/link.h"

namespace skerry::wasi {

inline std::ostream& operator<<(std::ostream& out, Errno error) { return out << errno_text(error); }

namespace test {

namespace fs = std::filesystem;
using platform::Walking;

// A folder of its own for a test, removed with all that is in it.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "skerry-wasi-XXXXXX").string();
    if (!mkdtemp(name.data())) abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline void write_file(const fs::path& path, std::string_view content) { std::ofstream(path) << content; }
inline std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All that a tree is: names, kinds, contents, targets, modes, times of change of content.
inline std::map<std::string, std::string> snapshot(const fs::path& root) {
  std::map<std::string, std::string> all;
  auto note = [&](const fs::path& path, const std::string& name) {
    struct stat stat;
    if (lstat(path.c_str(), &stat) != 0) return;
    std::string text = std::to_string(stat.st_mode) + " " + std::to_string(stat.st_nlink) + " " +
                       std::to_string(stat.st_mtim.tv_sec) + "." + std::to_string(stat.st_mtim.tv_nsec) + " ";
    if (S_ISREG(stat.st_mode)) text += read_file(path);
    if (S_ISLNK(stat.st_mode)) text += fs::read_symlink(path).string();
    all[name] = text;
  };
  note(root, "");
  for (auto& entry : fs::recursive_directory_iterator(root)) {
    note(entry.path(), entry.path().lexically_relative(root).string());
  }
  return all;
}

// The same without times and counts of links, to compare two trees.
inline std::map<std::string, std::string> shape(const fs::path& root) {
  std::map<std::string, std::string> all;
  for (auto& entry : fs::recursive_directory_iterator(root)) {
    auto status = entry.symlink_status();
    std::string text = std::to_string(int(status.type())) + " ";
    if (fs::is_regular_file(status)) text += read_file(entry.path());
    if (fs::is_symlink(status)) text += fs::read_symlink(entry.path()).string();
    all[entry.path().lexically_relative(root).string()] = text;
  }
  return all;
}

template <class T>
T value_or_fail(HostResult<T> result) {
  if (!result) {
    ADD_FAILURE() << errno_text(result.error());
    abort();
  }
  return *std::move(result);
}

struct Open {
  LookupFlags lookup = {};
  OpenFlags how = {};
  Rights rights = Right::FdRead;
  FdFlags flags = {};
};

// The process and its memory. Descriptors 0 to 2 are not open unless a test adds them.
class Guest {
 public:
  static constexpr u32 memory_size = 65536;

  explicit Guest(Limits limits = {})
      : interruption(value_or_fail(platform::wasi_interruption())),
        context(platform::wasi_host(interruption), limits),
        // Exactly as long as it says, so that the address sanitizer sees a byte too much.
        bytes_(std::make_unique<u8[]>(memory_size)) {}

  u32 add_folder(const fs::path& path, Mutability tree = Mutability::ReadWrite, Walking walking = Walking::Openat2) {
    auto directory = value_or_fail(platform::wasi_directory(path.c_str(), interruption, walking));
    return value_or_fail(context.add_directory(std::move(directory), "/", tree));
  }
  u32 add_descriptor(int fd, Rights access) {
    return value_or_fail(context.add_file(value_or_fail(platform::wasi_standard_file(fd, interruption)), access));
  }

  // Calls as compiled code would, by native parameters.
  template <auto body, class... Natives>
  CallResult call(Natives... natives) {
    Caller caller{context, GuestMemory(bytes_.get(), memory_size)};
    return link::Adapter<body>::call(caller, natives...);
  }
  // The errno of a call that returns.
  template <auto body, class... Natives>
  Errno errno_of(Natives... natives) {
    CallResult result = call<body>(natives...);
    EXPECT_EQ(result.kind, CallResult::Kind::Return);
    return Errno(result.value);
  }

  u8* memory() { return bytes_.get(); }
  // Puts things one behind another; they stay until clear().
  u32 put(const void* data, usize size) {
    u32 at = next_;
    EXPECT_LE(at + size, memory_size);
    if (size != 0) std::memcpy(bytes_.get() + at, data, size);
    next_ = u32(align_up(at + size, 8));
    return at;
  }
  u32 put(std::string_view text) { return put(text.data(), text.size()); }
  u32 space(usize size) {
    u32 at = next_;
    EXPECT_LE(at + size, memory_size);
    next_ = u32(align_up(at + size, 8));
    return at;
  }
  void clear() { next_ = 64; }
  template <class T>
  T get(u32 at) {
    T value;
    std::memcpy(&value, bytes_.get() + at, sizeof(T));
    return value;
  }
  std::string text(u32 at, usize size) { return {reinterpret_cast<char*>(bytes_.get() + at), size}; }

  // Frequent calls in short.
  Errno open(u32 directory, std::string_view path, Open o, u32* fd = nullptr) {
    clear();
    u32 at = put(path), out = space(4);
    Errno error = errno_of<&preview1::path_open>(directory, o.lookup.bits(), at, u32(path.size()), u32(o.how.bits()),
                                                 o.rights.bits(), u64(0), u32(o.flags.bits()), out);
    if (fd && error == Errno::Success) *fd = get<u32>(out);
    return error;
  }
  u32 must_open(u32 directory, std::string_view path, Open o = {}) {
    u32 fd = ~0u;
    EXPECT_EQ(open(directory, path, o, &fd), Errno::Success) << path;
    return fd;
  }
  Errno close(u32 fd) { return errno_of<&preview1::fd_close>(fd); }
  Errno write(u32 fd, std::string_view content, u32* count = nullptr) {
    clear();
    Iovec vector{put(content), u32(content.size())};
    u32 vectors = put(&vector, sizeof(vector)), out = space(4);
    Errno error = errno_of<&preview1::fd_write>(fd, vectors, 1u, out);
    if (count) *count = get<u32>(out);
    return error;
  }
  Errno read(u32 fd, u32 size, std::string* content) {
    clear();
    Iovec vector{space(size), size};
    u32 vectors = put(&vector, sizeof(vector)), out = space(4);
    Errno error = errno_of<&preview1::fd_read>(fd, vectors, 1u, out);
    if (error == Errno::Success) *content = text(vector.buffer, get<u32>(out));
    return error;
  }
  Errno stat(u32 directory, std::string_view path, LookupFlags lookup, Filestat* stat = nullptr) {
    clear();
    u32 at = put(path), out = space(sizeof(Filestat));
    Errno error = errno_of<&preview1::path_filestat_get>(directory, lookup.bits(), at, u32(path.size()), out);
    if (stat && error == Errno::Success) *stat = get<Filestat>(out);
    return error;
  }
  // A call whose parameters are descriptor and path.
  template <auto body>
  Errno at_path(u32 directory, std::string_view path) {
    clear();
    return errno_of<body>(directory, put(path), u32(path.size()));
  }
  Errno rename(u32 directory, std::string_view path, u32 target, std::string_view new_path) {
    clear();
    u32 from = put(path), to = put(new_path);
    return errno_of<&preview1::path_rename>(directory, from, u32(path.size()), target, to, u32(new_path.size()));
  }
  Errno link(u32 directory, std::string_view path, u32 target, std::string_view new_path, LookupFlags lookup = {}) {
    clear();
    u32 from = put(path), to = put(new_path);
    return errno_of<&preview1::path_link>(directory, lookup.bits(), from, u32(path.size()), target, to,
                                          u32(new_path.size()));
  }
  Errno symlink(std::string_view content, u32 directory, std::string_view path) {
    clear();
    u32 target = put(content), at = put(path);
    return errno_of<&preview1::path_symlink>(target, u32(content.size()), directory, at, u32(path.size()));
  }
  Errno readlink(u32 directory, std::string_view path, std::string* target = nullptr) {
    clear();
    u32 at = put(path), into = space(4096), out = space(4);
    Errno error = errno_of<&preview1::path_readlink>(directory, at, u32(path.size()), into, 4096u, out);
    if (target && error == Errno::Success) *target = text(into, get<u32>(out));
    return error;
  }
  Errno set_times(u32 directory, std::string_view path, LookupFlags lookup, Timestamp modified) {
    clear();
    u32 at = put(path);
    return errno_of<&preview1::path_filestat_set_times>(directory, lookup.bits(), at, u32(path.size()), u64(0),
                                                        modified, u32(TimeFlag::Modify));
  }

  std::shared_ptr<platform::LinuxInterruption> interruption;
  Context context;

 private:
  std::unique_ptr<u8[]> bytes_;
  u32 next_ = 64;
};

inline constexpr LookupFlags follow = LookupFlag::SymlinkFollow;
inline constexpr LookupFlags no_follow = {};

}  // namespace test
}  // namespace skerry::wasi
