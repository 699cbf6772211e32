/*
 * A *.tar.lzma as a stream: unpacked by liblzma, its entries told apart by libarchive.
 *
 * Nothing is written to disk, so a path can lead nowhere; names are looked at all the same, by who
 * reads the entries. Two libraries instead of libarchive alone, because then every unpacked byte
 * passes here: how many there may be is counted, how much memory the dictionary may take is said
 * (libarchive allows 1 GiB), a header cannot go on for ever, and after the end of the tar there is
 * proof that nothing follows.
 *
 * Takes .xz too: `tar --lzma` of GNU tar 1.34 writes that under this name.
 */
#include "intake/batch.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (64 * 1024)
#define MEMORY_BYTES                                                                \
        (BATCH_DICTIONARY_MAX + (16 << 20)) /* and what the decoder needs beside it \
                                             */
/* Long names, extended attributes and maps of holes of one entry: libarchive keeps them whole. */
#define HEADER_BYTES (4 << 20)

struct Batch {
        int fd;
        uint64_t max_bytes, n_bytes; /* unpacked */
        uint64_t header_left;        /* bytes that the header under way may still take */
        lzma_stream lzma;
        bool is_unpacked; /* nothing comes any more */
        struct archive *tar;
        bool is_open, is_draining;
        int64_t offset;    /* in the entry */
        const char *fault; /* our words */
        int error;         /* -ENOMEM, -EIO */
        uint8_t in[PIECE_BYTES], out[PIECE_BYTES];
        size_t n_out; /* of out[]: what libarchive has, or has had */
};

static int broken(Batch *b, const char *what)
{
        if (!b->fault)
                b->fault = what;
        return INTAKE_E_BROKEN;
}

static int lzma_verdict(Batch *b, lzma_ret k)
{
        switch (k) {
        case LZMA_OK:
                return 0;
        case LZMA_STREAM_END:
                b->is_unpacked = true;
                return 0;
        case LZMA_MEM_ERROR:
                return b->error = -ENOMEM;
        case LZMA_FORMAT_ERROR:
                return broken(b, "neither LZMA nor XZ; pack it with xz --format=lzma");
        case LZMA_MEMLIMIT_ERROR:
                return broken(b, "packed with a dictionary over 64 MiB");
        case LZMA_BUF_ERROR:
                return broken(b, "torn: it ends too early");
        default:
                return broken(b, "damaged: it cannot be unpacked");
        }
}

static int fill(Batch *b)
{
        ssize_t n;

        do
                n = read(b->fd, b->in, sizeof(b->in));
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return b->error = -errno;
        b->lzma.next_in = b->in;
        b->lzma.avail_in = (size_t)n;
        return n == 0;
}

/* Fills out[]; how many bytes, 0 at the end, negative on a fault that is told. */
static ssize_t unpack(Batch *b)
{
        size_t n;

        b->lzma.next_out = b->out;
        b->lzma.avail_out = sizeof(b->out);
        while (b->lzma.avail_out > 0 && !b->is_unpacked) {
                int is_end = b->lzma.avail_in == 0 ? fill(b) : 0;

                if (is_end < 0 ||
                    lzma_verdict(b, lzma_code(&b->lzma, is_end ? LZMA_FINISH : LZMA_RUN)) != 0)
                        return -1;
        }
        n = b->n_out = sizeof(b->out) - b->lzma.avail_out;
        b->n_bytes += n;
        if (b->n_bytes > b->max_bytes) {
                (void)broken(b, "unpacks to more than the limit for archives");
                return -1;
        }
        return (ssize_t)n;
}

static la_ssize_t on_read(struct archive *tar, void *userdata, const void **ret)
{
        Batch *b = userdata;
        ssize_t n = unpack(b);

        if (n > 0 && (uint64_t)n > b->header_left) {
                (void)broken(b, "an entry with a header over 4 MiB");
                n = -1;
        }
        if (n < 0) {
                archive_set_error(tar, EIO, "unpacking failed");
                return -1;
        }
        b->header_left -= (uint64_t)n;
        *ret = b->out;
        return n;
}

