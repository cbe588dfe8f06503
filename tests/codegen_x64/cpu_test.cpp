#include "engine/codegen/x64/cpu.h"

#include <gtest/gtest.h>

#include <string>

namespace skerry::x64 {
namespace {

TEST(X64Cpu, Levels) {
  CpuFeatures v1 = CpuFeatures::level(1), v2 = CpuFeatures::level(2), v3 = CpuFeatures::level(3);
  EXPECT_EQ(v1, CpuFeatures());
  EXPECT_TRUE(v1.has(CpuFeature::Sse2));
  EXPECT_FALSE(v1.has(CpuFeature::Sse41));
  EXPECT_TRUE(v2.has(CpuFeature::Sse41) && v2.has(CpuFeature::Popcnt));
  EXPECT_FALSE(v2.has(CpuFeature::Avx) || v2.has(CpuFeature::Bmi1) || v2.has(CpuFeature::Lzcnt));
  EXPECT_TRUE(v3.has(CpuFeature::Avx2) && v3.has(CpuFeature::Bmi2) && v3.has(CpuFeature::Lzcnt));
  EXPECT_FALSE(v3.has(CpuFeature::Fsgsbase));
  EXPECT_TRUE(v3.covers(v2) && v2.covers(v1) && !v1.covers(v2));
  EXPECT_TRUE(CpuFeatures::all().covers(v3));
}

TEST(X64Cpu, StaysClosedUnderParents) {
  CpuFeatures avx2 = CpuFeatures().with(CpuFeature::Avx2);
  EXPECT_TRUE(avx2.has(CpuFeature::Avx) && avx2.has(CpuFeature::Sse41) && avx2.has(CpuFeature::Sse3));
  EXPECT_FALSE(avx2.has(CpuFeature::Fma));
  CpuFeatures no_sse42 = CpuFeatures::all().without(CpuFeature::Sse42);
  EXPECT_FALSE(no_sse42.has(CpuFeature::Avx) || no_sse42.has(CpuFeature::Avx2) || no_sse42.has(CpuFeature::Fma));
  EXPECT_TRUE(no_sse42.has(CpuFeature::Sse41) && no_sse42.has(CpuFeature::Bmi2));
  EXPECT_TRUE(CpuFeatures().without(CpuFeature::Sse2).has(CpuFeature::Sse2));
}

TEST(X64Cpu, Parses) {
  CpuFeatures native = CpuFeatures().with(CpuFeature::Fma);
  auto parse = [&](std::string_view text) {
    auto features = parse_cpu(text, native);
    return features ? *features : CpuFeatures::all();
  };
  EXPECT_EQ(parse("x86-64"), CpuFeatures());
  EXPECT_EQ(parse("x86-64-v3"), CpuFeatures::level(3));
  EXPECT_EQ(parse("native"), native);
  EXPECT_EQ(parse("native,-avx"), CpuFeatures().with(CpuFeature::Sse42));
  EXPECT_EQ(parse("x86-64-v1,+sse4.1,+popcnt"),
            CpuFeatures().with(CpuFeature::Sse41).with(CpuFeature::Popcnt));
  EXPECT_EQ(parse("x86-64-v2,-sse3,+sse3"), CpuFeatures::level(2).without(CpuFeature::Ssse3));
}

TEST(X64Cpu, RefusesWhatItDoesNotKnow) {
  for (std::string_view text : {"", "z80", "x86-64-v4", "x86-64-v1,avx", "x86-64-v1,+avx9", "native,", "native,,+avx",
                                "native,-sse2", "native,+"}) {
    auto features = parse_cpu(text, CpuFeatures());
    ASSERT_FALSE(features) << text;
    EXPECT_EQ(features.error().code, ErrorCode::Argument);
  }
  EXPECT_EQ(parse_cpu("x86-64-v1,+avx9", CpuFeatures()).error().message, "cpu feature \"avx9\" is unknown");
}

TEST(X64Cpu, PrintsWhatItParses) {
  EXPECT_EQ(print_cpu(CpuFeatures()), "x86-64-v1");
  EXPECT_EQ(print_cpu(CpuFeatures::level(3)), "x86-64-v3");
  EXPECT_EQ(print_cpu(CpuFeatures::level(2).with(CpuFeature::Fsgsbase)), "x86-64-v2,+fsgsbase");
  for (CpuFeatures features : {CpuFeatures::all(), CpuFeatures::level(3).without(CpuFeature::Sse42),
                               CpuFeatures::level(2).with(CpuFeature::Bmi1), detect_cpu_features()}) {
    auto parsed = parse_cpu(print_cpu(features), CpuFeatures());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, features);
  }
}

#if defined(__x86_64__)
TEST(X64Cpu, DetectsWhatTheCompilerDetects) {
  __builtin_cpu_init();
  CpuFeatures found = detect_cpu_features();
  EXPECT_EQ(found.has(CpuFeature::Sse41), __builtin_cpu_supports("sse4.1") != 0);
  EXPECT_EQ(found.has(CpuFeature::Popcnt), __builtin_cpu_supports("popcnt") != 0);
  EXPECT_EQ(found.has(CpuFeature::Avx), __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ(found.has(CpuFeature::Avx2), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(found.has(CpuFeature::Fma), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(found.has(CpuFeature::Bmi1), __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ(found.has(CpuFeature::Bmi2), __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(found.has(CpuFeature::Lzcnt), __builtin_cpu_supports("lzcnt") != 0);
}
#endif

}  // namespace
}  // namespace skerry::x64
