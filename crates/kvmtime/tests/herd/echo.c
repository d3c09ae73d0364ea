/* Runs inside a guest and tells at a port what its clocks say: to `?` as `kvmtime echo` does, of which it knows nothing, as the truth must
 * not come from the program that is judged by it; to a number, on a line, with that number and CLOCK_REALTIME. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int as_kvmtime(char *line)
{
	long long before = now(CLOCK_MONOTONIC);
	long long realtime = now(CLOCK_REALTIME);
	long long boottime = now(CLOCK_BOOTTIME);
	long long after = now(CLOCK_MONOTONIC);

	return sprintf(line, "!%lld %lld %lld %lld %lld %lld 0\n", realtime, before, realtime - after, realtime - before, boottime - after,
		       boottime - before);
}

int main(int argc, char **argv)
{
	int port = open(argv[argc - 1], O_RDWR);
	unsigned long long number = 0;
	char byte, line[200];

	if (port < 0)
		return 1;
	for (;;) {
		int length = 0;

		/* 0 while nobody is at the other end. */
		if (read(port, &byte, 1) < 1) {
			usleep(200000);
		} else if (byte == '?') {
			length = as_kvmtime(line);
		} else if (byte == '\n') {
			length = sprintf(line, "%llu %lld\n", number, now(CLOCK_REALTIME));
			number = 0;
		} else {
			number = number * 10 + byte - '0';
		}
		if (length && write(port, line, length) < 0)
			usleep(200000);
	}
}
