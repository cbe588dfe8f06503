#include "kernel/mm/heap.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <utility>

#include "base/check.h"
#include "kernel/arch/spin_lock.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

namespace {

constexpr u64 block_size = 16 * KiB;
constexpr u64 block_count = heap_size / block_size;
constexpr u64 block_pages = block_size / page_size;

// None: it was never used, or is not the first one of its extent.
enum class BlockKind : u8 { None, Objects, Extent, Kept, Free };
struct Block {
  BlockKind kind;
  union {
    u8 size_class;  // Objects
    u8 log2;        // of extents: 2^log2 blocks
  };
  // Objects, in units of 16 bytes from the block's begin: the first free one, + 1 (0: none), where the rest begins that
  // was never used (it goes on at the block's begin); and for how many more there is room.
  u16 first_free, fresh, room;
  union {
    u32 next;   // block that also has room for objects of the class, or free extent of the size; 0: none
    u32 pages;  // of extents that are in use: promised
  };
  u32 previous;
};
static_assert(sizeof(Block) == 16);

// Sizes in steps of 16 to 128, then four to a doubling, up to half a block.
constexpr usize linear_classes = 8;
constexpr usize largest_object = block_size / 2;
constexpr usize class_of(usize size) {
  if (size <= 128) return size <= 16 ? 0 : (size - 1) / 16;
  unsigned log2 = unsigned(std::bit_width(size - 1)) - 1;  // 2^log2 < size <= 2^(log2 + 1)
  return linear_classes + (log2 - 7) * 4 + ((size - 1) >> (log2 - 2) & 3);
}
constexpr usize size_of(usize size_class) {
  if (size_class < linear_classes) return (size_class + 1) * 16;
  usize step = size_class - linear_classes, log2 = step / 4 + 7;
  return (usize{1} << log2) + ((step & 3) + 1) * (usize{1} << (log2 - 2));
}
constexpr usize class_count = class_of(largest_object) + 1;
// By the size in units of 16 bytes, rounded up: most objects are small, and are many.
constexpr usize most_looked_up = 2 * KiB;
constexpr auto small_classes = [] {
  std::array<u8, most_looked_up / 16 + 1> classes;
  for (usize i = 0; i < classes.size(); ++i) classes[i] = u8(class_of(16 * i));
  return classes;
}();
static_assert([] {
  for (usize size = 1; size <= largest_object; ++size) {
    usize c = class_of(size);
    if (size_of(c) < size || (c > 0 && size_of(c - 1) >= size)) return false;
  }
  return true;
}());

constexpr usize unit = 16;
struct FreeObject { u16 next; };  // as Block::first_free

constexpr unsigned extent_sizes = std::bit_width(block_count);  // the largest is the window
constexpr unsigned table_log2 = 7;  // 2^7 blocks are what one table of pages covers
static_assert(block_size << table_log2 == 512 * page_size);
// Free extents up to this many blocks keep their frames, and the promise for them, while they are few in all. When they
// are too many, half of that goes at once, since all harts have to be told each time.
constexpr unsigned kept_log2 = 4;
constexpr u64 most_kept_pages = 4 * MiB / page_size, part_kept = 64;

// Under `lock`, but that faults read next_block, which only grows.
SpinLock lock;
u32 roomy[class_count];          // the first block of each class in which there is room
u32 free_extents[extent_sizes];   // the first of those without frames
u32 kept_extents[kept_log2 + 1];  // and of those with
u64 kept_pages;
std::atomic<u64> next_block;     // the first never used; 0 before the heap is there

// Under it pages come into the window. A fault may come while its hart has `lock`.
SpinLock fault_lock;

Block* blocks() { return reinterpret_cast<Block*>(heap_begin); }
u8* address_of(u64 block) { return reinterpret_cast<u8*>(heap_begin + block * block_size); }
u64 block_of(const void* object) { return (u64(object) - heap_begin) / block_size; }

constexpr u64 table_blocks = align_up(block_count * sizeof(Block), block_size) / block_size;

void put_first(u32& first, u32 block) {
  blocks()[block].previous = 0;
  blocks()[block].next = first;
  if (first) blocks()[first].previous = block;
  first = block;
}
void take_out(u32& first, u32 block) {
  auto [next, previous] = std::pair(blocks()[block].next, blocks()[block].previous);
  (previous ? blocks()[previous].next : first) = next;
  if (next) blocks()[next].previous = previous;
}

u32 take_first(u32& first) {
  u32 block = first;
  take_out(first, block);
  return block;
}

// An extent without frames is free, and one with its neighbour as far as that is free too. Where they are all that a table
// of pages covers the table goes: what once filled the heap leaves nothing behind.
void free_extent(u32 block, unsigned log2) {
  const u32 table = align_down(block, u32{1} << table_log2);
  const bool has_part_of_table = log2 < table_log2;
  for (; log2 < extent_sizes - 1; ++log2) {
    u32 size = u32{1} << log2, neighbour = block ^ size;
    if (neighbour >= next_block) break;
    const Block& other = blocks()[neighbour];
    if (other.kind != BlockKind::Free || other.log2 != log2) break;
    take_out(free_extents[log2], neighbour);
    blocks()[block | size].kind = BlockKind::None;
    block &= ~size;
  }
  blocks()[block] = {.kind = BlockKind::Free, .log2 = u8(log2)};
  put_first(free_extents[log2], block);
  if (has_part_of_table && log2 >= table_log2) {
    u64 begin = u64(address_of(table));
    arch::unmap_range(begin, begin + (block_size << table_log2));
  }
}

// 2^log2 blocks without frames, of a larger extent if need be, or of what was never used, at a multiple of their size.
// 0: the window is full.
u32 take_free(unsigned log2) {
  for (unsigned k = log2; k < extent_sizes; ++k) {
    if (!free_extents[k]) continue;
    u32 block = take_first(free_extents[k]);
    while (k > log2) {
      u32 upper = block + (u32{1} << --k);
      blocks()[upper] = {.kind = BlockKind::Free, .log2 = u8(k)};
      put_first(free_extents[k], upper);
    }
    return block;
  }
  if (next_block == 0) next_block = table_blocks;
  u64 size = u64{1} << log2, begin = align_up(next_block.load(), size);
  if (size > block_count - begin) return 0;
  while (next_block < begin) {
    u32 hole = u32(next_block);
    unsigned hole_log2 = unsigned(std::countr_zero(hole));
    next_block += u64{1} << hole_log2;
    free_extent(hole, hole_log2);
  }
  next_block += size;
  return u32(begin);
}

// Frames of kept extents go back until no more than so many are left.
void drop_kept(u64 left) {
  constexpr u32 most = 128;
  static PhysicalRange ranges[most];  // too much for a stack on which no page may be missing
  static u32 extents[most];
  static u8 sizes[most];
  while (kept_pages > left) {
    u32 count = 0;
    u64 pages = 0;
    for (unsigned log2 = 0; log2 <= kept_log2; ++log2) {
      while (kept_extents[log2] && count < most && kept_pages - pages > left) {
        u32 block = take_first(kept_extents[log2]);
        u64 begin = u64(address_of(block));
        ranges[count] = {begin, begin + (block_size << log2)};
        sizes[count] = u8(log2);
        extents[count++] = block;
        pages += block_pages << log2;
      }
    }
    arch::unmap_ranges({ranges, count});
    uncharge_frames(pages);
    for (u32 i = 0; i < count; ++i) free_extent(extents[i], sizes[i]);
    kept_pages -= pages;
  }
}

// 2^log2 adjacent blocks, promised so many pages. 0: memory is short.
u32 take_blocks(unsigned log2, u64 pages, For whom) {
  if (log2 <= kept_log2 && kept_extents[log2]) {
    kept_pages -= block_pages << log2;
    return take_first(kept_extents[log2]);
  }
  if (!charge_frames(pages, whom)) {
    if (kept_pages == 0) return 0;
    drop_kept(0);
    if (!charge_frames(pages, whom)) return 0;
  }
  u32 block = take_free(log2);
  if (!block) uncharge_frames(pages);
  return block;
}

[[gnu::noinline]] void give_blocks_back(u32 block, unsigned log2, u64 pages) {
  if (log2 <= kept_log2) {
    blocks()[block] = {.kind = BlockKind::Kept, .log2 = u8(log2)};
    put_first(kept_extents[log2], block);
    kept_pages += pages;
    u64 most = std::min(most_kept_pages, frame_counts().total / part_kept);
    if (kept_pages > most) drop_kept(most / 2);
    return;
  }
  u64 begin = u64(address_of(block));
  arch::unmap_range(begin, begin + (block_size << log2));
  uncharge_frames(pages);
  free_extent(block, log2);
}

// Objects that a block has of each class, and their size in units.
constexpr auto capacities = [] {
  std::array<u16, class_count> capacities;
  for (usize c = 0; c < class_count; ++c) capacities[c] = u16(block_size / size_of(c));
  return capacities;
}();
constexpr auto units = [] {
  std::array<u16, class_count> units;
  for (usize c = 0; c < class_count; ++c) units[c] = u16(size_of(c) / unit);
  return units;
}();

// Where the first object of a block lies, in units. What is used most is in a block's first pages, and if these were
// all a multiple of a block apart they would have few places of a translation buffer between them: so those of 64
// blocks that follow each other have 64 places of one with as many.
constexpr u32 blocks_of_buffer = 64 / block_pages;
u16 first_place(u32 block, usize size_class) {
  return u16(block / blocks_of_buffer % block_pages * capacities[size_class] / block_pages * units[size_class]);
}

// What is seldom done is not in line, so that the rest keeps few registers.
[[gnu::noinline]] u32 take_block_of_objects(usize size_class, For whom) {
  u32 block = take_blocks(0, block_pages, whom);
  if (!block) return 0;
  blocks()[block] = {.kind = BlockKind::Objects, .size_class = u8(size_class),
                     .fresh = first_place(block, size_class), .room = capacities[size_class]};
  put_first(roomy[size_class], block);
  return block;
}
[[gnu::noinline]] void block_is_full(usize size_class, u32 block) { take_out(roomy[size_class], block); }
[[gnu::noinline]] void block_has_room(usize size_class, u32 block) { put_first(roomy[size_class], block); }
// It goes back, unless it is the only one with room: for the next object.
[[gnu::noinline]] void block_is_empty(usize size_class, u32 block) {
  if (roomy[size_class] == block && blocks()[block].next == 0) return;
  take_out(roomy[size_class], block);
  give_blocks_back(block, 0, block_pages);
}

void* allocate_object(usize size_class, For whom) {
  u32 block = roomy[size_class];
  if (!block) {
    block = take_block_of_objects(size_class, whom);
    if (!block) return nullptr;
  }
  Block& b = blocks()[block];
  u8* object = address_of(block);
  if (b.first_free) {
    object += (b.first_free - 1) * unit;
    b.first_free = reinterpret_cast<FreeObject*>(object)->next;
  } else {
    object += b.fresh * unit;
    u32 next = b.fresh + units[size_class];
    b.fresh = next == capacities[size_class] * units[size_class] ? 0 : u16(next);
  }
  if (--b.room == 0) block_is_full(size_class, block);
  return object;
}

void free_object(u32 block, void* object) {
  Block& b = blocks()[block];
  u64 offset = u64(object) % block_size;
  u32 room = b.room, capacity = capacities[b.size_class];
  CHECK(room < capacity && offset % unit == 0);
  reinterpret_cast<FreeObject*>(object)->next = b.first_free;
  b.first_free = u16(offset / unit + 1);
  b.room = u16(++room);
  if (room == 1) block_has_room(b.size_class, block);
  if (room == capacity) block_is_empty(b.size_class, block);
}

[[gnu::noinline]] void* allocate_extent(usize size, For whom) {
  if (size > heap_size / 2) return nullptr;
  unsigned log2 = unsigned(std::bit_width((size - 1) / block_size));
  // The frames that a small extent keeps are of all its blocks.
  u64 pages = log2 <= kept_log2 ? block_pages << log2 : align_up(size, block_size) / page_size;
  u32 block = take_blocks(log2, pages, whom);
  if (!block) return nullptr;
  blocks()[block] = {.kind = BlockKind::Extent, .log2 = u8(log2), .pages = u32(pages)};
  return address_of(block);
}

// class_count and more: there is none.
[[gnu::noinline]] usize class_of_large(usize size) { return size <= largest_object ? class_of(size) : class_count; }

}  // namespace

