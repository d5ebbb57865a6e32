/* words.h - the enumerations of our documents and the words that stand for them.
 *
 * Each table is in the order of its enumeration, for pol_read_word() and for writing.
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md; docs/protocol.md "The report"
 */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

/* A fact of two values that may not be known; true, false or null in JSON. */
enum pol_answer { POL_NOT_KNOWN, POL_NO, POL_YES };

enum pol_set {
    POL_SET_BLOCK,
    POL_SET_ALLOW,
    POL_SET_ALLOW_EXPLICIT,
    POL_SET_LEAVE,
    POL_SET_RELEASE,
    POL_SET_RESTORE,
    POL_SET_COUNT
};
extern const char *const POL_SET_WORDS[POL_SET_COUNT];

enum pol_kind { POL_KIND_STAGE, POL_KIND_SAFE, POL_KIND_COUNT };
extern const char *const POL_KIND_WORDS[POL_KIND_COUNT];

enum pol_expect { POL_EXPECT_MAPI_HTTP, POL_EXPECT_ANY, POL_EXPECT_COUNT };
extern const char *const POL_EXPECT_WORDS[POL_EXPECT_COUNT];

/* When a decision is written: `apply`. */
enum pol_when { POL_WHEN_NOW, POL_WHEN_OUTLOOK_CLOSED, POL_WHEN_COUNT };
extern const char *const POL_WHEN_WORDS[POL_WHEN_COUNT];

/* How a stage is left, and what happens when its gate fails: `gate`. */
enum pol_advance { POL_ADVANCE_MANUAL, POL_ADVANCE_AUTO, POL_ADVANCE_COUNT };
extern const char *const POL_ADVANCE_WORDS[POL_ADVANCE_COUNT];
enum pol_on_fail { POL_ON_FAIL_HOLD, POL_ON_FAIL_SAFE, POL_ON_FAIL_COUNT };
extern const char *const POL_ON_FAIL_WORDS[POL_ON_FAIL_COUNT];

enum pol_mailbox {
    POL_MAILBOX_ON_PREMISES,
    POL_MAILBOX_EXCHANGE_ONLINE,
    POL_MAILBOX_MIXED,
    POL_MAILBOX_UNKNOWN,
    POL_MAILBOX_COUNT
};
extern const char *const POL_MAILBOX_WORDS[POL_MAILBOX_COUNT];

enum pol_blocked {
    POL_BLOCKED_NOT, /* written as null */
    POL_BLOCKED_UNKNOWN_FACT,
    POL_BLOCKED_MAILBOX,
    POL_BLOCKED_PREFLIGHT,
    POL_BLOCKED_PREFLIGHT_PENDING,
    POL_BLOCKED_CLIENT_VERSION,
    POL_BLOCKED_SERVER,
    POL_BLOCKED_FOREIGN,
    POL_BLOCKED_PRE_IMAGE_LOST,
    POL_BLOCKED_COUNT
};
extern const char *const POL_BLOCKED_WORDS[POL_BLOCKED_COUNT]; /* [0] is NULL */

enum pol_state {
    POL_STATE_ERROR,
    POL_STATE_CONTESTED,
    POL_STATE_PAUSED,
    POL_STATE_UNMANAGED,
    POL_STATE_PENDING_LOGON,
    POL_STATE_WAITING,
    POL_STATE_BLOCKED,
    POL_STATE_IDLE,
    POL_STATE_PENDING_RESTART,
    POL_STATE_MISMATCH,
    POL_STATE_CONVERGING,
    POL_STATE_UNVERIFIED,
    POL_STATE_COMPLIANT,
    POL_STATE_COUNT
};
extern const char *const POL_STATE_WORDS[POL_STATE_COUNT];

enum pol_action {
    POL_ACTION_NONE,
    POL_ACTION_WROTE,
    POL_ACTION_REMOVED,
    POL_ACTION_RESTORED,
    POL_ACTION_RELEASED,
    POL_ACTION_COUNT
};
extern const char *const POL_ACTION_WORDS[POL_ACTION_COUNT];

enum pol_observed {
    POL_OBSERVED_MAPI_HTTP,
    POL_OBSERVED_RPC_HTTP,
    POL_OBSERVED_RPC_TCP,
    POL_OBSERVED_MIXED,
    POL_OBSERVED_UNKNOWN,
    POL_OBSERVED_COUNT
};
extern const char *const POL_OBSERVED_WORDS[POL_OBSERVED_COUNT];

enum pol_confidence {
    POL_CONFIDENCE_CONNECTED,
    POL_CONFIDENCE_CONFIGURED,
    POL_CONFIDENCE_OFFERED,
    POL_CONFIDENCE_NONE,
    POL_CONFIDENCE_COUNT
};
extern const char *const POL_CONFIDENCE_WORDS[POL_CONFIDENCE_COUNT];

/* The Outlook of a machine. */
enum pol_bitness {
    POL_BITNESS_UNKNOWN, /* written as null */
    POL_BITNESS_X86,
    POL_BITNESS_X64,
    POL_BITNESS_ARM64,
    POL_BITNESS_COUNT
};
extern const char *const POL_BITNESS_WORDS[POL_BITNESS_COUNT]; /* [0] is NULL */

enum pol_install {
    POL_INSTALL_CLICK_TO_RUN,
    POL_INSTALL_MSI,
    POL_INSTALL_UNKNOWN,
    POL_INSTALL_COUNT
};
extern const char *const POL_INSTALL_WORDS[POL_INSTALL_COUNT];

/* What came of probing a server before somebody is sent there. */
enum pol_verdict {
    POL_VERDICT_READY,
    POL_VERDICT_UNREACHABLE,
    POL_VERDICT_PROXY_UNKNOWN,
    POL_VERDICT_NAME_MISMATCH,
    POL_VERDICT_UNTRUSTED,
    POL_VERDICT_EXPIRED,
    POL_VERDICT_NOT_PUBLISHED,
    POL_VERDICT_PRE_AUTHENTICATED,
    POL_VERDICT_TOO_OLD,
    POL_VERDICT_UNHEALTHY,
    POL_VERDICT_COUNT
};
extern const char *const POL_VERDICT_WORDS[POL_VERDICT_COUNT];

/* Types of a registry value, by their REG_... numbers, as reports name them. */
enum pol_value_type {
    POL_VALUE_NONE,
    POL_VALUE_SZ,
    POL_VALUE_EXPAND_SZ,
    POL_VALUE_BINARY,
    POL_VALUE_DWORD,
    POL_VALUE_DWORD_BIG_ENDIAN,
    POL_VALUE_LINK,
    POL_VALUE_MULTI_SZ,
    POL_VALUE_RESOURCE_LIST,
    POL_VALUE_FULL_RESOURCE_DESCRIPTOR,
    POL_VALUE_RESOURCE_REQUIREMENTS_LIST,
    POL_VALUE_QWORD,
    POL_VALUE_OTHER, /* any number that has no name */
    POL_VALUE_TYPE_COUNT
};
extern const char *const POL_VALUE_TYPE_WORDS[POL_VALUE_TYPE_COUNT];

#endif
