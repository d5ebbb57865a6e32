/* versioned_image_win.h - a program file that says any version the test likes.
 *
 * A copy of the test itself, with another version resource.
 * Effects: writes files    Units:  none
 * Owns:    nothing         Errors: failed assertions
 * Threads: one thread      Source: UpdateResourceW, VS_VERSIONINFO
 */
#ifndef TESTS_UNIT_AGENT_VERSIONED_IMAGE_WIN_H
#define TESTS_UNIT_AGENT_VERSIONED_IMAGE_WIN_H

#include <string.h>

#include <windows.h>

static inline void versioned_image_of(const wchar_t *path, DWORD signature, DWORD high, DWORD low)
{
    static const struct {
        WORD size;
        WORD value_size;
        WORD type;
        WCHAR name[16];
        WORD padding;
        VS_FIXEDFILEINFO fixed;
    } MODEL = {.size = sizeof MODEL,
               .value_size = sizeof MODEL.fixed,
               .name = L"VS_VERSION_INFO",
               .fixed = {.dwStrucVersion = 0x10000}};
    struct {
        BYTE bytes[sizeof MODEL];
    } resource;
    wchar_t self[MAX_PATH];
    VS_FIXEDFILEINFO fixed = MODEL.fixed;
    fixed.dwSignature = signature;
    fixed.dwFileVersionMS = high;
    fixed.dwFileVersionLS = low;
    memcpy(&resource, &MODEL, sizeof resource);
    memcpy(resource.bytes + ((const BYTE *)&MODEL.fixed - (const BYTE *)&MODEL), &fixed,
           sizeof fixed);
    assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    assert_true(CopyFileW(self, path, FALSE));
    HANDLE update = BeginUpdateResourceW(path, FALSE);
    assert_non_null(update);
    assert_true(UpdateResourceW(update, (LPWSTR)(ULONG_PTR)16 /* RT_VERSION */, MAKEINTRESOURCEW(1),
                                0x409, &resource, sizeof resource));
    assert_true(EndUpdateResourceW(update, FALSE));
}

/* Two numbers of 16 bits each. */
static inline void versioned_image(const wchar_t *path, DWORD high, DWORD low)
{
    versioned_image_of(path, 0xfeef04bd, high, low);
}

#endif
