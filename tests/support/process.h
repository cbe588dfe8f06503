// Other programs as tests run them: to their end, with all that they wrote.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skerry::tests {

struct Outcome {
  int status;  // what it exited with; 128 + the signal that ended it
  std::string out;
  std::string err;
};

// The program is looked for in PATH. It gets `input` on standard input, and our environment.
Outcome run_process(const std::vector<std::string>& command, std::string_view input = "");
// A line of /bin/sh, in which $SKERRY is the command of this build.
Outcome run_shell(const std::string& line, std::string_view input = "");
// The command of this build, or what SKERRY_COMMAND says instead.
Outcome run_skerry(std::vector<std::string> arguments, std::string_view input = "");

// A folder that goes with the object, and all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file there; its path.
  std::string write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace skerry::tests
