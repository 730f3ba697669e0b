/* What sending costs at least: packetise once, protect for each viewer, one segmented send.
 *
 *   limit drain N            N sockets; prints their ports, then at each line of its stdin the
 *                            packets and bytes that came so far; ends with its stdin.
 *   limit send CLIP CRYPTO PORT...   sends the clip in real time to each port, until it is killed.
 *
 * CRYPTO is "srtp" (libsrtp2) or "evp" (OpenSSL's AES-CTR and SHA-1 with their keys kept ready:
 * the same work, AES_CM_128_HMAC_SHA1_80 of RFC 3711). No ICE, no DTLS, no RTCP. */
#define _GNU_SOURCE
#define OPENSSL_API_COMPAT 0x10100000L
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    HEADER = 12,
    FU = 2,
    PAYLOAD = 1180,
    TAG = 10,
    SLOT = HEADER + FU + PAYLOAD + TAG,
    MOST_PACKETS = 1024,
    MOST_SEGMENTS = 50, /* of 1204 bytes: below the 64 KB of one call */
    MOST_UNITS = 4096,
    CLOCK_RATE = 90000,
};

struct unit {
    uint8_t *data;
    uint32_t size;
};

struct viewer {
    struct sockaddr_in to;
    uint32_t ssrc;
    uint64_t index; /* packet index, RFC 3711 section 3.3.1 */
    srtp_t session;
    EVP_CIPHER_CTX *cipher;
    SHA_CTX inner, outer;
    uint8_t salt[14];
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* -- packets ---------------------------------------------------------------------------------- */

static uint8_t template[MOST_PACKETS * SLOT], work[MOST_PACKETS * SLOT];
static uint16_t lengths[MOST_PACKETS];
static int packets;

static void add_packet(const uint8_t *head, int head_size, const uint8_t *data, int size) {
    if (packets == MOST_PACKETS) {
        fprintf(stderr, "an access unit of too many packets\n");
        exit(1);
    }
    uint8_t *packet = template + packets * SLOT;
    packet[0] = 0x80;
    packet[1] = 108;
    memcpy(packet + HEADER, head, head_size);
    memcpy(packet + HEADER + head_size, data, size);
    lengths[packets++] = HEADER + head_size + size;
}

/* One NAL unit in single packets or FU-A, RFC 6184 sections 5.6 and 5.8. */
static void add_nal(const uint8_t *nal, uint32_t size) {
    if (size <= PAYLOAD + FU) {
        add_packet(nal, 0, nal, size);
        return;
    }
    uint8_t head[FU] = {(nal[0] & 0xe0) | 28, 0x80 | (nal[0] & 0x1f)};
    for (uint32_t at = 1; at < size; at += PAYLOAD) {
        uint32_t part = size - at < PAYLOAD ? size - at : PAYLOAD;
        if (at + part == size)
            head[1] |= 0x40;
        add_packet(head, FU, nal + at, part);
        head[1] &= 0x1f;
    }
}

static void packetise(const struct unit *unit) {
    static const uint8_t start[4] = {0, 0, 0, 1};
    const uint8_t *end = unit->data + unit->size, *nal = unit->data + 4;
    packets = 0;
    while (nal < end) {
        const uint8_t *next = memmem(nal, end - nal, start, 4);
        add_nal(nal, (next ? next : end) - nal);
        nal = next ? next + 4 : end;
    }
    template[(packets - 1) * SLOT + 1] |= 0x80; /* marker */
}

/* -- SRTP ------------------------------------------------------------------------------------- */

static void random_bytes(uint8_t *bytes, int size) {
    for (int at = 0; at < size; at++)
        bytes[at] = random();
}

static void prepare_evp(struct viewer *viewer) {
    uint8_t key[16], pad[64], mac_key[20];
    random_bytes(key, sizeof key);
    random_bytes(mac_key, sizeof mac_key);
    random_bytes(viewer->salt, sizeof viewer->salt);
    viewer->cipher = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(viewer->cipher, EVP_aes_128_ctr(), NULL, key, NULL);
    for (int inner = 0; inner < 2; inner++) {
        memset(pad, inner ? 0x36 : 0x5c, sizeof pad);
        for (int at = 0; at < 20; at++)
            pad[at] ^= mac_key[at];
        SHA_CTX *state = inner ? &viewer->inner : &viewer->outer;
        SHA1_Init(state);
        SHA1_Update(state, pad, sizeof pad);
    }
}

static void prepare_srtp(struct viewer *viewer) {
    static uint8_t key[SRTP_MAX_KEY_LEN];
    srtp_policy_t policy = {0};
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    random_bytes(key, sizeof key);
    policy.key = key;
    policy.ssrc.type = ssrc_any_outbound;
    if (srtp_create(&viewer->session, &policy) != srtp_err_status_ok)
        fail("srtp_create");
}

static void protect_evp(struct viewer *viewer, uint8_t *packet, int length) {
    uint8_t iv[16] = {0}, digest[SHA_DIGEST_LENGTH];
    uint32_t rollover = htobe32(viewer->index >> 16), ssrc = htobe32(viewer->ssrc);
    memcpy(iv, viewer->salt, 14);
    for (int at = 0; at < 4; at++)
        iv[4 + at] ^= ((uint8_t *)&ssrc)[at];
    for (int at = 0; at < 6; at++)
        iv[8 + at] ^= viewer->index >> (40 - 8 * at);
    int done;
    EVP_EncryptInit_ex(viewer->cipher, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(viewer->cipher, packet + HEADER, &done, packet + HEADER, length - HEADER);
    SHA_CTX state = viewer->inner;
    SHA1_Update(&state, packet, length);
    SHA1_Update(&state, &rollover, 4);
    SHA1_Final(digest, &state);
    state = viewer->outer;
    SHA1_Update(&state, digest, sizeof digest);
    SHA1_Final(digest, &state);
    memcpy(packet + length, digest, TAG);
}

static void protect(struct viewer *viewer, uint8_t *packet, int length) {
    if (viewer->cipher) {
        protect_evp(viewer, packet, length);
    } else if (srtp_protect(viewer->session, packet, &length) != srtp_err_status_ok) {
        fprintf(stderr, "srtp_protect failed\n");
        exit(1);
    }
}

/* -- sending ---------------------------------------------------------------------------------- */

/* `size` bytes that are packets of `segment` bytes, the last perhaps shorter. */
static void send_run(int fd, struct viewer *viewer, uint8_t *data, int size, uint16_t segment) {
    char control[CMSG_SPACE(sizeof segment)] = {0};
    struct iovec part = {data, size};
    struct msghdr message = {&viewer->to, sizeof viewer->to, &part, 1, control, sizeof control, 0};
    struct cmsghdr *option = CMSG_FIRSTHDR(&message);
    option->cmsg_level = IPPROTO_UDP;
    option->cmsg_type = UDP_SEGMENT;
    option->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(option), &segment, sizeof segment);
    if (size <= segment)
        message.msg_control = NULL, message.msg_controllen = 0;
    if (sendmsg(fd, &message, 0) != size && errno != EAGAIN && errno != ENOBUFS)
        fail("sendmsg");
}

static void send_unit(int fd, struct viewer *viewer, uint32_t timestamp) {
    uint32_t stamp = htobe32(timestamp), ssrc = htobe32(viewer->ssrc);
    int used = 0, run = 0, segment = 0;
    for (int number = 0; number < packets; number++) {
        int length = lengths[number], size = length + TAG;
        int is_full = run && ((used - run) / segment >= MOST_SEGMENTS || size > segment);
        if (is_full) {
            send_run(fd, viewer, work + run, used - run, segment);
            run = used;
        }
        if (run == used)
            segment = size;
        uint8_t *packet = work + used;
        uint16_t sequence = htobe16(viewer->index);
        memcpy(packet, template + number * SLOT, length);
        memcpy(packet + 2, &sequence, 2);
        memcpy(packet + 4, &stamp, 4);
        memcpy(packet + 8, &ssrc, 4);
        protect(viewer, packet, length);
        viewer->index++;
        used += size;
        /* A shorter one ends its run. */
        if (size < segment || number + 1 == packets) {
            send_run(fd, viewer, work + run, used - run, segment);
            run = used;
        }
    }
}

static int read_clip(const char *path, struct unit *units, uint32_t *fps) {
    FILE *file = fopen(path, "rb");
    uint32_t size;
    int count = 0;
    if (!file || fread(fps, 4, 1, file) != 1)
        fail(path);
    *fps = be32toh(*fps);
    while (count < MOST_UNITS && fread(&size, 4, 1, file) == 1) {
        units[count].size = be32toh(size);
        units[count].data = malloc(units[count].size);
        if (fread(units[count].data, units[count].size, 1, file) != 1)
            fail(path);
        count++;
    }
    fclose(file);
    return count;
}

static _Noreturn void send_all(int count, char **words) {
    static struct unit units[MOST_UNITS];
    uint32_t fps;
    int length = read_clip(words[0], units, &fps), viewers = count - 2;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 4 << 20;
    struct viewer *all = calloc(viewers, sizeof *all);
    if (fd < 0 || !all || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer))
        fail("socket");
    srtp_init();
    for (int number = 0; number < viewers; number++) {
        struct viewer *viewer = all + number;
        viewer->to.sin_family = AF_INET;
        viewer->to.sin_port = htons(atoi(words[2 + number]));
        viewer->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        viewer->ssrc = random();
        strcmp(words[1], "evp") ? prepare_srtp(viewer) : prepare_evp(viewer);
    }
    puts("ready");
    fflush(stdout);
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (uint32_t number = 0;; number++) {
        packetise(&units[number % length]);
        for (int viewer = 0; viewer < viewers; viewer++)
            send_unit(fd, all + viewer, number * (CLOCK_RATE / fps));
        due.tv_nsec += 1000000000 / fps;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
}

/* -- receiving -------------------------------------------------------------------------------- */

enum { BATCH = 64, DATAGRAM = 2048 };

static void drain_socket(int fd, uint64_t *count, uint64_t *bytes) {
    static uint8_t data[BATCH][DATAGRAM];
    static struct mmsghdr messages[BATCH];
    static struct iovec parts[BATCH];
    for (int number = 0; number < BATCH; number++) {
        parts[number] = (struct iovec){data[number], DATAGRAM};
        messages[number].msg_hdr = (struct msghdr){0};
        messages[number].msg_hdr.msg_iov = &parts[number];
        messages[number].msg_hdr.msg_iovlen = 1;
    }
    int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int number = 0; number < got; number++)
        *bytes += messages[number].msg_len;
    *count += got > 0 ? got : 0;
}

