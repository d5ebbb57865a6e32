/* standin_outlook_win.h - the test itself, copied under another name, as the Outlook that runs.
 *
 * Its main() begins with is_standin().
 * Effects: starts a process    Units:  none
 * Owns:    nothing             Errors: failed assertions
 * Threads: one thread          Source: CreateProcessA
 */
#ifndef TESTS_UNIT_AGENT_STANDIN_OUTLOOK_WIN_H
#define TESTS_UNIT_AGENT_STANDIN_OUTLOOK_WIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

static inline int is_standin(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "--be-outlook") == 0;
}

static inline int be_standin(void)
{
    char byte = 0;
    DWORD got = 0;
    (void)ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, NULL);
    return EXIT_SUCCESS;
}

/* A process that waits for its standard input to end. */
static inline HANDLE start_standin(const char *path, HANDLE *keep_alive)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    char command[1024];

    assert_true(CreatePipe(&start.hStdInput, keep_alive, &inherited, 0));
    assert_true(SetHandleInformation(*keep_alive, HANDLE_FLAG_INHERIT, 0));
    (void)snprintf(command, sizeof command, "\"%s\" --be-outlook", path);
    assert_true(CreateProcessA(path, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process));
    (void)CloseHandle(start.hStdInput);
    (void)CloseHandle(process.hThread);
    return process.hProcess;
}

#endif
