// Processes that go about in folders whose servers say anything (tests/fuzz/lying_server.h): files of one kind at one look
// and of another at the next, names that lead out, counts and sizes that cannot be, replies that are none. QEMU stands
// between a machine and such a server and says nothing of the kind, so it is one in the kernel's place for a device.
//
// What must hold: each of them ends by itself, and no byte of its memory is written but where it asked for something; a
// neighbour, which is the first process, finds its memory as it left it all the while; servers get back their places.

#include "tests/kernel/image/parts.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/string.h"
#include "kernel/fs/ninep_files.h"
#include "kernel/mm/frames.h"
#include "kernel/proc/process.h"
#include "platform/platform.h"
#include "skerry/skerry.h"
#include "tests/fuzz/lying_server.h"
#include "tests/fuzz/random.h"

namespace skerry::kernel {
namespace {

constexpr u32 rounds = 3, walkers_in_round = 120, most_at_once = 6;

// Does 300 things with names of the folder that is its descriptor 0, looks at all of its memory that was not given to be
// written, and writes to descriptor 1 that it is well.
constexpr std::string_view walker = R"(
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat_at (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $target (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (memory (export "memory") 3)
  (data (i32.const 0) "\01a") (data (i32.const 32) "\06link/b") (data (i32.const 64) "\0bfolder/../a")
  (data (i32.const 96) "\04../x") (data (i32.const 128) "\0afolder//b/") (data (i32.const 160) "\04link")
  (data (i32.const 192) "\01.") (data (i32.const 224) "\0clink/../link")
  (data (i32.const 512) "\00\10\00\00\a0\0f\00\00")  ;; 4000 bytes at 4096
  (func $below (param $end i32) (result i32)
    (global.set $random (i64.add (i64.mul (global.get $random) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
    (i32.rem_u (i32.wrap_i64 (i64.shr_u (global.get $random) (i64.const 33))) (local.get $end)))
  (func $name (result i32) (i32.shl (call $below (i32.const 8)) (i32.const 5)))
  (func $text (param $name i32) (result i32) (i32.add (local.get $name) (i32.const 1)))
  (func $size (param $name i32) (result i32) (i32.load8_u (local.get $name)))
  ;; What was opened is used and closed.
  (func $use (param $fd i32) (local $left i32)
    (local.set $left (i32.add (call $below (i32.const 4)) (i32.const 1)))
    (loop $again
      (drop (call $stat (local.get $fd) (i32.const 1024)))
      (drop (call $read (local.get $fd) (i32.const 512) (i32.const 1) (i32.const 2048)))
      (if (i32.gt_u (i32.load (i32.const 2048)) (i32.const 4000)) (then unreachable))
      (drop (call $write (local.get $fd) (i32.const 512) (i32.const 1) (i32.const 2056)))
      (drop (call $seek (local.get $fd) (i64.const -3) (call $below (i32.const 3)) (i32.const 2064)))
      (drop (call $list (local.get $fd) (i32.const 4096) (i32.const 4000) (i64.const 0) (i32.const 2072)))
      (if (i32.gt_u (i32.load (i32.const 2072)) (i32.const 4000)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))
    )
    (drop (call $close (local.get $fd))))
  (func $act (local $a i32) (local $b i32)
    (local.set $a (call $name))
    (local.set $b (call $name))
    (block $done (block $made (block $unlinked (block $renamed (block $read_link (block $looked
      (br_table $looked $read_link $renamed $unlinked $made $done $done $done (call $below (i32.const 8))))
      (drop (call $stat_at (i32.const 0) (call $below (i32.const 2)) (call $text (local.get $a))
        (call $size (local.get $a)) (i32.const 1024)))
      (return))
      (drop (call $target (i32.const 0) (call $text (local.get $a)) (call $size (local.get $a)) (i32.const 4096)
        (i32.const 4000) (i32.const 2080)))
      (return))
      (drop (call $rename (i32.const 0) (call $text (local.get $a)) (call $size (local.get $a))
        (i32.const 0) (call $text (local.get $b)) (call $size (local.get $b))))
      (return))
      (drop (call $unlink (i32.const 0) (call $text (local.get $a)) (call $size (local.get $a))))
      (return))
      (drop (call $make (i32.const 0) (call $text (local.get $a)) (call $size (local.get $a))))
      (return))
    (i32.store (i32.const 2088) (i32.const -1))
    (if (i32.eqz (call $open (i32.const 0) (call $below (i32.const 2)) (call $text (local.get $a))
          (call $size (local.get $a)) (call $below (i32.const 16)) (i64.const 0xfffffff) (i64.const 0xfffffff)
          (call $below (i32.const 32)) (i32.const 2088)))
      (then (call $use (i32.load (i32.const 2088))))))
  (func (export "_start") (local $i i32)
    (memory.fill (i32.const 8192) (i32.const 0x5a) (i32.const 188416))
    (local.set $i (i32.const 300))
    (loop $again
      (call $act)
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $i (i32.const 8192))
    (loop $next
      (if (i64.ne (i64.load (local.get $i)) (i64.const 0x5a5a5a5a5a5a5a5a)) (then unreachable))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 196608))))
    (drop (call $write (i32.const 1) (i32.const 512) (i32.const 1) (i32.const 2056))))
)";

// Its pattern is another in each round; it goes on until the byte that is handed to it is there.
constexpr std::string_view neighbour = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 5)
  (data (i32.const 16) "\40\00\00\00\01\00\00\00")
  (func $word (param $at i32) (param $round i32) (result i32)
    (i32.xor (i32.mul (local.get $at) (i32.const 0x9e3779b1)) (i32.mul (local.get $round) (i32.const 40503))))
  (func (export "_start") (local $at i32) (local $round i32)
    (loop $again
      (local.set $at (i32.const 65536))
      (loop $next
        (if (local.get $round) (then
          (if (i32.ne (i32.load (local.get $at)) (call $word (local.get $at) (local.get $round))) (then unreachable))))
        (i32.store (local.get $at) (call $word (local.get $at) (i32.add (local.get $round) (i32.const 1))))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 327680))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 32)))
      (br_if $again (i32.eqz (i32.load (i32.const 32)))))))
)";

