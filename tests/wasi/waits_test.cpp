// What waits: standard streams, sockets, poll_oneoff, and how the host ends waits. And what
// races: paths that others rename while they are walked.

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <thread>

#include "tests/wasi/guest.h"

namespace skerry::wasi::test {
namespace {

using Kind = CallResult::Kind;
using namespace std::chrono_literals;
constexpr Rights read_write = Right::FdRead | Right::FdWrite;

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    for (int end : ends) if (end >= 0) close(end);
  }
  void close_end(int which) { close(std::exchange(ends[which], -1)); }
  int ends[2];
};

TEST(Streams, PipesCarryBytes) {
  Pipe pipe;
  Guest guest;
  u32 in = guest.add_descriptor(pipe.ends[0], Right::FdRead), out = guest.add_descriptor(pipe.ends[1], Right::FdWrite);
  u32 count;
  EXPECT_EQ(guest.write(out, "some bytes", &count), Errno::Success);
  std::string content;
  // Two buffers, of which the first is filled: what is there is given, without a wait for more.
  Iovec vectors[2] = {{256, 10}, {300, 10}};
  std::memcpy(guest.memory() + 128, vectors, sizeof(vectors));
  EXPECT_EQ(guest.errno_of<&preview1::fd_read>(in, 128u, 2u, 64u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(64), 10u);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(in, u32(FdFlag::Nonblock)), Errno::Success);
  EXPECT_EQ(guest.read(in, 10, &content), Errno::Again);
  EXPECT_EQ(fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK, 0);  // the guest's flag is not the host's
  EXPECT_EQ(guest.close(out), Errno::Success);
  EXPECT_EQ(write(pipe.ends[1], "x", 1), 1);  // ours is open still
  EXPECT_EQ(guest.read(in, 10, &content), Errno::Success);
  EXPECT_EQ(content, "x");
  pipe.close_end(1);
  EXPECT_EQ(guest.read(in, 10, &content), Errno::Success);
  EXPECT_EQ(content, "");
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(in, u64(0), 1u, 64u), Errno::Spipe);
  EXPECT_EQ(guest.errno_of<&preview1::fd_sync>(in), Errno::Success);
  EXPECT_EQ(guest.write(in, "x"), Errno::Badf);
}

TEST(Streams, AReaderThatHasGoneIsAnErrorAndNoSignal) {
  ASSERT_EQ(signal(SIGPIPE, SIG_DFL), SIG_DFL);
  Pipe pipe;
  Guest guest;
  u32 out = guest.add_descriptor(pipe.ends[1], Right::FdWrite);
  pipe.close_end(0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(guest.write(out, "x"), Errno::Pipe);
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  u32 socket = guest.add_descriptor(pair[0], read_write);
  close(pair[1]);
  EXPECT_EQ(guest.write(socket, "x"), Errno::Pipe);
  close(pair[0]);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_FALSE(sigismember(&pending, SIGPIPE));
}

TEST(Streams, AFullPipeIsShortWhereTheGuestDoesNotWait) {
  Pipe pipe;
  Guest guest;
  u32 out = guest.add_descriptor(pipe.ends[1], Right::FdWrite);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(out, u32(FdFlag::Nonblock)), Errno::Success);
  std::string much(50'000, 'x');
  u32 count = 0;
  EXPECT_EQ(guest.write(out, much, &count), Errno::Success);
  EXPECT_EQ(count, much.size());
  EXPECT_EQ(guest.write(out, much, &count), Errno::Success);
  EXPECT_LT(count, much.size());
  EXPECT_EQ(guest.write(out, much, &count), Errno::Again);
}

TEST(Streams, StandardStreamsAreTakenForWhatTheyAre) {
  Folder folder;
  write_file(folder / "file", "content");
  Pipe pipe;
  int file = ::open((folder / "file").c_str(), O_RDONLY), null = ::open("/dev/null", O_RDWR);
  Guest guest;
  auto stat = [&](int fd, Rights rights) {
    u32 number = guest.add_descriptor(fd, rights);
    EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_get>(number, 64u), Errno::Success);
    return guest.get<Fdstat>(64);
  };
  Fdstat of_file = stat(file, Right::FdRead), of_null = stat(null, read_write), of_pipe = stat(pipe.ends[1], Right::FdWrite);
  EXPECT_EQ(of_file.type, u8(FileType::RegularFile));
  EXPECT_TRUE(Rights::truncate(of_file.rights_base).has(Right::FdRead | Right::FdSeek | Right::FdTell));
  EXPECT_FALSE(Rights::truncate(of_file.rights_base).has(Right::FdWrite));
  // A C library takes a character device without these rights for a terminal.
  EXPECT_EQ(of_null.type, u8(FileType::CharacterDevice));
  EXPECT_TRUE(Rights::truncate(of_null.rights_base).has(Right::FdSeek | Right::FdTell));
  EXPECT_EQ(of_pipe.type, u8(FileType::Unknown));
  EXPECT_FALSE(Rights::truncate(of_pipe.rights_base).has_any(Right::FdSeek | Right::FdTell | Right::FdRead));
  close(file);
  close(null);
}

