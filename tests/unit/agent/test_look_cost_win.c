/* test_look_cost_win.c - what looking at a user costs, when all is read and when nothing changed.
 *
 * Three profiles of 20 sections, ten answers of 20 KB. The processor time is this process's own, as the
 * system counts it; MR_LOOKS says how many looks make one figure (tests/bench/observe.sh).
 */
#include "tests/cmocka_all.h"

#include "agent/look_win.h"
#include "agent/profiles_win.h"
#include "base/clock.h"
#include "tests/unit/agent/fake_sessions_win.h"
#include "tests/unit/agent/planted_keys_win.h"
#include "tests/unit/agent/scratch_profile_win.h"

#define PROFILE_KEY L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" PLANTED_SID

enum {
    PROFILES = 3,
    SECTIONS = 20,
    OTHER_VALUES = 12, /* of each section, of no interest */
    FILES = 10,
    FILE_BYTES = 20 * 1000,
    FIGURES = 9,
    LOOKS = 2, /* too few for figures: the system counts in steps of 10 ms */
    SAME_PER_LOOK = 10,
};

static struct scratch_profile profile;
static void *memory;
static struct ag_session_calls calls;

/* ---- a user -------------------------------------------------------------------------------- */

static void plant_section(int number, int section)
{
    static const wchar_t *const ASKED[] = {L"001f6652", L"001f6653", L"001f6654", L"001f6656"};
    wchar_t path[1024];
    (void)swprintf(path, 1024, PLANTED_16 L"Profile %d\\%032x", number, section + 1);
    for (int i = 0; i < OTHER_VALUES; i++) {
        wchar_t name[16];
        (void)swprintf(name, 16, L"001f%04x", 0x3000 + i);
        plant_text(path, name, REG_BINARY, L"What Outlook keeps there, and nobody asks for");
    }
    if (section % 5 == 0) {
        for (size_t i = 0; i < sizeof ASKED / sizeof ASKED[0]; i++) {
            plant_text(path, ASKED[i], REG_BINARY, PLANTED_URL);
        }
    }
}

static void put_answer(int number)
{
    static const char URL[] =
        "<Protocol><Type>WEB</Type><Internal><OWAUrl AuthenticationMethod=\"Basic, Fba\">"
        "https://mail.contoso.example/owa/</OWAUrl><Protocol><Type>EXCH</Type><ASUrl>"
        "https://mail.contoso.example/EWS/Exchange.asmx</ASUrl></Protocol></Internal></Protocol>";
    char content[FILE_BYTES + 1024] =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">"
        "<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/"
        "responseschema/2006a\"><Account><Protocol Type=\"mapiHttp\" Version=\"1\"><MailStore>"
        "<InternalUrl>https://mail.contoso.example/mapi/emsmdb/</InternalUrl></MailStore></Protocol>";
    char name[SCRATCH_PATH_BYTES];
    size_t size = strlen(content);
    while (size < FILE_BYTES) {
        size += (size_t)snprintf(content + size, sizeof content - size, "%s", URL);
    }
    (void)snprintf(content + size, sizeof content - size, "</Account></Response></Autodiscover>");
    (void)snprintf(name, sizeof name, IN_OUTLOOK "\\%032x - Autodiscover.xml", number);
    scratch_profile_put(&profile, name, content, 1700000000 + number);
}

static BOOL WINAPI impersonate(HANDLE token)
{
    (void)token;
    return ImpersonateSelf(SecurityImpersonation);
}

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    fake_logon(2, PLANTED_SID);
    calls = FAKE_CALLS;
    calls.impersonate = impersonate;
    calls.revert = RevertToSelf;
    scratch_hive_load(L"" PLANTED_SID);
    scratch_profile_make("cost", &profile);
    for (int i = 0; i < PROFILES; i++) {
        for (int section = 0; section < SECTIONS; section++) {
            plant_section(i, section);
        }
    }
    for (int i = 0; i < FILES; i++) {
        put_answer(i);
    }
    return RegSetKeyValueW(HKEY_LOCAL_MACHINE, PROFILE_KEY, L"ProfileImagePath", REG_SZ,
                           profile.wide, (DWORD)((wcslen(profile.wide) + 1) * sizeof(wchar_t)));
}

static int tear_down(void **state)
{
    (void)state;
    AG_LOOK_CALLS.forget(memory);
    scratch_hive_unload(L"" PLANTED_SID);
    scratch_profile_remove(&profile);
    return RegDeleteKeyW(HKEY_LOCAL_MACHINE, PROFILE_KEY);
}

/* ---- figures ------------------------------------------------------------------------------- */

static uint64_t processor_us(void)
{
    FILETIME unused[2];
    FILETIME kernel;
    FILETIME user;
    assert_true(GetProcessTimes(GetCurrentProcess(), &unused[0], &unused[1], &kernel, &user));
    return ((((uint64_t)kernel.dwHighDateTime + user.dwHighDateTime) << 32) + kernel.dwLowDateTime +
            user.dwLowDateTime) /
           10;
}

static void look(void *hand, bool afresh)
{
    struct ag_sight sight = {.at_s = -1};
    if (afresh) {
        AG_LOOK_CALLS.forget(memory);
        memory = NULL;
    }
    AG_LOOK_CALLS.user(hand, PLANTED_SID, &memory, &sight);
    assert_int_equal(sight.profiles.count, PROFILES);
    assert_int_equal(sight.files.count, FILES);
    assert_true(sight.files.list[FILES - 1].answer.mapi_http);
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* Whatever else the machine does only adds to the least. */
static void measure(void *hand, const char *what, bool afresh, unsigned looks)
{
    uint64_t figures[FIGURES];
    for (int i = 0; i < FIGURES; i++) {
        uint64_t began_us = processor_us();
        for (unsigned j = 0; j < looks; j++) {
            look(hand, afresh);
        }
        figures[i] = (processor_us() - began_us) / looks;
    }
    qsort(figures, FIGURES, sizeof figures[0], compare);
    (void)printf("look=%s median_us=%u least_us=%u most_us=%u\n", what,
                 (unsigned)figures[FIGURES / 2], (unsigned)figures[0],
                 (unsigned)figures[FIGURES - 1]);
    (void)fflush(stdout);
}

/* Until the keys are old enough for their times to be relied upon. */
static void settle(void)
{
    struct ag_profiles_mark mark = {0};
    bool changed = true;
    while (changed) {
        static struct ag_profiles_found found;
        const struct ag_profiles_time now = {clock_wall_ms(), clock_monotonic_ms()};
        assert_int_equal(ag_profiles_win_look(PLANTED_SID, &now, &mark, &changed, &found, NULL),
                         ST_OK);
        Sleep(20);
    }
}

static void look__at_one_user__sees_the_same_afresh_and_unchanged(void **state)
{
    const char *text = getenv("MR_LOOKS");
    unsigned looks = text != NULL ? (unsigned)strtoul(text, NULL, 10) : LOOKS;
    void *hand = AG_LOOK_CALLS.open(AG_OBSERVE_FULL, &calls);
    (void)state;
    assert_in_range(looks, 1, 100000);
    settle();
    measure(hand, "full", true, looks);
    measure(hand, "unchanged", false, looks * SAME_PER_LOOK);
    AG_LOOK_CALLS.close(hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(look__at_one_user__sees_the_same_afresh_and_unchanged,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("look_cost", tests, NULL, NULL);
}
