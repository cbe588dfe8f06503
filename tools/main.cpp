// skerry: the command. Finds the subcommand and sees to standard output at the end.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <vector>

#include "base/string.h"
#include "tools/command_line.h"
#include "tools/commands.h"
#include "tools/files.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

struct Subcommand {
  std::string_view name;
  int (*body)(Words words);
  std::string_view purpose;
};
constexpr Subcommand subcommands[] = {
    {"run", run_command, "run a program, or a function of a module"},
    {"compile", compile_command, "make machine code of a module, for later"},
    {"validate", validate_command, "say whether modules are valid"},
    {"inspect", inspect_command, "tell what a module imports, exports and needs"},
    {"wat", wat_command, "turn a .wat into a .wasm, and back"},
    {"wast", wast_command, "run scripts of the specification's test suite"},
    {"objdump", objdump_command, "show the machine code of a module"},
    {"explore", explore_command, "write a page that shows what becomes of a module's functions, stage by stage"},
};

std::string usage() {
  std::string text = "skerry SUBCOMMAND [OPTIONS] ...\n\n";
  for (const Subcommand& one : subcommands) {
    text += concat("  ", one.name, std::string(10 - one.name.size(), ' '), one.purpose, "\n");
  }
  return text + "\n`skerry SUBCOMMAND --help` tells the options.\n";
}

// A file that is opened later must not become the standard input or output that was closed. What stands in their
// place fails as a closed one does: an input that can only be written, outputs that can only be read.
void hold_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// Nothing in the engine goes on after memory could not be had.
void tell_out_of_memory() {
  constexpr std::string_view message = "skerry: out of memory\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  _exit(exit_failure);
}

int command(Words words) {
  if (words.empty()) {
    std::fputs(usage().c_str(), stderr);
    return exit_usage;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(usage().c_str(), stdout);
    return 0;
  }
  for (const Subcommand& one : subcommands) {
    if (one.name == words[0]) return one.body(words.subspan(1));
  }
  report(concat("no such subcommand: ", words[0], " (skerry --help lists them)"));
  return exit_usage;
}

}  // namespace
}  // namespace skerry::tools

int main(int count, char** arguments) {
  using namespace skerry::tools;
  std::set_new_handler(tell_out_of_memory);
  hold_standard_descriptors();
  // A reader that went away is an error of the write, not the end of us; so is a file that may not grow.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  std::vector<std::string_view> words(arguments + (count > 0), arguments + count);
  int status = command(words);
  if (!flush_standard_output() && status == 0) status = exit_failure;
  return status;
}
