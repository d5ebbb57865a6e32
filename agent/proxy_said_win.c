#include "agent/proxy_said_win.h"

#include "base/text_win.h"

#include <stdlib.h>

#include <windows.h>

static char *narrow(const wchar_t *wide)
{
    char *text = NULL;
    if (wide == NULL || text_from_wide(wide, wcslen(wide), &text) != ST_OK) {
        return NULL;
    }
    return text;
}

void ag_proxy_said_read(const wchar_t *list, const wchar_t *bypass, const char *host, uint16_t port,
                        struct ag_proxy_list *out)
{
    char *named = narrow(list);
    char *around = narrow(bypass);
    bool straight = ag_proxy_is_bypassed(around, host, port);
    ag_proxy_list_read(straight ? NULL : named, out);
    free(named);
    free(around);
}

void ag_proxy_said_free(wchar_t *text)
{
    if (text != NULL) {
        (void)GlobalFree(text);
    }
}
