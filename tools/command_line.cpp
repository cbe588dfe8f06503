#include "tools/command_line.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/string.h"
#include "tools/report.h"

namespace skerry::tools {

void CommandLine::option(std::string_view name, std::string_view value, std::string_view help, Take take) {
  options_.push_back({name, std::string(value), help, std::move(take)});
}

void CommandLine::flag(std::string_view name, std::string_view help, bool& set) {
  option(name, "", help, [&set](std::string_view) -> Result<void> {
    set = true;
    return {};
  });
}

void CommandLine::text(std::string_view name, std::string_view value, std::string_view help, std::string& to) {
  option(name, value, help, [&to](std::string_view given) -> Result<void> {
    to = given;
    return {};
  });
}

void CommandLine::texts(std::string_view name, std::string_view value, std::string_view help,
                        std::vector<std::string>& to) {
  option(name, value, help, [&to](std::string_view given) -> Result<void> {
    to.emplace_back(given);
    return {};
  });
}

void CommandLine::count(std::string_view name, std::string_view value, std::string_view help,
                        std::optional<u64>& to) {
  option(name, value, help, [&to](std::string_view given) -> Result<void> {
    to = parse_count(given);
    if (!to) return fail(ErrorCode::Argument, concat("\"", given, "\" is no number"));
    return {};
  });
}

void CommandLine::word(std::string_view name, std::string_view help, std::vector<std::string_view> words,
                       std::string& to) {
  std::string value;
  for (std::string_view word : words) value += concat(value.empty() ? "" : "|", word);
  option(name, value, help, [&to, words = std::move(words), value](std::string_view given) -> Result<void> {
    if (std::ranges::find(words, given) == words.end()) {
      return fail(ErrorCode::Argument, concat("\"", given, "\" is none of ", value));
    }
    to = given;
    return {};
  });
}

std::optional<int> CommandLine::parse(std::span<const std::string_view> words, Options where,
                                      std::vector<std::string_view>& arguments) const {
  for (usize i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    bool is_argument = !word.starts_with('-') || word == "-";
    if (word == "--") ++i;
    if (word == "--" || (is_argument && where == Options::BeforeArguments)) {
      arguments.insert(arguments.end(), words.begin() + i, words.end());
      return std::nullopt;
    }
    if (is_argument) {
      arguments.push_back(word);
      continue;
    }
    if (word == "--help" || word == "-h") return print_help();

    bool is_long = word.starts_with("--");
    std::string_view name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    std::optional<std::string_view> value;
    if (name.size() < word.size()) value = word.substr(name.size() + (is_long ? 1 : 0));
    auto option = std::ranges::find(options_, name, &Option::name);
    if (option == options_.end()) return mistake(concat("no such option: ", name));
    if (option->value.empty()) {
      if (value) return mistake(concat(name, " takes no value"));
      value = "";
    } else if (!value) {
      if (++i == words.size()) return mistake(concat(name, " needs a value: ", option->value));
      value = words[i];
    }
    Result<void> taken = option->take(*value);
    if (!taken) return mistake(concat(name, ": ", taken.error().message));
  }
  return std::nullopt;
}

int CommandLine::mistake(std::string_view what) const {
  report(concat(what, " (skerry ", command_, " --help tells more)"));
  return exit_usage;
}

int CommandLine::print_help() const {
  std::string text = concat("skerry ", command_, " [OPTIONS] ", arguments_, "\n\n", purpose_, "\n\n");
  usize width = 0;
  for (const Option& option : options_) width = std::max(width, option.name.size() + 1 + option.value.size());
  for (const Option& option : options_) {
    std::string left = concat(option.name, option.value.empty() ? "" : " ", option.value);
    text += concat("  ", left, std::string(width + 2 - left.size(), ' '), option.help, "\n");
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}

std::optional<u64> parse_count(std::string_view text) {
  bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  u64 value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<u64> parse_bytes(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  usize unit = text.empty() ? units.npos : units.find(text.back());
  unsigned shift = 0;
  if (unit != units.npos) {
    shift = 10 * (unsigned(unit) + 1);
    text.remove_suffix(1);
  }
  std::optional<u64> number = parse_count(text);
  if (!number || *number > (~u64{0} >> shift)) return std::nullopt;
  return *number << shift;
}

}  // namespace skerry::tools
