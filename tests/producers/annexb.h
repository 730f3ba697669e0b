/* Access units of an Annex B file, for the test producers. */
#ifndef ANNEXB_H
#define ANNEXB_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
    const uint8_t *data;
    size_t size;
    int is_keyframe;
};

struct stream {
    uint8_t *data;
    size_t size;
    struct unit *units;
    size_t count;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Where the next start code is (at its first zero, of 3 or 4 bytes), or `size`. */
static size_t start_code(const uint8_t *data, size_t size, size_t at)
{
    for (; at + 3 <= size; at++)
        if (data[at] == 0 && data[at + 1] == 0 && data[at + 2] == 1)
            return at > 0 && data[at - 1] == 0 ? at - 1 : at;
    return size;
}

static size_t header_at(const uint8_t *data, size_t at)
{
    return at + (data[at + 2] == 1 ? 3 : 4);
}

/* A slice starts a picture if first_mb_in_slice is 0: its Exp-Golomb code is a single 1 bit. */
static int starts_picture(const uint8_t *data, size_t header)
{
    int kind = data[header] & 0x1f;
    return (kind == 1 || kind == 5) && (data[header + 1] & 0x80);
}

static void read_stream(struct stream *stream, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        die(path);
    stream->size = (size_t)ftell(file);
    stream->data = malloc(stream->size + 4);
    stream->units = malloc((stream->size / 4 + 1) * sizeof(struct unit));
    rewind(file);
    if (!stream->data || !stream->units || fread(stream->data, 1, stream->size, file) != stream->size)
        die(path);
    fclose(file);
    stream->count = 0;

    const uint8_t *data = stream->data;
    size_t begin = start_code(data, stream->size, 0), at = begin;
    int has_picture = 0, is_keyframe = 0;
    while (at < stream->size) {
        size_t header = header_at(data, at);
        size_t next = start_code(data, stream->size, header);
        int kind = data[header] & 0x1f;
        int is_slice = kind == 1 || kind == 5;
        if (has_picture && (!is_slice || starts_picture(data, header))) {
            stream->units[stream->count++] = (struct unit){data + begin, at - begin, is_keyframe};
            begin = at;
            has_picture = is_keyframe = 0;
        }
        has_picture |= is_slice;
        is_keyframe |= kind == 5;
        at = next;
    }
    if (has_picture)
        stream->units[stream->count++] = (struct unit){data + begin, at - begin, is_keyframe};
    if (!stream->count) {
        fprintf(stderr, "%s: no pictures\n", path);
        exit(1);
    }
}

#endif
