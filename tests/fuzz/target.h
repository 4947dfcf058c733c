/*
 * A fuzz target: any bytes at all must be survived, and what comes out must keep the target's
 * invariants (g_assert). libFuzzer calls it with its own inputs, run_corpus.c with files.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
