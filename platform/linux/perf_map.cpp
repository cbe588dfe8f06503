// Names of compiled functions for `perf`, in its simplest form: a text file, a line for each function, with address and
// size in hexadecimal and the name (skerry/profiler.h).

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/string.h"
#include "platform/platform.h"
#include "skerry/profiler.h"

namespace skerry {
namespace {

class PerfMap final : public Profiler {
 public:
  explicit PerfMap(int file) : file_(file) {}
  ~PerfMap() override { close(file_); }

  // One write a line, to the end of the file: lines of several threads do not mix.
  void function_added(u64 address, u64 size, std::string_view name) override {
    std::string line = concat(hex(address), " ", hex(size), " ");
    for (char c : name) line.push_back(c == '\n' ? '?' : c);
    line.push_back('\n');
    // A full disk costs the profile names, not the program its run.
    [[maybe_unused]] ssize_t written = write(file_, line.data(), line.size());
  }

 private:
  const int file_;
};

}  // namespace

Result<std::shared_ptr<Profiler>> Profiler::open_perf_map(std::string path) {
  if (path.empty()) path = concat("/tmp/perf-", u64(getpid()), ".map");
  // In a folder that everybody may write to: never through a link, nor into a file of somebody else.
  int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
    int error = file < 0 ? errno : EPERM;
    if (file >= 0) close(file);
    return fail(ErrorCode::Environment, concat("cannot write ", path, ": ", std::strerror(error)));
  }
  return std::shared_ptr<Profiler>(std::make_shared<PerfMap>(file));
}

}  // namespace skerry
