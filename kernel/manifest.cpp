#include "kernel/manifest.h"

#include "base/string.h"
#include "kernel/fs/archive.h"

namespace skerry::kernel {

namespace {

Failure<Error> bad(std::string message) { return fail(ErrorCode::Argument, concat("the boot archive: ", message)); }

Result<u64> number(std::string_view text) {
  u64 value = 0;
  for (char c : text) {
    if (c < '0' || c > '9' || value > (~u64{0} - 9) / 10) return bad(concat("not a number: ", text));
    value = value * 10 + u64(c - '0');
  }
  return value;
}

}  // namespace

Result<void> Manifest::read_record(std::string_view key, std::string_view value, RamFiles& files) {
  using enum wasi::Mutability;
  if (key == "file") file = value;
  else if (key == "arg") arguments.emplace_back(value);
  else if (key == "env") environment.emplace_back(value);
  else if (key == "dir") preopens.push_back({std::string(value), ReadWrite, files.create_tree()});
  else if (key == "dir-ro") preopens.push_back({std::string(value), ReadOnly, files.create_tree()});
  else if (key == "dir-9p") preopens.push_back({std::string(value), ReadWrite, nullptr});
  else if (key == "dir-9p-ro") preopens.push_back({std::string(value), ReadOnly, nullptr});
  else if (key == "system") system = true;
  else if (key == "lines") lines = true;
  else if (key == "stream") streams.push_back(wasi::FileType(TRY(number(value))));
  else if (key == "timeout_ns") timeout_ns = TRY(number(value));
  else if (key == "max-memory") max_memory = TRY(number(value));
  else if (key == "fuel") fuel = TRY(number(value));
  else if (key == "features") features = value;
  else if (key == "unknown-imports") unknown_imports = value;
  else if (key == "allow-precompiled") allow_precompiled = true;
  else if (key == "eager") eager = true;
  else if (key == "stats") stats = true;
  else if (key == "gear" && value == "quick") gear = Gear::Quick;
  else if (key == "gear" && value == "best") gear = Gear::Best;
  else if (key == "gear" && value == "tiered") gear = Gear::Tiered;
  else if (key == "warm-up") warm_up = TRY(number(value));
  else return bad(concat("an unknown record: ", key));
  return {};
}

Result<Manifest> Manifest::read(std::span<const u8> archive, RamFiles& files) {
  Manifest manifest;
  ArchiveReader reader(archive);
  while (auto entry = reader.next()) {
    std::string_view name = entry->name;
    if (name == "manifest") {
      std::string_view records(reinterpret_cast<const char*>(entry->content.data()), entry->content.size());
      while (!records.empty()) {
        std::string_view record = records.substr(0, records.find('\0'));
        records.remove_prefix(std::min(records.size(), record.size() + 1));
        usize equals = record.find('=');
        if (equals == record.npos) return bad("a record without a value");
        TRY(manifest.read_record(record.substr(0, equals), record.substr(equals + 1), files));
      }
      continue;
    }
    if (name == "program") {
      manifest.program = entry->content;
      continue;
    }
    constexpr std::string_view code_folder = "code/";
    if (name.starts_with(code_folder)) {
      manifest.code.emplace_back(name.substr(code_folder.size()), entry->content);
      continue;
    }
    constexpr std::string_view folder = "dirs/";
    usize slash = name.find('/', folder.size());
    if (!name.starts_with(folder) || slash == name.npos) return bad(concat("an unknown entry: ", name));
    u64 tree = TRY(number(name.substr(folder.size(), slash - folder.size())));
    if (tree >= manifest.preopens.size() || !manifest.preopens[tree].root) return bad(concat("an entry of no directory: ", name));
    if (entry->type == wasi::FileType::Unknown) continue;
    auto added = files.add(*manifest.preopens[tree].root, name.substr(slash + 1), entry->type, entry->content,
                           entry->modified, name);
    if (!added) return bad(concat(name, ": ", wasi::errno_text(added.error())));
  }
  if (reader.damaged()) return bad("it is damaged");
  if (manifest.program.data() == nullptr) return bad("no program");
  if (manifest.arguments.empty() || manifest.streams.size() != 3) return bad("an incomplete manifest");
  return manifest;
}

}  // namespace skerry::kernel
