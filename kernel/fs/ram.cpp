#include "kernel/fs/ram.h"

#include <algorithm>

#include "base/check.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::FdFlag;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;
using wasi::NewTime;
using wasi::OpenFlag;

namespace {

constexpr u64 node_cost = 512;  // of a node and its entry, but for the name
constexpr u64 longest_name = 255;

void set_time(wasi::Timestamp& time, NewTime change, wasi::Timestamp now) {
  if (change.kind == NewTime::Kind::Now) time = now;
  if (change.kind == NewTime::Kind::At) time = change.at;
}

void set_node_times(RamNode& node, NewTime accessed, NewTime modified) {
  wasi::Timestamp now = node.files.now();
  set_time(node.accessed, accessed, now);
  set_time(node.modified, modified, now);
  node.changed = now;
  if (modified.kind == NewTime::Kind::Keep) return;
  node.origin = {};
  node.files.note_change();
}

class RamFile final : public wasi::File {
 public:
  RamFile(std::shared_ptr<RamNode> node, FdFlags flags)
      : File(FileType::RegularFile, flags), files_(node->files), node_(std::move(node)) {}

  ~RamFile() override {
    auto guard = files_.exclude();
    node_.reset();
  }

  HostResult<wasi::FileStat> stat() override {
    auto guard = files_.exclude();
    return node_->stat();
  }
  HostResult<void> set_times(NewTime accessed, NewTime modified) override {
    auto guard = files_.exclude();
    set_node_times(*node_, accessed, modified);
    return {};
  }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }

  HostResult<u64> read(std::span<u8> into) override {
    auto guard = files_.exclude();
    u64 size = TRY(read_from(into, position_));
    position_ += size;
    return size;
  }
  HostResult<u64> write(std::span<const u8> from) override {
    auto guard = files_.exclude();
    u64 at = flags().has(FdFlag::Append) ? node_->content.size() : position_;
    u64 size = TRY(write_to(from, at));
    position_ = at + size;
    return size;
  }
  HostResult<u64> read_at(std::span<u8> into, u64 offset) override {
    auto guard = files_.exclude();
    return read_from(into, offset);
  }
  HostResult<u64> write_at(std::span<const u8> from, u64 offset) override {
    if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
    auto guard = files_.exclude();
    // As Linux has it: a file that appends does so here as well.
    return write_to(from, flags().has(FdFlag::Append) ? node_->content.size() : offset);
  }
  HostResult<u64> seek(i64 offset, wasi::Whence whence) override {
    auto guard = files_.exclude();
    u64 from = whence == wasi::Whence::Set ? 0 : whence == wasi::Whence::Current ? position_ : node_->content.size();
    i64 to;
    if (__builtin_add_overflow(i64(from), offset, &to) || to < 0) return fail(Errno::Inval);
    return position_ = u64(to);
  }

  HostResult<void> allocate(u64 offset, u64 size) override {
    if (size == 0) return fail(Errno::Inval);
    auto guard = files_.exclude();
    if (offset > Content::most || size > Content::most - offset) return fail(Errno::Fbig);
    return offset + size > node_->content.size() ? resize(offset + size) : HostResult<void>();
  }
  HostResult<void> set_size(u64 size) override {
    if (size > u64(INT64_MAX)) return fail(Errno::Inval);
    auto guard = files_.exclude();
    return resize(size);
  }
  HostResult<void> advise(u64, u64, wasi::Advice) override { return {}; }

  HostResult<void> set_flags(FdFlags flags) override {
    keep_flags(flags);
    return {};
  }

 private:
  // All under the lock.
  HostResult<u64> read_from(std::span<u8> into, u64 offset) {
    if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
    return node_->content.read(offset, into);
  }
  HostResult<void> resize(u64 size) {
    TRY(node_->content.resize(size));
    node_->touch_modified();
    return {};
  }
  HostResult<u64> write_to(std::span<const u8> from, u64 offset) {
    if (from.empty()) return u64{0};
    u64 before = node_->content.size();
    auto written = node_->content.write(offset, from);
    node_->touch_modified();
    if (written) return from.size();
    // What went through counts, where that is known.
    u64 grown = node_->content.size();
    if (offset >= before && grown > offset) return grown - offset;
    return fail(written.error());
  }

