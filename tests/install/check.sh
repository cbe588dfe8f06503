#!/bin/bash
# check.sh SOURCE BUILD COMPILER: installs the build, moves the folder, and builds and runs programs in
# C++ and in C against it, found by find_package and by the flags of the pkg-config file.

set -euo pipefail
source=$1 build=$2 compiler=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
expected='42, the number is odd, unreachable'
expected_of_c='1, 0'

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"

cmake -S "$source/tests/install/user" -B "$scratch/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_C_COMPILER="${compiler/clang++/clang}" \
  -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld -DCMAKE_PREFIX_PATH="$scratch/moved" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/build" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
[ "$("$scratch/build/program")" = "$expected" ] || { echo "find_package: the program printed something else"; exit 1; }
[ "$("$scratch/build/c_program")" = "$expected_of_c" ] || { echo "find_package: the program in C printed something else"; exit 1; }

# pkg-config itself is not among the tools that the tests install; its file has only variables in it.
file=$(find "$scratch/moved" -name skerry.pc)
pcfiledir=$(dirname "$file")
while IFS== read -r name value; do
  [[ ! $name =~ ^[a-z]+$ ]] || eval "$name=$value"
done < <(sed "s|\${pcfiledir}|$pcfiledir|" "$file")
eval "flags=\"$(sed -n 's/^Cflags: //p; s/^Libs: //p' "$file" | tr '\n' ' ')\""
# shellcheck disable=SC2086,SC2154
"$compiler" -std=c++23 -fuse-ld=lld "$source/tests/install/user/program.cpp" $flags -o "$scratch/program"
[ "$("$scratch/program")" = "$expected" ] || { echo "pkg-config: the program printed something else"; exit 1; }
# shellcheck disable=SC2086,SC2154
"${compiler/clang++/clang}" -std=c11 -fuse-ld=lld "$source/tests/install/user/program.c" $flags -o "$scratch/c_program"
[ "$("$scratch/c_program")" = "$expected_of_c" ] || { echo "pkg-config: the program in C printed something else"; exit 1; }
