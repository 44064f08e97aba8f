#!/usr/bin/env bash
# Builds the kernel's C grammar. Only `parser` needs the tree-sitter CLI (0.26; set TREE_SITTER to its path where it is not in PATH).
#
#   build.sh parser   grammar.js -> src/parser.c (run it after each change of the grammar, and commit what it writes)
#   build.sh wasm     src/parser.c -> tree-sitter-kernel_c.wasm, with Debian's clang-14, lld-14 and wasi-libc: no emscripten
#   build.sh check    builds the wasm elsewhere and compares it with the committed one: same bytes, or the same trees over the corpora
set -euo pipefail
cd "$(dirname "$0")"
clang=${CLANG:-clang-14}
linker=${WASM_LD:-wasm-ld-14}

wasm() { # output
  local object
  object=$(mktemp --suffix=.o)
  # Emscripten's target, because clang 14 makes position independent wasm for no other; wasi-libc lends its headers only.
  "$clang" --target=wasm32-unknown-emscripten -fPIC -Os -fno-exceptions -fvisibility=hidden -nostdlibinc \
    -isystem /usr/include/wasm32-wasi -I src -c src/parser.c -o "$object"
  "$linker" --experimental-pic -shared -s --export=tree_sitter_kernel_c --allow-undefined --no-entry -o "$1" "$object"
  rm -f "$object"
}

case ${1:-} in
  parser) "${TREE_SITTER:-tree-sitter}" generate grammar.js ;;
  wasm) wasm tree-sitter-kernel_c.wasm ;;
  check)
    fresh=$(mktemp --suffix=.wasm)
    wasm "$fresh"
    if cmp -s "$fresh" tree-sitter-kernel_c.wasm; then
      echo "kernel-c: the committed wasm is what $clang makes of src/parser.c"
    else
      # Another compiler: other bytes, but the same trees over both corpora, or the committed wasm is not this parser's.
      echo "kernel-c: $("$clang" --version | head -n 1) makes other bytes; comparing trees"
      (cd ../.. && KERNEL_C_WASM=$fresh npx mocha --no-package --import=tsx --reporter dot test/syntax/corpus.test.ts)
    fi
    rm -f "$fresh" ;;
  *) echo "usage: build.sh parser|wasm|check" >&2; exit 2 ;;
esac