  RamFiles& files_;
  std::shared_ptr<RamNode> node_;
  u64 position_ = 0;
};

class RamDirectory final : public wasi::Directory {
 public:
  explicit RamDirectory(std::shared_ptr<RamNode> node) : files_(node->files), node_(std::move(node)) {}
  ~RamDirectory() override {
    auto guard = files_.exclude();
    node_.reset();
  }

  HostResult<wasi::FileStat> stat() override {
    auto guard = files_.exclude();
    return node_->stat();
  }
  HostResult<void> set_times(NewTime accessed, NewTime modified) override {
    auto guard = files_.exclude();
    set_node_times(*node_, accessed, modified);
    return {};
  }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }

  HostResult<std::shared_ptr<Directory>> open_directory(Name name, Use) override {
    auto guard = files_.exclude();
    RamEntry* entry = TRY(existing(name));
    if (entry->node->type != FileType::Directory) return fail(Errno::Notdir);
    return std::shared_ptr<Directory>(std::make_shared<RamDirectory>(entry->node));
  }
  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    auto guard = files_.exclude();
    return std::shared_ptr<Directory>(std::make_shared<RamDirectory>(node_));
  }

  HostResult<wasi::Opened> open(Name name, wasi::OpenFlags how, Access access, FdFlags flags) override {
    auto guard = files_.exclude();
    RamEntry* entry = node_->find(name);
    if (!entry) {
      if (!how.has(OpenFlag::Create)) return fail(Errno::Noent);
      if (how.has(OpenFlag::Directory)) return fail(Errno::Inval);
      std::shared_ptr<RamNode> file = TRY(create(name, FileType::RegularFile));
      return wasi::Opened{std::make_shared<RamFile>(std::move(file), flags), nullptr};
    }
    if (how.has(OpenFlag::Create | OpenFlag::Exclusive)) return fail(Errno::Exist);
    const std::shared_ptr<RamNode>& node = entry->node;
    if (node->type == FileType::SymbolicLink) return fail(Errno::Loop);
    if (node->type == FileType::Directory) {
      if (access != Access::Read || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) return fail(Errno::Isdir);
      return wasi::Opened{nullptr, std::make_shared<RamDirectory>(node)};
    }
    if (how.has(OpenFlag::Directory)) return fail(Errno::Notdir);
    if (how.has(OpenFlag::Truncate)) {
      TRY(node->content.resize(0));
      node->touch_modified();
    }
    return wasi::Opened{std::make_shared<RamFile>(node, flags), nullptr};
  }

  HostResult<wasi::FileStat> stat_at(Name name) override {
    auto guard = files_.exclude();
    return TRY(existing(name))->node->stat();
  }
  HostResult<void> set_times_at(Name name, NewTime accessed, NewTime modified) override {
    auto guard = files_.exclude();
    set_node_times(*TRY(existing(name))->node, accessed, modified);
    return {};
  }

  HostResult<void> create_directory(Name name) override {
    auto guard = files_.exclude();
    TRY(absent(name));
    TRY(create(name, FileType::Directory));
    return {};
  }
  HostResult<void> remove_directory(Name name) override {
    auto guard = files_.exclude();
    RamEntry* entry = TRY(existing(name));
    if (entry->node->type != FileType::Directory) return fail(Errno::Notdir);
    if (!entry->node->names.empty()) return fail(Errno::Notempty);
    node_->remove(entry);
    return {};
  }
  HostResult<void> unlink(Name name) override {
    auto guard = files_.exclude();
    RamEntry* entry = TRY(existing(name));
    if (entry->node->type == FileType::Directory) return fail(Errno::Isdir);
    node_->remove(entry);
    return {};
  }

  HostResult<void> rename(Name name, Directory& target, Name new_name) override {
    auto guard = files_.exclude();
    RamNode& to = *TRY(same_host(target))->node_;
    std::shared_ptr<RamNode> node = TRY(existing(name))->node;
    bool directory = node->type == FileType::Directory;
    for (RamNode* above = &to; directory && above; above = above->parent) {
      if (above == node.get()) return fail(Errno::Inval);
    }
    RamEntry* old = to.find(new_name);
    if (old) {
      if (old->node == node) return {};  // two names of one file: POSIX leaves both
      bool onto_directory = old->node->type == FileType::Directory;
      if (directory && !onto_directory) return fail(Errno::Notdir);
      if (!directory && onto_directory) return fail(Errno::Isdir);
      if (onto_directory && !old->node->names.empty()) return fail(Errno::Notempty);
    }
    TRY(to.can_insert(new_name));
    if (old) to.remove(old);
    TRY(to.insert(new_name, node));
    node_->remove(node_->find(name));
    if (directory) node->parent = &to;
    return {};
  }

  HostResult<void> link(Name name, Directory& target, Name new_name) override {
    auto guard = files_.exclude();
    RamDirectory* to = TRY(same_host(target));
    RamEntry* entry = TRY(existing(name));
    if (entry->node->type == FileType::Directory) return fail(Errno::Perm);
    TRY(to->absent(new_name));
    return to->node_->insert(new_name, entry->node);
  }

  HostResult<void> symlink(std::string_view target, Name name) override {
    auto guard = files_.exclude();
    TRY(absent(name));
    if (!node_->files.budget().take(target.size())) return fail(Errno::Nospc);
    std::shared_ptr<RamNode> link = TRY(create(name, FileType::SymbolicLink));
    link->target = target;
    return {};
  }
  HostResult<std::string> read_link(Name name) override {
    auto guard = files_.exclude();
    RamEntry* entry = TRY(existing(name));
    if (entry->node->type != FileType::SymbolicLink) return fail(Errno::Inval);
    return entry->node->target;
  }

  HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override {
    auto guard = files_.exclude();
    std::vector<wasi::DirectoryEntry> result;
    u64 above = node_->parent ? node_->parent->number : node_->number;
    if (cookie <= 0 && result.size() < limit) result.push_back({1, node_->number, FileType::Directory, "."});
    if (cookie <= 1 && result.size() < limit) result.push_back({2, above, FileType::Directory, ".."});
    auto slot = std::lower_bound(node_->slots.begin(), node_->slots.end(), cookie,
                                 [](const RamNode::Slot& s, u64 c) { return s.id < c; });
    for (; slot != node_->slots.end() && result.size() < limit; ++slot) {
      if (!slot->entry) continue;
      const RamNode& node = *slot->entry->node;
      result.push_back({slot->id + 1, node.number, node.type, slot->entry->name});
    }
    return result;
  }

  const void* host() const override { return &host_identity; }

 private:
  static constexpr int host_identity = 0;  // its address says that a Directory is a RamDirectory

  HostResult<RamEntry*> existing(Name name) const {
    RamEntry* entry = node_->find(name);
    if (!entry) return fail(Errno::Noent);
    return entry;
  }
  HostResult<void> absent(Name name) const {
    if (node_->find(name)) return fail(Errno::Exist);
    return {};
  }
  HostResult<std::shared_ptr<RamNode>> create(Name name, FileType type) {
    std::shared_ptr<RamNode> node = std::make_shared<RamNode>(node_->files, type);
    TRY(node_->insert(name, node));
    if (type == FileType::Directory) node->parent = node_.get();
    return node;
  }
  HostResult<RamDirectory*> same_host(Directory& target) const {
    if (target.host() != host()) return fail(Errno::Xdev);
    return static_cast<RamDirectory*>(&target);
  }

  RamFiles& files_;
  std::shared_ptr<RamNode> node_;
};

}  // namespace

