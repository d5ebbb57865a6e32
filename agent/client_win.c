#include "agent/client_win.h"

#include "agent/client.h"
#include "agent/image_win.h"
#include "agent/outlook_win.h"
#include "base/text_win.h"
#include "policy/outlook_version.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum { PATH_CHARS = 1024, WORD_CHARS = 64, ROOTS_MOST = 4 };

static const REGSAM VIEWS[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
enum { VIEW_COUNT = sizeof VIEWS / sizeof VIEWS[0] };

/* Too much for the stack. */
struct find {
    struct ag_client_search search;
    wchar_t paths[AG_CLIENT_IMAGES_MOST][PATH_CHARS]; /* of the images with the same number */
    wchar_t roots[ROOTS_MOST][PATH_CHARS];            /* where Click-to-Run installs */
    size_t root_count;
};

/* ---- the machine's registry ---------------------------------------------------------------- */

/* Text, a reference to the environment replaced; what is too long is as good as none. */
static bool read_text(const wchar_t *path, REGSAM view, const wchar_t *name, wchar_t *out,
                      size_t out_chars)
{
    HKEY key = NULL;
    DWORD size = (DWORD)(out_chars * sizeof *out);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | view, &key) != ERROR_SUCCESS) {
        return false;
    }
    /* Of REG_EXPAND_SZ, too: it is REG_SZ once it is expanded. */
    LSTATUS error = RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, out, &size);
    (void)RegCloseKey(key);
    return error == ERROR_SUCCESS && *out != L'\0';
}

/* NULL: there is none. free() frees it. */
static char *read_word(const wchar_t *path, REGSAM view, const wchar_t *name)
{
    wchar_t wide[WORD_CHARS] = L"";
    char *word = NULL;
    if (!read_text(path, view, name, wide, WORD_CHARS) ||
        text_from_wide(wide, wcslen(wide), &word) != ST_OK) {
        return NULL;
    }
    return word;
}

static void take_bitness(struct find *find, const wchar_t *path, REGSAM view, const wchar_t *name)
{
    char *word = read_word(path, view, name);
    if (word != NULL && find->search.bitness == POL_BITNESS_UNKNOWN) {
        find->search.bitness = ag_client_bitness_word(word);
    }
    free(word);
}

static uint32_t read_dotnet(void)
{
    DWORD release = 0;
    DWORD size = sizeof release;
    HKEY key = NULL;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                      L"SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full", 0,
                      KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS) {
        return 0;
    }
    LSTATUS error = RegGetValueW(key, NULL, L"Release", RRF_RT_REG_DWORD, NULL, &release, &size);
    (void)RegCloseKey(key);
    return error == ERROR_SUCCESS ? release : 0;
}

/* ---- program files ------------------------------------------------------------------------- */

static bool is_below(const wchar_t *path, const wchar_t *folder)
{
    size_t chars = wcslen(folder);
    return wcslen(path) > chars && path[chars] == L'\\' &&
           CompareStringOrdinal(path, (int)chars, folder, (int)chars, TRUE) == CSTR_EQUAL;
}

static struct ag_client_image *find_image(struct find *find, const wchar_t *path)
{
    for (size_t i = 0; i < find->search.count; i++) {
        if (CompareStringOrdinal(find->paths[i], -1, path, -1, TRUE) == CSTR_EQUAL) {
            return &find->search.images[i];
        }
    }
    return NULL;
}

/* runs: else it is registered. What a user runs that is not this machine's, or only on another one,
 * does not count; what an installer named and cannot be read does. */
static struct ag_client_image *new_image(struct find *find, const wchar_t *path, bool runs)
{
    struct ag_image read = {.version = 0};
    size_t place = find->search.count;
    if (place == AG_CLIENT_IMAGES_MOST || wcslen(path) >= PATH_CHARS) {
        return NULL;
    }
    enum status st = ag_image_read(path, runs, &read, NULL);
    if (st == ST_NOT_FOUND || (st == ST_DENIED && runs)) {
        return NULL;
    }
    struct ag_client_image *image = &find->search.images[place];
    *image = (struct ag_client_image){
        .readable = st == ST_OK, .version = read.version, .bitness = read.bitness};
    for (size_t i = 0; i < find->root_count; i++) {
        image->click_to_run = image->click_to_run || is_below(path, find->roots[i]);
    }
    memcpy(find->paths[place], path, (wcslen(path) + 1) * sizeof *path);
    find->search.count++;
    return image;
}

static void add_image(struct find *find, const wchar_t *path, bool runs)
{
    struct ag_client_image *image = find_image(find, path);
    if (image == NULL) {
        image = new_image(find, path, runs);
    }
    if (image != NULL) {
        image->runs = image->runs || runs;
        image->registered = image->registered || !runs;
    }
}

