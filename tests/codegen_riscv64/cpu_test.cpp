#include "engine/codegen/riscv64/cpu.h"

#include <gtest/gtest.h>

#include <string>

namespace skerry::riscv64 {
namespace {

const CpuFeatures zba = CpuFeatures().with(CpuFeature::Zba), zbb = CpuFeatures().with(CpuFeature::Zbb);

TEST(Riscv64Cpu, Sets) {
  EXPECT_TRUE(CpuFeatures::all().covers(zba) && zba.covers(CpuFeatures()) && !zba.covers(zbb));
  EXPECT_TRUE(CpuFeatures::all().has(CpuFeature::Zbs));
  EXPECT_EQ(zba.with(CpuFeature::Zbb).without(CpuFeature::Zba), zbb);
}

TEST(Riscv64Cpu, Parses) {
  auto parse = [&](std::string_view text) {
    auto features = parse_cpu(text, zbb);
    return features ? *features : CpuFeatures::all();
  };
  EXPECT_EQ(parse("rv64gc"), CpuFeatures());
  EXPECT_EQ(parse("native"), zbb);
  EXPECT_EQ(parse("native,-zbb"), CpuFeatures());
  EXPECT_EQ(parse("rv64gc,zba"), zba);
  EXPECT_EQ(parse("rv64gc,+zba,zbb,-zba"), zbb);
}

TEST(Riscv64Cpu, RefusesWhatItDoesNotKnow) {
  for (std::string_view text : {"", "x86-64", "rv32gc", "rv64gc_zba", "rv64gc,", "rv64gc,,zba", "native,+", "native,v"}) {
    auto features = parse_cpu(text, CpuFeatures());
    ASSERT_FALSE(features) << text;
    EXPECT_EQ(features.error().code, ErrorCode::Argument);
  }
  EXPECT_EQ(parse_cpu("rv64gc,+zbz", CpuFeatures()).error().message, "cpu feature \"zbz\" is unknown");
}

TEST(Riscv64Cpu, PrintsWhatItParses) {
  EXPECT_EQ(print_cpu(CpuFeatures()), "rv64gc");
  EXPECT_EQ(print_cpu(CpuFeatures::all()), "rv64gc,zba,zbb,zbs");
  for (CpuFeatures features : {CpuFeatures::all(), zba, zbb, detect_cpu_features()}) {
    auto parsed = parse_cpu(print_cpu(features), CpuFeatures());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, features);
  }
}

TEST(Riscv64Cpu, ReadsIsaStrings) {
  EXPECT_EQ(features_of_isa(""), CpuFeatures());
  EXPECT_EQ(features_of_isa("rv64imafdc"), CpuFeatures());
  EXPECT_EQ(features_of_isa("rv64imafdch_zicsr_zifencei_zba_zbb_sstc"), zba.with(CpuFeature::Zbb));
  EXPECT_EQ(features_of_isa("rv64i2p1_m2p0_zba1p0_zbs1p0"), zba.with(CpuFeature::Zbs));
  EXPECT_EQ(features_of_isa("rv64gc_zba1"), zba);
  EXPECT_EQ(features_of_isa("rv64gc_zbabc_zb_zbap_"), CpuFeatures());
  // Only behind underscores: single letters stand together.
  EXPECT_EQ(features_of_isa("rv64gczba"), CpuFeatures());
}

}  // namespace
}  // namespace skerry::riscv64
