#include "tests/fuzz/verdicts.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "base/string.h"
#include "tests/support/process.h"

namespace skerry::fuzz {

namespace {

constexpr usize most_items = 2'000, most_bytes = 8 * MiB;

Bytes without_custom_sections(const Bytes& wasm) {
  auto sections = take_sections(wasm);
  CHECK(sections);
  std::erase_if(*sections, [](const Section& section) { return section.id == 0; });
  return put_sections(*sections);
}

bool has_long_reference_type_at(const Bytes& wasm, usize offset) {
  return offset + 1 < wasm.size() && wasm[offset] == 0x63 && (wasm[offset + 1] == 0x6f || wasm[offset + 1] == 0x70);
}

}  // namespace

// It reads a script, a module a line, and names the lines that it finds wrong.
std::vector<std::string> Verdicts::theirs(const std::vector<Item>& items) const {
  if (items.empty()) return {};
  std::string path = temporary_path("verdicts.wast");
  {
    std::ofstream script(path);
    for (const Item& item : items) script << "(module binary " << as_wat_string(item.wasm) << ")\n";
  }
  tests::Outcome outcome = tests::run_process({*command_, "wast", concat("--features=", wasm_tools_features), path});
  std::filesystem::remove(path);

  std::vector<std::string> wrong(items.size());
  bool any = false;
  const std::string mark = concat("failed directive on ", path, ":");
  for (usize at = outcome.err.find(mark); at != outcome.err.npos;) {
    usize next = outcome.err.find(mark, at + 1), line = strtoul(outcome.err.c_str() + at + mark.size(), nullptr, 10);
    CHECK(line >= 1 && line <= items.size());
    wrong[line - 1] = outcome.err.substr(at, next - at);
    any = true;
    at = next;
  }
  CHECK(any == (outcome.status != 0));
  return wrong;
}

void Verdicts::add(u64 seed, std::span<const u8> wasm, const Verdict& ours) {
  if (!can_compare()) return;
  items_.push_back({seed, {wasm.begin(), wasm.end()}, ours});
  bytes_ += wasm.size();
  if (items_.size() == most_items || bytes_ > most_bytes) compare();
}

void Verdicts::compare() {
  std::vector<Item> again;
  std::vector<std::string> wrong = theirs(items_);
  for (usize i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    ++compared_;
    valid_ += item.ours.valid;
    if (item.ours.valid == wrong[i].empty()) continue;
    if (item.ours.valid) {
      item.wasm = without_custom_sections(item.wasm);
      again.push_back(std::move(item));
    } else if (has_long_reference_type_at(item.wasm, item.ours.offset)) {
      ++long_forms_;
    } else {
      differences_.push_back(concat("seed ", item.seed, ": not valid for us at ", item.ours.offset, " (",
                                    item.ours.error, "), but for wasm-tools\n", as_wat_string(item.wasm)));
    }
  }
  wrong = theirs(again);
  for (usize i = 0; i < again.size(); ++i) {
    if (wrong[i].empty()) ++name_sections_;
    else differences_.push_back(concat("seed ", again[i].seed, ": valid for us\n", wrong[i], as_wat_string(again[i].wasm)));
  }
  items_.clear();
  bytes_ = 0;
}

std::vector<std::string> Verdicts::finish() {
  if (!items_.empty()) compare();
  return std::move(differences_);
}

std::string Verdicts::summary() const {
  if (!can_compare()) return "no wasm-tools to compare verdicts with";
  return concat(compared_, " verdicts compared with wasm-tools, ", valid_, " valid; ", name_sections_,
                " with a name section, ", long_forms_, " with a long form that it takes otherwise");
}

}  // namespace skerry::fuzz
