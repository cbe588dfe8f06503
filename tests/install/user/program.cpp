// A program of somebody else's, built against an installed skerry with exceptions and RTTI on: it
// uses what is in the headers, and from the library the end that a Result makes when it is misused.

#include <skerry/result.h>
#include <skerry/trap_code.h>

#include <cstdio>
#include <stdexcept>
#include <string>

skerry::Result<int> half(int n) {
  if (n % 2 != 0) return skerry::fail(skerry::ErrorCode::Argument, "the number is odd");
  return n / 2;
}

int main() {
  try {
    skerry::Result<int> odd = half(3);
    if (!odd) throw std::runtime_error(odd.error().message);
  } catch (const std::exception& thrown) {
    std::string trap(skerry::sentence(skerry::TrapCode::Unreachable));
    std::printf("%d, %s, %s\n", *half(84), thrown.what(), trap.c_str());
  }
}