usize NameHash::operator()(std::string_view name) const {
  unsigned __int128 hash = secret;
  for (char c : name) {
    hash = u64(hash ^ u8(c)) * (unsigned __int128)0x9e3779b97f4a7c15;
    hash ^= hash >> 64;
  }
  return usize(hash ^ secret);
}

RamNode::RamNode(RamFiles& files, FileType type, std::span<const u8> original)
    : files(files), number(files.next_number()), type(type), content(files.budget(), original),
      names(0, NameHash{files.secret}) {
  accessed = modified = changed = files.now();
}

// Trees can be deeper than the stack: what falls with this node is taken apart in a list.
RamNode::~RamNode() {
  std::vector<std::shared_ptr<RamNode>> falling;
  auto take_children = [&](RamNode& node) {
    for (Slot& slot : node.slots) {
      if (!slot.entry) continue;
      slot.entry->node->parent = nullptr;
      falling.push_back(std::move(slot.entry->node));
    }
    node.names.clear();
    node.slots.clear();
  };
  take_children(*this);
  while (!falling.empty()) {
    std::shared_ptr<RamNode> node = std::move(falling.back());
    falling.pop_back();
    if (node.use_count() == 1) take_children(*node);
  }
}

wasi::FileStat RamNode::stat() const {
  u64 size = type == FileType::SymbolicLink ? target.size() : content.size();
  return {.device = 1, .inode = number, .type = type, .links = links, .size = size,
          .accessed = accessed, .modified = modified, .changed = changed};
}

