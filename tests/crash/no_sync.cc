// Syncs that do nothing, for a process that loads this before the C library.

extern "C" {

int fsync(int) { return 0; }
int fdatasync(int) { return 0; }
int sync_file_range(int, long, long, unsigned) { return 0; }

}  // extern "C"
