// From a path to a directory and a name in it, without ever leaving the directory where the
// walk began. The only code of WASI that understands '/', '.', '..' and symbolic links.
//
// A path is walked as POSIX says (4.13, pathname resolution), with two changes: '..' in the
// starting directory, and an absolute path or link target, are Perm. The result names one
// component, which the caller hands to a function of Directory that follows no link. So
// whatever other processes rename or replace between our steps, each step acts in a directory
// that was reached from the start by its entries, or left upwards to one where the walk has
// been; it cannot act on what a link points to.
//
// Of the last component:
// * A trailing slash asks for a directory, and so follows a link where the caller looks
//   something up (Last::Follow, Last::Keep); a caller that makes or removes a name never
//   follows (Last::Entry) and decides by Place::slash.
// * Where it is '.' or '..' the place is the directory itself, and its name is empty.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wasi/host.h"

namespace skerry::wasi {

enum class Last : u8 {
  Follow,  // a link is followed
  Keep,    // a link is what is meant, unless a slash follows it
  Entry,   // the directory's entry is what is meant
};

enum class Slash : u8 { None, Trailing };

struct Place {
  std::shared_ptr<Directory> directory;
  std::string name;  // empty: the directory itself
  Slash slash;

  bool is_directory_itself() const { return name.empty(); }
};

// Noent for the empty path and for what is not there on the way; Notdir, Loop, Perm,
// Nametoolong. Whether the last component exists is not looked at, unless it is a link.
HostResult<Place> walk(const std::shared_ptr<Directory>& start, std::string_view path, Last last);

}  // namespace skerry::wasi
