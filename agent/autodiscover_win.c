#include "agent/autodiscover_win.h"

#include "agent/local_path_win.h"
#include "base/error_win.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum {
    NAME_CHARS = 256,   /* the longest name of a file has 255 */
    LISTED_MOST = 1000, /* names that are looked at; there are some dozens */
    LISTING_BYTES = 16 * 1024,
    READ_MOST_BYTES = 4 * 1024 * 1024, /* in one look; answers have some 10 KiB */
};

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

struct candidate {
    struct ag_file_stamp stamp;
    size_t folder;
    DWORD attributes;
    wchar_t name[NAME_CHARS];
};

/* Too much for the stack. */
struct look {
    wchar_t base[AG_LOCAL_PATH_CHARS]; /* where the profile really is */
    struct candidate candidates[AG_AUTODISCOVER_FILES];
    size_t count;
    size_t listed;
    size_t read_bytes;
    bool cut_short;
    struct ag_autodiscover_cache fresh;
    union {
        FILE_ID_BOTH_DIR_INFO first;
        BYTE bytes[LISTING_BYTES];
    } listing;
};

static bool join(wchar_t out[AG_LOCAL_PATH_CHARS], const wchar_t *a, const wchar_t *b,
                 const wchar_t *c)
{
    int chars = swprintf(out, AG_LOCAL_PATH_CHARS, L"%ls%ls%ls", a, b, c);
    return chars > 0 && chars < AG_LOCAL_PATH_CHARS;
}

/* ---- folders ------------------------------------------------------------------------------- */

