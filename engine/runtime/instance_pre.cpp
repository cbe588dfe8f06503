#include "engine/runtime/instance_pre.h"

#include "engine/runtime/linker.h"

namespace skerry::runtime {

InstancePre::~InstancePre() {
  for (const FuncRecord& record : records_) module_->engine().signatures().release(record.signature);
}

void InstancePre::reserve(usize count) {
  imports_.reserve(count);
  records_.reserve(count);
  environments_.reserve(count);
}

Result<FuncRecord*> InstancePre::add(const detail::HostFunction& function) {
  CHECK(records_.size() < records_.capacity());
  Signatures& signatures = module_->engine().signatures();
  u32 signature = TRY(signatures.acquire(function.type));
  WantedStubs wanted{.id = signature, .call_host = !function.takes_array, .call_host_array = function.takes_array};
  if (auto made = signatures.make_stubs({&wanted, 1}); !made) {
    signatures.release(signature);
    return made.take_failure();
  }
  Stubs stubs = signatures.stubs(signature);
  records_.push_back({
      .code = nullptr,
      .instance = &nobody_,
      .far_code = function.takes_array ? stubs.call_host_array : stubs.call_host,
      .host_function = function.code,
      .host_environment = function.environment.get(),
      .signature = signature,
      .handle = 0,
  });
  environments_.push_back(function.environment);
  imports_.push_back({&records_.back(), std::nullopt});
  return &records_.back();
}

Result<std::vector<ExternValue>> InstancePre::values(Store& store) const {
  std::vector<ExternValue> values;
  values.reserve(imports_.size());
  for (const Import& import : imports_) {
    values.push_back(import.function ? ExternValue(import.function) : TRY(extern_value(store, *import.of_a_store)));
  }
  return values;
}

}  // namespace skerry::runtime
