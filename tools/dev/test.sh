# ./dev test [FILTER]: builds every preset and runs its tests: all of them in release, debug and the
# bare presets; under the thread sanitizer those whose suite is named for Threads. The last line is
# the sum over all presets. Sourced by ./dev; FILTER is a regular expression over test names.

filter=${1:-}
packages=("${build_packages[@]}" "${riscv64_packages[@]}" "${qemu_packages[@]}" "${wasm_packages[@]}" "${proof_packages[@]}")
if [ -e "$root/../shared/corpus" ]; then  # whose programs these fetch; they may be there from elsewhere
  /usr/bin/python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  command -v npm >/dev/null || packages+=(npm)
fi
need "${packages[@]}"
"$root/tests/spec/fetch" >/dev/null || say "without the specification's suite; its tests will fail"
for preset in "${presets[@]}"; do build "$preset"; done

# count FILE ATTRIBUTE: of the test suite; ctest writes one to a line.
count() { sed -nE "/^[[:space:]]+$2=\"/{s/[^0-9]//gp;q}" "$1"; }

passed=0 failed=0 skipped=0
for preset in "${presets[@]}"; do
  results=$root/build/$preset/results.xml
  rm -f "$results"
  select=()
  [ "$preset" != tsan ] || select+=(-R Threads)
  [ -z "$filter" ] || select+=(-R "$filter")
  if [ ${#select[@]} -eq 4 ]; then select=(-R "Threads.*($filter)|($filter).*Threads"); fi

  printf '\n%s\n' "== $preset"
  code=0
  ctest --test-dir "$root/build/$preset" -j "${SKERRY_JOBS:-$(nproc)}" --no-tests=ignore --output-on-failure \
    --output-junit "$results" "${select[@]}" 2>&1 |
    grep --line-buffered -Ev '^(Internal ctest|Test project|Errors while| +Start +[0-9]+:|$)' || code=${PIPESTATUS[0]}
  if [ ! -f "$results" ]; then
    failed=$((failed + 1))
    continue
  fi
  total=$(count "$results" tests) bad=$(count "$results" failures)
  without=$(($(count "$results" skipped) + $(count "$results" disabled)))
  # ctest found fault with something that is no failure of a test.
  [ "$code" = 0 ] || [ "$bad" != 0 ] || bad=1 total=$((total + 1))
  passed=$((passed + total - bad - without))
  failed=$((failed + bad))
  skipped=$((skipped + without))
done

printf '\n%s\n' "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] || exit 1
[ $((passed + skipped)) -gt 0 ] || fail "no test matches $filter"