static int drain(int sockets) {
    uint64_t count = 0, bytes = 0;
    int waiter = epoll_create1(0), buffer = 2 << 20;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 0};
    epoll_ctl(waiter, EPOLL_CTL_ADD, 0, &event);
    for (int number = 0; number < sockets; number++) {
        struct sockaddr_in own = {.sin_family = AF_INET};
        socklen_t size = sizeof own;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) ||
            getsockname(fd, (struct sockaddr *)&own, &size))
            fail("bind");
        event.data.fd = fd;
        epoll_ctl(waiter, EPOLL_CTL_ADD, fd, &event);
        printf("%d ", ntohs(own.sin_port));
    }
    printf("\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[64];
        int many = epoll_wait(waiter, ready, 64, -1);
        for (int number = 0; number < many; number++) {
            char line[16];
            if (ready[number].data.fd) {
                drain_socket(ready[number].data.fd, &count, &bytes);
                continue;
            }
            if (read(0, line, sizeof line) <= 0)
                return 0;
            printf("%llu %llu\n", (unsigned long long)count, (unsigned long long)bytes);
            fflush(stdout);
        }
    }
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "drain"))
        return drain(atoi(words[2]));
    if (count > 4 && !strcmp(words[1], "send"))
        send_all(count - 2, words + 2);
    fprintf(stderr, "limit drain N | limit send CLIP evp|srtp PORT...\n");
    return 2;
}
