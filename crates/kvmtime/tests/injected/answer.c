/* Runs inside a guest and answers its host through memory that both have: when the host writes a number into the first word, it
 * writes CLOCK_REALTIME into the third, CLOCK_BOOTTIME into the fourth and then the number into the second. No device, no interrupt,
 * and no system call on the way, unless it is given a PTP clock: its time goes into the fifth, and CLOCK_REALTIME after that into the
 * sixth. Its arguments are that and the memory. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(clockid_t clock)
{
	struct timespec time = { 0 };

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = open(argv[argc - 1], O_RDWR);
	volatile uint64_t *word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int card = argc > 2 ? open(argv[1], O_RDONLY) : -1;
	uint64_t answered = 0;
	int idle = 0;

	if (word == MAP_FAILED)
		return 1;
	for (;;) {
		uint64_t asked = word[0];

		if (asked == answered) {
			/* A question seldom comes alone. */
			if (++idle > 200000)
				usleep(2000);
			continue;
		}
		idle = 0;
		word[3] = now(CLOCK_BOOTTIME);
		word[2] = now(CLOCK_REALTIME);
		/* FD_TO_CLOCKID, Documentation/driver-api/ptp.rst */
		word[4] = card < 0 ? 0 : now((~(clockid_t)card << 3) | 3);
		word[5] = card < 0 ? 0 : now(CLOCK_REALTIME);
		__sync_synchronize();
		word[1] = answered = asked;
	}
}
