/* Steps CLOCK_REALTIME again and again, each time by so many ns more and then as many less, and prints when: its arguments are how
 * often, which is made even, and by how much. No signal that can be caught ends it between the two. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int step(long by)
{
	struct timex set = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	struct timespec before;

	/* The fraction of a timex is never negative. */
	set.time.tv_sec = by / 1000000000;
	set.time.tv_usec = by % 1000000000;
	if (set.time.tv_usec < 0) {
		set.time.tv_sec--;
		set.time.tv_usec += 1000000000;
	}
	usleep(150000);
	clock_gettime(CLOCK_REALTIME, &before);
	if (adjtimex(&set) < 0)
		return -1;
	printf("%lld%09ld %ld\n", (long long)before.tv_sec, before.tv_nsec, by);
	return 0;
}

int main(int argc, char **argv)
{
	int pairs = argc > 1 ? (atoi(argv[1]) + 1) / 2 : 0;
	long size = argc > 2 ? atol(argv[2]) : 0;
	sigset_t all;

	sigfillset(&all);
	for (int i = 0; i < pairs; i++) {
		sigprocmask(SIG_BLOCK, &all, 0);
		if (step(size) < 0 || step(-size) < 0)
			return 1;
		sigprocmask(SIG_UNBLOCK, &all, 0);
	}
	return 0;
}
