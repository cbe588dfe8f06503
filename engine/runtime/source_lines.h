// SourceLines: the DWARF line table that a module carries in its custom sections -> which line of which source file a
// byte of the .wasm comes from.
//
// Versions 2 to 5 of the table (DWARF 5, 6.2), as compilers for WebAssembly write it: addresses count from the first
// byte of the code section's content. What cannot be read is left out from there on, a table that makes no sense gives
// no lines: debug information is a help and never an error. Work and memory are within a multiple of the sections.

#pragma once

#include <string_view>
#include <tuple>
#include <vector>

#include "engine/wasm/module.h"

namespace skerry::runtime {

class SourceLines {
 public:
  struct File {
    std::string_view directory, name;  // of the module's bytes; the directory may be empty
  };
  struct Place {
    u32 file;  // of files()
    u32 line;
  };

  static SourceLines read(const wasm::Module& module);

  bool empty() const { return rows_.empty(); }
  const std::vector<File>& files() const { return files_; }
  // Null where no line is known.
  const Place* find(u32 position) const;

 private:
  friend class LineReader;
  struct Row {
    u32 position;  // in the .wasm, from here to the next row
    Place place;   // line 0: none
    u32 order;     // of the program, of which at one position the last line counts
    auto key() const { return std::tuple(position, place.line != 0, order); }
  };
  std::vector<File> files_;
  std::vector<Row> rows_;  // ascending
};

}  // namespace skerry::runtime
