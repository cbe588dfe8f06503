# What ./dev and the scripts in tools/dev share: sourced, it sets $root, the root of the tree. All that
# it says goes to standard error, so that standard output is the program's own.

root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")

build_packages=(clang-19 lld-19 llvm-19 libclang-rt-19-dev ccache cmake ninja-build
  libgtest-dev libbenchmark-dev)
riscv64_packages=(g++-riscv64-linux-gnu googletest)
qemu_packages=(qemu-system-x86 qemu-system-misc qemu-user python3)
proof_packages=(z3)
wasm_packages=(wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32)

shopt -s extglob  # +(...) in patterns

presets=(release debug tsan riscv64-linux bare-x64 bare-riscv64)

say() { printf 'dev: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# missing PACKAGE...: those of the distribution's packages that are not installed, a line each.
missing() {
  local installed package
  # dpkg-query fails where it does not know one of the packages.
  installed=$({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } | sed -n 's/ installed$//p')
  for package; do
    grep -qxF "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# need PACKAGE...: installs those of the distribution's packages that are missing. Of those who do so at once, as tests
# may, one installs and the others wait for it.
need() {
  command -v dpkg-query apt-get >/dev/null ||
    fail "this script installs its tools on Debian; elsewhere, provide the like of: $*"
  [ -n "$(missing "$@")" ] || return 0
  mkdir -p "$root/.cache"
  (
    flock 9
    mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} -gt 0 ] || exit 0
    as_root=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail "please install, as root: apt-get install ${packages[*]}"
      as_root=(sudo)
    fi
    say "installing ${packages[*]}"
    "${as_root[@]}" apt-get update -qq >&2 || say "the lists of packages could not be updated"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 "${packages[@]}" >&2 </dev/null ||
      fail "could not install: ${packages[*]}"
  ) 9>"$root/.cache/packages.lock"
}

# The packages that building the given presets takes.
need_for_presets() {
  local packages=("${build_packages[@]}")
  [[ " $* " != *" bare-riscv64 "* ]] || packages+=("${riscv64_packages[@]}")
  [[ " $* " != *" riscv64-linux "* ]] || packages+=("${riscv64_packages[@]}" "${qemu_packages[@]}")
  need "${packages[@]}"
}

# Ninja's status lines as progress in place on a terminal, every twentieth elsewhere; without the
# chatter of CMake when it runs again; all else as it is.
show_progress() {
  local line open=''
  while IFS= read -r line; do
    case $line in
      'ninja: Entering directory'* | 'ninja: no work to do'* | '-- '* | *'Re-checking globbed'*) ;;
      \[+([0-9])/+([0-9])\]\ *)
        local at=${line%%/*} total=${line#*/}
        at=${at#[} total=${total%%]*}
        if [ -t 2 ]; then
          printf '\r\033[K%s: %.90s' "$1" "$line"
          open=yes
        elif [ $((at % 20)) = 0 ] || [ "$at" = "$total" ]; then
          printf '%s: %s\n' "$1" "$line"
        fi ;;
      *)
        [ -z "$open" ] || printf '\r\033[K'
        open=
        printf '%s\n' "$line" ;;
    esac
  done >&2
  [ -z "$open" ] || printf '\r\033[K' >&2
}

# build PRESET [TARGET...]: configures once, then builds; silent when everything is up to date.
build() {
  local preset=$1
  shift
  [[ " ${presets[*]} " == *" $preset "* ]] || fail "no preset $preset; there are: ${presets[*]}"
  local folder=$root/build/$preset
  if [ ! -f "$folder/build.ninja" ]; then
    say "configuring $preset"
    mkdir -p "$folder"
    (cd "$root" && cmake --preset "$preset") >"$folder/configure.log" 2>&1 || {
      cat "$folder/configure.log" >&2
      fail "could not configure $preset"
    }
  fi
  ninja -C "$folder" -j "${SKERRY_JOBS:-$(nproc)}" "$@" 2>&1 | show_progress "$preset" ||
    fail "the build of $preset failed"
}

# The programs of programs/, into build/programs.
build_programs() {
  (cd "$root" && ninja -j "${SKERRY_JOBS:-$(nproc)}" -f programs/build.ninja) 2>&1 | show_progress programs ||
    fail "the build of the programs failed"
}

# hand_over SCRIPT WHY ARGS...: continues as the script, which another part of the project provides.
hand_over() {
  [ -x "$root/$1" ] || fail "$2 ($1 is not there)"
  exec "$root/$1" "${@:3}"
}
