/* Writes a file into shared memory of the seed's layout A, as its daemon did.
 *
 *   layout_a RING FILE.h264 FPS [COPIES] [NIGHT.h264]
 *
 * The index is counted up before the slot is copied, as in the daemon. COPIES: how often each
 * picture is published. With NIGHT a second sensor takes over for two seconds every four.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "annexb.h"

enum { SLOTS = 30, LARGEST = 1920 * 1080 * 3 / 2 };

struct frame {
    uint64_t frame_number;
    struct timespec timestamp;
    int32_t camera_id, width, height, format;
    size_t data_size;
    uint8_t data[LARGEST];
};

struct shared {
    _Atomic uint32_t write_index;
    uint32_t frame_interval_ms;
    struct frame frames[SLOTS];
};

_Static_assert(sizeof(struct shared) == 93313448, "layout A");

static volatile sig_atomic_t is_over;

static void stop(int signal_number)
{
    (void)signal_number;
    is_over = 1;
}

static void publish(struct shared *shared, const struct frame *frame)
{
    uint32_t index = atomic_fetch_add(&shared->write_index, 1);
    memcpy(&shared->frames[index % SLOTS], frame, sizeof *frame);
}

int main(int argc, char **argv)
{
    static struct frame frame;
    struct stream streams[2];
    uint64_t numbers[2] = {0, 0};
    if (argc < 4) {
        fprintf(stderr, "usage: layout_a RING FILE FPS [COPIES] [NIGHT]\n");
        return 2;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    double fps = atof(argv[3]);
    int copies = argc > 4 ? atoi(argv[4]) : 1, has_night = argc > 5;
    read_stream(&streams[0], argv[2]);
    if (has_night)
        read_stream(&streams[1], argv[5]);

    int fd = open(argv[1], O_CREAT | O_RDWR, 0666);
    if (fd < 0 || ftruncate(fd, sizeof(struct shared)))
        die(argv[1]);
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        die(argv[1]);

    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (uint64_t i = 0; !is_over; i++) {
        int camera = has_night && (uint64_t)((double)i / fps) / 2 % 2;
        /* Both sensors run all the time; one of them is shown. */
        for (int other = 0; other <= has_night; other++)
            numbers[other]++;
        struct stream *stream = &streams[camera];
        struct unit unit = stream->units[(numbers[camera] - 1) % stream->count];
        if (unit.size > LARGEST)
            continue;
        frame.frame_number = numbers[camera] - 1;
        clock_gettime(CLOCK_MONOTONIC, &frame.timestamp);
        frame.camera_id = camera;
        frame.width = 640;
        frame.height = 480;
        frame.format = 3;
        frame.data_size = unit.size;
        memcpy(frame.data, unit.data, unit.size);
        for (int copy = 0; copy < copies; copy++)
            publish(shared, &frame);
        due.tv_nsec += (long)(1e9 / fps);
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) && !is_over)
            ;
    }
    return 0;
}
