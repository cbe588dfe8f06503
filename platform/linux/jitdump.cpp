// Compiled functions with their code for `perf inject --jit`: the jitdump format of the Linux kernel's perf tools
// (skerry/profiler.h). A head, then a record for each function; times are those of the monotonic clock.

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/string.h"
#include "platform/platform.h"
#include "skerry/profiler.h"

namespace skerry {
namespace {

struct FileHead {
  u32 magic, version, size, machine, unused, process;
  u64 time, flags;
};
struct CodeLoad {
  u32 kind, size;  // of the whole record
  u64 time;
  u32 process, thread;
  u64 virtual_address, address, code_size, index;
};
constexpr u32 magic = 0x4a695444, version = 1, code_load = 0;

u64 now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return u64(time.tv_sec) * 1'000'000'000 + u64(time.tv_nsec);
}

// That of this very program, as its file says.
u32 own_machine() {
  Elf64_Ehdr header{};
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    [[maybe_unused]] ssize_t got = read(file, &header, sizeof header);
    close(file);
  }
  return header.e_machine;
}

class JitDump final : public Profiler {
 public:
  // perf finds the file by a mapping of it that could be executed.
  JitDump(int file, void* marker) : file_(file), marker_(marker) {}
  ~JitDump() override {
    munmap(marker_, platform::page_size());
    close(file_);
  }

  // One write a record, to the end of the file: those of several threads do not mix.
  void function_added(u64 address, u64 size, std::string_view name) override {
    std::string text(name);
    u64 total = sizeof(CodeLoad) + text.size() + 1 + size;
    if (total > ~u32{0}) return;
    CodeLoad record = {code_load, u32(total),  now(), u32(getpid()), u32(syscall(SYS_gettid)),
                       address,   address, size,  index_.fetch_add(1)};
    iovec parts[] = {
        {&record, sizeof record}, {text.data(), text.size() + 1}, {reinterpret_cast<void*>(address), size}};
    // A full disk costs the profile names, not the program its run.
    [[maybe_unused]] ssize_t written = writev(file_, parts, 3);
  }

 private:
  const int file_;
  void* const marker_;
  std::atomic<u64> index_ = 0;
};

}  // namespace

Result<std::shared_ptr<Profiler>> Profiler::open_jitdump(std::string path) {
  if (path.empty()) path = concat("jit-", u64(getpid()), ".dump");
  auto failed = [&](int error) {
    return fail(ErrorCode::Environment, concat("cannot write ", path, ": ", std::strerror(error)));
  };
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  if (file < 0) return failed(errno);
  auto give_up = [&](int error) {
    close(file);
    return failed(error);
  };
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid()) return give_up(EPERM);
  FileHead head = {magic, version, sizeof head, own_machine(), 0, u32(getpid()), now(), 0};
  if (write(file, &head, sizeof head) != sizeof head) return give_up(errno);
  void* marker = mmap(nullptr, platform::page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  if (marker == MAP_FAILED) return give_up(errno);
  return std::shared_ptr<Profiler>(std::make_shared<JitDump>(file, marker));
}

}  // namespace skerry
