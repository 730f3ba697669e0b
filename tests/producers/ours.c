/* Writes a frame ring as docs/frame-ring.md describes it.
 *
 *   ours RING FILE.h264 FPS [COUNT] [map]   play a file, again and again (COUNT pictures, 0: for ever)
 *   ours RING - COUNT                       as fast as possible, pictures that prove themselves
 *
 * "map" publishes by a store instead of a write, so that no reader is woken.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "annexb.h"

enum { HEADER = 256, SLOT = 64, SLOTS = 256, PAYLOAD_AT = 20480 };

static uint8_t *ring;
static int fd, by_mapping;
static uint64_t sequence, next_at, tail, capacity = 4 << 20;
static volatile sig_atomic_t is_over;

static void stop(int signal_number)
{
    (void)signal_number;
    is_over = 1;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void put32(uint8_t *at, uint32_t value) { memcpy(at, &value, 4); }
static void put64(uint8_t *at, uint64_t value) { memcpy(at, &value, 8); }

static void store(size_t at, uint64_t value)
{
    atomic_store_explicit((_Atomic uint64_t *)(void *)(ring + at), value, memory_order_release);
}

/* CRC-32 as in zlib, PNG and Ethernet. */
static uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size)
{
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xedb88320u ^ (value >> 1) : value >> 1;
            table[i] = value;
        }
    crc = ~crc;
    while (size--)
        crc = table[(crc ^ *data++) & 0xff] ^ (crc >> 8);
    return ~crc;
}

static void make_ring(const char *path)
{
    char draft[4096];
    uint8_t header[HEADER] = "PCAMRING";
    uint64_t epoch = 0;
    snprintf(draft, sizeof draft, "%s.new", path);
    unlink(draft);
    fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 || posix_fallocate(fd, 0, (off_t)(PAYLOAD_AT + capacity)))
        die(draft);
    while (!epoch)
        if (getrandom(&epoch, sizeof epoch, 0) != sizeof epoch)
            die("getrandom");
    put32(header + 8, 1);
    put32(header + 12, HEADER);
    put64(header + 16, epoch);
    put32(header + 24, 1);
    put32(header + 28, 42);
    put32(header + 32, SLOTS);
    put32(header + 36, SLOT);
    put64(header + 40, PAYLOAD_AT);
    put64(header + 48, capacity);
    put64(header + 136, now_ns());
    if (pwrite(fd, header, HEADER, 0) != HEADER)
        die(draft);
    ring = mmap(NULL, PAYLOAD_AT + capacity, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED || rename(draft, path))
        die(path);
}

static void publish(const uint8_t *data, size_t size, int is_keyframe)
{
    uint64_t number = sequence + 1, capture = now_ns();
    uint8_t fields[52], *slot = ring + HEADER + sequence % SLOTS * SLOT;
    if (size == 0 || size > capacity / 2)
        return;
    if (next_at % capacity + size > capacity)
        next_at += capacity - next_at % capacity;
    if (next_at + size > capacity && next_at + size - capacity > tail)
        tail = next_at + size - capacity;

    /* 1. Take from the readers what will be overwritten. */
    store(72, tail);
    store((size_t)(slot - ring), number);
    atomic_thread_fence(memory_order_seq_cst);

    /* 2. The payload and the slot. */
    memcpy(ring + PAYLOAD_AT + next_at % capacity, data, size);
    put64(fields, number);
    put64(fields + 8, capture);
    put64(fields + 16, capture * 9 / 100000);
    put64(fields + 24, next_at);
    put32(fields + 32, (uint32_t)size);
    put32(fields + 36, is_keyframe ? 1 : 0);
    put32(fields + 40, 0);
    put32(fields + 44, 0);
    put32(fields + 48, 0);
    memcpy(slot + 8, fields + 8, sizeof fields - 8);
    put32(slot + 52, crc32(crc32(0, fields, sizeof fields), data, size));
    store((size_t)(slot - ring) + 56, number);
    next_at += size;

    /* 3. Tell. */
    if (is_keyframe)
        store(128, number);
    store(136, now_ns());
    sequence = number;
    if (by_mapping)
        store(64, number);
    else if (pwrite(fd, &number, 8, 64) != 8)
        die("pwrite");
}

static void play(const char *path, double fps, uint64_t count)
{
    struct stream stream;
    struct timespec due;
    uint64_t start = now_ns();
    read_stream(&stream, path);
    for (uint64_t i = 0; !is_over && (!count || i < count); i++) {
        uint64_t at = start + (uint64_t)((double)i * 1e9 / fps);
        due.tv_sec = (time_t)(at / 1000000000u);
        due.tv_nsec = (long)(at % 1000000000u);
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL))
            continue;
        struct unit unit = stream.units[i % stream.count];
        publish(unit.data, unit.size, unit.is_keyframe);
    }
}

/* Each picture is its own sequence number, over and over: two pieces of different ones show. */
static void hammer(uint64_t count)
{
    static uint64_t words[1024];
    for (uint64_t i = 0; !is_over && i < count; i++) {
        size_t length = 16 + i * 7919 % 1000;
        for (size_t word = 0; word < length; word++)
            words[word] = sequence;
        publish((uint8_t *)words, length * sizeof words[0], sequence % 5 == 0);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: ours RING FILE FPS [COUNT] [map] | ours RING - COUNT\n");
        return 2;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    by_mapping = argc > 5 && !strcmp(argv[5], "map");
    if (!strcmp(argv[2], "-")) {
        capacity = 64 << 10;
        make_ring(argv[1]);
        hammer(strtoull(argv[3], NULL, 10));
    } else {
        make_ring(argv[1]);
        play(argv[2], atof(argv[3]), argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
    }
    unlink(argv[1]);
    return 0;
}