/* *out stays INVALID_HANDLE_VALUE where there is no such folder, which is no trouble. */
static enum ag_files_trouble open_folder(const wchar_t *path, DWORD flags, HANDLE *out)
{
    *out = CreateFileW(path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE, SHARE_ALL,
                       NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    if (*out != INVALID_HANDLE_VALUE) {
        return AG_FILES_FINE;
    }
    return error_status((uint32_t)GetLastError()) == ST_NOT_FOUND ? AG_FILES_FINE
                                                                  : AG_FILES_UNREADABLE;
}

/* Links above the profile are those of administrators, who move profiles to other disks: followed, once,
 * and from there on no more. base becomes "" if there is no profile. */
static enum ag_files_trouble find_base(const wchar_t *folder, wchar_t *known_drive,
                                       wchar_t base[AG_LOCAL_PATH_CHARS])
{
    HANDLE handle = INVALID_HANDLE_VALUE;
    wchar_t path[AG_LOCAL_PATH_CHARS];
    base[0] = L'\0';
    if (!ag_path_is_local(folder, known_drive) || !join(path, AG_AS_IT_STANDS, folder, L"")) {
        return AG_FILES_NOT_LOCAL;
    }
    enum ag_files_trouble trouble = open_folder(path, 0, &handle);
    if (handle == INVALID_HANDLE_VALUE) {
        return trouble;
    }
    bool good = ag_path_find_real(handle, known_drive, base);
    (void)CloseHandle(handle);
    return good ? AG_FILES_FINE : AG_FILES_NOT_LOCAL;
}

/* ---- names --------------------------------------------------------------------------------- */

static bool is_same(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

static bool ends_with(const wchar_t *name, size_t chars, const wchar_t *end)
{
    size_t end_chars = wcslen(end);
    return chars > end_chars && is_same(name + chars - end_chars, end);
}

/* "<32 hexadecimal digits> - Autodiscover.xml" */
static bool is_answer(const wchar_t *name, size_t chars)
{
    static const wchar_t END[] = L" - Autodiscover.xml";
    size_t digits = wcsspn(name, L"0123456789abcdefABCDEF");
    return digits == 32 && chars == 32 + wcslen(END) && ends_with(name, chars, END);
}

/* In the order of their names, AutoD.<...>.xml among others. */
static bool is_any_xml(const wchar_t *name, size_t chars)
{
    return ends_with(name, chars, L".xml");
}

static const struct {
    const wchar_t *path;
    bool (*takes)(const wchar_t *name, size_t chars);
} FOLDERS[] = {
    {L"\\AppData\\Local\\Microsoft\\Outlook", is_answer},
    {L"\\AppData\\Local\\Microsoft\\Outlook\\16", is_any_xml},
};
enum { FOLDER_COUNT = sizeof FOLDERS / sizeof FOLDERS[0] };

/* FNV-1a. That two names are alike harms nobody but who named them. */
static uint64_t hash_place(size_t folder, const wchar_t *name)
{
    uint64_t hash = (14695981039346656037u ^ folder) * 1099511628211u;
    for (; *name != L'\0'; name++) {
        hash = (hash ^ *name) * 1099511628211u;
    }
    return hash;
}

/* ---- listing ------------------------------------------------------------------------------- */

/* The newest count. */
static struct candidate *place_for(struct look *look, int64_t written)
{
    struct candidate *oldest = &look->candidates[0];
    if (look->count < AG_AUTODISCOVER_FILES) {
        return &look->candidates[look->count++];
    }
    look->cut_short = true;
    for (size_t i = 1; i < look->count; i++) {
        if (look->candidates[i].stamp.written < oldest->stamp.written) {
            oldest = &look->candidates[i];
        }
    }
    return oldest->stamp.written < written ? oldest : NULL;
}

static void consider(struct look *look, size_t folder, const FILE_ID_BOTH_DIR_INFO *entry)
{
    wchar_t name[NAME_CHARS];
    size_t chars = entry->FileNameLength / sizeof(wchar_t);
    if (chars >= NAME_CHARS || (entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        return;
    }
    memcpy(name, entry->FileName, chars * sizeof(wchar_t));
    name[chars] = L'\0';
    if (!FOLDERS[folder].takes(name, chars)) {
        return;
    }
    struct candidate *place = place_for(look, entry->LastWriteTime.QuadPart);
    if (place != NULL) {
        place->stamp = (struct ag_file_stamp){.place = hash_place(folder, name),
                                              .index = entry->FileId.QuadPart,
                                              .size = entry->EndOfFile.QuadPart,
                                              .written = entry->LastWriteTime.QuadPart,
                                              .changed = entry->ChangeTime.QuadPart};
        place->folder = folder;
        place->attributes = entry->FileAttributes;
        memcpy(place->name, name, sizeof name);
    }
}

/* False once enough was looked at. */
static bool consider_all(struct look *look, size_t folder)
{
    const FILE_ID_BOTH_DIR_INFO *entry = &look->listing.first;
    while (look->listed < LISTED_MOST) {
        look->listed++;
        consider(look, folder, entry);
        if (entry->NextEntryOffset == 0) {
            return true;
        }
        entry = (const FILE_ID_BOTH_DIR_INFO *)(const void *)((const BYTE *)entry +
                                                              entry->NextEntryOffset);
    }
    look->cut_short = true;
    return false;
}

/* Through the handle, so that it is the folder that was checked. */
static enum ag_files_trouble list_handle(struct look *look, HANDLE handle, size_t folder)
{
    FILE_INFO_BY_HANDLE_CLASS class = FileIdBothDirectoryRestartInfo;
    do {
        if (!GetFileInformationByHandleEx(handle, class, &look->listing, sizeof look->listing)) {
            DWORD error = GetLastError();
            bool end = error == ERROR_NO_MORE_FILES || error == ERROR_FILE_NOT_FOUND;
            return end ? AG_FILES_FINE : AG_FILES_UNREADABLE;
        }
        class = FileIdBothDirectoryInfo;
    } while (consider_all(look, folder));
    return AG_FILES_FINE;
}

static enum ag_files_trouble list_folder(struct look *look, size_t folder)
{
    HANDLE handle = INVALID_HANDLE_VALUE;
    wchar_t path[AG_LOCAL_PATH_CHARS];
    if (!join(path, look->base, FOLDERS[folder].path, L"")) {
        return AG_FILES_UNREADABLE;
    }
    enum ag_files_trouble trouble = open_folder(path, FILE_FLAG_OPEN_REPARSE_POINT, &handle);
    if (handle == INVALID_HANDLE_VALUE) {
        return trouble;
    }
    trouble =
        ag_path_is_itself(handle, path) ? list_handle(look, handle, folder) : AG_FILES_NOT_LOCAL;
    (void)CloseHandle(handle);
    return trouble;
}

/* ---- one file ------------------------------------------------------------------------------ */

static bool is_plain(HANDLE handle, const wchar_t *path, uint64_t *size)
{
    FILE_STANDARD_INFO info;
    if (!GetFileInformationByHandleEx(handle, FileStandardInfo, &info, sizeof info) ||
        info.Directory || info.NumberOfLinks != 1 || !ag_path_is_itself(handle, path)) {
        return false;
    }
    *size = (uint64_t)info.EndOfFile.QuadPart;
    return true;
}

/* All at once, and not more than there was: what grows meanwhile is read another time. */
static void read_handle(HANDLE handle, size_t size, struct ag_autodiscover *out)
{
    DWORD got = 0;
    BYTE *data = malloc(size + 1);
    if (data != NULL && ReadFile(handle, data, (DWORD)size + 1, &got, NULL) && got == size) {
        ag_autodiscover_read((struct span){.data = data, .size = size}, out);
    }
    free(data);
}

/* False: it is for the next look, which need not read again what this one did. */
static bool read_opened(struct look *look, HANDLE handle, const wchar_t *path,
                        struct ag_autodiscover *out)
{
    uint64_t size = 0;
    if (!is_plain(handle, path, &size)) {
        return true;
    }
    if (size > AG_AUTODISCOVER_BYTES) {
        out->trouble = AG_XML_TOO_LARGE;
        return true;
    }
    look->read_bytes += (size_t)size;
    if (look->read_bytes > READ_MOST_BYTES) {
        look->cut_short = true;
        return false;
    }
    read_handle(handle, (size_t)size, out);
    return true;
}

/* False: it is gone, or for the next look. */
static bool read_file(struct look *look, const struct candidate *one, struct ag_autodiscover *out)
{
    wchar_t folder[AG_LOCAL_PATH_CHARS];
    wchar_t path[AG_LOCAL_PATH_CHARS];
    *out = (struct ag_autodiscover){.trouble = AG_XML_UNREADABLE};
    if ((one->attributes & AG_FILE_ELSEWHERE) != 0 ||
        !join(folder, look->base, FOLDERS[one->folder].path, L"\\") ||
        !join(path, folder, one->name, L"")) {
        return true;
    }
    if (one->stamp.size > AG_AUTODISCOVER_BYTES) {
        out->trouble = AG_XML_TOO_LARGE;
        return true;
    }
    HANDLE handle = CreateFileW(path, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                SHARE_ALL, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        return error_status((uint32_t)GetLastError()) != ST_NOT_FOUND;
    }
    bool good = read_opened(look, handle, path, out);
    (void)CloseHandle(handle);
    return good;
}

/* ---- all of them --------------------------------------------------------------------------- */

static int64_t seconds_of(int64_t ticks)
{
    /* 11644473600 s lie between 1601 and 1970. */
    return ticks / 10000000 - 11644473600;
}

static bool is_same_stamp(const struct ag_file_stamp *a, const struct ag_file_stamp *b)
{
    return a->place == b->place && a->index == b->index && a->size == b->size &&
           a->written == b->written && a->changed == b->changed;
}

static bool find_kept(const struct ag_autodiscover_cache *cache, const struct ag_file_stamp *stamp,
                      struct ag_autodiscover *out)
{
    for (size_t i = 0; i < cache->count; i++) {
        if (is_same_stamp(&cache->list[i].stamp, stamp)) {
            *out = cache->list[i].answer;
            return true;
        }
    }
    return false;
}

static void take(struct look *look, const struct ag_autodiscover_cache *cache,
                 const struct candidate *one, struct ag_autodiscover_files *out)
{
    struct ag_autodiscover answer;
    if (!find_kept(cache, &one->stamp, &answer) && !read_file(look, one, &answer)) {
        return;
    }
    /* What could not be read may be readable the next time. */
    if (answer.trouble != AG_XML_UNREADABLE) {
        look->fresh.list[look->fresh.count].stamp = one->stamp;
        look->fresh.list[look->fresh.count++].answer = answer;
    }
    out->list[out->count++] = (struct ag_autodiscover_file){
        .answer = answer, .modified_s = seconds_of(one->stamp.written)};
}

static void collect(struct look *look, const wchar_t *folder, struct ag_autodiscover_cache *cache,
                    struct ag_autodiscover_files *out)
{
    look->fresh.drive = cache->drive;
    out->trouble = find_base(folder, &look->fresh.drive, look->base);
    for (size_t i = 0; i < FOLDER_COUNT && look->base[0] != L'\0'; i++) {
        enum ag_files_trouble trouble = list_folder(look, i);
        out->trouble = out->trouble != AG_FILES_FINE ? out->trouble : trouble;
    }
    for (size_t i = 0; i < look->count; i++) {
        take(look, cache, &look->candidates[i], out);
    }
    out->cut_short = look->cut_short;
    *cache = look->fresh;
}

void ag_autodiscover_collect(const wchar_t *folder, struct ag_autodiscover_cache *cache,
                             struct ag_autodiscover_files *out)
{
    struct look *look = calloc(1, sizeof *look);
    memset(out, 0, sizeof *out);
    if (look != NULL) {
        collect(look, folder, cache, out);
    } else {
        out->trouble = AG_FILES_UNREADABLE;
    }
    free(look);
}
