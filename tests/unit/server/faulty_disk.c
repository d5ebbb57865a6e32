#include "tests/cmocka_all.h"

#include "tests/unit/server/faulty_disk.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* Ours, and behind it the system's own, as large as that says. */
struct file {
    sqlite3_file base;
    sqlite3_file *real;
    bool is_store;
};

static sqlite3_vfs *below;
static atomic_int armed = FAULT_COUNT;
static atomic_uint calls;
static atomic_uint nth_call;
static atomic_int code_of_fault;

static bool fails(enum fault fault)
{
    if (atomic_load(&armed) != (int)fault) {
        return false;
    }
    return atomic_fetch_add(&calls, 1) + 1 >= atomic_load(&nth_call);
}

static bool store_fails(sqlite3_file *f, enum fault fault)
{
    return ((struct file *)f)->is_store && fails(fault);
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int file_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *out, int size, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, size, at);
}

static int file_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
    return fails(FAULT_WRITE) || store_fails(f, FAULT_STORE_WRITE)
               ? atomic_load(&code_of_fault)
               : real_of(f)->pMethods->xWrite(real_of(f), bytes, size, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails(FAULT_CUT) ? atomic_load(&code_of_fault)
                            : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    return fails(FAULT_FLUSH) || store_fails(f, FAULT_STORE_FLUSH)
               ? atomic_load(&code_of_fault)
               : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), out);
}

static int file_lock(sqlite3_file *f, int kind)
{
    return real_of(f)->pMethods->xLock(real_of(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), kind);
}

static int file_check_lock(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int file_control(sqlite3_file *f, int what, void *argument)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), what, argument);
}

static int file_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *f, int offset, int count, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *out, int flags,
                     int *out_flags)
{
    struct file *f = (struct file *)out;
    (void)vfs;
    f->base.pMethods = NULL;
    f->is_store = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    f->real = (sqlite3_file *)(void *)(f + 1);
    int code = below->xOpen(below, name, f->real, flags, out_flags);
    if (f->real->pMethods != NULL) {
        f->base.pMethods = &METHODS;
    }
    return code;
}

void faulty_disk_register(void)
{
    static sqlite3_vfs disk;
    below = sqlite3_vfs_find(NULL);
    assert_non_null(below);
    disk = *below;
    disk.zName = "faulty";
    disk.pNext = NULL;
    disk.szOsFile = below->szOsFile + (int)sizeof(struct file);
    disk.xOpen = disk_open;
    assert_int_equal(sqlite3_vfs_register(&disk, 1), SQLITE_OK);
}

void faulty_disk_arm(enum fault fault, unsigned nth, int code)
{
    atomic_store(&calls, 0);
    atomic_store(&nth_call, nth);
    atomic_store(&code_of_fault, code);
    atomic_store(&armed, (int)fault);
}

unsigned faulty_disk_disarm(void)
{
    atomic_store(&armed, FAULT_COUNT);
    return atomic_load(&calls);
}
