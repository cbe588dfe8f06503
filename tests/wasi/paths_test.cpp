// HAZARDS row 30: trailing slashes, '.', '..' and links. Every path call, with every path made
// of a few telling names, against two oracles: a canonical walk that says whether a path leaves
// the directory, and Linux itself, which says what a path that does not leave it does.

#include <set>

#include "tests/wasi/guest.h"

namespace skerry::wasi::test {
namespace {

// outside/secret, and inside/ with links of all kinds to places inside and outside.
void make_tree(const fs::path& base) {
  fs::create_directories(base / "outside/dir");
  write_file(base / "outside/secret", "secret");
  fs::create_directories(base / "inside/a/sub");
  fs::path in = base / "inside";
  write_file(in / "f", "file");
  write_file(in / "a/f", "file in a");
  write_file(in / "a/sub/f", "file in sub");
  auto link = [&](const char* target, const char* name) { fs::create_symlink(target, in / name); };
  link("a", "ldir");
  link("f", "lfile");
  link("a/sub/", "lslash");
  link("missing", "dangling");
  link("loop", "loop");
  link("/", "abs");
  link("../outside", "esc");
  link("a/../../outside/secret", "escfile");
  link("..", "up");
  link("..", "a/up");
  link("sub/../f", "a/lf");
}

const std::vector<std::string> names = {"a",        "f",    "ldir", "lfile", "lslash",  "dangling", "loop", "abs",
                                        "esc",      "escfile", "up", "sub",  "missing", "..",       ".",    "lf"};
const std::vector<std::string> suffixes = {"", "/", "//", "/.", "/.."};

// All names `wide` deep, and a few of them behind each.
std::vector<std::string> paths_of(int wide, int depth) {
  const std::vector<std::string> deeper = {"f", "..", "ldir", "up", "missing"};
  std::vector<std::string> stems = {""}, paths;
  for (int i = 0; i < depth; ++i) {
    std::vector<std::string> longer;
    for (auto& stem : stems) {
      for (auto& name : i < wide ? names : deeper) longer.push_back(stem.empty() ? name : stem + (i % 2 ? "/" : "//") + name);
    }
    stems = longer;
    for (auto& stem : stems) {
      for (auto& suffix : suffixes) paths.push_back(stem + suffix);
    }
  }
  return paths;
}

// Whether a walk from `root` leaves it: component by component, links by their text, never
// asking the system to follow anything. `follows` is whether the last component is followed;
// `slash_follows` whether it is where a slash stands behind it.
bool leaves(const fs::path& root, std::string path, bool follows, bool slash_follows) {
  std::vector<std::string> position;
  int links = 0;
  while (!path.empty()) {
    usize end = path.find('/');
    std::string name = path.substr(0, end);
    std::string rest = end == path.npos ? "" : path.substr(end);
    bool last = rest.find_first_not_of('/') == rest.npos;
    path = rest.substr(std::min(rest.find_first_not_of('/'), rest.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (position.empty()) return true;
      position.pop_back();
      continue;
    }
    fs::path here = root;
    for (auto& component : position) here /= component;
    struct stat stat;
    if (lstat((here / name).c_str(), &stat) != 0) return false;
    if (S_ISLNK(stat.st_mode) && (!last || follows || (slash_follows && !rest.empty()))) {
      if (++links > 40) return false;
      std::string target = fs::read_symlink(here / name).string();
      if (target[0] == '/') return true;
      path = target + rest;
      continue;
    }
    if (!last && !S_ISDIR(stat.st_mode)) return false;
    position.push_back(name);
  }
  return false;
}

Errno of_linux(long result) { return result >= 0 ? Errno::Success : platform::error_from_errno(errno); }

class Hazard30 : public testing::TestWithParam<Walking> {};

TEST_P(Hazard30, LookUpsAreThoseOfACanonicalWalk) {
  Folder folder;
  make_tree(folder.path());
  fs::path root = folder / "inside";
  int at = ::open(root.c_str(), O_RDONLY | O_DIRECTORY);
  Guest guest;
  u32 fd = guest.add_folder(root, Mutability::ReadWrite, GetParam());
  auto before = snapshot(folder.path());
  int refused = 0, done = 0;
  for (auto& path : paths_of(2, 3)) {
    const char* p = path.c_str();
    for (LookupFlags lookup : {follow, no_follow}) {
      bool follows = lookup == follow;
      bool out = leaves(root, path, follows, true);
      std::string what = path + (follows ? " followed" : " not followed");

      Filestat stat;
      Errno error = guest.stat(fd, path, lookup, &stat);
      struct stat expected;
      Errno native = out ? Errno::Perm : of_linux(fstatat(at, p, &expected, follows ? 0 : AT_SYMLINK_NOFOLLOW));
      EXPECT_EQ(error, native) << "stat " << what;
      if (error == Errno::Success && native == Errno::Success) EXPECT_EQ(stat.inode, expected.st_ino) << what;

      u32 opened;
      error = guest.open(fd, path, {.lookup = lookup}, &opened);
      int own = out ? -1 : openat(at, p, O_RDONLY | O_NONBLOCK | (follows ? 0 : O_NOFOLLOW));
      native = out ? Errno::Perm : of_linux(own);
      EXPECT_EQ(error, native) << "open " << what;
      if (error == Errno::Success && own >= 0) {
        fstat(own, &expected);
        guest.clear();
        u32 to = guest.space(sizeof(Filestat));
        EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_get>(opened, to), Errno::Success);
        EXPECT_EQ(guest.get<Filestat>(to).inode, expected.st_ino) << what;
        ++done;
      }
      if (error == Errno::Success) EXPECT_EQ(guest.close(opened), Errno::Success);
      if (own >= 0) close(own);
      refused += out;

      error = guest.open(fd, path, {.lookup = lookup, .how = OpenFlag::Directory});
      if (error == Errno::Success) guest.close(fd + 1);
      own = out ? -1 : openat(at, p, O_RDONLY | O_DIRECTORY | (follows ? 0 : O_NOFOLLOW));
      native = out ? Errno::Perm : of_linux(own);
      EXPECT_EQ(error, native) << "open directory " << what;
      if (own >= 0) close(own);
    }
    std::string target;
    char buffer[4096];
    bool out = leaves(root, path, false, true);
    long size = out ? -1 : readlinkat(at, p, buffer, sizeof(buffer));
    Errno native = out ? Errno::Perm : of_linux(size);
    EXPECT_EQ(guest.readlink(fd, path, &target), native) << "readlink " << path;
    if (size >= 0) EXPECT_EQ(target, std::string(buffer, usize(size)));
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(done, 300);
  EXPECT_EQ(snapshot(folder.path()), before);
  close(at);
}

// One mutating call, done by the guest and by Linux to trees that are alike.
struct Change {
  const char* name;
  bool follows;        // the last component
  bool slash_follows;  // with a slash behind it
  Errno (*by_guest)(Guest&, u32 fd, const std::string& path);
  long (*by_linux)(int at, const char* path);
};

const Change changes[] = {
    {"create_directory", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.at_path<&preview1::path_create_directory>(fd, p); },
     [](int at, const char* p) -> long { return mkdirat(at, p, 0777); }},
    {"remove_directory", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.at_path<&preview1::path_remove_directory>(fd, p); },
     [](int at, const char* p) -> long { return unlinkat(at, p, AT_REMOVEDIR); }},
    {"unlink_file", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.at_path<&preview1::path_unlink_file>(fd, p); },
     [](int at, const char* p) -> long { return unlinkat(at, p, 0); }},
    {"symlink", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.symlink("f", fd, p); },
     [](int at, const char* p) -> long { return symlinkat("f", at, p); }},
    {"link from", false, true,
     [](Guest& g, u32 fd, const std::string& p) { return g.link(fd, p, fd, "new"); },
     [](int at, const char* p) -> long { return linkat(at, p, at, "new", 0); }},
    {"link from, followed", true, true,
     [](Guest& g, u32 fd, const std::string& p) { return g.link(fd, p, fd, "new", follow); },
     [](int at, const char* p) -> long { return linkat(at, p, at, "new", AT_SYMLINK_FOLLOW); }},
    {"link to", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.link(fd, "f", fd, p); },
     [](int at, const char* p) -> long { return linkat(at, "f", at, p, 0); }},
    {"rename from", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.rename(fd, p, fd, "new"); },
     [](int at, const char* p) -> long { return renameat(at, p, at, "new"); }},
    {"rename a file to", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.rename(fd, "a/f", fd, p); },
     [](int at, const char* p) -> long { return renameat(at, "a/f", at, p); }},
    {"rename a directory to", false, false,
     [](Guest& g, u32 fd, const std::string& p) { return g.rename(fd, "a/sub", fd, p); },
     [](int at, const char* p) -> long { return renameat(at, "a/sub", at, p); }},
    {"create", false, true,
     [](Guest& g, u32 fd, const std::string& p) {
       return g.open(fd, p, {.how = OpenFlag::Create, .rights = Right::FdRead | Right::FdWrite});
     },
     [](int at, const char* p) -> long { return openat(at, p, O_RDWR | O_CREAT | O_NOFOLLOW, 0666); }},
    {"create, followed", true, true,
     [](Guest& g, u32 fd, const std::string& p) {
       return g.open(fd, p, {.lookup = follow, .how = OpenFlag::Create, .rights = Right::FdRead | Right::FdWrite});
     },
     [](int at, const char* p) -> long { return openat(at, p, O_RDWR | O_CREAT, 0666); }},
    {"create exclusively", false, false,
     [](Guest& g, u32 fd, const std::string& p) {
       return g.open(fd, p, {.lookup = follow, .how = OpenFlag::Create | OpenFlag::Exclusive});
     },
     [](int at, const char* p) -> long { return openat(at, p, O_RDONLY | O_CREAT | O_EXCL, 0666); }},
    {"truncate", true, true,
     [](Guest& g, u32 fd, const std::string& p) {
       return g.open(fd, p, {.lookup = follow, .how = OpenFlag::Truncate, .rights = Right::FdWrite});
     },
     [](int at, const char* p) -> long { return openat(at, p, O_WRONLY | O_TRUNC); }},
    {"set times", true, true,
     [](Guest& g, u32 fd, const std::string& p) { return g.set_times(fd, p, follow, 5'000'000'007); },
     [](int at, const char* p) -> long {
       timespec times[2] = {{0, UTIME_OMIT}, {5, 7}};
       return utimensat(at, p, times, 0);
     }},
    {"set times of a link", false, true,
     [](Guest& g, u32 fd, const std::string& p) { return g.set_times(fd, p, no_follow, 5'000'000'007); },
     [](int at, const char* p) -> long {
       timespec times[2] = {{0, UTIME_OMIT}, {5, 7}};
       return utimensat(at, p, times, AT_SYMLINK_NOFOLLOW);
     }},
};

// Where we answer otherwise than Linux, which itself differs from POSIX here or is arbitrary.
bool may_differ(const std::string& change, Errno ours, Errno linux_error) {
  using Pair = std::pair<Errno, Errno>;
  std::set<Pair> allowed;
  if (change == "remove_directory") allowed = {{Errno::Inval, Errno::Notempty}};  // of '..'
  if (change == "symlink" || change == "link to") allowed = {{Errno::Notdir, Errno::Exist}};  // of "file/"
  // Which of two mistakes in one call comes first.
  if (change.starts_with("rename")) {
    allowed = {{Errno::Busy, Errno::Notdir}, {Errno::Notdir, Errno::Busy}, {Errno::Notdir, Errno::Isdir},
               {Errno::Notdir, Errno::Noent}, {Errno::Busy, Errno::Notempty}};
  }
  if (change == "create" || change == "create, followed" || change == "create exclusively") {
    // Of a path that ends in a slash Linux says Isdir for whatever is there; or for '.'.
    allowed = {{Errno::Isdir, Errno::Exist}, {Errno::Exist, Errno::Isdir}, {Errno::Loop, Errno::Isdir}};
  }
  return allowed.contains({ours, linux_error});
}

// The two trees, and a guest in one of them.
struct Pair {
  explicit Pair(Walking walking) {
    make_tree(ours.path());
    make_tree(theirs.path());
    fd = guest.add_folder(ours / "inside", Mutability::ReadWrite, walking);
    at = ::open((theirs / "inside").c_str(), O_RDONLY | O_DIRECTORY);
  }
  ~Pair() { ::close(at); }
  Folder ours, theirs;
  Guest guest;
  u32 fd;
  int at;
};

TEST_P(Hazard30, ChangesAreThoseOfACanonicalWalk) {
  int refused = 0, done = 0;
  for (const Change& change : changes) {
    auto pair = std::make_unique<Pair>(GetParam());
    auto shape_before = shape(pair->ours.path());
    for (auto& path : paths_of(1, 2)) {
      std::string what = std::string(change.name) + " " + path;
      bool out = leaves(pair->ours / "inside", path, change.follows, change.slash_follows);
      Errno error = change.by_guest(pair->guest, pair->fd, path);
      long result = out ? -1 : change.by_linux(pair->at, path.c_str());
      Errno native = out ? Errno::Perm : of_linux(result);
      if (!may_differ(change.name, error, native)) EXPECT_EQ(error, native) << what;
      refused += out;
      if (error != Errno::Success && native != Errno::Success) continue;  // nothing changed: seen at the next success
      ++done;
      EXPECT_EQ(shape(pair->ours.path()), shape(pair->theirs.path())) << what;
      EXPECT_EQ(read_file(pair->ours / "outside/secret"), "secret") << what;
      if (result > 2) ::close(int(result));  // of the calls, those that open answer a descriptor
      pair = std::make_unique<Pair>(GetParam());
    }
    EXPECT_EQ(shape(pair->ours.path()), shape_before) << change.name;
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(done, 100);
}

TEST_P(Hazard30, PathsThatNoWalkBegins) {
  Folder folder;
  make_tree(folder.path());
  Guest guest;
  u32 fd = guest.add_folder(folder / "inside", Mutability::ReadWrite, GetParam());
  struct {
    std::string path;
    Errno error;
  } cases[] = {
      {"", Errno::Noent},
      {"/", Errno::Perm},
      {"//f", Errno::Perm},
      {std::string("f\0", 2), Errno::Inval},
      {std::string("\0", 1), Errno::Inval},
      {"\xff", Errno::Ilseq},
      {"\xc0\xaf", Errno::Ilseq},  // an overlong slash
      {std::string(4097, 'a'), Errno::Nametoolong},
      {std::string(4096, 'a'), Errno::Nametoolong},
      {std::string(300, 'a'), Errno::Nametoolong},
      {std::string(300, 'a') + "/b", Errno::Nametoolong},
      {"..", Errno::Perm},
      {"a/../..", Errno::Perm},
      {"a/../../inside/f", Errno::Perm},
  };
  for (auto& c : cases) {
    for (LookupFlags lookup : {follow, no_follow}) {
      EXPECT_EQ(guest.stat(fd, c.path, lookup), c.error) << c.path;
      EXPECT_EQ(guest.open(fd, c.path, {.lookup = lookup}), c.error) << c.path;
      EXPECT_EQ(guest.set_times(fd, c.path, lookup, 1), c.error) << c.path;
    }
    EXPECT_EQ(guest.at_path<&preview1::path_create_directory>(fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.at_path<&preview1::path_remove_directory>(fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.at_path<&preview1::path_unlink_file>(fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.readlink(fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.rename(fd, c.path, fd, "new"), c.error) << c.path;
    EXPECT_EQ(guest.rename(fd, "f", fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.link(fd, c.path, fd, "new"), c.error) << c.path;
    EXPECT_EQ(guest.link(fd, "f", fd, c.path), c.error) << c.path;
    EXPECT_EQ(guest.symlink("f", fd, c.path), c.error) << c.path;
  }
}

TEST_P(Hazard30, ADescriptorOfADirectoryConfinesToIt) {
  Folder folder;
  make_tree(folder.path());
  Guest guest;
  u32 root = guest.add_folder(folder / "inside", Mutability::ReadWrite, GetParam());
  u32 sub = guest.must_open(root, "a/sub", {.how = OpenFlag::Directory});
  EXPECT_EQ(guest.stat(sub, "f", follow), Errno::Success);
  EXPECT_EQ(guest.stat(sub, "..", follow), Errno::Perm);
  EXPECT_EQ(guest.stat(sub, "../f", follow), Errno::Perm);
  u32 a = guest.must_open(root, "a", {.how = OpenFlag::Directory});
  EXPECT_EQ(guest.stat(a, "lf", follow), Errno::Success);
  EXPECT_EQ(guest.stat(a, "up/f", follow), Errno::Perm);
}

INSTANTIATE_TEST_SUITE_P(, Hazard30, testing::Values(Walking::Openat2, Walking::Components),
                         [](auto& info) { return info.param == Walking::Openat2 ? "Openat2" : "Components"; });

// HAZARDS row 34: what a link says is looked at when it is followed, whoever made it.
TEST(Hazard34, TargetsOfLinksAreCheckedWhenFollowed) {
  for (Walking walking : {Walking::Openat2, Walking::Components}) {
    Folder folder;
    make_tree(folder.path());
    Guest guest;
    u32 fd = guest.add_folder(folder / "inside", Mutability::ReadWrite, walking);
    auto before = snapshot(folder / "outside");
    // The guest may make links that lead out, as long as they are relative. None can be used.
    EXPECT_EQ(guest.symlink("/etc/passwd", fd, "g0"), Errno::Perm);
    EXPECT_EQ(guest.symlink("/", fd, "g0"), Errno::Perm);
    EXPECT_EQ(guest.symlink("", fd, "g0"), Errno::Noent);
    EXPECT_EQ(guest.symlink("../outside", fd, "g1"), Errno::Success);
    EXPECT_EQ(guest.symlink("../outside/secret", fd, "g2"), Errno::Success);
    EXPECT_EQ(guest.symlink("a/up/up/outside", fd, "g3"), Errno::Success);
    EXPECT_EQ(guest.symlink("g1/secret", fd, "g4"), Errno::Success);
    // Links that the host made, absolute ones too.
    fs::create_symlink(folder / "outside", folder / "inside/h1");
    fs::create_symlink(folder / "inside/f", folder / "inside/h2");  // inside, but by an absolute path
    for (std::string link : {"g1", "g2", "g3", "g4", "h1", "h2", "abs", "esc", "escfile", "up"}) {
      for (std::string suffix : {"", "/", "/.", "/secret", "/dir", "/secret/..", "/../outside/secret"}) {
        std::string path = link + suffix;
        EXPECT_EQ(guest.open(fd, path, {.lookup = follow}), Errno::Perm) << path;
        EXPECT_EQ(guest.open(fd, path, {.lookup = follow, .how = OpenFlag::Create, .rights = Right::FdWrite}),
                  Errno::Perm) << path;
        EXPECT_EQ(guest.open(fd, path, {.lookup = follow, .how = OpenFlag::Truncate, .rights = Right::FdWrite}),
                  Errno::Perm) << path;
        EXPECT_EQ(guest.stat(fd, path, follow), Errno::Perm) << path;
        EXPECT_EQ(guest.set_times(fd, path, follow, 1), Errno::Perm) << path;
        EXPECT_EQ(guest.link(fd, path, fd, "new", follow), Errno::Perm) << path;
        if (suffix.empty()) continue;
        EXPECT_NE(guest.at_path<&preview1::path_create_directory>(fd, path + "x"), Errno::Success) << path;
        EXPECT_NE(guest.at_path<&preview1::path_remove_directory>(fd, path), Errno::Success) << path;
        EXPECT_NE(guest.at_path<&preview1::path_unlink_file>(fd, path), Errno::Success) << path;
        EXPECT_NE(guest.rename(fd, path, fd, "new"), Errno::Success) << path;
        EXPECT_NE(guest.rename(fd, "f", fd, path + "x"), Errno::Success) << path;
      }
    }
    EXPECT_EQ(snapshot(folder / "outside"), before);
  }
}

TEST(Paths, ChainsOfLinksEnd) {
  Folder folder;
  write_file(folder / "end", "x");
  for (int i = 0; i < 50; ++i) {
    fs::create_symlink(i == 0 ? "end" : "l" + std::to_string(i - 1), folder / ("l" + std::to_string(i)));
  }
  for (Walking walking : {Walking::Openat2, Walking::Components}) {
    Guest guest;
    u32 fd = guest.add_folder(folder.path(), Mutability::ReadWrite, walking);
    EXPECT_EQ(guest.stat(fd, "l39", follow), Errno::Success);
    EXPECT_EQ(guest.stat(fd, "l40", follow), Errno::Loop);
    EXPECT_EQ(guest.stat(fd, "l40", no_follow), Errno::Success);
  }
}

}  // namespace
}  // namespace skerry::wasi::test
