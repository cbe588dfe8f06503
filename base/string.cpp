#include "base/string.h"

#include <algorithm>

namespace skerry {

std::string decimal(u64 value) {
  std::string out;
  do out.push_back(char('0' + value % 10));
  while (value /= 10);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string decimal_signed(i64 value) {
  return value < 0 ? "-" + decimal(u64{0} - u64(value)) : decimal(u64(value));
}

std::string hex(u64 value, unsigned digits) {
  std::string out;
  do out.push_back("0123456789abcdef"[value & 15]);
  while (value >>= 4);
  while (out.size() < digits) out.push_back('0');
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace skerry
