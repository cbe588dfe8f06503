# cmake -DROOT=... -DOUTPUT=... -P engine_id.cmake: the identity of the engine, from all sources that decide
# what machine code comes out. The same for every build of the same sources, so that machines share artifacts.
file(GLOB_RECURSE sources RELATIVE ${ROOT}
  ${ROOT}/base/*.cpp ${ROOT}/base/*.h ${ROOT}/engine/*.cpp ${ROOT}/engine/*.h ${ROOT}/engine/*.def ${ROOT}/include/*.def)
list(SORT sources)
set(hashes "")
foreach(source IN LISTS sources)
  file(SHA256 ${ROOT}/${source} hash)
  string(APPEND hashes "${source} ${hash}\n")
endforeach()
string(SHA256 id "${hashes}")
string(SUBSTRING ${id} 0 16 id)
file(WRITE ${OUTPUT} "#include \"engine/runtime/engine_id.h\"\n\nconst char skerry::runtime::engine_id[] = \"${id}\";\n")