void* heap_allocate(usize size, For whom) {
  if (is_refused(whom)) return nullptr;
  usize size_class = size <= most_looked_up ? small_classes[(size + 15) / 16] : class_of_large(size);
  SpinGuard guard(lock);
  return size_class < class_count ? allocate_object(size_class, whom) : allocate_extent(size, whom);
}

// Objects of a class that is a power of two are aligned to their size, extents to a block.
void* heap_allocate_aligned(usize size, usize alignment, For whom) {
  if (alignment > block_size) return nullptr;
  if (size <= largest_object) size = size > alignment ? std::bit_ceil(size) : alignment;
  return heap_allocate(size, whom);
}

void heap_free(void* object) {
  if (!object) return;
  SpinGuard guard(lock);
  u64 block = block_of(object);
  CHECK(block < block_count);
  const Block& entry = blocks()[block];
  if (entry.kind == BlockKind::Objects) return free_object(u32(block), object);
  CHECK(entry.kind == BlockKind::Extent && u64(object) % block_size == 0);  // of no kind where none was ever handed out
  give_blocks_back(u32(block), entry.log2, entry.pages);
}

void drop_free_blocks() {
  SpinGuard guard(lock);
  for (usize size_class = 0; size_class < class_count; ++size_class) {
    // One without objects is kept only where it is the only one with room (block_is_empty).
    u32 block = roomy[size_class];
    if (!block || blocks()[block].room != capacities[size_class]) continue;
    take_out(roomy[size_class], block);
    give_blocks_back(block, 0, block_pages);
  }
  drop_kept(0);
}

bool fault_in_heap(u64 address, arch::FaultAccess access) {
  if (access == arch::FaultAccess::Execute) return false;
  if (address < heap_begin || block_of(reinterpret_cast<void*>(address)) >= next_block) return false;
  bool in_table = block_of(reinterpret_cast<void*>(address)) < table_blocks;
  // One page of the table speaks of 4 MB: it is mapped alone. Objects are used side by side.
  u64 begin = align_down(address, in_table ? page_size : block_size), end = begin + (in_table ? page_size : block_size);
  SpinGuard guard(fault_lock);
  for (u64 page = begin; page < end; page += page_size) {
    if (arch::find_mapping(page)) continue;
    auto frame = allocate_frame();
    if (!frame) arch::stop("no memory is left for the heap");
    if (in_table) __builtin_memset(arch::direct(*frame), 0, page_size);
    if (!arch::map_page(page, {*frame, arch::Access::ReadWrite})) arch::stop("no memory is left for page tables");
  }
  return true;  // by this hart or another
}

}  // namespace skerry::kernel
