/* outlook_autodiscover.h - read what Exchange last offered to a client, out of Outlook's cache.
 *
 * file -> [Autodiscover answer] -> classify
 *
 * The files belong to the user, their content is hostile: bounded, no DTD, no entities but the five,
 * and only direct children of Account count (an answer over MAPI/HTTP nests other protocols within).
 * Reading takes 4 MiB of memory at the most. An offer is not a connection.
 * Effects: asks for random bytes           Units:  bytes; seconds since 1970 UTC
 * Owns:    nothing (fixed arrays)          Errors: none: said by `trouble`
 * Threads: safe                            Source: MS-OXDSCLI 3.1.4; docs/outlook.md "Autodiscover"
 */
#ifndef AGENT_OUTLOOK_AUTODISCOVER_H
#define AGENT_OUTLOOK_AUTODISCOVER_H

#include "agent/evidence.h"
#include "base/bytes.h"
#include "policy/words.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    AG_AUTODISCOVER_BYTES = 1024 * 1024, /* a larger file is not read */
    AG_AUTODISCOVER_FILES = 32,          /* of one user; the newest count */
    AG_AUTODISCOVER_OLD_S = 7 * 86400,   /* what was offered longer ago says nothing of today */
};

enum ag_xml_trouble {
    AG_XML_FINE,
    AG_XML_TOO_LARGE, /* or too deep, or too many elements */
    AG_XML_MALFORMED, /* a DTD included */
    AG_XML_NO_SETTINGS, /* well-formed, but no answer with protocols: a redirect, an error, another file */
    AG_XML_UNREADABLE, /* could not be opened, is a link, or somebody else's; or no memory */
};

struct ag_autodiscover {
    enum ag_xml_trouble trouble; /* unless FINE all below is false */
    bool mapi_http;
    bool exch; /* RPC, within the network */
    bool expr; /* RPC over HTTP */
    enum pol_answer microsoft_online;
    bool online;      /* a URL or server of Exchange Online among them */
    bool on_premises; /* one of somebody's own */
};

/* Of a file that is too large its size is enough. */
void ag_autodiscover_read(struct span xml, struct ag_autodiscover *out);

struct ag_autodiscover_file {
    struct ag_autodiscover answer;
    int64_t modified_s;
};

enum ag_files_trouble {
    AG_FILES_FINE,
    AG_FILES_NOT_ASKED,  /* Observe does not go so far */
    AG_FILES_NO_SESSION, /* nobody is logged on with whose rights they could be read */
    AG_FILES_NOT_LOCAL,  /* a link, or on another machine */
    AG_FILES_UNREADABLE, /* could not be listed */
};

struct ag_autodiscover_files {
    struct ag_autodiscover_file list[AG_AUTODISCOVER_FILES];
    size_t count;   /* 0 with FINE: there are none */
    bool cut_short; /* there are more, or more to read than a look may take */
    enum ag_files_trouble trouble;
};

struct ag_offered {
    bool mapi_http; /* by an answer that is neither old nor older than the write */
    bool rpc_http;
    enum pol_mailbox mailbox; /* by an answer that is not old */
};

/* written_at_s: when the setting was written last; -1: it had not to be. What comes from more than a
 * day ahead of now_s says nothing, like what is old. */
void ag_autodiscover_judge(const struct ag_autodiscover_files *files, int64_t written_at_s,
                           int64_t now_s, struct ag_offered *out, struct ag_evidence *evidence);

#endif
