/* test_outlook_win.c - whose OUTLOOK.EXE runs. The test itself, copied under that name, is one. */
#include "tests/cmocka_all.h"

#include "agent/outlook_win.h"
#include "base/clock.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/standin_outlook_win.h"

#include <string.h>

#include <sddl.h>

static struct err err;

static void own_sid(char out[128])
{
    BYTE owner[256];
    HANDLE token = NULL;
    DWORD size = 0;
    char *text = NULL;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenUser, owner, sizeof owner, &size));
    assert_true(ConvertSidToStringSidA(((TOKEN_USER *)(void *)owner)->User.Sid, &text));
    (void)snprintf(out, 128, "%s", text);
    (void)LocalFree(text);
    (void)CloseHandle(token);
}

static HANDLE told; /* that one ended */

static void tell(void *ctx)
{
    assert_ptr_equal(ctx, &err);
    (void)SetEvent(told);
}

struct images {
    wchar_t end[64];
    unsigned count;
};

static void visit_image(void *ctx, const wchar_t *path)
{
    struct images *images = ctx;
    size_t chars = wcslen(path);
    size_t end = wcslen(images->end);
    assert_true(chars >= end);
    assert_int_equal(wcscmp(path + chars - end, images->end), 0);
    assert_int_equal(wcsncmp(path + 1, L":\\", 2), 0);
    images->count++;
}

/* Those that run; all of their paths end like this. */
static unsigned count_images(const char *end)
{
    struct images images = {.count = 0};
    (void)swprintf(images.end, 64, L"%hs", end);
    assert_int_equal(ag_outlook_images(visit_image, &images, &err), ST_OK);
    return images.count;
}

static void find__running_and_ended__is_seen(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    char path[SCRATCH_PATH_BYTES + 16];
    char self[MAX_PATH];
    char sid[128];
    HANDLE keep_alive = NULL;
    struct ag_outlook_win *outlook = NULL;
    (void)state;

    own_sid(sid);
    scratch_folder_name("outlook", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    (void)snprintf(path, sizeof path, "%s\\Outlook.exe", folder);
    assert_true(GetModuleFileNameA(NULL, self, MAX_PATH) > 0);
    assert_true(CopyFileA(self, path, TRUE));

    told = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_non_null(told);
    assert_int_equal(ag_outlook_win_new(tell, &err, &outlook, &err), ST_OK);
    struct ag_outlook port = ag_outlook_win_port(outlook);
    assert_false(port.find(port.ctx, sid).known); /* nobody looked yet */
    assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    assert_true(port.find(port.ctx, sid).known);
    assert_false(port.find(port.ctx, sid).running);

    HANDLE process = start_standin(path, &keep_alive);
    assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    struct ag_outlook_view view = port.find(port.ctx, sid);
    assert_true(view.known);
    assert_true(view.running);
    assert_in_range(view.started_s, clock_wall_s() - 600, clock_wall_s() + 5);
    assert_false(port.find(port.ctx, "S-1-5-21-1-2-3-4").running);

    assert_int_equal(count_images("\\Outlook.exe"), 1);

    /* Looking again keeps what it waits for: no more handles, and the end is told once. */
    size_t handles = handle_count();
    for (int i = 0; i < 50; i++) {
        assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    }
    assert_in_range(handle_count(), 1, handles + 1);
    assert_int_equal(WaitForSingleObject(told, 0), WAIT_TIMEOUT);

    (void)CloseHandle(keep_alive);
    assert_int_equal(WaitForSingleObject(told, 20000), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(process, 20000), WAIT_OBJECT_0);
    (void)CloseHandle(process);
    assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    assert_false(port.find(port.ctx, sid).running);
    assert_int_equal(count_images(""), 0);
    ag_outlook_win_free(outlook);
    (void)CloseHandle(told);
    scratch_folder_remove(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__running_and_ended__is_seen),
    };
    if (is_standin(argc, argv)) {
        return be_standin();
    }
    return cmocka_run_group_tests_name("outlook", tests, NULL, NULL);
}
