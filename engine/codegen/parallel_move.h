// Parallel moves: many places get new contents at once, from what all places held before.
//
// Input: moves with distinct destinations. Output: calls of emit(to, from) in an order in
// which each source is read before it is overwritten; a cycle is opened by moving one of its
// places to the class's scratch register first. Linear in the number of moves. (The graph
// of destinations and sources has one predecessor for each place: it is trees that hang from
// cycles.)

#pragma once


#include "engine/codegen/allocation.h"

namespace skerry::codegen {

// What a move copies from: a place, or bits that are made anew.
struct Source {
  Place place;  // none: constant
  u64 constant = 0;
};

struct Move {
  Place to;
  Source from;
  ir::Type type;
};

class ParallelMove {
 public:
  void add(Move move) {
    if (move.from.place != move.to) moves_.push_back(move);
  }
  bool empty() const { return moves_.empty(); }
  void clear() { moves_.clear(); }

  // Emits all and is empty again. emit(const Move&); `scratch[class]` are registers that no
  // move names.
  template <class Emit>
  void resolve(const u32 (&scratch)[2], Emit emit) {
    for (const Move& move : moves_) {
      if (!move.from.place.is_none()) ++slot_of(move.from.place).readers;
    }
    for (u32 i = 0; i < moves_.size(); ++i) slot_of(moves_[i].to).writer = i;
    ready_.clear();
    for (u32 i = 0; i < moves_.size(); ++i) if (slot_of(moves_[i].to).readers == 0) ready_.push_back(i);
    auto drain = [&] {
      while (!ready_.empty()) {
        u32 i = ready_.back();
        ready_.pop_back();
        emit(moves_[i]);
        State& to = slot_of(moves_[i].to);
        to.writer = none;
        if (moves_[i].from.place.is_none()) continue;
        State& from = slot_of(moves_[i].from.place);
        if (--from.readers == 0 && from.writer != none) ready_.push_back(from.writer);
      }
    };
    drain();
    for (u32 i = 0; i < moves_.size(); ++i) {
      State& to = slot_of(moves_[i].to);
      if (to.writer != i) continue;  // done
      // A cycle: keep what its place holds, and let its one reader take it from there.
      u32 reader = i;
      while (moves_[reader].from.place != moves_[i].to) reader = slot_of(moves_[reader].from.place).writer;
      Place kept = Place::reg(scratch[u8(is_float(moves_[reader].type) ? RegClass::Float : RegClass::Int)]);
      emit({kept, {moves_[i].to}, moves_[reader].type});
      moves_[reader].from.place = kept;
      ++slot_of(kept).readers;
      --to.readers;
      ready_.push_back(i);
      drain();
    }
    for (const Move& move : moves_) {
      slot_of(move.to) = {};
      if (!move.from.place.is_none()) slot_of(move.from.place) = {};
    }
    moves_.clear();
  }

 private:
  static constexpr u32 none = ~u32{0};
  struct State {
    u32 readers = 0;
    u32 writer = none;
  };
  State& slot_of(Place place) {
    if (place.is_reg()) return registers_[place.reg()];
    if (place.slot() >= slots_.size()) slots_.resize(place.slot() + 1);
    return slots_[place.slot()];
  }

  Array<Move> moves_;
  Array<u32> ready_;
  State registers_[register_count];
  Array<State> slots_;
};

}  // namespace skerry::codegen
