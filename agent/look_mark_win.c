#include "agent/look_mark_win.h"

#include "agent/running_key_win.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const wchar_t LOOK_VALUE[] = L"Look";        /* "process SID" */
static const wchar_t LEFT_OUT_VALUE[] = L"LeftOut"; /* SIDs, a space behind each */

enum { TEXT_BYTES = AG_LEFT_OUT_MOST * AG_USER_SID_BYTES };

/* ---- values: ASCII of our own, and whatever else somebody wrote there ----------------------- */

static void read_value(HKEY key, const wchar_t *name, char out[TEXT_BYTES])
{
    wchar_t wide[TEXT_BYTES] = L"";
    DWORD type = REG_NONE;
    DWORD size = sizeof wide - sizeof wide[0];
    LSTATUS error = RegQueryValueExW(key, name, NULL, &type, (BYTE *)wide, &size);
    out[0] = '\0';
    if (error != ERROR_SUCCESS || type != REG_SZ) {
        return;
    }
    size_t i = 0;
    for (; wide[i] != L'\0'; i++) {
        out[i] = wide[i] < 0x80 ? (char)wide[i] : '?';
    }
    out[i] = '\0';
}

static void write_value(HKEY key, const wchar_t *name, const char *text)
{
    wchar_t wide[TEXT_BYTES] = L"";
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < TEXT_BYTES; i++) {
        wide[i] = (wchar_t)text[i];
    }
    /* What cannot be left protects nobody, and harms nobody. */
    (void)RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)wide,
                         (DWORD)((i + 1) * sizeof wide[0]));
}

/* ---- who is left out ------------------------------------------------------------------------ */

bool ag_look_mark_leaves_out(const struct ag_look_mark *mark, const char *sid)
{
    for (size_t i = 0; i < mark->left_out_count; i++) {
        if (strcmp(mark->left_out[i], sid) == 0) {
            return true;
        }
    }
    return false;
}

static void leave_out(struct ag_look_mark *mark, const char *sid)
{
    if (!ag_sid_is_user(sid) || strlen(sid) >= AG_USER_SID_BYTES ||
        ag_look_mark_leaves_out(mark, sid)) {
        return;
    }
    if (mark->left_out_count == AG_LEFT_OUT_MOST) {
        mark->left_out_count--;
        memmove(mark->left_out[0], mark->left_out[1],
                mark->left_out_count * sizeof mark->left_out[0]);
    }
    memcpy(mark->left_out[mark->left_out_count++], sid, strlen(sid) + 1);
}

static void read_left_out(struct ag_look_mark *mark)
{
    char text[TEXT_BYTES];
    char *rest = NULL;
    read_value(mark->key, LEFT_OUT_VALUE, text);
    for (char *sid = strtok_r(text, " ", &rest); sid != NULL; sid = strtok_r(NULL, " ", &rest)) {
        leave_out(mark, sid);
    }
}

static void write_left_out(const struct ag_look_mark *mark)
{
    char text[TEXT_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < mark->left_out_count; i++) {
        int more = snprintf(text + used, sizeof text - used, "%s ", mark->left_out[i]);
        used += more > 0 && (size_t)more < sizeof text - used ? (size_t)more : 0;
    }
    text[used] = '\0';
    write_value(mark->key, LEFT_OUT_VALUE, text);
}

/* ---- the mark ------------------------------------------------------------------------------- */

/* Numbers of processes come again; together with the time of their start they do not. */
static void name_process(char out[48])
{
    FILETIME started = {0};
    FILETIME others[3];
    (void)GetProcessTimes(GetCurrentProcess(), &started, &others[0], &others[1], &others[2]);
    (void)snprintf(out, 48, "%lu-%" PRIx64, GetCurrentProcessId(),
                   (uint64_t)started.dwHighDateTime << 32 | started.dwLowDateTime);
}

/* One of this process is a look that hangs: no reason to believe the worst of it. */
static void take_left_behind(struct ag_look_mark *mark)
{
    char text[TEXT_BYTES];
    read_value(mark->key, LOOK_VALUE, text);
    char *sid = strchr(text, ' ');
    if (sid == NULL) {
        return;
    }
    *sid++ = '\0';
    if (strcmp(text, mark->process) != 0) {
        leave_out(mark, sid);
        write_left_out(mark);
        ag_look_mark_clear(mark);
    }
}

void ag_look_mark_open(struct ag_look_mark *mark)
{
    *mark = (struct ag_look_mark){.key = NULL};
    name_process(mark->process);
    if (ag_running_key_open(&mark->key) != ERROR_SUCCESS) {
        mark->key = NULL;
        return;
    }
    read_left_out(mark);
    take_left_behind(mark);
}

void ag_look_mark_close(struct ag_look_mark *mark)
{
    if (mark->key != NULL) {
        (void)RegCloseKey(mark->key);
    }
    mark->key = NULL;
}

void ag_look_mark_set(const struct ag_look_mark *mark, const char *sid)
{
    char text[sizeof mark->process + AG_USER_SID_BYTES];
    if (mark->key != NULL) {
        (void)snprintf(text, sizeof text, "%s %s", mark->process, sid);
        write_value(mark->key, LOOK_VALUE, text);
    }
}

void ag_look_mark_clear(const struct ag_look_mark *mark)
{
    if (mark->key != NULL) {
        (void)RegDeleteValueW(mark->key, LOOK_VALUE);
    }
}

void ag_look_mark_forget(void)
{
    struct ag_look_mark mark = {.key = NULL};
    if (ag_running_key_open(&mark.key) == ERROR_SUCCESS) {
        ag_look_mark_clear(&mark);
        ag_look_mark_close(&mark);
    }
}
