import Testing

@testable import Storm

/// What `scripts/storm --every-call` reads of a trace.
@Suite struct CallTraceTests {
  @Test func `calls are counted by thread and in all, a call that others came between once`() {
    let trace = CallTrace(
      """
      328   write(2, "a", 1)                  = 1
      16453 write(5, "b", 1 <unfinished ...>
      328   write(2, "write(", 6)             = 6
      16453 <... write resumed>)              = 1
      328   fsync(7)                          = 0
      +++ exited with 0 +++
      """)
    #expect(trace.numbers[.byThread] == ["write": [1, 2, 3], "fsync": [1, 2]])
    #expect(trace.numbers[.inAll] == ["write": [1, 2, 3, 4], "fsync": [1, 2]])
  }

  @Test func `of openat those that may make a file count, and the call after each`() {
    let trace = CallTrace(
      """
      1 openat(AT_FDCWD, "/lib/libc.so.6", O_RDONLY|O_CLOEXEC) = 3
      1 openat(AT_FDCWD, "/q.db", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 4
      2 openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 5
      1 openat(AT_FDCWD, "/q.db-wal", O_RDWR|O_CREAT|O_NOFOLLOW, 0600 <unfinished ...>
      """)
    #expect(trace.numbers[.byThread] == ["openat": [2, 3, 4]])
    #expect(trace.numbers[.inAll] == ["openat": [1, 2, 3]])
  }
}
