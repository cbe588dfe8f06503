#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <string_view>

#include "base/leb128.h"

namespace skerry::fuzz {

namespace {

constexpr usize longest_run = 64;

template <class Sequence>
void insert(Sequence& to, usize at, const Sequence& from, usize begin, usize count) {
  Sequence run(from.begin() + i64(begin), from.begin() + i64(begin + count));
  to.insert(to.begin() + i64(at), run.begin(), run.end());
}

// Changes that any sequence can take: runs removed, repeated, moved, taken from a donor.
template <class Sequence>
void change_runs(Sequence& sequence, Random& random, const Sequence* donor) {
  if (sequence.empty()) return;
  usize at = random.below(sequence.size());
  usize count = 1 + random.below(std::min(longest_run, sequence.size() - at));
  if (random.one_in(2)) count = 1;
  switch (random.below(4)) {
    case 0: sequence.erase(sequence.begin() + i64(at), sequence.begin() + i64(at + count)); break;
    case 1: insert(sequence, random.below(sequence.size() + 1), sequence, at, count); break;
    case 2: std::swap(sequence[at], sequence[random.below(sequence.size())]); break;
    default: {
      if (!donor || donor->empty()) break;
      usize from = random.below(donor->size());
      insert(sequence, at, *donor, from, 1 + random.below(std::min(longest_run, donor->size() - from)));
    }
  }
}

// A number in place of a byte, or of a number there.
void change_number(Bytes& bytes, usize at, Random& random) {
  constexpr u64 numbers[] = {0, 1, 63, 64, 127, 128, 255, 256, 0xffff, 0x10000, 50'000, 50'001, 0x7fffffff, 0x80000000,
      0xffffffff, 0x100000000, ~u64{0}};
  usize end = at;
  while (end < bytes.size() && bytes[end] & 0x80 && end - at < 10) ++end;
  if (end < bytes.size()) ++end;
  Bytes number;
  switch (random.below(3)) {
    case 0: write_leb_unsigned(number, random.pick(numbers)); break;
    case 1: write_leb_signed(number, -i64(random.pick(numbers))); break;
    default:  // the same number, longer than need be
      number.assign(bytes.begin() + i64(at), bytes.begin() + i64(end));
      number.back() |= 0x80;
      number.insert(number.end(), random.below(4), 0x80);
      number.push_back(0);
  }
  bytes.erase(bytes.begin() + i64(at), bytes.begin() + i64(end));
  bytes.insert(bytes.begin() + i64(at), number.begin(), number.end());
}

void change_bytes(Bytes& bytes, Random& random, std::span<const Bytes> donors) {
  constexpr u8 telling[] = {0x00, 0x01, 0x0b, 0x40, 0x41, 0x60, 0x6f, 0x70, 0x7b, 0x7c, 0x7f, 0x80, 0xfc, 0xfd, 0xff};
  if (bytes.empty()) return;
  usize at = random.below(bytes.size());
  switch (random.below(6)) {
    case 0: bytes[at] ^= u8(1u << random.below(8)); break;
    case 1: bytes[at] = random.pick(telling); break;
    case 2: bytes[at] = u8(bytes[at] + (random.one_in(2) ? 1 : -1)); break;
    case 3: change_number(bytes, at, random); break;
    default: change_runs(bytes, random, donors.empty() ? nullptr : &random.pick(donors)); break;
  }
}

std::optional<std::vector<Body>> bodies_of(const Bytes& wasm) {
  auto sections = take_sections(wasm);
  if (!sections) return std::nullopt;
  for (const Section& section : *sections)
    if (section.id == 10) return take_bodies(section.contents);
  return std::nullopt;
}

void change_instructions(Bytes& code, Random& random, std::span<const Bytes> donors) {
  auto bodies = take_bodies(code);
  if (!bodies || bodies->empty()) return change_bytes(code, random, donors);
  Body& body = random.pick(*bodies);
  if (body.instructions.empty()) return;
  if (random.one_in(3)) {
    Bytes& instruction = random.pick(body.instructions);
    change_bytes(instruction, random, {});
  } else {
    std::optional<std::vector<Body>> others;
    if (!donors.empty() && random.one_in(2)) others = bodies_of(random.pick(donors));
    const std::vector<Body>& from = others && !others->empty() ? *others : *bodies;
    std::vector<Bytes> donor = from[random.below(from.size())].instructions;
    change_runs(body.instructions, random, &donor);
  }
  code = put_bodies(*bodies);
}

}  // namespace

Bytes mutate_bytes(Bytes bytes, Random& random, std::span<const Bytes> donors) {
  for (u32 changes = 1 + random.below(4); changes > 0; --changes) change_bytes(bytes, random, donors);
  return bytes;
}

Bytes mutate_module(const Bytes& wasm, Random& random, std::span<const Bytes> donors) {
  auto sections = take_sections(wasm);
  if (!sections || sections->empty() || random.one_in(4)) return mutate_bytes(wasm, random, donors);
  for (u32 changes = 1 + random.below(3); changes > 0; --changes) {
    if (random.one_in(12)) {
      change_runs(*sections, random, &*sections);
      if (sections->empty()) break;
      continue;
    }
    Section& section = random.pick(*sections);
    if (section.id == 10 && !random.one_in(4)) change_instructions(section.contents, random, donors);
    else change_bytes(section.contents, random, donors);
  }
  return put_sections(*sections);
}

std::string mutate_text(std::string text, Random& random, std::span<const std::string> donors) {
  constexpr std::string_view pieces[] = {"(", ")", "\"",
      "\\", ";;", "(;", ";)", "$", " ", "\n", "0x", "_", ".", "-", "+", "nan:0x", "inf", "(@", "\"\\ff\"",
                                         "4294967296", "1e999", "i32", "(param", "(result", "(type", "(then", "else",
                                             "end", "block", "\xff", "\xc3", "=", "offset=", "align="};
  for (u32 changes = 1 + random.below(4); changes > 0 && !text.empty(); --changes) {
    switch (random.below(4)) {
      case 0: text[random.below(text.size())] = char(random.next()); break;
      case 1: text.insert(random.below(text.size() + 1), random.pick(pieces)); break;
      default: change_runs(text, random, donors.empty() ? nullptr : &random.pick(donors)); break;
    }
  }
  return text;
}

}  // namespace skerry::fuzz