TEST(Sockets, AcceptReceiveSendShutdown) {
  Folder folder;
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", (folder / "socket").c_str());
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(listener, 5), 0);
  Guest guest;
  u32 server = guest.add_descriptor(listener, read_write);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(server, u32(FdFlag::Nonblock)), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::sock_accept>(server, 0u, 64u), Errno::Again);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(guest.errno_of<&preview1::sock_accept>(server, u32(FdFlag::Append), 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::sock_accept>(server, u32(FdFlag::Nonblock), 64u), Errno::Success);
  u32 fd = guest.get<u32>(64);
  ASSERT_EQ(write(client, "hello", 5), 5);
  Iovec vector{256, 100};
  std::memcpy(guest.memory() + 128, &vector, sizeof(vector));
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 128u, 1u, 1u, 64u, 68u), Errno::Success);  // peek
  EXPECT_EQ(guest.text(256, guest.get<u32>(64)), "hello");
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 128u, 1u, 0u, 64u, 68u), Errno::Success);
  EXPECT_EQ(guest.text(256, guest.get<u32>(64)), "hello");
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 128u, 1u, 0u, 64u, 68u), Errno::Again);
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 128u, 1u, 4u, 64u, 68u), Errno::Inval);
  vector.size = 5;
  std::memcpy(guest.memory() + 128, &vector, sizeof(vector));
  EXPECT_EQ(guest.errno_of<&preview1::sock_send>(fd, 128u, 1u, 1u, 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::sock_send>(fd, 128u, 1u, 0u, 64u), Errno::Success);
  char buffer[10];
  EXPECT_EQ(read(client, buffer, 10), 5);
  EXPECT_EQ(guest.errno_of<&preview1::sock_shutdown>(fd, 0u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::sock_shutdown>(fd, 4u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::sock_shutdown>(fd, 2u), Errno::Success);
  EXPECT_EQ(read(client, buffer, 10), 0);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_get>(fd, 64u), Errno::Success);
  EXPECT_EQ(guest.get<Fdstat>(64).type, u8(FileType::SocketStream));
  close(client);
  close(listener);
}

TEST(Sockets, WhatIsNoSocketSaysSo) {
  Pipe pipe;
  Guest guest;
  u32 fd = guest.add_descriptor(pipe.ends[0], Right::FdRead);
  EXPECT_EQ(guest.errno_of<&preview1::sock_accept>(fd, 0u, 64u), Errno::Notsock);
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 64u, 0u, 0u, 64u, 68u), Errno::Notsock);
  EXPECT_EQ(guest.errno_of<&preview1::sock_send>(fd, 64u, 0u, 0u, 64u), Errno::Notsock);
  EXPECT_EQ(guest.errno_of<&preview1::sock_shutdown>(fd, 1u), Errno::Notsock);
}

TEST(Sockets, ADatagramTooLongIsTruncatedAndSaysSo) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
  Guest guest;
  u32 fd = guest.add_descriptor(pair[0], read_write);
  ASSERT_EQ(write(pair[1], "message", 7), 7);
  Iovec vector{256, 4};
  std::memcpy(guest.memory() + 128, &vector, sizeof(vector));
  EXPECT_EQ(guest.errno_of<&preview1::sock_recv>(fd, 128u, 1u, 0u, 64u, 68u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(64), 4u);
  EXPECT_EQ(guest.get<u16>(68), recv_data_truncated);
  close(pair[0]);
  close(pair[1]);
}

