#include "tests/fakes/fake_sights.h"

#include <assert.h>
#include <string.h>

static void want(void *ctx, const struct ag_user *users, size_t count)
{
    struct fake_sights *sights = ctx;
    sights->wanted++;
    sights->wanted_loaded = 0;
    for (size_t i = 0; i < count; i++) {
        sights->wanted_loaded += users[i].hive_loaded ? 1 : 0;
    }
}

static struct ag_sight *existing(struct fake_sights *sights, const char *sid)
{
    for (size_t i = 0; i < sights->count; i++) {
        if (strcmp(sights->sids[i], sid) == 0) {
            return &sights->sights[i];
        }
    }
    return NULL;
}

static bool find(void *ctx, const char *sid, struct ag_sight *out)
{
    const struct ag_sight *sight = existing(ctx, sid);
    if (sight != NULL) {
        *out = *sight;
    }
    return sight != NULL;
}

static bool client(void *ctx, struct ag_client *out)
{
    const struct fake_sights *sights = ctx;
    *out = sights->client;
    return sights->client.known;
}

struct ag_sights fake_sights_port(struct fake_sights *sights)
{
    return (struct ag_sights){
        .ctx = sights, .never = sights->never, .want = want, .find = find, .client = client};
}

struct ag_sight *fake_sights_of(struct fake_sights *sights, const char *sid)
{
    struct ag_sight *sight = existing(sights, sid);
    if (sight == NULL) {
        assert(sights->count < FAKE_SIGHTS);
        sights->sids[sights->count] = sid;
        sight = &sights->sights[sights->count++];
        *sight = (struct ag_sight){
            .profiles = {.count = 1, .list = {{.layout = AG_LAYOUT_16, .is_default = true}}}};
    }
    return sight;
}

static void take_text(struct ag_profile *profile, enum ag_profile_value which, const char *text)
{
    uint8_t wide[512];
    size_t size = strlen(text);
    assert(2 * size + 2 <= sizeof wide);
    for (size_t i = 0; i <= size; i++) {
        wide[2 * i] = (uint8_t)text[i];
        wide[2 * i + 1] = 0;
    }
    ag_profile_take(profile, which, AG_TYPE_BINARY, (struct span){wide, 2 * size + 2});
}

void fake_sights_configure(struct fake_sights *sights, const char *sid, enum pol_observed protocol)
{
    struct ag_profile *profile = &fake_sights_of(sights, sid)->profiles.list[0];
    *profile = (struct ag_profile){.layout = AG_LAYOUT_16, .is_default = true};
    if (protocol == POL_OBSERVED_MAPI_HTTP || protocol == POL_OBSERVED_MIXED) {
        take_text(profile, AG_PROFILE_MAIL_EXTERNAL,
                  "https://mail.contoso.example/mapi/emsmdb/?MailboxId=1@contoso.example");
    }
    if (protocol == POL_OBSERVED_RPC_HTTP || protocol == POL_OBSERVED_MIXED) {
        take_text(profile, AG_PROFILE_RPC_PROXY, "mail.contoso.example");
    }
}

void fake_sights_move_online(struct fake_sights *sights, const char *sid)
{
    struct ag_profile *profile = &fake_sights_of(sights, sid)->profiles.list[0];
    *profile = (struct ag_profile){.layout = AG_LAYOUT_16, .is_default = true};
    take_text(profile, AG_PROFILE_MAIL_EXTERNAL,
              "https://outlook.office365.com/mapi/emsmdb/?MailboxId=1@contoso.example");
}

void fake_sights_offer(struct fake_sights *sights, const char *sid, enum pol_observed protocol,
                       int64_t at_s)
{
    struct ag_autodiscover_files *files = &fake_sights_of(sights, sid)->files;
    files->count = 1;
    files->list[0] =
        (struct ag_autodiscover_file){.answer = {.mapi_http = protocol == POL_OBSERVED_MAPI_HTTP,
                                                 .exch = protocol == POL_OBSERVED_RPC_HTTP,
                                                 .expr = protocol == POL_OBSERVED_RPC_HTTP,
                                                 .on_premises = true},
                                      .modified_s = at_s};
}
