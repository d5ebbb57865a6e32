#include "agent/network_win.h"

#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <winsock2.h>

#include <ws2ipdef.h>

#include <iphlpapi.h>

struct ag_network {
    void (*changed)(void *ctx);
    void *ctx;
    atomic_bool change;
    HANDLE registration;
};

void ag_network_resumed(struct ag_network *network)
{
    atomic_store(&network->change, true);
    network->changed(network->ctx);
}

/* Lifetimes that are renewed change nothing for us. */
static void CALLBACK address_changed(void *ctx, MIB_UNICASTIPADDRESS_ROW *row,
                                     MIB_NOTIFICATION_TYPE type)
{
    (void)row;
    if (type == MibAddInstance || type == MibDeleteInstance) {
        ag_network_resumed(ctx);
    }
}

enum status ag_network_start(void (*changed)(void *ctx), void *ctx, struct ag_network **out,
                             struct err *err)
{
    struct ag_network *network = calloc(1, sizeof *network);
    if (network == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to watch the network");
    }
    network->changed = changed;
    network->ctx = ctx;
    atomic_init(&network->change, false);
    DWORD error = NotifyUnicastIpAddressChange(AF_UNSPEC, address_changed, network, FALSE,
                                               &network->registration);
    if (error != NO_ERROR) {
        log_write(LOG_WARNING, "event=network_not_watched os_code=%lu", error);
        network->registration = NULL;
    }
    *out = network;
    return ST_OK;
}

/* Cancelling waits for a call that is under way. */
void ag_network_stop(struct ag_network *network)
{
    if (network == NULL) {
        return;
    }
    if (network->registration != NULL) {
        (void)CancelMibChangeNotify2(network->registration);
    }
    free(network);
}

bool ag_network_take_change(struct ag_network *network)
{
    return atomic_exchange(&network->change, false);
}
