/* Moves a PTP clock, or with "-" CLOCK_REALTIME, by so many ns: its arguments are the device and the number. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "";
	long by = argc > 2 ? atol(argv[2]) : 0;
	/* FD_TO_CLOCKID, Documentation/driver-api/ptp.rst */
	clockid_t clock = *device == '-' ? CLOCK_REALTIME : (~(clockid_t)open(device, O_RDWR) << 3) | 3;
	struct timex set = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	/* The fraction of a timex is never negative. */
	set.time.tv_sec = by / 1000000000 - (by % 1000000000 < 0);
	set.time.tv_usec = by - set.time.tv_sec * 1000000000;
	return clock_adjtime(clock, &set) < 0;
}
