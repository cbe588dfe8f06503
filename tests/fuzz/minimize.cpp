#include "tests/fuzz/minimize.h"

#include <algorithm>
#include <string_view>

#include "engine/decode/decode.h"
#include "engine/validate/validate.h"
#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

namespace {

constexpr u8 code_section = 10;

class Minimizer {
 public:
  Minimizer(Bytes wasm, const std::function<bool(std::span<const u8>)>& holds, u32 attempts)
      : wasm_(std::move(wasm)), holds_(holds), attempts_(attempts) {}

  Bytes run() {
    if (!take_apart()) return wasm_;
    for (usize before = ~usize{0}; before != size() && attempts_ > 0;) {
      before = size();
      for (usize i = 0; i < bodies_.size(); ++i) empty(i);
      for (usize i = 0; i < bodies_.size(); ++i) remove_runs(i);
      for (usize i = 0; i < bodies_.size(); ++i) replace_by_constants(i);
    }
    return put_together();
  }

 private:
  bool take_apart() {
    auto sections = take_sections(wasm_);
    if (!sections) return false;
    sections_ = std::move(*sections);
    for (code_ = 0; code_ < sections_.size() && sections_[code_].id != code_section; ++code_) {}
    if (code_ == sections_.size()) return false;
    auto bodies = take_bodies(sections_[code_].contents);
    if (!bodies) return false;
    bodies_ = std::move(*bodies);
    return true;
  }

  usize size() const {
    usize sum = 0;
    for (const Body& body : bodies_) sum += body.instructions.size();
    return sum;
  }

  Bytes put_together() {
    sections_[code_].contents = put_bodies(bodies_);
    return put_sections(sections_);
  }

  bool attempt(usize body, std::vector<Bytes> instructions) {
    if (attempts_ == 0) return false;
    std::swap(bodies_[body].instructions, instructions);
    Bytes candidate = put_together();
    auto module = wasm::decode(candidate);
    if (module && validate::validate(*module, Features::implemented())) {
      --attempts_;
      if (holds_(candidate)) return true;
    }
    std::swap(bodies_[body].instructions, instructions);
    return false;
  }

  void empty(usize body) {
    if (bodies_[body].instructions.size() > 2) attempt(body, {{0x00}, {0x0b}});
  }

  void remove_runs(usize body) {
    for (usize length = bodies_[body].instructions.size() / 2; length > 0; length /= 2) {
      for (usize at = 0; at + length < bodies_[body].instructions.size();) {
        std::vector<Bytes> fewer = bodies_[body].instructions;
        fewer.erase(fewer.begin() + i64(at), fewer.begin() + i64(at + length));
        if (!attempt(body, std::move(fewer))) at += std::max<usize>(1, length / 4);
      }
    }
    // The ends of a block, which go together.
    for (usize at = 0; at < bodies_[body].instructions.size(); ++at) {
      u8 first = bodies_[body].instructions[at][0];
      if (first != 0x02 && first != 0x03) continue;
      usize end = at, depth = 0;
      for (; end < bodies_[body].instructions.size(); ++end) {
        u8 opcode = bodies_[body].instructions[end][0];
        if (opcode >= 0x02 && opcode <= 0x04) ++depth;
        if (opcode == 0x0b && --depth == 0) break;
      }
      std::vector<Bytes> fewer = bodies_[body].instructions;
      fewer.erase(fewer.begin() + i64(end));
      fewer.erase(fewer.begin() + i64(at));
      attempt(body, std::move(fewer));
    }
  }

  // A run of instructions of which only one value is left, as a constant.
  void replace_by_constants(usize body) {
    const Bytes constants[] = {{0x41, 0x00}, {0x42, 0x00}, {0x43, 0, 0, 0, 0}, {0x44, 0, 0, 0, 0, 0, 0, 0, 0}};
    for (usize length = std::min<usize>(40, bodies_[body].instructions.size() / 2); length > 0; length /= 2) {
      for (usize at = 0; at + length < bodies_[body].instructions.size(); ++at) {
        if (length == 1 && bodies_[body].instructions[at][0] >= 0x41 &&
            bodies_[body].instructions[at][0] <= 0x44) continue;
        for (const Bytes& constant : constants) {
          std::vector<Bytes> fewer = bodies_[body].instructions;
          fewer.erase(fewer.begin() + i64(at), fewer.begin() + i64(at + length));
          fewer.insert(fewer.begin() + i64(at), constant);
          if (attempt(body, std::move(fewer))) break;
        }
      }
    }
  }

  Bytes wasm_;
  const std::function<bool(std::span<const u8>)>& holds_;
  u32 attempts_;
  std::vector<Section> sections_;
  usize code_ = 0;  // which of the sections
  std::vector<Body> bodies_;
};

}  // namespace

std::vector<u8> minimize(std::vector<u8> wasm, const std::function<bool(std::span<const u8>)>& holds, u32 attempts) {
  return Minimizer(std::move(wasm), holds, attempts).run();
}

}  // namespace skerry::fuzz
