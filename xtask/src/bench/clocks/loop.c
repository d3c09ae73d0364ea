/* What kvmtime is held against: a plain loop. Prints the median of batches, nanoseconds a read. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCHES = 400, READS = 2000 };

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(void) {
	static double batches[BATCHES];
	for (int batch = 0; batch < BATCHES; batch++) {
		struct timespec time;
		double start = now();
		for (int read = 0; read < READS; read++)
			clock_gettime(CLOCK_MONOTONIC, &time);
		batches[batch] = (now() - start) / READS;
	}
	qsort(batches, BATCHES, sizeof *batches, compare);
	printf("%f\n", batches[BATCHES / 2]);
	return 0;
}
