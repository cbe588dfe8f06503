#include "tests/support/process.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "tests/support/paths.h"

extern char** environ;

namespace skerry::tests {
namespace {

// A file in memory, at its start.
int memory_file(std::string_view content) {
  int fd = memfd_create("stream", MFD_CLOEXEC);
  CHECK(fd >= 0);
  CHECK(write(fd, content.data(), content.size()) == ssize_t(content.size()));
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

std::string take_content(int fd) {
  std::string content(size_t(lseek(fd, 0, SEEK_END)), '\0');
  CHECK(pread(fd, content.data(), content.size(), 0) == ssize_t(content.size()));
  close(fd);
  return content;
}

// The command of this build, behind the emulator that it may want.
std::vector<std::string> skerry_command() {
  std::vector<std::string> command;
  if (!emulator().empty()) command.push_back(emulator());
  const char* instead = std::getenv("SKERRY_COMMAND");
  command.push_back(instead ? instead : (build_folder() / "skerry").string());
  return command;
}

}  // namespace

Outcome run_process(const std::vector<std::string>& command, std::string_view input) {
  int streams[] = {memory_file(input), memory_file(""), memory_file("")};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) posix_spawn_file_actions_adddup2(&actions, streams[fd], fd);
  std::vector<char*> arguments;
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  int error = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 127 << 8;  // as a shell says that there is no such program
  if (error == 0) CHECK(waitpid(child, &status, 0) == child);
  close(streams[0]);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), take_content(streams[1]), take_content(streams[2])};
}

Outcome run_shell(const std::string& line, std::string_view input) {
  std::string command;
  for (const std::string& word : skerry_command()) command += (command.empty() ? "" : " ") + word;
  return run_process({"/bin/sh", "-c", "SKERRY='" + command + "'; " + line}, input);
}

Outcome run_skerry(std::vector<std::string> arguments, std::string_view input) {
  std::vector<std::string> command = skerry_command();
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_process(command, input);
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "skerry-test-XXXXXX").string();
  CHECK(mkdtemp(path_.data()));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view content) const {
  std::string path = path_ + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), std::streamsize(content.size()));
  CHECK(file.flush());
  return path;
}

}  // namespace skerry::tests
