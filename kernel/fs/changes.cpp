#include "kernel/fs/changes.h"

#include <vector>

#include "kernel/fs/archive.h"

namespace skerry::kernel {

namespace {

constexpr usize longest_path = 4096;
constexpr u64 largest_file = ~u32{0};

class ChangeWriter {
 public:
  explicit ChangeWriter(const std::function<void(std::span<const u8>)>& emit) : emit_(emit) {}

  // A tree can be deeper than the stack: the directories on the way are a list.
  void write_tree(const ChangedTree& tree) {
    struct Level {
      RamNode* directory;
      usize next = 0;
      usize path_size;
    };
    std::string path = tree.prefix;
    std::vector<Level> levels = {{tree.root, 0, path.size()}};
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.next == level.directory->slots.size()) {
        levels.pop_back();
        continue;
      }
      const auto& slot = level.directory->slots[level.next++];
      if (!slot.entry) continue;
      path.resize(level.path_size);
      path += '/';
      path += slot.entry->name;
      RamNode& node = *slot.entry->node;
      if (path.size() > longest_path || node.content.size() > largest_file) {
        ++left_out_;
        continue;
      }
      write_node(path, node);
      if (node.type == wasi::FileType::Directory) levels.push_back({&node, 0, path.size()});
    }
  }

  void end() {
    std::string text;
    append_archive_end(text);
    emit_text(text);
  }
  u64 left_out() const { return left_out_; }

 private:
  void emit_text(const std::string& text) { emit_({reinterpret_cast<const u8*>(text.data()), text.size()}); }

  void write_node(const std::string& path, RamNode& node) {
    std::string text;
    if (node.type == wasi::FileType::Directory) {
      append_archive_header(text, ArchiveMode::Directory, path, 0, node.modified);
    } else if (node.origin == path) {
      append_archive_header(text, ArchiveMode::Unchanged, path, 0, node.modified);
    } else if (node.type == wasi::FileType::SymbolicLink) {
      append_archive_header(text, ArchiveMode::SymbolicLink, path, node.target.size(), node.modified);
      text += node.target;
      text.append(archive_padding(node.target.size()), '\0');
    } else {
      append_archive_header(text, ArchiveMode::File, path, node.content.size(), node.modified);
      emit_text(text);
      write_content(node.content);
      return;
    }
    emit_text(text);
  }

  void write_content(const Content& content) {
    std::vector<u8> buffer(16 * KiB);
    for (u64 offset = 0;;) {
      u64 size = content.read(offset, buffer);
      if (size == 0) break;
      emit_({buffer.data(), size});
      offset += size;
    }
    constexpr u8 zeros[4] = {};
    emit_({zeros, archive_padding(content.size())});
  }

  const std::function<void(std::span<const u8>)>& emit_;
  u64 left_out_ = 0;
};

}  // namespace

u64 write_changes(std::span<const ChangedTree> trees, const std::function<void(std::span<const u8>)>& emit) {
  ChangeWriter writer(emit);
  for (const ChangedTree& tree : trees) writer.write_tree(tree);
  writer.end();
  return writer.left_out();
}

}  // namespace skerry::kernel
