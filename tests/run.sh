#!/usr/bin/env bash
# `make test`: every check, cheapest first, stopping at the first that fails. Names of steps as arguments run only those.
set -u
cd "$(dirname "$0")/.."
python=/usr/bin/python3

packages() { deploy/install-packages run test; }
lint() { tests/lint; }
build() { deploy/build && cmake --preset release >/dev/null && cmake --build --preset release; }
unit() { ctest --preset release -L unit -j "$(nproc)"; }
database() { GATEHOUSE_BIN=build/release/bin tests/with_database ctest --preset release -L database; }
sanitize() {
  local programs
  programs=$(cd tests/unit && printf 'test_unit_%s ' *)
  # shellcheck disable=SC2086
  cmake --preset sanitize >/dev/null && cmake --build --preset sanitize --target $programs &&
    ctest --preset sanitize -L unit -j "$(nproc)"
}
fuzz() { tests/fuzz/run 10; }
integration() { $python -m pytest -q tests/integration; }

steps=("$@")
[ $# -gt 0 ] || steps=(packages lint build unit database sanitize fuzz integration)
for step in "${steps[@]}"; do
  printf '\n== %s\n' "$step"
  began=$SECONDS
  if ! "$step"; then
    printf '== %s FAILED after %d s; again: tests/run.sh %s\n' "$step" $((SECONDS - began)) "$step" >&2
    exit 1
  fi
  printf '== %s: %d s\n' "$step" $((SECONDS - began))
done
printf '\nAll of it passed (%d s).\n' "$SECONDS"
