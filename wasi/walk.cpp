#include "wasi/walk.h"

namespace skerry::wasi {
namespace {

constexpr u32 max_links = 40;            // as Linux
constexpr usize max_path_bytes = 65536;  // after links were put in

std::string_view first_component(std::string_view path) { return path.substr(0, path.find('/')); }

std::string_view skip_slashes(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path;
}

// Counts the links that one walk followed, and puts each in its path.
class Links {
 public:
  // `target` instead of the component in front of `rest`.
  HostResult<std::string> follow(std::string target, std::string_view rest) {
    if (++followed_ > max_links) return fail(Errno::Loop);
    if (target.empty()) return fail(Errno::Noent);
    if (target.front() == '/') return fail(Errno::Perm);
    if (target.size() + rest.size() > max_path_bytes) return fail(Errno::Nametoolong);
    return std::move(target.append(rest));
  }

 private:
  u32 followed_ = 0;
};

// The directory that all components of `path` lead to. The directories between it and the
// start are kept open, for '..' to go back to: a parent is where we came from, never what the
// file system calls the parent by now.
HostResult<std::shared_ptr<Directory>> descend(const std::shared_ptr<Directory>& start, std::string path, Links& links) {
  auto whole = start->descend(path);
  if (whole || whole.error() != Errno::Nosys) return whole;

  std::vector<std::shared_ptr<Directory>> way = {start};
  std::string_view rest = path;
  while (!rest.empty()) {
    std::string_view component = first_component(rest);
    std::string_view behind = rest.substr(component.size());
    if (component.empty() || component == ".") {
      // stays
    } else if (component == "..") {
      if (way.size() == 1) return fail(Errno::Perm);
      way.pop_back();
    } else if (auto next = way.back()->open_directory(component, Directory::Use::Walk)) {
      way.push_back(*std::move(next));
    } else if (next.error() != Errno::Loop && next.error() != Errno::Notdir) {
      return fail(next.error());
    } else {
      auto target = way.back()->read_link(component);
      if (!target) return fail(target.error() == Errno::Inval ? Errno::Notdir : target.error());
      path = TRY(links.follow(*std::move(target), behind));
      rest = path;
      continue;
    }
    rest = skip_slashes(behind);
  }
  return way.back();
}

// A path's last component that is a name, what stands before it, and whether slashes follow.
// A path that ends in '.' or '..' is all prefix.
struct Split {
  std::string_view prefix;
  std::string_view name;
  Slash slash;
};

Split split(std::string_view path) {
  usize end = path.find_last_not_of('/') + 1;  // the path is not all slashes
  usize begin = path.find_last_of('/', end - 1) + 1;
  std::string_view name = path.substr(begin, end - begin);
  Slash slash = end < path.size() ? Slash::Trailing : Slash::None;
  if (name == "." || name == "..") return {path, {}, slash};
  return {path.substr(0, begin), name, slash};
}

}  // namespace

HostResult<Place> walk(const std::shared_ptr<Directory>& start, std::string_view given, Last last) {
  if (given.empty()) return fail(Errno::Noent);
  if (given.front() == '/') return fail(Errno::Perm);
  if (given.size() > max_path_bytes) return fail(Errno::Nametoolong);

  // A link in the last place starts the walk again, on a path with its target in the place of
  // its name: the directories before it are passed once more.
  Links links;
  for (std::string path(given);;) {
    auto [prefix, name, slash] = split(path);
    std::shared_ptr<Directory> directory = prefix.empty() ? start : TRY(descend(start, std::string(prefix), links));
    Place place{std::move(directory), std::string(name), slash};
    bool follows = last == Last::Follow || (last == Last::Keep && slash == Slash::Trailing);
    if (place.is_directory_itself() || !follows) return place;
    auto target = place.directory->read_link(place.name);
    if (!target) return place;  // no link, or nothing: the caller's act tells which
    std::string next = TRY(links.follow(*std::move(target), slash == Slash::Trailing ? "/" : ""));
    path = std::string(prefix) + next;
  }
}

}  // namespace skerry::wasi
