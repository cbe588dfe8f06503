#include "kernel/mm/heap.h"

#include <array>
#include <atomic>
#include <bit>
#include <utility>

#include "base/check.h"
#include "kernel/arch/spin_lock.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

namespace {

constexpr u64 block_size = 64 * KiB;
constexpr u64 block_count = heap_size / block_size;
constexpr u64 block_pages = block_size / page_size;

enum class BlockKind : u8 { None, Objects, Extent, FreeExtent };
struct Block {
  BlockKind kind;
  union {
    u8 size_class;  // Objects
    u8 log2;        // of extents: 2^log2 blocks; the first block's entry counts
  };
  // Objects, in units of 16 bytes from the block's begin: the first free one (0: none), where the rest begins that was
  // never used; and how many are in use.
  u16 first_free, fresh, used;
  u32 pages;           // of extents: promised
  u32 next, previous;  // blocks that also have room for objects of the class; free extents of the size. 0: none
};
static_assert(sizeof(Block) == 20);

// Sizes in steps of 16 to 128, then four to a doubling, up to 32 KB.
constexpr usize linear_classes = 8;
constexpr usize largest_object = 32 * KiB;
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
static_assert([] {
  for (usize size = 1; size <= largest_object; ++size) {
    usize c = class_of(size);
    if (size_of(c) < size || (c > 0 && size_of(c - 1) >= size)) return false;
  }
  return true;
}());

constexpr usize unit = 16;
struct FreeObject { u16 next; };  // as Block::first_free

constexpr unsigned extent_sizes = 21;  // 2^20 blocks are the window
// Free extents up to this many blocks keep their frames, and the promise for them, while they are few in all.
constexpr unsigned kept_log2 = 2;
constexpr u64 most_kept_pages = 1 * MiB / page_size;

// Under `lock`, but that faults read next_block, which only grows.
SpinLock lock;
u32 roomy[class_count];          // the first block of each class in which there is room
u32 empty_blocks[class_count];   // how many of them are not used at all
u32 free_extents[extent_sizes];  // the first
u64 kept_pages;                  // of free extents
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

// 2^log2 adjacent blocks, promised so many pages. 0: memory is short.
u32 take_blocks(unsigned log2, u64 pages, For whom) {
  u32 block = free_extents[log2];
  bool is_kept = block && blocks()[block].pages != 0;
  if (is_kept) {
    kept_pages -= blocks()[block].pages;
  } else if (!charge_frames(pages, whom)) {
    return 0;
  }
  if (block) {
    take_out(free_extents[log2], block);
    return block;
  }
  if (next_block == 0) next_block = table_blocks;
  if ((u64{1} << log2) > block_count - next_block) {
    uncharge_frames(pages);
    return 0;
  }
  block = u32(next_block);
  next_block += u64{1} << log2;
  return block;
}

void give_blocks_back(u32 block, unsigned log2, u64 pages) {
  bool is_kept = log2 <= kept_log2 && kept_pages + pages <= most_kept_pages;
  if (is_kept) {
    kept_pages += pages;
  } else {
    u64 begin = u64(address_of(block));
    arch::unmap_range(begin, begin + (block_size << log2));
    uncharge_frames(pages);
  }
  blocks()[block] = {.kind = BlockKind::FreeExtent, .log2 = u8(log2), .pages = is_kept ? u32(pages) : 0};
  put_first(free_extents[log2], block);
}

// What of a block objects of each class have, in units.
constexpr auto rooms = [] {
  std::array<u16, class_count> rooms;
  for (usize c = 0; c < class_count; ++c) rooms[c] = u16(block_size / size_of(c) * size_of(c) / unit);
  return rooms;
}();
bool is_full(const Block& b) { return !b.first_free && b.fresh == rooms[b.size_class]; }

void* allocate_object(usize size_class, For whom) {
  u32 block = roomy[size_class];
  if (!block) {
    block = take_blocks(0, block_pages, whom);
    if (!block) return nullptr;
    blocks()[block] = {.kind = BlockKind::Objects, .size_class = u8(size_class)};
    put_first(roomy[size_class], block);
    ++empty_blocks[size_class];
  }
  Block& b = blocks()[block];
  if (b.used++ == 0) --empty_blocks[size_class];
  u8* object = address_of(block);
  if (b.first_free) {
    object += (b.first_free - 1) * unit;
    b.first_free = reinterpret_cast<FreeObject*>(object)->next;
  } else {
    object += b.fresh * unit;
    b.fresh = u16(b.fresh + size_of(size_class) / unit);
  }
  if (is_full(b)) take_out(roomy[size_class], block);
  return object;
}

void free_object(u32 block, void* object) {
  Block& b = blocks()[block];
  u64 offset = u64(object) % block_size;
  CHECK(b.used != 0 && offset % unit == 0);
  if (is_full(b)) put_first(roomy[b.size_class], block);
  reinterpret_cast<FreeObject*>(object)->next = b.first_free;
  b.first_free = u16(offset / unit + 1);
  if (--b.used != 0) return;
  // One is kept for the next object.
  if (++empty_blocks[b.size_class] == 1) return;
  --empty_blocks[b.size_class];
  take_out(roomy[b.size_class], block);
  give_blocks_back(block, 0, block_pages);
}

void* allocate_extent(usize size, For whom) {
  if (size > heap_size / 2) return nullptr;
  unsigned log2 = unsigned(std::bit_width((size - 1) / block_size));
  // The frames that a small extent keeps are of all its blocks.
  u64 pages = log2 <= kept_log2 ? block_pages << log2 : align_up(size, block_size) / page_size;
  u32 block = take_blocks(log2, pages, whom);
  if (!block) return nullptr;
  blocks()[block] = {.kind = BlockKind::Extent, .log2 = u8(log2), .pages = u32(pages)};
  return address_of(block);
}

}  // namespace

void* heap_allocate(usize size, usize alignment, For whom) {
  if (is_refused(whom)) return nullptr;
  SpinGuard guard(lock);
  if (alignment > 16) {
    // Objects of a class that is a power of two are aligned to their size, extents to a block.
    if (alignment > block_size) return nullptr;
    if (size <= largest_object) size = size > alignment ? std::bit_ceil(size) : alignment;
  }
  return size <= largest_object ? allocate_object(class_of(size), whom) : allocate_extent(size, whom);
}

void heap_free(void* object) {
  if (!object) return;
  SpinGuard guard(lock);
  u64 block = block_of(object);
  CHECK(block >= table_blocks && block < next_block);
  const Block& entry = blocks()[block];
  if (entry.kind == BlockKind::Objects) return free_object(u32(block), object);
  CHECK(entry.kind == BlockKind::Extent && u64(object) % block_size == 0);
  give_blocks_back(u32(block), entry.log2, entry.pages);
}

bool fault_in_heap(u64 address, arch::FaultAccess access) {
  if (access == arch::FaultAccess::Execute) return false;
  if (address < heap_begin || block_of(reinterpret_cast<void*>(address)) >= next_block) return false;
  bool in_table = block_of(reinterpret_cast<void*>(address)) < table_blocks;
  // One page of the table speaks of 32 MB: it is mapped alone. Objects are used side by side.
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
