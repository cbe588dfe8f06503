#include "wasi/context.h"

namespace skerry::wasi {

Context::Context(Host host, Limits limits) : host(std::move(host)), limits(limits), files(limits.descriptors) {
  CHECK(this->host.clock && this->host.random && this->host.poller);
}

HostResult<u32> Context::add_file(std::shared_ptr<File> file, Rights access) {
  CHECK(file != nullptr);
  return files.insert(make_descriptor({std::move(file), nullptr}, access, Rights::all(), Mutability::ReadWrite));
}

HostResult<u32> Context::add_directory(std::shared_ptr<Directory> directory, std::string guest_name, Mutability tree) {
  CHECK(directory != nullptr);
  Rights inherited = directory_rights | file_rights;
  Descriptor descriptor = make_descriptor({nullptr, std::move(directory)}, Rights(), inherited, tree);
  descriptor.preopen = std::move(guest_name);
  return files.insert(std::move(descriptor));
}

}  // namespace skerry::wasi
