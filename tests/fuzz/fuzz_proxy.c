/* Proxy: the setting, the lists that Windows and PAC files give, and bypass lists, in any spelling. */
#include "tests/fuzz/fuzzing.h"

#include "agent/proxy.h"

#include <string.h>

static void check_list(const struct ag_proxy_list *list)
{
    HOLDS(list->count >= 1 && list->count <= AG_PROXY_MOST);
    for (size_t i = 0; i < list->count; i++) {
        const char *url = list->urls[i];
        char host[AG_PROXY_HOST_BYTES];
        uint16_t port = 0;
        HOLDS(memchr(url, '\0', AG_PROXY_BYTES) != NULL);
        /* Straight on, or a plain host and port: no credentials, no path, nothing to smuggle a header with. */
        HOLDS(url[0] == '\0' || strncmp(url, "http://", 7) == 0);
        HOLDS(strpbrk(url, "@ \t\r\n\\?#") == NULL);
        HOLDS(url[0] == '\0' || strchr(url + 7, '/') == NULL);
        if (url[0] != '\0') {
            (void)ag_proxy_server_of(url, host, &port);
        }
    }
}

static void check_setting(const char *text)
{
    enum ag_proxy_kind kind = AG_PROXY_NONE;
    const char *url = NULL;
    if (!ag_proxy_setting_read(text, &kind, &url)) {
        return;
    }
    bool has_url = kind == AG_PROXY_FIXED || kind == AG_PROXY_PAC;
    HOLDS((url != NULL) == has_url);
    HOLDS(url == NULL || (url >= text && url <= text + strlen(text)));
    HOLDS(kind != AG_PROXY_FIXED || strpbrk(url, "@ \t\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ag_proxy_list list;
    char host[AG_PROXY_HOST_BYTES];
    uint16_t port = 0;
    struct bytes text = bytes_with_limit(size + 1);
    HOLDS(bytes_append(&text, data, size) == ST_OK);
    const char *words = bytes_text(&text);
    ag_proxy_list_read(words, &list);
    check_list(&list);
    check_setting(words);
    (void)ag_proxy_is_bypassed(words, "mapi.contoso.example", 443);
    (void)ag_proxy_is_bypassed(words, "10.1.2.3", 8443);
    if (ag_proxy_server_of(words, host, &port)) {
        HOLDS(strlen(host) > 0 && strlen(host) < sizeof host);
        (void)ag_proxy_is_bypassed("*.example;<local>;10.*", host, port);
    }
    bytes_free(&text);
    return 0;
}