int batch_new(int fd, uint64_t max_bytes, Batch **ret)
{
        _cleanup_(batch_freep) Batch *b = calloc(1, sizeof(*b));

        if (!b)
                return -ENOMEM;
        b->fd = fd;
        b->max_bytes = max_bytes;
        b->lzma = (lzma_stream)LZMA_STREAM_INIT;
        b->tar = archive_read_new();
        if (!b->tar || archive_read_support_format_tar(b->tar) != ARCHIVE_OK ||
            lzma_auto_decoder(&b->lzma, MEMORY_BYTES, 0) != LZMA_OK)
                return -ENOMEM;
        *ret = TAKE_PTR(b);
        return 0;
}

Batch *batch_free(Batch *b)
{
        if (!b)
                return NULL;
        if (b->tar)
                (void)archive_read_free(b->tar); /* only says what was wrong before */
        lzma_end(&b->lzma);
        free(b);
        return NULL;
}

/* What libarchive says may quote names: our own words instead. */
static int tar_fault(Batch *b, const char *what)
{
        if (b->error < 0)
                return b->error;
        return archive_errno(b->tar) == ENOMEM ? -ENOMEM : broken(b, what);
}

int batch_next(Batch *b, BatchEntry *ret)
{
        struct archive_entry *entry = NULL;
        const char *name;
        int k = ARCHIVE_OK;

        b->header_left = HEADER_BYTES;
        if (!b->is_open)
                k = archive_read_open(b->tar, b, NULL, on_read, NULL);
        b->is_open = true;
        if (k == ARCHIVE_OK)
                k = archive_read_next_header(b->tar, &entry);
        if (k == ARCHIVE_EOF && !b->fault && b->error == 0)
                return b->n_bytes == 0 ? broken(b, "empty: no tar archive inside") : BATCH_E_END;
        if (k != ARCHIVE_OK && k != ARCHIVE_WARN)
                return tar_fault(b, "no tar archive inside, or a damaged one");
        name = archive_entry_pathname_utf8(entry);
        if (!name)
                name = archive_entry_pathname(entry);
        *ret = (BatchEntry){
                .name = name ? name : "",
                .is_file = archive_entry_filetype(entry) == AE_IFREG &&
                           !archive_entry_hardlink(entry) && !archive_entry_symlink(entry),
                .is_folder = archive_entry_filetype(entry) == AE_IFDIR,
        };
        b->offset = 0;
        return 0;
}

/* Never asks libarchive to fill holes with zeros: a header can claim exabytes of them. */
int batch_read(Batch *b, Text *ret)
{
        const void *data = NULL;
        size_t len = 0;
        la_int64_t offset = 0;
        int k;

        b->header_left = UINT64_MAX;
        k = archive_read_data_block(b->tar, &data, &len, &offset);
        if (k == ARCHIVE_EOF && !b->fault && b->error == 0)
                return BATCH_E_END;
        if (k != ARCHIVE_OK && k != ARCHIVE_WARN)
                return tar_fault(b, "torn: an entry ends too early");
        if (offset != b->offset)
                return broken(b, "an entry with holes; pack it without --sparse");
        b->offset += (int64_t)len;
        *ret = (Text){data ? data : "", len};
        return 0;
}

static int check_padding(Batch *b, const uint8_t *bytes, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (bytes[i] != 0)
                        return broken(b, "something follows the end of the archive");
        return 0;
}

/* Behind the packed stream: writers that write in blocks fill up the last one. */
static int drain_packed(Batch *b)
{
        int r = check_padding(b, b->lzma.next_in, b->lzma.avail_in);

        if (r != 0)
                return r;
        r = fill(b);
        return r > 0 ? BATCH_E_END : r;
}

/* A second archive behind the first would go unseen: libarchive stops at two empty blocks. What it
 * had been given beyond them is looked at first. */
int batch_drain(Batch *b)
{
        ssize_t n;

        if (!b->is_draining) {
                uint64_t unread = b->n_bytes - (uint64_t)archive_filter_bytes(b->tar, 0);
                size_t left = (size_t)MIN_OF(unread, (uint64_t)b->n_out);

                b->is_draining = true;
                return check_padding(b, b->out + b->n_out - left, left);
        }
        if (b->is_unpacked)
                return drain_packed(b);
        n = unpack(b);
        if (n < 0)
                return b->error < 0 ? b->error : INTAKE_E_BROKEN;
        return check_padding(b, b->out, (size_t)n);
}

uint64_t batch_bytes(const Batch *b)
{
        return b->n_bytes;
}

const char *batch_fault(const Batch *b)
{
        return b->fault ? b->fault : "";
}
