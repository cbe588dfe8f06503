// CommandLine: the options of one subcommand -> variables, and its help.
//
//   CommandLine line("validate", "FILE...", "checks modules");
//   line.flag("--quiet", "say nothing", quiet);
//   line.text("-o", "FILE", "write to FILE", output);
//   if (std::optional<int> status = line.parse(arguments, Options::Anywhere, files)) return *status;
//
// An option is --name VALUE or --name=VALUE, of one letter -o VALUE or -oVALUE; `--` ends the
// options. A lone `-` is an argument. Of an option that is given twice the last counts, unless it
// collects.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skerry::tools {

// Exit codes beside 0 and those of programs.
constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

enum class Options : u8 {
  Anywhere,
  BeforeArguments,  // what follows the first argument is another program's
};

class CommandLine {
 public:
  using Take = std::function<Result<void>(std::string_view value)>;

  // `arguments` and `purpose` are for the help.
  CommandLine(std::string_view command, std::string_view arguments, std::string_view purpose)
      : command_(command), arguments_(arguments), purpose_(purpose) {}

  void flag(std::string_view name, std::string_view help, bool& set);
  void text(std::string_view name, std::string_view value, std::string_view help, std::string& to);
  // All that were given, in order.
  void texts(std::string_view name, std::string_view value, std::string_view help, std::vector<std::string>& to);
  void count(std::string_view name, std::string_view value, std::string_view help, std::optional<u64>& to);
  // One of the words.
  void word(std::string_view name, std::string_view help, std::vector<std::string_view> words, std::string& to);
  // Any other. An empty `value`: the option has none, and `take` gets "".
  void option(std::string_view name, std::string_view value, std::string_view help, Take take);

  // Takes the options; the rest goes to `arguments`. The status to exit with, if there is nothing else to
  // do: help was asked for, or there is a mistake, which was told.
  std::optional<int> parse(std::span<const std::string_view> words, Options where,
                           std::vector<std::string_view>& arguments) const;

  // Tells of a mistake in the arguments; the status to exit with.
  int mistake(std::string_view what) const;

 private:
  struct Option {
    std::string_view name;
    std::string value;
    std::string_view help;
    Take take;
  };
  int print_help() const;

  std::string_view command_, arguments_, purpose_;
  std::vector<Option> options_;
};

// A count: digits, or 0x and hexadecimal ones.
std::optional<u64> parse_count(std::string_view text);
// A count of bytes: a number with K, M, G or T (of 1024) behind it, or without.
std::optional<u64> parse_bytes(std::string_view text);

}  // namespace skerry::tools