void RamNode::touch_modified() {
  modified = changed = files.now();
  origin = {};
  files.note_change();
}

RamEntry* RamNode::find(std::string_view name) const {
  auto it = names.find(name);
  return it == names.end() ? nullptr : it->second;
}

HostResult<void> RamNode::can_insert(std::string_view name) const {
  if (name.size() > longest_name) return fail(Errno::Nametoolong);
  if (links == 0) return fail(Errno::Noent);
  if (!files.budget().has(node_cost + name.size())) return fail(Errno::Nospc);
  return {};
}

HostResult<void> RamNode::insert(std::string_view name, std::shared_ptr<RamNode> node) {
  TRY(can_insert(name));
  files.budget().take(node_cost + name.size());
  ++node->links;
  node->changed = files.now();
  auto entry = std::make_unique<RamEntry>(next_id++, std::string(name), std::move(node));
  names.emplace(entry->name, entry.get());
  u64 id = entry->id;
  slots.push_back({id, std::move(entry)});
  touch_modified();
  return {};
}

void RamNode::remove(RamEntry* entry) {
  files.budget().give_back(node_cost + entry->name.size());
  --entry->node->links;
  entry->node->changed = files.now();
  if (entry->node->links == 0) entry->node->parent = nullptr;
  names.erase(entry->name);
  auto slot = std::lower_bound(slots.begin(), slots.end(), entry->id, [](const Slot& s, u64 id) { return s.id < id; });
  CHECK(slot != slots.end() && slot->entry.get() == entry);
  slot->entry.reset();
  if (names.empty()) {  // what it had room for goes: it may have held far more than it ever will again
    slots = decltype(slots)();
    names = decltype(names)(0, NameHash{files.secret});
  } else if (slots.size() > 2 * names.size() + 16) {
    std::erase_if(slots, [](const Slot& s) { return !s.entry; });
  }
  touch_modified();
}

std::shared_ptr<RamNode> RamFiles::create_tree() {
  auto root = std::make_shared<RamNode>(*this, FileType::Directory);
  root->links = 1;
  return root;
}

std::shared_ptr<wasi::Directory> RamFiles::open(std::shared_ptr<RamNode> tree) {
  return std::make_shared<RamDirectory>(std::move(tree));
}

wasi::Timestamp RamFiles::now() { return clock_.now(wasi::ClockId::Realtime).take_value(); }

HostResult<void> RamFiles::add(RamNode& tree, std::string_view path, FileType type, std::span<const u8> content,
                               wasi::Timestamp modified, std::string_view origin) {
  RamNode* directory = &tree;
  for (;;) {
    usize slash = path.find('/');
    std::string_view name = path.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return fail(Errno::Inval);
    RamEntry* entry = directory->find(name);
    bool last = slash == path.npos;
    if (last && entry) {
      if (type != FileType::Directory || entry->node->type != type) return fail(Errno::Exist);
    } else if (!entry) {
      bool file = last && type == FileType::RegularFile;
      auto node = std::make_shared<RamNode>(*this, last ? type : FileType::Directory,
                                            file ? content : std::span<const u8>());
      if (last && type == FileType::SymbolicLink) node->target.assign(content.begin(), content.end());
      // The directory is as the archive has it, not changed by us.
      wasi::Timestamp before = directory->modified;
      TRY(directory->insert(name, node));
      directory->modified = directory->changed = before;
      if (node->type == FileType::Directory) node->parent = directory;
      entry = directory->find(name);
    }
    RamNode* node = entry->node.get();
    if (last) {
      node->accessed = node->modified = node->changed = modified;
      node->origin = origin;
      changes_ = 0;
      return {};
    }
    if (node->type != FileType::Directory) return fail(Errno::Notdir);
    directory = node;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace skerry::kernel
