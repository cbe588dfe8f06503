// Includes go one way: every source file of the tree against docs/layers.txt, whose head says the rules.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/paths.h"

namespace skerry {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Layer {
  std::string folder;
  int line;  // counted over the lines that name layers
  Strings also;
  std::optional<Strings> only;
  bool hosted = false;
};

Strings words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  Strings out;
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

bool is_in(const std::string& path, const std::string& folder) { return path.starts_with(folder + "/"); }

class Layers {
 public:
  explicit Layers(const std::string& list) {
    std::istringstream lines(list);
    int line_number = 0;
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find_first_of("#("));
      Layer shared{.line = line_number};
      Strings folders;
      Strings* target = &folders;
      for (const std::string& word : words(line)) {
        if (word == "also:") target = &shared.also;
        else if (word == "only:") target = &shared.only.emplace();
        else if (word == "hosted") shared.hosted = true;
        else target->push_back(word);
      }
      if (folders.empty()) continue;
      for (const std::string& folder : folders) {
        layers_.push_back(shared);
        layers_.back().folder = folder;
      }
      ++line_number;
    }
  }

  // The layer with the longest folder that holds the path.
  const Layer* find(const std::string& path) const {
    const Layer* best = nullptr;
    for (const Layer& layer : layers_) {
      if (is_in(path, layer.folder) && (!best || layer.folder.size() > best->folder.size())) best = &layer;
    }
    return best;
  }

  // What is wrong with a file, a sentence each. `exists` knows the files of the tree.
  template <class Exists>
  Strings check(const std::string& path, const std::string& content, Exists exists) const {
    const Layer* layer = find(path);
    if (!layer) return {path + ": the folder is not in docs/layers.txt"};

    Strings wrong;
    std::istringstream lines(content);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      std::string directive = directive_of(line);
      std::string why;
      if (directive.starts_with("include")) why = check_include(*layer, directive, exists);
      else if (directive.starts_with("if") || directive.starts_with("elif")) why = check_condition(path, directive);
      if (!why.empty()) wrong.push_back(path + ":" + std::to_string(number) + ": " + why);
    }
    return wrong;
  }

 private:
  // "include <vector>" of "  # include <vector>"; empty if the line is no directive.
  static std::string directive_of(const std::string& line) {
    auto hash = line.find_first_not_of(" \t");
    if (hash == line.npos || line[hash] != '#') return "";
    auto name = line.find_first_not_of(" \t", hash + 1);
    return name == line.npos ? "" : line.substr(name);
  }

  template <class Exists>
  std::string check_include(const Layer& from, const std::string& directive, Exists exists) const {
    auto open = directive.find_first_of("\"<");
    if (open == directive.npos) return "";
    auto close = directive.find_first_of("\">", open + 1);
    std::string name = directive.substr(open + 1, close - open - 1);
    if (directive[open] == '<') return check_system_include(from, name);

    if (!exists(name)) {
      if (!exists("include/" + name)) return "\"" + name + "\" is no file, seen from the root or from include/";
      name = "include/" + name;
    }
    const Layer* to = find(name);
    if (!to) return name + " is in a folder that is not in docs/layers.txt";
    auto holds = [&](const Strings& list) { return std::ranges::find(list, to->folder) != list.end(); };
    if (to->folder == from.folder || holds(from.also)) return "";
    if (to->line == from.line) return from.folder + " may not include " + to->folder + ", which stands beside it";
    if (to->line > from.line) return from.folder + " may not include " + to->folder + ", which stands below it";
    if (from.only && !holds(*from.only)) return from.folder + " may not include " + to->folder + " (only:)";
    return "";
  }

  static std::string check_system_include(const Layer& from, const std::string& name) {
    static const std::set<std::string> hosted = {
        "unistd.h",  "fcntl.h",  "signal.h", "csignal",   "pthread.h", "dirent.h",  "poll.h",
        "thread",    "mutex",    "future",   "semaphore", "latch",     "barrier",   "condition_variable",
        "iostream",  "fstream",  "sstream",  "ostream",   "istream",   "iomanip",   "shared_mutex",
        "stop_token", "filesystem", "format", "print",    "regex",     "locale",    "chrono"};
    bool of_system = hosted.contains(name) || name.starts_with("sys/") || name.starts_with("linux/");
    if (from.hosted || !of_system) return "";
    return "<" + name + "> asks for an operating system, which " + from.folder + " has only through platform/";
  }

  // Macros of the compiler that tell the machine or the system.
  static std::string check_condition(const std::string& path, const std::string& directive) {
    for (const char* folder : {"engine/codegen/x64", "engine/codegen/riscv64", "kernel/arch/x64", "kernel/arch/riscv64",
                               "platform", "tests/codegen_x64", "tests/codegen_riscv64"}) {
      if (is_in(path, folder)) return "";
    }
    for (const char* macro : {"__x86_64", "__amd64", "__i386", "__riscv", "__aarch64", "__arm__", "__wasm", "__linux",
                              "__unix", "__gnu_linux", "__APPLE__", "_WIN32", "__ELF__", "__BYTE_ORDER"}) {
      if (directive.find(macro) != directive.npos) return std::string("shared code may not ask for ") + macro;
    }
    return "";
  }

  std::vector<Layer> layers_;
};

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string joined(const Strings& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(Layers, IncludesGoOneWay) {
  const fs::path root = tests::source_folder();
  Layers layers(read(root / "docs/layers.txt"));
  auto exists = [&](const std::string& path) { return fs::exists(root / path); };

  Strings wrong;
  int files = 0;
  for (const fs::directory_entry& top : fs::directory_iterator(root)) {
    std::string name = top.path().filename();
    if (!top.is_directory() || name.starts_with(".") || name == "build") continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
      std::string path = fs::relative(entry.path(), root);
      static const std::set<std::string> kinds = {".h", ".c", ".cpp", ".def", ".S"};
      if (!entry.is_regular_file() || !kinds.contains(entry.path().extension())) continue;
      ++files;
      for (std::string& sentence : layers.check(path, read(entry.path()), exists)) wrong.push_back(std::move(sentence));
    }
  }
  EXPECT_GT(files, 10);
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

// The rules themselves, over a list and files made up here.

const char made_up_list[] = R"(# comment
base
platform
x64 riscv64
runtime      also: include   (why)
include
platform/linux   only: base   hosted
tests bench  hosted
)";