// Gives one byte when it may.
class EndFile final : public Waitable {
 public:
  explicit EndFile(const std::atomic<bool>& is_over) : is_over_(is_over) {}
  wasi::HostResult<u64> read(std::span<u8> into) override {
    if (!is_over_ || into.empty()) return u64{0};
    into[0] = 1;
    return u64{1};
  }
  void poll(wasi::PollItem& item) override { item.ready = true; }

 private:
  const std::atomic<bool>& is_over_;
};

// Counts who writes to it.
class WellFile final : public Waitable {
 public:
  wasi::HostResult<u64> write(std::span<const u8> from) override {
    ++count;
    return u64(from.size());
  }
  void poll(wasi::PollItem& item) override { item.ready = true; }

  std::atomic<u32> count = 0;
};

// One that walks, its server, and what both were fed with.
struct Walk {
  explicit Walk(u64 seed) {
    fuzz::Random random(seed);
    for (u8& byte : bytes) byte = u8(random.next() % (seed % 3 ? 0xd8 : 0x100));
    text = concat("(module", walker, "(global $random (mut i64) (i64.const ", seed, ")))");
  }

  std::vector<u8> bytes = std::vector<u8>(30'000);
  fuzz::Feed feed{bytes};
  fuzz::LyingServer server{feed};
  u32 taken = 0;
  std::string text;
};

}  // namespace

u8 liar(Channel& channel) {
  Config config;
  config.compilation = Compilation::Lazy;
  auto engine = Engine::create(config);
  CHECK(bool(engine));
  Processes all(*engine, kernel_clock(channel));
  static std::atomic<bool> is_over;
  static u32 walked = 0, refused = 0;
  static std::shared_ptr<WellFile> well;
  well = std::make_shared<WellFile>();

  auto body = [](void* processes) {
    auto& all = *static_cast<Processes*>(processes);
    static u32 word;
    u64 begun = 0;
    while (all.list().empty()) wait_for_word(&word, 0, arch::monotonic_ns() + 100'000);  // for the neighbour
    for (u32 round = 0; round < rounds; ++round) {
      std::vector<std::unique_ptr<Walk>> walks;
      for (u32 i = 0; i < walkers_in_round; ++i) {
        Walk& walk = *walks.emplace_back(std::make_unique<Walk>(++begun));
        auto root = open_ninep(std::make_unique<fuzz::LyingTransport>(walk.server, walk.taken), 5);
        if (!root) {
          ++refused;
          continue;
        }
        Launch launch;
        launch.name = "walker";
        launch.program = {reinterpret_cast<const u8*>(walk.text.data()), walk.text.size()};
        launch.context = all.new_context();
        CHECK(bool(launch.context->add_directory(*std::move(root), "/", wasi::Mutability::ReadWrite)));
        CHECK(bool(launch.context->add_file(well, wasi::Right::FdWrite)));
        CHECK(bool(all.start(0, std::move(launch))));
        ++walked;
        while (all.list().size() > most_at_once) wait_for_word(&word, 0, arch::monotonic_ns() + 100'000);
      }
      while (all.list().size() > 1) wait_for_word(&word, 0, arch::monotonic_ns() + 100'000);
      for (const auto& walk : walks) CHECK(walk->taken == 0);
    }
    is_over = true;
  };
  auto worker = platform::spawn_worker(body, &all);
  CHECK(bool(worker));

  Launch launch;
  launch.name = "neighbour";
  launch.program = {reinterpret_cast<const u8*>(neighbour.data()), neighbour.size()};
  launch.context = all.new_context();
  CHECK(bool(launch.context->add_file(std::make_shared<EndFile>(is_over), wasi::Right::FdRead)));
  Ending ending = all.run_here(std::move(launch));
  platform::join_worker(*worker);
  bool neighbour_is_well = ending.how == Ending::How::Exited && ending.code == 0;
  u32 walkers_well = well->count;
  well.reset();
  std::string said = concat("liar: ", walked, " walked, ", walkers_well, " of them well; ", refused,
                            " had no folder; the neighbour is ", neighbour_is_well ? "well" : "not well", "\n");
  channel.send(ToHost::Output, {reinterpret_cast<const u8*>(said.data()), said.size()});
  return !neighbour_is_well || walkers_well != walked || walked < rounds * walkers_in_round / 2;
}

}  // namespace skerry::kernel
