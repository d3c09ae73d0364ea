/* Runs inside a guest and tells at a port what its clocks say, as `kvmtime echo` does, of which it knows nothing: the truth must not
 * come from the program that is judged by it. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int answer(int port)
{
	char line[200];
	long long before = now(CLOCK_MONOTONIC);
	long long realtime = now(CLOCK_REALTIME);
	long long boottime = now(CLOCK_BOOTTIME);
	long long after = now(CLOCK_MONOTONIC);
	int length = sprintf(line, "!%lld %lld %lld %lld %lld %lld 0\n", realtime, before, realtime - after, realtime - before,
			     boottime - after, boottime - before);

	return write(port, line, length) == length;
}

int main(int argc, char **argv)
{
	int port = open(argv[argc - 1], O_RDWR);
	char byte;

	if (port < 0)
		return 1;
	for (;;) {
		/* 0 while nobody is at the other end. */
		if (read(port, &byte, 1) < 1)
			usleep(200000);
		else if (byte == '?')
			answer(port);
	}
}