Strings check(const std::string& path, const std::string& content) {
  auto exists = [](const std::string& name) {
    static const std::set<std::string> files = {
        "base/a.h", "base/deep/a.h", "platform/p.h", "platform/linux/l.h", "x64/x.h", "riscv64/r.h",
        "runtime/r.h", "include/skerry/engine.h", "tests/t.h", "bench/b.h", "stray/s.h"};
    return files.contains(name);
  };
  return Layers(made_up_list).check(path, content, exists);
}

TEST(Layers, AllowsWhatTheListAllows) {
  EXPECT_EQ(joined(check("runtime/a.cpp", "#include \"base/a.h\"\n#  include \"x64/x.h\"\n#include \"runtime/r.h\"\n")), "");
  EXPECT_EQ(joined(check("runtime/a.cpp", "#include \"skerry/engine.h\"\n")), "");
  EXPECT_EQ(joined(check("base/a.cpp", "#include \"base/deep/a.h\"\n#include <vector>\n// #include \"tests/t.h\"\n")), "");
  EXPECT_EQ(joined(check("platform/linux/a.cpp", "#include \"base/a.h\"\n#include <unistd.h>\n#ifdef __x86_64__\n")), "");
  EXPECT_EQ(joined(check("tests/a.cpp", "#include \"skerry/engine.h\"\n#include \"platform/linux/l.h\"\n")), "");
}

TEST(Layers, RefusesWhatTheListDoesNotAllow) {
  struct {
    const char *path, *content, *why;
  } const cases[] = {
      {"base/a.h", "\n#include \"runtime/r.h\"\n", "base/a.h:2: base may not include runtime, which stands below it"},
      {"base/a.h", "  #  include \"skerry/engine.h\"\n", "base may not include include, which stands below it"},
      {"x64/a.cpp", "#include \"riscv64/r.h\"\n", "x64 may not include riscv64, which stands beside it"},
      {"tests/a.cpp", "#include \"bench/b.h\"\n", "tests may not include bench, which stands beside it"},
      {"platform/a.h", "#include \"platform/linux/l.h\"\n", "platform may not include platform/linux, which stands below"},
      {"platform/linux/a.cpp", "#include \"runtime/r.h\"\n", "platform/linux may not include runtime (only:)"},
      {"base/deep/a.h", "#include \"a.h\"\n", "\"a.h\" is no file"},
      {"tests/a.cpp", "#include \"stray/s.h\"\n", "in a folder that is not in docs/layers.txt"},
      {"stray/s.h", "", "the folder is not in docs/layers.txt"},
      {"basement/s.h", "", "the folder is not in docs/layers.txt"},
      {"runtime/a.cpp", "#include <sys/mman.h>\n", "<sys/mman.h> asks for an operating system"},
      {"runtime/a.cpp", "#include <mutex>\n", "<mutex> asks for an operating system"},
      {"runtime/a.cpp", "#if defined(__x86_64__)\n", "shared code may not ask for __x86_64"},
      {"runtime/a.cpp", "# elifdef __riscv\n", "shared code may not ask for __riscv"},
      {"tests/a.cpp", "#ifndef __linux__\n", "shared code may not ask for __linux"},
  };
  for (auto& [path, content, why] : cases) {
    std::string wrong = joined(check(path, content));
    EXPECT_NE(wrong.find(why), wrong.npos) << path << " with " << content << " gave: " << wrong;
    EXPECT_EQ(std::ranges::count(wrong, '\n'), 1) << wrong;
  }
}

}  // namespace
}  // namespace skerry
