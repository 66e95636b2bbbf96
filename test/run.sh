#!/bin/bash
# Installs what is missing, builds, runs the tests and ends with a line "N passed, N failed".
#
#   test/run.sh [unit] [system] [sanitizers]      all tiers without arguments
set -uo pipefail
cd "$(dirname "$0")/.."
tiers=${*:-unit system sanitizers}
passed=0 failed=0

say() { printf '\n== %s\n' "$*"; }
count() { passed=$((passed + $1)); failed=$((failed + $2)); }

# Adds up what GoogleTest, the corpus replays and the wire vectors report in ctest's JUnit file: a test program that fails
# counts as one failure, one that passes as many tests as it ran.
run_ctest() {
  local build=$1 report
  report=$(mktemp)
  ctest --test-dir "$build" -j "$(nproc)" --output-on-failure --output-junit "$report" >"$build/ctest.log" 2>&1
  local status=$?
  local numbers
  numbers=$(python3 - "$report" <<'PY'
import re, sys
import xml.etree.ElementTree as xml
passed = failed = 0
for case in xml.parse(sys.argv[1]).getroot().iter("testcase"):
    output = case.findtext("system-out") or ""
    if case.get("status") == "run":
        match = re.search(r"\[  PASSED  \] (\d+) test|(\d+) passed, 0 failed", output)
        passed += int(match[1] or match[2]) if match else 1
    else:
        failed += 1
print(passed, failed)
PY
  ) || numbers="0 1"
  rm -f "$report"
  # shellcheck disable=SC2086  # two numbers
  count $numbers
  if [ $status -ne 0 ]; then tail -n 150 "$build/ctest.log"; else tail -n 4 "$build/ctest.log"; fi
}

build() {
  local preset=$1
  shift
  say "building preset $preset"
  if ! cmake --preset "$preset" >/dev/null || ! cmake --build --preset "$preset" "$@" >"build/$preset/build.log" 2>&1; then
    grep -E 'error|FAILED|undefined' -A 5 "build/$preset/build.log" | head -n 60
    echo "The build of preset $preset failed; all of it is in build/$preset/build.log"
    count 0 1
    return 1
  fi
}

bin/lib/install-packages.sh build run test || { echo "0 passed, 1 failed"; exit 1; }

for tier in $tiers; do
  case $tier in
    unit)
      build release && { say "unit tests"; run_ctest build/release; }
      ;;
    system)
      build release || continue
      say "system tests, with real ZooKeepers and real clients"
      report=$(mktemp)
      /usr/bin/python3 -m pytest -q -n 2 -p no:cacheprovider --junitxml "$report" test/system
      numbers=$(python3 - "$report" <<'PY'
import sys
import xml.etree.ElementTree as xml
suite = xml.parse(sys.argv[1]).getroot().find("testsuite")
total, bad = int(suite.get("tests")), int(suite.get("failures")) + int(suite.get("errors")) + int(suite.get("skipped"))
print(total - bad, bad)
PY
      ) || numbers="0 1"
      rm -f "$report"
      # shellcheck disable=SC2086
      count $numbers
      ;;
    sanitizers)
      for preset in asan-ubsan tsan; do
        build "$preset" && { say "unit tests under $preset"; run_ctest "build/$preset"; }
      done
      ;;
    *)
      sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done

[ $((passed + failed)) -gt 0 ] || failed=1
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
