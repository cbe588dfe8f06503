// The program of all targets of libFuzzer (target.h), under libFuzzer's own main:
//
//   fuzzers TARGET [-runs=N | -max_total_time=S | ...] [FOLDER | FILE]...    with libFuzzer's own flags behind it
//   fuzzers TARGET --seeds=FOLDER      writes the inputs to begin with, and their names for -seed_inputs=@FOLDER/list
//
// An input takes at most 10 seconds and 1 GiB.

#include <stdio.h>
#include <stdlib.h>

#include <fstream>
#include <string>

#include "base/string.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/target.h"

extern "C" skerry::usize LLVMFuzzerMutate(skerry::u8* bytes, skerry::usize size, skerry::usize room);

namespace skerry::fuzz {
namespace {

const Target* const targets[] = {&decode_target, &compile_target, &coverage_target, &text_target, &artifact_target,
                                 &wasi_target,   &ninep_target,   &archive_target,  &device_tree_target};
const Target* chosen = nullptr;

const Target* find_target(std::string_view name) {
  for (const Target* target : targets) if (target->name == name) return target;
  return nullptr;
}

void write_seeds(const Target& target, const std::string& folder) {
  std::ofstream list(folder + "/list");
  u32 number = 0;
  for (const Bytes& seed : target.seeds()) {
    if (seed.size() > target.most_bytes) continue;
    std::string path = concat(folder, "/", number);
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(seed.data()), i64(seed.size()));
    if (number++ > 0) list << ",";
    list << path;
  }
  CHECK(number > 0);
}

}  // namespace
}  // namespace skerry::fuzz

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  using namespace skerry;
  using namespace skerry::fuzz;
  std::vector<std::string> given(*arguments + 1, *arguments + *count);
  chosen = given.empty() ? nullptr : find_target(given[0]);
  if (!chosen) {
    fprintf(stderr, "fuzzers TARGET [FLAG]... [FOLDER]...; the targets are:");
    for (const Target* target : targets) fprintf(stderr, " %.*s", int(target->name.size()), target->name.data());
    fprintf(stderr, "\n");
    exit(2);
  }
  constexpr std::string_view seeds = "--seeds=";
  if (given.size() == 2 && given[1].starts_with(seeds)) {
    write_seeds(*chosen, given[1].substr(seeds.size()));
    exit(0);
  }
  // libFuzzer keeps the pointers.
  static std::vector<std::string> all;
  all = {(*arguments)[0], "-timeout=10", "-rss_limit_mb=1024", concat("-max_len=", chosen->most_bytes)};
  all.insert(all.end(), given.begin() + 1, given.end());
  static std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  *count = int(all.size());
  *arguments = pointers.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* bytes, skerry::usize size) {
  skerry::fuzz::chosen->run({bytes, size});
  return 0;
}

extern "C" skerry::usize LLVMFuzzerCustomMutator(skerry::u8* bytes, skerry::usize size, skerry::usize room,
                                                 unsigned seed) {
  auto mutate = skerry::fuzz::chosen->mutate;
  return mutate ? mutate(bytes, size, room, seed) : LLVMFuzzerMutate(bytes, size, room);
}