Subscription on_clock(u64 userdata, ClockId clock, u64 timeout, u16 flags = 0) {
  Subscription subscription = {};
  subscription.userdata = userdata;
  subscription.type = u8(EventType::Clock);
  subscription.clock = {u32(clock), 0, timeout, 0, flags, {}};
  return subscription;
}
Subscription on_fd(u64 userdata, EventType type, u32 fd) {
  Subscription subscription = {};
  subscription.userdata = userdata;
  subscription.type = u8(type);
  subscription.fd = fd;
  return subscription;
}

HostResult<std::vector<Event>> poll(Guest& guest, std::vector<Subscription> subscriptions) {
  guest.clear();
  u32 in = guest.put(subscriptions.data(), subscriptions.size() * sizeof(Subscription));
  u32 out = guest.space(subscriptions.size() * sizeof(Event)), count = guest.space(4);
  Errno error = guest.errno_of<&preview1::poll_oneoff>(in, out, u32(subscriptions.size()), count);
  if (error != Errno::Success) return fail(error);
  std::vector<Event> events;
  for (u32 i = 0; i < guest.get<u32>(count); ++i) events.push_back(guest.get<Event>(out + i * u32(sizeof(Event))));
  return events;
}

TEST(Poll, ClocksOfBothKinds) {
  Guest guest;
  Clock& clock = *guest.context.host.clock;
  for (ClockId id : {ClockId::Monotonic, ClockId::Realtime}) {
    for (bool absolute : {false, true}) {
      u64 start = value_or_fail(clock.now(ClockId::Monotonic));
      u64 timeout = 30'000'000 + (absolute ? value_or_fail(clock.now(id)) : 0);
      auto events = value_or_fail(poll(guest, {on_clock(7, id, timeout, absolute ? 1 : 0), on_clock(8, id, ~u64(0))}));
      ASSERT_EQ(events.size(), 1u);
      EXPECT_EQ(events[0].userdata, 7u);
      EXPECT_EQ(events[0].error, 0u);
      EXPECT_GE(value_or_fail(clock.now(ClockId::Monotonic)) - start, 29'000'000u);
    }
    EXPECT_EQ(value_or_fail(poll(guest, {on_clock(7, id, 0), on_clock(8, id, 1, 1)})).size(), 2u);
  }
  // Clocks that do not pass by themselves cannot be waited for; nor can one that there is not.
  for (u32 id : {2u, 3u, 4u, ~0u}) {
    auto events = value_or_fail(poll(guest, {on_clock(1, ClockId(id), 0), on_clock(2, ClockId::Monotonic, ~u64(0))}));
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].error, u16(Errno::Inval));
  }
  EXPECT_EQ(poll(guest, {on_clock(1, ClockId::Monotonic, 0, 2)}).error(), Errno::Inval);
  EXPECT_EQ(poll(guest, {on_fd(1, EventType(3), 0)}).error(), Errno::Inval);
  EXPECT_EQ(poll(guest, {}).error(), Errno::Inval);
}

