#include "agent/local_path_win.h"

#include <wchar.h>

enum { PREFIX_CHARS = sizeof AG_AS_IT_STANDS / sizeof(wchar_t) - 1 };

static bool is_letter(wchar_t c)
{
    return (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z');
}

/* Without dots that lead up, without what no name has. */
static bool is_plain(const wchar_t *path)
{
    return is_letter(path[0]) && path[1] == L':' && path[2] == L'\\' &&
           wcspbrk(path + 2, L"/:*?\"<>|") == NULL && wcsstr(path, L"\\..") == NULL;
}

bool ag_path_is_local(const wchar_t *path, wchar_t *known_drive)
{
    const wchar_t drive = path[0] & 0xffdfu; /* of a letter, the capital one */
    const wchar_t root[] = {drive, L':', L'\\', L'\0'};
    if (!is_plain(path)) {
        return false;
    }
    if (drive != *known_drive) {
        UINT type = GetDriveTypeW(root);
        bool disk = type == DRIVE_FIXED || type == DRIVE_REMOVABLE || type == DRIVE_RAMDISK;
        *known_drive = disk ? drive : L'\0';
    }
    return drive == *known_drive;
}

static bool find_path(HANDLE handle, wchar_t out[AG_LOCAL_PATH_CHARS])
{
    DWORD chars = GetFinalPathNameByHandleW(handle, out, AG_LOCAL_PATH_CHARS,
                                            FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    return chars > 0 && chars < AG_LOCAL_PATH_CHARS;
}

bool ag_path_find_real(HANDLE handle, wchar_t *known_drive, wchar_t out[AG_LOCAL_PATH_CHARS])
{
    bool good = find_path(handle, out) && wcsncmp(out, AG_AS_IT_STANDS, PREFIX_CHARS) == 0 &&
                ag_path_is_local(out + PREFIX_CHARS, known_drive);
    if (!good) {
        out[0] = L'\0';
    }
    return good;
}

bool ag_path_is_itself(HANDLE handle, const wchar_t *path)
{
    FILE_BASIC_INFO info;
    wchar_t real[AG_LOCAL_PATH_CHARS];
    return GetFileType(handle) == FILE_TYPE_DISK &&
           GetFileInformationByHandleEx(handle, FileBasicInfo, &info, sizeof info) &&
           (info.FileAttributes & AG_FILE_ELSEWHERE) == 0 && find_path(handle, real) &&
           CompareStringOrdinal(real, -1, path, -1, TRUE) == CSTR_EQUAL;
}
