#include "kernel/mm/heap.h"

#include <atomic>
#include <bit>

#include "base/check.h"
#include "kernel/arch/spin_lock.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

namespace {

constexpr u64 block_size = 64 * KiB;
constexpr u64 block_count = heap_size / block_size;
constexpr u64 block_pages = block_size / page_size;

enum class BlockKind : u8 { None, Objects, Extent };
struct Block {
  BlockKind kind;
  u8 size_class;  // Objects
  u8 log2;        // Extent: 2^log2 blocks; the first block's entry counts
  bool is_free;   // Extent
  u32 pages;      // Extent: promised, while it is not free
};
static_assert(sizeof(Block) == 8);

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

struct FreeObject { FreeObject* next; };

struct SizeClass {
  FreeObject* free;
  u8 *fresh, *fresh_end;
};

constexpr unsigned extent_sizes = 21;  // 2^20 blocks are the window
// Extents up to this many blocks keep their frames, and the promise for them, when freed.
constexpr unsigned kept_log2 = 2;

// Under `lock`, but that faults read next_block, which only grows.
SpinLock lock;
SizeClass classes[class_count];
u64 free_extents[extent_sizes];  // block + 1 of the first, linked through `pages` of its entry; 0: none
std::atomic<u64> next_block;     // the first never used; 0 before the heap is there

// Under it pages come into the window. A fault may come while its hart has `lock`.
SpinLock fault_lock;

Block* blocks() { return reinterpret_cast<Block*>(heap_begin); }
u8* address_of(u64 block) { return reinterpret_cast<u8*>(heap_begin + block * block_size); }
u64 block_of(const void* object) { return (u64(object) - heap_begin) / block_size; }

constexpr u64 table_blocks = align_up(block_count * sizeof(Block), block_size) / block_size;

u64 take_fresh_blocks(u64 count) {
  if (next_block == 0) next_block = table_blocks;
  if (count > block_count - next_block) return 0;
  u64 block = next_block;
  next_block += count;
  return block;
}

void* allocate_object(usize size_class) {
  SizeClass& c = classes[size_class];
  if (FreeObject* object = c.free) {
    c.free = object->next;
    return object;
  }
  usize size = size_of(size_class);
  if (usize(c.fresh_end - c.fresh) < size) {
    if (!charge_frames(block_pages, For::Heap)) return nullptr;
    u64 block = take_fresh_blocks(1);
    if (block == 0) return uncharge_frames(block_pages), nullptr;
    blocks()[block] = {BlockKind::Objects, u8(size_class), 0, false, 0};
    c.fresh = address_of(block);
    c.fresh_end = c.fresh + block_size;
  }
  u8* object = c.fresh;
  c.fresh += size;
  return object;
}

void* allocate_extent(usize size) {
  if (size > heap_size / 2) return nullptr;
  unsigned log2 = unsigned(std::bit_width((size - 1) / block_size));
  // The frames that a small extent keeps are of all its blocks.
  u64 pages = log2 <= kept_log2 ? block_pages << log2 : align_up(size, block_size) / page_size;
  u64 block = free_extents[log2];
  if (block != 0) {
    --block;
    if (log2 > kept_log2 && !charge_frames(pages, For::Heap)) return nullptr;
    free_extents[log2] = blocks()[block].pages;
  } else {
    if (!charge_frames(pages, For::Heap)) return nullptr;
    block = take_fresh_blocks(u64{1} << log2);
    if (block == 0) return uncharge_frames(pages), nullptr;
  }
  blocks()[block] = {BlockKind::Extent, 0, u8(log2), false, u32(pages)};
  return address_of(block);
}

void free_extent(u64 block) {
  Block& entry = blocks()[block];
  CHECK(!entry.is_free && u64(address_of(block)) % block_size == 0);
  if (entry.log2 > kept_log2) {
    u64 begin = u64(address_of(block));
    arch::unmap_range(begin, begin + (block_size << entry.log2));
    uncharge_frames(entry.pages);
  }
  entry.is_free = true;
  entry.pages = u32(free_extents[entry.log2]);
  free_extents[entry.log2] = block + 1;
}

}  // namespace

void* heap_allocate(usize size, usize alignment) {
  SpinGuard guard(lock);
  if (alignment > 16) {
    // Objects of a class that is a power of two are aligned to their size, extents to a block.
    if (alignment > block_size) return nullptr;
    if (size <= largest_object) size = size > alignment ? std::bit_ceil(size) : alignment;
  }
  return size <= largest_object ? allocate_object(class_of(size)) : allocate_extent(size);
}

void heap_free(void* object) {
  if (!object) return;
  SpinGuard guard(lock);
  u64 block = block_of(object);
  CHECK(block >= table_blocks && block < next_block);
  const Block& entry = blocks()[block];
  if (entry.kind == BlockKind::Extent) return free_extent(block);
  CHECK(entry.kind == BlockKind::Objects);
  FreeObject* free = static_cast<FreeObject*>(object);
  free->next = classes[entry.size_class].free;
  classes[entry.size_class].free = free;
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
