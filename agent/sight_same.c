#include "agent/sight_same.h"

#include <string.h>

static bool same_profile(const struct ag_profile *a, const struct ag_profile *b)
{
    return a->layout == b->layout && a->is_default == b->is_default &&
           a->cut_short == b->cut_short && a->seen == b->seen && a->damaged == b->damaged &&
           a->rpc_on == b->rpc_on && a->rpc_tcp == b->rpc_tcp && a->rpc_http == b->rpc_http &&
           a->online == b->online && a->on_premises == b->on_premises &&
           a->last_online == b->last_online && a->last_premises == b->last_premises;
}

static bool same_profiles(const struct ag_profiles *a, const struct ag_profiles *b)
{
    bool same =
        a->count == b->count && a->cut_short == b->cut_short && a->unreadable == b->unreadable;
    for (size_t i = 0; same && i < a->count; i++) {
        same = same_profile(&a->list[i], &b->list[i]);
    }
    return same;
}

static bool same_file(const struct ag_autodiscover_file *a, const struct ag_autodiscover_file *b)
{
    const struct ag_autodiscover *x = &a->answer;
    const struct ag_autodiscover *y = &b->answer;
    return a->modified_s == b->modified_s && x->trouble == y->trouble &&
           x->mapi_http == y->mapi_http && x->exch == y->exch && x->expr == y->expr &&
           x->microsoft_online == y->microsoft_online && x->online == y->online &&
           x->on_premises == y->on_premises;
}

static bool same_files(const struct ag_autodiscover_files *a, const struct ag_autodiscover_files *b)
{
    bool same = a->count == b->count && a->cut_short == b->cut_short && a->trouble == b->trouble;
    for (size_t i = 0; same && i < a->count; i++) {
        same = same_file(&a->list[i], &b->list[i]);
    }
    return same;
}

bool ag_sight_same(const struct ag_sight *a, const struct ag_sight *b)
{
    return a->timed_out == b->timed_out && a->left_out == b->left_out &&
           a->policy_value == b->policy_value && same_profiles(&a->profiles, &b->profiles) &&
           same_files(&a->files, &b->files);
}

bool ag_client_same(const struct ag_client *a, const struct ag_client *b)
{
    return a->known == b->known && strcmp(a->version, b->version) == 0 &&
           a->bitness == b->bitness && a->install == b->install &&
           a->dotnet_release == b->dotnet_release;
}
