// kernel/fs/archive.h: what is written is read again, and no bytes whatever lead the reader astray.

#include "kernel/fs/archive.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace skerry::kernel {
namespace {

std::span<const u8> bytes(const std::string& text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

std::string pack(ArchiveMode mode, std::string_view name, std::string_view content, u64 modified) {
  std::string out;
  append_archive_header(out, mode, name, content.size(), modified);
  EXPECT_EQ(out.size() % 4, 0u);
  out += content;
  out.append(archive_padding(content.size()), '\0');
  return out;
}

TEST(Archive, ReadsWhatWasWritten) {
  std::string all;
  for (u32 size = 0; size < 9; ++size) {
    all += pack(ArchiveMode::File, "dirs/0/" + std::string(size + 1, 'n'), std::string(size, 'c'),
                1'700'000'000'123'456'789 + size);
  }
  all += pack(ArchiveMode::Directory, "dirs/0/d", "", 5);
  all += pack(ArchiveMode::SymbolicLink, "dirs/0/l", "target", 6);
  append_archive_end(all);

  ArchiveReader reader(bytes(all));
  for (u32 size = 0; size < 9; ++size) {
    auto entry = reader.next();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->type, wasi::FileType::RegularFile);
    EXPECT_EQ(entry->name, "dirs/0/" + std::string(size + 1, 'n'));
    EXPECT_EQ(std::string(entry->content.begin(), entry->content.end()), std::string(size, 'c'));
    EXPECT_EQ(entry->modified, 1'700'000'000'123'456'789 + size);
  }
  EXPECT_EQ(reader.next()->type, wasi::FileType::Directory);
  EXPECT_EQ(reader.next()->type, wasi::FileType::SymbolicLink);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.damaged());
}

TEST(Archive, AnArchiveCutShortIsDamaged) {
  std::string all = pack(ArchiveMode::File, "name", "content", 0);
  append_archive_end(all);
  for (usize size = 0; size < all.size(); ++size) {
    std::string cut = all.substr(0, size);
    std::vector<u8> exact(cut.begin(), cut.end());  // so that a read behind the end is seen
    ArchiveReader reader(exact);
    while (reader.next()) {}
    EXPECT_TRUE(reader.damaged()) << size;
  }
}

TEST(Archive, SurvivesAnyBytes) {
  std::string all = pack(ArchiveMode::File, "one", "content", 0) + pack(ArchiveMode::Directory, "two", "", 9);
  append_archive_end(all);
  std::mt19937 random(1);
  u32 damaged = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    std::vector<u8> changed(all.begin(), all.end());
    for (u32 i = random() % 4 + 1; i > 0; --i) changed[random() % changed.size()] = "0f\0F/x"[random() % 6];
    ArchiveReader reader(changed);
    u32 entries = 0;
    while (auto entry = reader.next()) {
      ++entries;
      ASSERT_LE(entry->content.data() + entry->content.size(), changed.data() + changed.size());
      ASSERT_EQ(entry->name.find('\0'), entry->name.npos);
    }
    ASSERT_LE(entries, 3u);
    damaged += reader.damaged();
  }
  EXPECT_GT(damaged, 1000u);
}

}  // namespace
}  // namespace skerry::kernel
