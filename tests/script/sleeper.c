/* SPDX-License-Identifier: MIT */
/* sleeper.c - in the place of mnemoscope-script: a process that never reads. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
