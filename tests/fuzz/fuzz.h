/* SPDX-License-Identifier: MIT */
/* fuzz.h - what a fuzz target is: one function, driven by libFuzzer or by replay.c. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
