/* outlook_profile.h - understand what the MAPI profiles of one user are configured for.
 *
 * registry -> [profile values] -> classify
 *
 * Values come from the user's own hive: their names are known, their content is hostile. A profile
 * says what Outlook last configured, never what it is connected with. Which section of a profile
 * holds a value differs between Outlook's versions, so all sections count alike.
 * Effects: none                            Units:  bytes
 * Owns:    nothing (fixed arrays)          Errors: none: what makes no sense is marked damaged
 * Threads: safe                            Source: docs/outlook.md "Profiles"
 */
#ifndef AGENT_OUTLOOK_PROFILE_H
#define AGENT_OUTLOOK_PROFILE_H

#include "agent/evidence.h"
#include "base/bytes.h"
#include "policy/words.h"

#include <stdbool.h>
#include <stdint.h>

/* Where profiles are kept: each generation of Outlook has a place of its own. */
enum ag_layout {
    AG_LAYOUT_16, /* Office\16.0\Outlook\Profiles: 2016 and later */
    AG_LAYOUT_15, /* Office\15.0\Outlook\Profiles: 2013 */
    AG_LAYOUT_14, /* Windows Messaging Subsystem\Profiles: 2010 and earlier */
    AG_LAYOUT_COUNT
};

/* The values that are looked at; AG_PROFILE_VALUE_NAMES has their names in the registry. */
enum ag_profile_value {
    AG_PROFILE_MAIL_INTERNAL, /* 001f6652: URL of the mailbox over MAPI/HTTP */
    AG_PROFILE_MAIL_EXTERNAL, /* 001f6653 */
    AG_PROFILE_BOOK_INTERNAL, /* 001f6654: URL of the address book over MAPI/HTTP */
    AG_PROFILE_BOOK_EXTERNAL, /* 001f6655 */
    AG_PROFILE_STORE,         /* 001f6656: URL of the store in use */
    AG_PROFILE_LAST_GOOD,     /* 001f664a: where Autodiscover answered last */
    AG_PROFILE_RPC_PROXY,     /* 001f6622: host of the RPC proxy */
    AG_PROFILE_RPC_FLAGS,     /* 00036623: bit 0: RPC over HTTP is on */
    AG_PROFILE_HOME_SERVER,   /* 001f662a: FQDN of the home server */
    AG_PROFILE_BINDINGS,      /* 101e6613: protocol sequences, "ncacn_ip_tcp:..." */
    AG_PROFILE_VALUE_COUNT
};
extern const char *const AG_PROFILE_VALUE_NAMES[AG_PROFILE_VALUE_COUNT];

enum {
    AG_PROFILE_VALUE_BYTES = 4096,  /* a longer value is damaged */
    AG_PROFILE_SECTIONS_MOST = 256, /* of one profile: who has more is cut short */
    AG_PROFILES_MOST = 16,          /* of one user */
};

struct ag_profile {
    enum ag_layout layout;
    bool is_default;    /* the one that Outlook starts with */
    bool cut_short;     /* not all of it could be read */
    uint32_t seen;      /* a bit for each ag_profile_value that was there and made sense */
    uint32_t damaged;   /* the same for those that made none */
    bool rpc_on;        /* AG_PROFILE_RPC_FLAGS says that RPC goes over HTTP */
    bool rpc_tcp;       /* a binding over TCP */
    bool rpc_http;      /* a binding over HTTP */
    bool online;        /* a URL, server or proxy of Exchange Online */
    bool on_premises;   /* one that is somebody's own */
    bool last_online;   /* Autodiscover answered from Exchange Online; says less than a store */
    bool last_premises; /* it answered from elsewhere */
};

struct ag_profiles {
    struct ag_profile list[AG_PROFILES_MOST];
    size_t count;
    bool cut_short;  /* there are more than the list holds */
    bool unreadable; /* some place of profiles could not be read */
};

/* Take one value of any section. type: a REG_... number; data: as it stands in the registry, without
 * regard to what it ought to be; of more than AG_PROFILE_VALUE_BYTES only the size is looked at. An
 * empty text is as good as none. */
void ag_profile_take(struct ag_profile *profile, enum ag_profile_value which, uint32_t type,
                     struct span data);

/* Is this host one of Exchange Online, any of its clouds? ASCII case does not count. */
bool ag_host_is_online(const char *host, size_t size);

struct ag_configured {
    enum pol_observed observed; /* UNKNOWN: nothing says so */
    enum pol_mailbox mailbox;
};

/* Judge them together. version: of the Outlook that is used (policy/outlook_version.h): profiles of
 * another generation were left behind and do not count. 0: not known; then those of the newest
 * generation count that has any with values of Exchange.
 *
 * The profile that Outlook starts with decides over the protocol alone, if it has such values; without
 * one, all that count do, and where they disagree, or one has the values of two protocols, that is
 * MIXED. A mailbox may be in any profile that counts.
 *
 * What could not be read (a damaged value, a profile or list cut short) takes a claim away that it
 * could have changed. Two are left standing: MIXED, because what else there is would only add to it,
 * and a mailbox in Exchange Online, because UNKNOWN would let RPC/HTTP be forced on it. */
void ag_profiles_judge(const struct ag_profiles *profiles, uint64_t version,
                       struct ag_configured *out, struct ag_evidence *evidence);

#endif