TEST(Poll, FilesAndPipes) {
  Folder folder;
  write_file(folder / "file", "0123456789");
  Pipe pipe;
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 file = guest.must_open(root, "file");
  u32 in = guest.add_descriptor(pipe.ends[0], Right::FdRead), out = guest.add_descriptor(pipe.ends[1], Right::FdWrite);
  auto long_time = on_clock(9, ClockId::Monotonic, ~u64(0));
  // A file is always ready, and says how much is ahead.
  auto events = value_or_fail(poll(guest, {long_time, on_fd(1, EventType::FdRead, file), on_fd(2, EventType::FdRead, in)}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_EQ(events[0].type, u8(EventType::FdRead));
  EXPECT_EQ(events[0].size, 10u);
  // A pipe that is empty and has room.
  events = value_or_fail(poll(guest, {on_fd(1, EventType::FdRead, in), on_fd(2, EventType::FdWrite, out), long_time}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
  ASSERT_EQ(write(pipe.ends[1], "abc", 3), 3);
  events = value_or_fail(poll(guest, {on_fd(1, EventType::FdRead, in), long_time}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].size, 3u);
  EXPECT_EQ(events[0].flags, 0u);
  // The timeout alone, and the other side that has gone.
  std::string content;
  EXPECT_EQ(guest.read(in, 10, &content), Errno::Success);
  events = value_or_fail(poll(guest, {on_fd(1, EventType::FdRead, in), on_clock(2, ClockId::Monotonic, 1'000'000)}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
  EXPECT_EQ(guest.close(out), Errno::Success);
  pipe.close_end(1);
  events = value_or_fail(poll(guest, {on_fd(1, EventType::FdRead, in), long_time}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].flags, event_hangup);
  // What cannot be waited for is an event with its error, beside those that happened.
  events = value_or_fail(poll(guest, {on_fd(1, EventType::FdRead, 77), on_fd(2, EventType::FdWrite, file),
                                      on_fd(3, EventType::FdRead, root), on_fd(4, EventType::FdRead, file), long_time}));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].error, u16(Errno::Badf));
  EXPECT_EQ(events[1].error, u16(Errno::Badf));
  EXPECT_EQ(events[2].error, u16(Errno::Isdir));
  EXPECT_EQ(events[3].error, 0u);
}

TEST(Poll, EventsMayLieOverTheSubscriptions) {
  Guest guest;
  Subscription subscriptions[3] = {on_clock(1, ClockId::Monotonic, 0), on_clock(2, ClockId::Monotonic, 0),
                                   on_clock(3, ClockId::Monotonic, 0)};
  for (u32 out : {64u, 65u, 96u, 100u}) {
    std::memcpy(guest.memory() + 64, subscriptions, sizeof(subscriptions));
    EXPECT_EQ(guest.errno_of<&preview1::poll_oneoff>(64u, out, 3u, 1024u), Errno::Success);
    EXPECT_EQ(guest.get<u32>(1024), 3u);
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(guest.get<Event>(out + i * 32).userdata, i + 1);
  }
}

TEST(Poll, TheOlderLayout) {
  Guest guest;
  unstable::Subscription subscriptions[2] = {};
  subscriptions[0].userdata = 5;
  subscriptions[0].clock.identifier = 0x1111;
  subscriptions[0].clock.id = 1;
  subscriptions[0].clock.timeout = 1000;
  subscriptions[1].userdata = 6;
  subscriptions[1].type = u8(EventType::FdRead);
  subscriptions[1].fd = 42;
  std::memcpy(guest.memory() + 64, subscriptions, sizeof(subscriptions));
  EXPECT_EQ(guest.errno_of<&unstable::poll_oneoff>(64u, 512u, 1u, 1024u), Errno::Success);
  EXPECT_EQ(guest.get<Event>(512).userdata, 5u);
  EXPECT_EQ(guest.errno_of<&unstable::poll_oneoff>(64u + 56, 512u, 1u, 1024u), Errno::Success);
  EXPECT_EQ(guest.get<Event>(512).userdata, 6u);
  EXPECT_EQ(guest.get<Event>(512).error, u16(Errno::Badf));
}

// Every kind of wait ends when the host says so, whether it began before or begins after.
TEST(WaitThreads, AreEndedByAnInterruption) {
  Pipe empty, full;
  fcntl(full.ends[1], F_SETFL, O_NONBLOCK);
  std::string block(4096, 'x');
  while (write(full.ends[1], block.data(), block.size()) > 0) {}
  fcntl(full.ends[1], F_SETFL, 0);
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  Guest guest;
  u32 in = guest.add_descriptor(empty.ends[0], Right::FdRead), out = guest.add_descriptor(full.ends[1], Right::FdWrite);
  u32 socket = guest.add_descriptor(pair[0], read_write);
  Iovec vector{256, 100};
  std::memcpy(guest.memory() + 128, &vector, sizeof(vector));
  auto sleep = on_clock(1, ClockId::Monotonic, ~u64(0));
  std::memcpy(guest.memory() + 1024, &sleep, sizeof(sleep));
  std::function<CallResult()> waits[] = {
      [&] { return guest.call<&preview1::fd_read>(in, 128u, 1u, 64u); },
      [&] { return guest.call<&preview1::fd_write>(out, 128u, 1u, 64u); },
      [&] { return guest.call<&preview1::sock_recv>(socket, 128u, 1u, 0u, 64u, 68u); },
      [&] { return guest.call<&preview1::poll_oneoff>(1024u, 2048u, 1u, 64u); },
  };
  for (auto& wait : waits) {
    for (int delay : {0, 20}) {
      std::thread interrupter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
        guest.interruption->raise();
      });
      EXPECT_EQ(wait().kind, Kind::Cancelled);
      EXPECT_TRUE(guest.interruption->raised());
      EXPECT_EQ(wait().kind, Kind::Cancelled);  // and so does every later one, until it is cleared
      interrupter.join();
      guest.interruption->clear();
      EXPECT_FALSE(guest.interruption->raised());
    }
  }
  // What need not wait goes on.
  guest.interruption->raise();
  EXPECT_EQ(guest.call<&preview1::clock_time_get>(0u, u64(0), 64u).kind, Kind::Return);
  close(pair[0]);
  close(pair[1]);
}

// A signal that is nobody's reason to stop does not end a wait, nor make it longer.
TEST(WaitThreads, OutliveSignals) {
  struct sigaction action = {}, before;
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &before);
  Pipe pipe;
  Guest guest;
  u32 in = guest.add_descriptor(pipe.ends[0], Right::FdRead);
  pthread_t self = pthread_self();
  std::thread other([&] {
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(2ms);
      pthread_kill(self, SIGUSR1);
    }
    EXPECT_EQ(write(pipe.ends[1], "x", 1), 1);
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(2ms);
      pthread_kill(self, SIGUSR1);
    }
  });
  std::string content;
  EXPECT_EQ(guest.read(in, 10, &content), Errno::Success);
  EXPECT_EQ(content, "x");
  auto events = value_or_fail(poll(guest, {on_clock(1, ClockId::Monotonic, 20'000'000)}));
  EXPECT_EQ(events.size(), 1u);
  other.join();
  sigaction(SIGUSR1, &before, nullptr);
}

