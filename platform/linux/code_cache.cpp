// The code cache as a folder of files, one for each key (skerry/code_cache.h).
//
// A file is written under a name of its own, and renamed to its key once it is whole: whoever
// looks sees a whole file or none, also after a kill or a full disk, and of two writers the last
// stays, which wrote the same. What a killed writer left is removed once it is old. A file's
// time of change says when it was last used, and is set anew at most once an hour.
//
// The folder must be a directory of this user, which nobody else may write to; files are opened
// relative to it, never through links, and must be this user's too.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/string.h"
#include "platform/linux/write_signals.h"
#include "platform/platform.h"
#include "skerry/code_cache.h"

namespace skerry {
namespace {

constexpr time_t hour = 3600;
constexpr std::string_view temporary_prefix = "writing-";

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  explicit operator bool() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

class Folder final : public CodeCache {
 public:
  Folder(int folder, u64 max_bytes) : folder_(folder), max_bytes_(max_bytes) {}

  std::optional<std::vector<u8>> load(std::string_view key) override {
    if (!is_key(key)) return std::nullopt;
    File file(openat(folder_.descriptor(), std::string(key).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status;
    if (!file || fstat(file.descriptor(), &status) != 0) return std::nullopt;
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0) return std::nullopt;
    if (u64(status.st_size) > max_bytes_) return std::nullopt;
    std::vector<u8> bytes(usize(status.st_size));
    for (usize at = 0; at < bytes.size();) {
      ssize_t n = pread(file.descriptor(), bytes.data() + at, bytes.size() - at, off_t(at));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;  // cut short meanwhile
      at += usize(n);
    }
    if (time(nullptr) - status.st_mtime > hour) futimens(file.descriptor(), nullptr);
    return bytes;
  }

  void store(std::string_view key, std::span<const u8> artifact) override {
    if (!is_key(key) || artifact.size() > max_bytes_) return;
    u64 random[1];
    platform::fill_entropy({reinterpret_cast<u8*>(random), sizeof random});
    std::string temporary = concat(temporary_prefix, hex(random[0], 16));
    if (!write(temporary, artifact) ||
        renameat(folder_.descriptor(), temporary.c_str(), folder_.descriptor(), std::string(key).c_str()) != 0) {
      unlinkat(folder_.descriptor(), temporary.c_str(), 0);
      return;
    }
    remove_oldest();
  }

 private:
  bool write(const std::string& name, std::span<const u8> bytes) {
    File file(openat(folder_.descriptor(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return false;
    platform::NoFileSizeSignal no_signal;
    while (!bytes.empty()) {
      ssize_t n = ::write(file.descriptor(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes = bytes.subspan(usize(n));
    }
    return true;
  }

  // Until what is left is at most max_bytes together; and what writers left an hour ago.
  void remove_oldest() {
    struct Entry {
      std::string name;
      i64 used;
      u64 size;
    };
    std::vector<Entry> entries;
    u64 total = 0;
    // A descriptor of its own: reading a directory moves its position.
    int descriptor = openat(folder_.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    DIR* directory = fdopendir(descriptor);
    if (!directory) {
      close(descriptor);
      return;
    }
    while (const dirent* item = readdir(directory)) {
      struct stat status;
      std::string name = item->d_name;
      bool is_temporary = name.starts_with(temporary_prefix);
      if (!is_temporary && !is_key(name)) continue;
      if (fstatat(folder_.descriptor(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        continue;
      if (is_temporary) {
        if (time(nullptr) - status.st_mtime > hour) unlinkat(folder_.descriptor(), name.c_str(), 0);
        continue;
      }
      total += u64(status.st_size);
      entries.push_back(
          {std::move(name), i64(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec, u64(status.st_size)});
    }
    closedir(directory);
    if (total <= max_bytes_) return;
    std::ranges::sort(entries, {}, &Entry::used);
    for (const Entry& entry : entries) {
      if (total <= max_bytes_) return;
      if (unlinkat(folder_.descriptor(), entry.name.c_str(), 0) == 0) total -= entry.size;
    }
  }

  const File folder_;
  const u64 max_bytes_;
};

std::string standard_path() {
  if (const char* cache = getenv("XDG_CACHE_HOME"); cache && cache[0] == '/')
    return concat(std::string_view(cache), "/skerry");
  if (const char* home = getenv("HOME"); home && home[0] == '/')
    return concat(std::string_view(home), "/.cache/skerry");
  return "";
}

// The folder and those above it that are missing.
void make_folders(const std::string& path) {
  for (usize at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1))
    mkdir(path.substr(0, at).c_str(), 0700);
  mkdir(path.c_str(), 0700);
}

}  // namespace

Result<std::shared_ptr<CodeCache>> CodeCache::open_folder(std::string path, u64 max_bytes) {
  if (path.empty()) path = standard_path();
  if (path.empty()) return fail(ErrorCode::Environment, "neither XDG_CACHE_HOME nor HOME says where a cache would be");
  make_folders(path);
  int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return fail(ErrorCode::Environment,
                concat("the cache ", path, " cannot be opened: ", std::string_view(strerror(errno))));
  struct stat status;
  if (fstat(folder, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
    close(folder);
    return fail(ErrorCode::Environment, concat("the cache ", path, " is not this user's alone to write"));
  }
  return std::shared_ptr<CodeCache>(std::make_shared<Folder>(folder, max_bytes));
}

}  // namespace skerry
