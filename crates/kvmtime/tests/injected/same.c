/* Sets CLOCK_REALTIME to what it is, so many times. */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec now;

	for (int i = argc > 1 ? atoi(argv[1]) : 0; i > 0; i--)
		if (clock_gettime(CLOCK_REALTIME, &now) || clock_settime(CLOCK_REALTIME, &now))
			return 1;
	return 0;
}
