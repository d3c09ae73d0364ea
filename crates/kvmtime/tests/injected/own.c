/* A process's own CLOCK_REALTIME, as an emulated guest has it: it stands still while the machine sleeps, whoever sets the machine's clock
 * leaves it alone, and settimeofday(2) sets it and nothing else. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

/* Own - CLOCK_MONOTONIC, ns. */
static long long ahead;

static long long read_clock(clockid_t clock)
{
	struct timespec now;

	syscall(SYS_clock_gettime, clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

__attribute__((constructor)) static void begin(void)
{
	ahead = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long long own = ahead + read_clock(CLOCK_MONOTONIC);

	if (clock != CLOCK_REALTIME)
		return syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = own / SECOND;
	now->tv_nsec = own % SECOND;
	return 0;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec own;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &own);
	now->tv_sec = own.tv_sec;
	now->tv_usec = own.tv_nsec / 1000;
	return 0;
}

int settimeofday(const struct timeval *new, const struct timezone *zone)
{
	(void)zone;
	ahead = new->tv_sec * SECOND + new->tv_usec * 1000LL - read_clock(CLOCK_MONOTONIC);
	return 0;
}
