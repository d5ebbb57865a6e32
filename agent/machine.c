#include "agent/machine.h"

#include "agent/observe.h"

#include <string.h>

enum status ag_machine_open(struct ag_machine *machine, const struct ag_vault *vault,
                            struct err *err)
{
    *machine = (struct ag_machine){.known = false};
    return ag_preflight_open(&machine->preflight, vault, err);
}

void ag_machine_done(struct ag_machine *machine)
{
    ag_preflight_done(&machine->preflight);
}

static bool same_client(const struct ag_client *a, const struct ag_client *b)
{
    return strcmp(a->version, b->version) == 0 && a->bitness == b->bitness &&
           a->install == b->install && a->dotnet_release == b->dotnet_release;
}

void ag_machine_look(struct ag_machine *machine, const struct ag_sights *sights,
                     const struct pol_policy *policy)
{
    struct ag_client client = {.known = false};
    bool known = sights->client(sights->ctx, &client) && client.known;
    enum pol_answer minimum = ag_observe_minimum(known ? &client : NULL, policy);
    bool same = known == machine->known && minimum == machine->minimum &&
                (!known || same_client(&client, &machine->client));
    if (!same) {
        machine->known = known;
        machine->client = client;
        machine->minimum = minimum;
        machine->changes++;
    }
}

bool ag_machine_probe(struct ag_machine *machine, const struct ag_ports *ports,
                      const struct pol_policy *policy)
{
    bool news = ag_preflight_step(&machine->preflight, &ports->probing, &ports->clock, policy);
    machine->changes += news ? 1 : 0;
    return news;
}

const struct ag_client *ag_machine_client(const struct ag_machine *machine)
{
    return machine->known ? &machine->client : NULL;
}
