#include "tools/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/string.h"
#include "engine/wasm/limits.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

Failure<Error> failure(std::string_view verb, std::string_view path, int error) {
  return fail(ErrorCode::Environment, concat("cannot ", verb, " ", path, ": ", strerror(error)));
}

// An open file, closed where it was not yet.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }
  // Whether all that was written is there.
  bool finish() { return close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::span<const u8> content) {
  while (!content.empty()) {
    ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(usize(written));
  }
  return true;
}

Result<void> write_in_place(const std::string& path, std::span<const u8> content) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || !write_all(file.get(), content) || !file.finish()) return failure("write", path, errno);
  return {};
}

mode_t mode_of_new_files() {
  mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

Result<void> replace(const std::string& path, mode_t mode, std::span<const u8> content) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return failure("write", path, errno);
  if (!write_all(file.get(), content) || fchmod(file.get(), mode) != 0 || !file.finish() ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    int error = errno;
    unlink(temporary.c_str());
    return failure("write", path, error);
  }
  return {};
}

}  // namespace

Result<std::vector<u8>> read_file(const std::string& path) {
  bool is_standard_input = path == "-";
  std::string_view name = is_standard_input ? "standard input" : std::string_view(path);
  Descriptor file(is_standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("open", name, errno);
  constexpr usize most = usize{limits::module_bytes} + 1;
  struct stat status;
  bool is_regular = fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  // One byte more than a regular file has, so that its end is seen without growing.
  std::vector<u8> content(is_regular ? std::min(most, usize(status.st_size) + 1) : 64 * KiB);
  usize size = 0;
  for (;;) {
    if (size == content.size()) content.resize(std::min(most, size * 2));
    ssize_t got = read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", name, errno);
    size += usize(got);
    if (got == 0 || size == most) break;
  }
  content.resize(size);
  return content;
}

Result<void> write_file(const std::string& path, std::span<const u8> content) {
  if (path == "-") {
    if (!write_all(STDOUT_FILENO, content)) return failure("write", "standard output", errno);
    return {};
  }
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return failure("write", path, errno);
    return replace(path, mode_of_new_files(), content);
  }
  if (!S_ISREG(status.st_mode)) return write_in_place(path, content);
  // What a link leads to is replaced, not the link.
  char* resolved = realpath(path.c_str(), nullptr);
  if (!resolved) return failure("write", path, errno);
  std::string target = resolved;
  free(resolved);
  return replace(target, status.st_mode & 0777, content);
}

bool flush_standard_output() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return true;
  report(concat("cannot write standard output: ", strerror(errno)));
  return false;
}

}  // namespace skerry::tools
