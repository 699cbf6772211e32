/*
 * User-mode Linux on processors whose extended state is larger than it knows (AMX and what comes
 * after): preloaded into linux.uml, which saves and restores registers by ptrace().
 *
 * A kernel refuses to set less than the whole state, and UML 6.1 knows the first 2.7 kB of it. So
 * the rest is read first and set again with it. What lies behind the part it knows (tiles) is not
 * used by anything that runs in there.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STATE_MAX = 65536 };

static long set_state(long pid, const struct iovec *part)
{
        static char state[STATE_MAX] __attribute__((aligned(64)));
        struct iovec whole = {state, sizeof(state)};

        if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &whole) < 0 ||
            whole.iov_len < part->iov_len)
                return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, part);
        memcpy(state, part->iov_base, part->iov_len);
        return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
        long pid, word = 0;
        void *addr, *data;
        va_list ap;

        va_start(ap, request);
        pid = va_arg(ap, pid_t);
        addr = va_arg(ap, void *);
        data = va_arg(ap, void *);
        va_end(ap);
        if (request == PTRACE_SETREGSET && addr == (void *)NT_X86_XSTATE)
                return set_state(pid, data);
        if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
                return syscall(SYS_ptrace, request, pid, addr, data);
        if (syscall(SYS_ptrace, request, pid, addr, &word) < 0)
                return -1;
        errno = 0; /* a word may be -1, too: ptrace(2) */
        return word;
}
