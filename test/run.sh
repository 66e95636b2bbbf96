#!/bin/bash
# Installs what is missing, builds, runs tests and ends with a line "N passed, N failed"; the exit status is 0 only when
# none failed.
#
#   test/run.sh [unit | system | interop | sanitizers]...      all but sanitizers without arguments
#
#   unit         each room by itself: GoogleTest, wire vectors, replayed fuzz corpora (release build)
#   system       real ZooKeepers and brokers, driven by Debian's clients
#   interop      the same by clients of other languages and by Kafka's own tools, fetched from their registries
#   sanitizers   the unit tests again under AddressSanitizer + UBSan and under ThreadSanitizer
#
# Arguments for pytest go into PYTEST_ADDOPTS.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
export TSAN_OPTIONS="suppressions=$PWD/test/tsan.supp ${TSAN_OPTIONS:-}"

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
failed_steps=0

say() { printf '\n== %s (at %d s)\n' "$*" "$SECONDS"; }

# Something that had to work so that tests could run at all; counts as a failure.
step_failed() {
  echo "FAILED: $*"
  failed_steps=$((failed_steps + 1))
}

install() {
  bin/lib/install-packages "$@" >"$reports/install.log" 2>&1 && return
  tail -n 30 "$reports/install.log"
  step_failed "Debian packages of $* cannot be installed"
  return 1
}

build() { # PRESET
  local log=build/$1/build.log
  say "Building preset $1"
  mkdir -p "build/$1"
  {
    cmake --preset "$1" -DSAMSA_TESTS=ON --log-level=WARNING && cmake --build --preset "$1"
  } 2>&1 | tee "$log" | awk '/^\[[0-9]+\/[0-9]+\]/ { if (++n % 100 == 0) { print $1; fflush() } }'
  [ "${PIPESTATUS[0]}" = 0 ] && return
  grep -E -A 8 'error|FAILED|undefined reference|CMake Error' "$log" | head -n 80
  step_failed "preset $1 does not build; all of its output: $log"
  return 1
}

run_unit() { # PRESET
  local preset=$1 run=()
  # Sanitizers cannot place their shadow memory where addresses are random over too many bits.
  [ "$preset" != release ] && setarch -R true 2>/dev/null && run=(setarch -R)
  say "Unit tests, preset $preset"
  mkdir "$reports/$preset"
  GTEST_OUTPUT="xml:$reports/$preset/" "${run[@]}" ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
    --output-junit "$reports/$preset.ctest" >"build/$preset/ctest.log" 2>&1
  local status=$?
  if [ $status = 0 ]; then tail -n 3 "build/$preset/ctest.log"; else tail -n 200 "build/$preset/ctest.log"; fi
  [ -e "$reports/$preset.ctest" ] || step_failed "ctest of preset $preset ended with status $status"
}

run_pytest() { # FOLDER
  say "Tests in $1"
  /usr/bin/python3 -m pytest -q -n "$(nproc)" --dist loadgroup -r fEs -p no:cacheprovider --junitxml "$reports/$(basename "$1").pytest" "$1"
  local status=$?
  # 0 and 1 mean that tests ran; anything else, that they could not be collected or there are none.
  [ $status -le 1 ] || step_failed "pytest of $1 ended with status $status"
}

run_interop() {
  install interop || return
  say "Fetching the clients of test/interop"
  test/interop/prepare || { step_failed "clients of test/interop cannot be prepared"; return; }
  run_pytest test/interop
}

tiers=${*:-unit system interop}
for tier in $tiers; do
  case $tier in
    unit | system | interop | sanitizers) ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done

install build zookeeper test || tiers=
built=
for tier in $tiers; do
  if [ "$tier" != sanitizers ] && [ -z "$built" ]; then
    build release && built=1 || built=0
  fi
  case $tier in
    unit) [ $built = 1 ] && run_unit release ;;
    system) [ $built = 1 ] && run_pytest test/system ;;
    interop) [ $built = 1 ] && run_interop ;;
    sanitizers) for preset in asan-ubsan tsan; do build $preset && run_unit $preset; done ;;
  esac
done

say "Done"
/usr/bin/python3 test/tally.py "$reports" "$failed_steps"
