/* Any bytes as *.tar.lzma: it ends, and what breaks it is told. */
#include "intake/file.h"

#include <assert.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const IntakeRules rules = {.now_usec = 1, .archive_max_bytes = 16 << 20};
        static IntakeChunk c;
        IntakeFile *f = NULL;
        int fd = memfd_create("archive", MFD_CLOEXEC), r;

        assert(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
        r = intake_file_open_fd(fd, INTAKE_ARCHIVE, 0, &rules, &f);
        assert(r == 0);
        do {
                r = intake_file_next(f, &c);
                intake_chunk_done(&c);
        } while (r == 0 && !c.is_last);
        assert(r == 0 || (r == INTAKE_E_BROKEN && intake_file_fault(f)[0]));
        intake_file_close(f);
        return 0;
}
