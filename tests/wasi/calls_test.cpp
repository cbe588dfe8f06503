// HAZARDS row 35, and how calls decode parameters, store values and end.

#include <random>

#include "tests/wasi/guest.h"

namespace skerry::wasi::test {
namespace {

using Kind = CallResult::Kind;

TEST(Link, TablesHaveEveryFunctionOnce) {
  std::map<std::string, std::string> preview1, unstable;
  for_each_preview1([&]<auto body>(std::string_view name, std::string_view type) {
    EXPECT_TRUE(preview1.emplace(name, type).second) << name;
  });
  for_each_unstable([&]<auto body>(std::string_view name, std::string_view type) {
    EXPECT_TRUE(unstable.emplace(name, type).second) << name;
  });
  EXPECT_EQ(preview1.size(), 46u);
  EXPECT_EQ(unstable.size(), 45u);
  for (auto& [name, type] : unstable) EXPECT_EQ(preview1[name], type) << name;
  EXPECT_EQ(preview1["path_open"], "iiiiiIIii:i");
  EXPECT_EQ(preview1["proc_exit"], "i:");
  EXPECT_EQ(preview1["fd_seek"], "iIii:i");
}

template <class... N>
constexpr usize arity(CallResult (*)(Caller&, N...)) { return sizeof...(N); }

template <class... N, usize... i>
CallResult call_with(CallResult (*function)(Caller&, N...), Caller& caller, const std::vector<u64>& numbers,
                     std::index_sequence<i...>) {
  return function(caller, N(numbers[i])...);
}

// Every function with numbers at every boundary. The address sanitizer watches the memory,
// which is as long as it says; here we watch that the calls end, and leave no descriptors.
TEST(Hazard35, EveryCallWithEveryKindOfNumber) {
  Folder folder;
  fs::create_directory(folder / "dir");
  write_file(folder / "file", "content");
  constexpr u32 size = Guest::memory_size;
  const u64 addresses[] = {0,        1,          64,         size - 64,  size - 9,   size - 8,   size - 4,
                           size - 1, size,       size + 1,   0x7fffffff, 0x80000000, 0x80000001, 0xfffffff8,
                           ~u32{0},  0xffff0000, 0xfffff000, ~u64{0},    u64(1) << 63, 2, 3, 4, 100};
  std::mt19937_64 random(35);
  auto pick = [&] { return addresses[random() % std::size(addresses)]; };
  u64 ended[4] = {};
  auto visit = [&]<auto body>(std::string_view name, std::string_view) {
    constexpr auto function = &link::Adapter<body>::call;
    if (name == "poll_oneoff") return;  // below: it may rightly wait for ever
    for (int round = 0; round < 300; ++round) {
      Guest guest({.descriptors = 16});
      guest.add_folder(folder.path(), Mutability::ReadOnly);
      u32 root = guest.add_folder(folder.path(), Mutability::ReadOnly);
      u32 file = guest.must_open(root, "file");
      // Memory with numbers in it, for structures within structures.
      for (u32 at = 0; at < 256; at += 8) {
        u64 number = pick() | pick() << 32;
        std::memcpy(guest.memory() + at, &number, 8);
      }
      std::vector<u64> numbers(arity(function));
      for (u64& number : numbers) number = pick();
      if (!numbers.empty() && round % 2 == 0) numbers[0] = round % 4 ? root : file;
      Caller caller{guest.context, GuestMemory(guest.memory(), size)};
      CallResult result = call_with(function, caller, numbers, std::make_index_sequence<arity(function)>());
      ASSERT_LE(u32(result.kind), u32(Kind::Fault));
      ++ended[u32(result.kind)];
      if (result.kind == Kind::Return) ASSERT_LE(result.value, u32(Errno::Notcapable)) << name;
      EXPECT_LE(guest.context.files.count(), 4u) << name;
    }
  };
  for_each_preview1(visit);
  for_each_unstable(visit);
  EXPECT_GT(ended[u32(Kind::Return)], 1000u);
  EXPECT_GT(ended[u32(Kind::Fault)], 1000u);
  EXPECT_EQ(ended[u32(Kind::Cancelled)], 0u);
}

struct Range {
  u32 address, size;
};
const Range outside[] = {{Guest::memory_size - 7, 8}, {Guest::memory_size, 1},  {0, Guest::memory_size + 1},
                         {0x7fffffff, 1},             {0x80000000, 1},          {0xffffffff, 1},
                         {0xffffffff, 0xffffffff},    {8, 0xffffffff},          {8, 0x80000000},
                         {Guest::memory_size + 1, 0}};

TEST(Hazard35, BuffersOutsideTheMemoryAreFaults) {
  Folder folder;
  write_file(folder / "file", "content");
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file", {.rights = Right::FdRead | Right::FdWrite});
  for (Range range : outside) {
    EXPECT_EQ(guest.call<&preview1::random_get>(range.address, range.size).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::path_unlink_file>(root, range.address, range.size).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::fd_readdir>(root, range.address, range.size, u64(0), 64u).kind, Kind::Fault);
    guest.clear();
    Iovec vector{range.address, range.size};
    u32 vectors = guest.put(&vector, sizeof(vector)), out = guest.space(4);
    EXPECT_EQ(guest.call<&preview1::fd_read>(fd, vectors, 1u, out).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::fd_write>(fd, vectors, 1u, out).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::fd_pread>(fd, vectors, 1u, u64(0), out).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::fd_pwrite>(fd, vectors, 1u, u64(0), out).kind, Kind::Fault);
  }
  EXPECT_EQ(read_file(folder / "file"), "content");
}

// Counts times sizes past 32 and past 64 bits, and counts past the limit.
TEST(Hazard35, CountsThatOverflowAreRefused) {
  Folder folder;
  write_file(folder / "file", "content");
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file");
  for (u32 count : {1025u, 0x10000000u, 0x20000000u, 0x20000001u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    EXPECT_EQ(guest.errno_of<&preview1::fd_read>(fd, 64u, count, 128u), Errno::Inval);
    EXPECT_EQ(guest.errno_of<&preview1::fd_write>(fd, 64u, count, 128u), Errno::Badf);  // not open for that
    EXPECT_EQ(guest.errno_of<&preview1::poll_oneoff>(64u, 64u, count == 1025u ? 4097u : count, 128u), Errno::Inval);
    EXPECT_EQ(guest.errno_of<&unstable::poll_oneoff>(64u, 64u, count == 1025u ? 4097u : count, 128u), Errno::Inval);
  }
  EXPECT_EQ(guest.call<&preview1::fd_read>(fd, Guest::memory_size - 8, 2u, 128u).kind, Kind::Fault);
  EXPECT_EQ(guest.call<&preview1::poll_oneoff>(Guest::memory_size - 95, 64u, 2u, 128u).kind, Kind::Fault);
  EXPECT_EQ(guest.call<&preview1::poll_oneoff>(64u, Guest::memory_size - 63, 2u, 128u).kind, Kind::Fault);
  EXPECT_EQ(guest.errno_of<&preview1::poll_oneoff>(64u, 64u, 0u, 128u), Errno::Inval);
}

// Buffers that overlap add up to more than 32 bits: the transfer ends where the count does.
TEST(Hazard35, OverlappingBuffersOfMoreThan32Bits) {
  int null = ::open("/dev/null", O_WRONLY);
  constexpr u32 size = 8 * u32(MiB);
  auto memory = std::make_unique<u8[]>(size);
  Guest guest;
  u32 fd = guest.add_descriptor(null, Right::FdWrite);
  Iovec vector{0, size};
  for (u32 i = 0; i < 1024; ++i) std::memcpy(memory.get() + 1024 + i * 8, &vector, 8);
  Caller caller{guest.context, GuestMemory(memory.get(), size)};
  CallResult result = link::Adapter<&preview1::fd_write>::call(caller, fd, 1024u, 1024u, 64u);
  EXPECT_EQ(result.kind, Kind::Return);
  EXPECT_EQ(result.value, 0u);
  u32 count;
  std::memcpy(&count, memory.get() + 64, 4);
  EXPECT_EQ(count, 0xffffffffu);
  close(null);
}

// A buffer that covers the array it is in: what was copied out counts, not what it became.
TEST(Hazard35, ABufferThatOverlapsItsOwnArray) {
  Folder folder;
  write_file(folder / "file", std::string(16, '\xff') + "tail");
  Guest guest;
  u32 fd = guest.must_open(guest.add_folder(folder.path()), "file");
  Iovec vectors[2] = {{64, 16}, {128, 4}};  // the first overwrites both
  std::memcpy(guest.memory() + 64, vectors, sizeof(vectors));
  EXPECT_EQ(guest.call<&preview1::fd_read>(fd, 64u, 2u, 256u).kind, Kind::Fault);  // the second became 2^32 - 1
  EXPECT_EQ(guest.text(64, 16), std::string(16, '\xff'));
}

// The pointers for a call's values are looked at before anything happens.
TEST(Hazard35, ACallThatCouldNotTellItsResultDoesNothing) {
  Folder folder;
  write_file(folder / "file", "content");
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  guest.clear();
  u32 path = guest.put("new");
  for (u32 out : {Guest::memory_size - 3, Guest::memory_size, 0x80000000u, 0xffffffffu}) {
    CallResult result = guest.call<&preview1::path_open>(root, 0u, path, 3u, u32(OpenFlag::Create),
                                                         u64(Right::FdWrite), u64(0), 0u, out);
    EXPECT_EQ(result.kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::args_sizes_get>(64u, out).kind, Kind::Fault);
    EXPECT_EQ(guest.call<&preview1::args_sizes_get>(out, 64u).kind, Kind::Fault);
  }
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_EQ(guest.context.files.count(), 1u);
}

TEST(Link, NumbersThatMeanNothingAreInvalid) {
  Folder folder;
  write_file(folder / "file", "content");
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file", {.rights = Right::FdRead | Right::FdWrite});
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 3u, 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 256u, 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_advise>(fd, u64(0), u64(0), 6u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::clock_time_get>(4u, u64(0), 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::clock_res_get>(~0u, 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(fd, 32u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(fd, 0x10000u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_set_times>(fd, u64(0), u64(0), 16u), Errno::Inval);
  guest.clear();
  u32 path = guest.put("file");
  EXPECT_EQ(guest.errno_of<&preview1::path_filestat_get>(root, 2u, path, 4u, 1024u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::path_open>(root, 0u, path, 4u, 16u, u64(0), u64(0), 0u, 1024u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::path_open>(root, 0u, path, 4u, u32((OpenFlag::Create | OpenFlag::Directory).bits()), u64(0), u64(0), 0u, 1024u),
            Errno::Inval);
}

TEST(Process, ArgumentsAndEnvironment) {
  Guest guest;
  guest.context.arguments = {"program", "", "two words"};
  guest.context.environment = {"A=1", "B="};
  EXPECT_EQ(guest.errno_of<&preview1::args_sizes_get>(64u, 68u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(64), 3u);
  EXPECT_EQ(guest.get<u32>(68), 19u);
  EXPECT_EQ(guest.errno_of<&preview1::args_get>(100u, 200u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(100), 200u);
  EXPECT_EQ(guest.get<u32>(104), 208u);
  EXPECT_EQ(guest.get<u32>(108), 209u);
  EXPECT_EQ(guest.text(200, 19), std::string("program\0\0two words\0", 19));
  EXPECT_EQ(guest.errno_of<&preview1::environ_sizes_get>(64u, 68u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(64), 2u);
  EXPECT_EQ(guest.get<u32>(68), 7u);
  // To the last byte of the memory, and one byte further.
  u32 end = Guest::memory_size;
  EXPECT_EQ(guest.errno_of<&preview1::args_get>(end - 12, 200u), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::args_get>(100u, end - 19), Errno::Success);
  EXPECT_EQ(guest.call<&preview1::args_get>(end - 11, 200u).kind, Kind::Fault);
  EXPECT_EQ(guest.call<&preview1::args_get>(100u, end - 18).kind, Kind::Fault);
}

TEST(Process, Ends) {
  Guest guest;
  for (u32 status : {0u, 1u, 134u, 255u, 256u, 0xffffffffu}) {
    CallResult result = guest.call<&preview1::proc_exit>(status);
    EXPECT_EQ(result.kind, Kind::Exit);
    EXPECT_EQ(result.value, status);
  }
  CallResult result = guest.call<&preview1::proc_raise>(6u);  // abrt
  EXPECT_EQ(result.kind, Kind::Exit);
  EXPECT_EQ(result.value, 134u);
  EXPECT_EQ(guest.errno_of<&preview1::proc_raise>(0u), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::proc_raise>(16u), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::proc_raise>(18u), Errno::Notsup);
  EXPECT_EQ(guest.errno_of<&preview1::proc_raise>(31u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::proc_raise>(~0u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::sched_yield>(), Errno::Success);
}

TEST(Clock, Clocks) {
  Guest guest;
  for (u32 clock = 0; clock < 4; ++clock) {
    EXPECT_EQ(guest.errno_of<&preview1::clock_res_get>(clock, 64u), Errno::Success);
    EXPECT_GT(guest.get<u64>(64), 0u);
    EXPECT_EQ(guest.errno_of<&preview1::clock_time_get>(clock, u64(0), 64u), Errno::Success);
    u64 first = guest.get<u64>(64);
    EXPECT_EQ(guest.errno_of<&preview1::clock_time_get>(clock, u64(1000), 64u), Errno::Success);
    EXPECT_GE(guest.get<u64>(64), first);
  }
  EXPECT_EQ(guest.errno_of<&preview1::clock_time_get>(0u, u64(0), 64u), Errno::Success);
  EXPECT_GT(guest.get<u64>(64), 1'600'000'000'000'000'000u);
}

TEST(Random, FillsExactlyWhatWasAsked) {
  Guest guest;
  EXPECT_EQ(guest.errno_of<&preview1::random_get>(100u, 0u), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::random_get>(Guest::memory_size, 0u), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::random_get>(100u, 64u), Errno::Success);
  EXPECT_NE(guest.text(100, 64), std::string(64, '\0'));
  EXPECT_EQ(guest.text(36, 64), std::string(64, '\0'));
  EXPECT_EQ(guest.text(164, 64), std::string(64, '\0'));
  EXPECT_EQ(guest.errno_of<&preview1::random_get>(0u, Guest::memory_size), Errno::Success);
}

}  // namespace
}  // namespace skerry::wasi::test