static void add_installed(struct find *find, const wchar_t *folder, const wchar_t *name)
{
    wchar_t path[PATH_CHARS];
    size_t chars = wcslen(folder);
    bool ends = chars > 0 && folder[chars - 1] == L'\\';
    if (swprintf(path, PATH_CHARS, L"%ls%ls%ls", folder, ends ? L"" : L"\\", name) > 0) {
        add_image(find, path, false);
    }
}

/* ---- where to look ------------------------------------------------------------------------- */

/* From Click-to-Run's key on. */
static const struct layout {
    const wchar_t *key;
    const wchar_t *configuration;
    const wchar_t *image;
} CLICK_TO_RUN[] = {
    {L"SOFTWARE\\Microsoft\\Office\\ClickToRun",
     L"SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration", L"root\\Office16\\OUTLOOK.EXE"},
    {L"SOFTWARE\\Microsoft\\Office\\15.0\\ClickToRun",
     L"SOFTWARE\\Microsoft\\Office\\15.0\\ClickToRun\\Configuration",
     L"root\\Office15\\OUTLOOK.EXE"},
};

static void take_version(struct find *find, const wchar_t *path, REGSAM view)
{
    char *word = read_word(path, view, L"VersionToReport");
    uint64_t version = 0;
    if (word != NULL && find->search.click_to_run_version == 0 &&
        pol_outlook_version_read(word, &version)) {
        find->search.click_to_run_version = version;
    }
    free(word);
}

static void look_for_click_to_run(struct find *find, const struct layout *layout, REGSAM view)
{
    if (find->root_count == ROOTS_MOST) {
        return;
    }
    wchar_t *root = find->roots[find->root_count];
    if (!read_text(layout->configuration, view, L"InstallationPath", root, PATH_CHARS) &&
        !read_text(layout->key, view, L"InstallPath", root, PATH_CHARS)) {
        return;
    }
    for (size_t chars = wcslen(root); chars > 0 && root[chars - 1] == L'\\'; chars--) {
        root[chars - 1] = L'\0';
    }
    find->root_count++;
    take_version(find, layout->configuration, view);
    take_bitness(find, layout->configuration, view, L"Platform");
    add_installed(find, root, layout->image);
}

/* Where the shell looks: the path may stand in quotes. */
static void look_for_app_path(struct find *find, REGSAM view)
{
    wchar_t path[PATH_CHARS] = L"";
    if (read_text(L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\OUTLOOK.EXE", view,
                  NULL, path, PATH_CHARS)) {
        wchar_t *begin = path + (path[0] == L'"');
        begin[wcscspn(begin, L"\"")] = L'\0';
        add_image(find, begin, false);
    }
}

static void look_for_install_root(struct find *find, const wchar_t *release, REGSAM view)
{
    wchar_t key[PATH_CHARS];
    wchar_t folder[PATH_CHARS] = L"";
    (void)swprintf(key, PATH_CHARS, L"SOFTWARE\\Microsoft\\Office\\%ls\\Outlook\\InstallRoot",
                   release);
    if (read_text(key, view, L"Path", folder, PATH_CHARS)) {
        add_installed(find, folder, L"OUTLOOK.EXE");
    }
    (void)swprintf(key, PATH_CHARS, L"SOFTWARE\\Microsoft\\Office\\%ls\\Outlook", release);
    take_bitness(find, key, view, L"Bitness");
}

static void look_for_installed(struct find *find)
{
    static const wchar_t *const RELEASES[] = {L"16.0", L"15.0", L"14.0"};
    for (size_t i = 0; i < sizeof CLICK_TO_RUN / sizeof CLICK_TO_RUN[0]; i++) {
        for (size_t view = 0; view < VIEW_COUNT; view++) {
            look_for_click_to_run(find, &CLICK_TO_RUN[i], VIEWS[view]);
        }
    }
    for (size_t view = 0; view < VIEW_COUNT; view++) {
        look_for_app_path(find, VIEWS[view]);
    }
    for (size_t i = 0; i < sizeof RELEASES / sizeof RELEASES[0]; i++) {
        for (size_t view = 0; view < VIEW_COUNT; view++) {
            look_for_install_root(find, RELEASES[i], VIEWS[view]);
        }
    }
}

static void visit_running(void *ctx, const wchar_t *path)
{
    add_image(ctx, path, true);
}

void ag_client_win_read(struct ag_client *out)
{
    struct find *find = calloc(1, sizeof *find);
    struct ag_client client = {.known = false, .install = POL_INSTALL_UNKNOWN};
    if (find != NULL) {
        find->search.dotnet_release = read_dotnet();
        look_for_installed(find);
        enum status st = ag_outlook_images(visit_running, find, NULL);
        ag_client_choose(&find->search, &client);
        client.known = client.known && (st == ST_OK || find->search.count > 0);
    }
    free(find);
    *out = client;
}
