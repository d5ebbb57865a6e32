/* test_outlook_win.c - whose OUTLOOK.EXE runs. The test itself, copied under that name, is one. */
#include "tests/cmocka_all.h"

#include "agent/outlook_win.h"
#include "base/clock.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"

#include <stdlib.h>
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

/* A process that waits for its standard input to end. */
static HANDLE start_outlook(const char *path, HANDLE *keep_alive)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    char command[SCRATCH_PATH_BYTES + 32];

    assert_true(CreatePipe(&start.hStdInput, keep_alive, &inherited, 0));
    assert_true(SetHandleInformation(*keep_alive, HANDLE_FLAG_INHERIT, 0));
    (void)snprintf(command, sizeof command, "\"%s\" --be-outlook", path);
    assert_true(CreateProcessA(path, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process));
    (void)CloseHandle(start.hStdInput);
    (void)CloseHandle(process.hThread);
    return process.hProcess;
}

static HANDLE told; /* that one ended */

static void tell(void *ctx)
{
    assert_ptr_equal(ctx, &err);
    (void)SetEvent(told);
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

    HANDLE process = start_outlook(path, &keep_alive);
    assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    struct ag_outlook_view view = port.find(port.ctx, sid);
    assert_true(view.known);
    assert_true(view.running);
    assert_in_range(view.started_s, clock_wall_s() - 600, clock_wall_s() + 5);
    assert_false(port.find(port.ctx, "S-1-5-21-1-2-3-4").running);

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
    ag_outlook_win_free(outlook);
    (void)CloseHandle(told);
    scratch_folder_remove(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find__running_and_ended__is_seen),
    };
    if (argc == 2 && strcmp(argv[1], "--be-outlook") == 0) {
        char byte = 0;
        DWORD got = 0;
        (void)ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, NULL);
        return EXIT_SUCCESS;
    }
    return cmocka_run_group_tests_name("outlook", tests, NULL, NULL);
}