// While another thread exchanges a directory for a link that leads out, and moves directories
// in and out, no call ever reaches what is outside.
TEST(RenameThreads, NeverLetAPathOut) {
  for (Walking walking : {Walking::Openat2, Walking::Components}) {
    Folder folder;
    fs::create_directories(folder / "inside/swap/deep/er");
    fs::create_directories(folder / "outside/deep/er");
    write_file(folder / "inside/swap/deep/er/file", "inside");
    write_file(folder / "outside/deep/er/file", "outside");
    write_file(folder / "outside/file", "outside");
    fs::create_symlink("../outside", folder / "inside/link");
    std::string inside = folder / "inside", outside = folder / "outside";
    std::atomic<bool> stop = false;
    std::thread other([&] {
      auto move = [&](const std::string& from, const std::string& to) { rename(from.c_str(), to.c_str()); };
      while (!stop) {
        move(inside + "/swap", inside + "/away");
        move(inside + "/link", inside + "/swap");
        move(inside + "/swap", inside + "/link");
        move(inside + "/away", inside + "/swap");
        move(inside + "/swap/deep", outside + "/moved");  // a directory that a walk may stand in
        move(outside + "/moved", inside + "/swap/deep");
      }
    });
    Guest guest;
    u32 root = guest.add_folder(folder / "inside", Mutability::ReadWrite, walking);
    auto end = std::chrono::steady_clock::now() + 1s;
    int reached = 0, tries = 0;
    const char* paths[] = {"swap/deep/er/file",       "swap/file",           "swap/deep/er/../../../swap/deep/er/file",
                           "swap/deep/er/../../file", "swap/deep/../../file", "swap/deep/er/../../../outside/file"};
    while (std::chrono::steady_clock::now() < end) {
      const char* path = paths[tries++ % std::size(paths)];
      u32 fd;
      if (guest.open(root, path, {.lookup = follow}, &fd) != Errno::Success) continue;
      std::string content;
      EXPECT_EQ(guest.read(fd, 100, &content), Errno::Success);
      EXPECT_EQ(content, "inside") << path;
      guest.close(fd);
      ++reached;
      guest.at_path<&preview1::path_unlink_file>(root, "swap/file");
      guest.at_path<&preview1::path_create_directory>(root, "swap/made");
      guest.at_path<&preview1::path_remove_directory>(root, "swap/made");
    }
    stop = true;
    other.join();
    EXPECT_GT(reached, 0);
    EXPECT_TRUE(fs::exists(folder / "outside/file"));
    EXPECT_FALSE(fs::exists(folder / "outside/made"));
    EXPECT_EQ(read_file(folder / "outside/deep/er/file"), "outside");
  }
}

}  // namespace
}  // namespace skerry::wasi::test
