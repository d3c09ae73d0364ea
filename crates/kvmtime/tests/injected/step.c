/* Steps CLOCK_REALTIME again and again, each time by so many ns more and then as many less, and prints when: its arguments are how
 * often and by how much. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;
	long size = argc > 2 ? atol(argv[2]) : 0;

	for (int i = 0; i < count; i++) {
		struct timex set = { .modes = ADJ_SETOFFSET | ADJ_NANO };
		long by = i % 2 ? -size : size;
		struct timespec before;

		/* The fraction of a timex is never negative. */
		set.time.tv_sec = by < 0 ? -1 : 0;
		set.time.tv_usec = by < 0 ? 1000000000 + by : by;
		usleep(150000);
		clock_gettime(CLOCK_REALTIME, &before);
		if (adjtimex(&set) < 0)
			return 1;
		printf("%lld%09ld %ld\n", (long long)before.tv_sec, before.tv_nsec, by);
	}
	return 0;
}
