#include "agent/event.h"

#include "agent/messages.h"

#include <string.h>

static const char PREFIX[] = "event=";

const struct ag_event AG_EVENTS[AG_EVENT_COUNT] = {
    {"service_running", AG_EVENT_SERVICE_RUNNING},
    {"service_stopped", AG_EVENT_SERVICE_STOPPED},
    {"service_failed", AG_EVENT_SERVICE_FAILED},
    {"settings_changed", AG_EVENT_SETTINGS_CHANGED},
    {"settings_refused", AG_EVENT_SETTINGS_REFUSED},
    {"policy_accepted", AG_EVENT_POLICY_ACCEPTED},
    {"policy_refused", AG_EVENT_POLICY_REFUSED},
    {"policy_pending", AG_EVENT_POLICY_PENDING},
    {"policy_stale", AG_EVENT_POLICY_STALE},
    {"stored_policy_unusable", AG_EVENT_STORED_POLICY_UNUSABLE},
    {"trust_replaced", AG_EVENT_TRUST_REPLACED},
    {"trust_refused", AG_EVENT_TRUST_REFUSED},
    {"enrolled", AG_EVENT_ENROLLED},
    {"enroll_failed", AG_EVENT_ENROLL_FAILED},
    {"device_is_copy", AG_EVENT_DEVICE_IS_COPY},
    {"user_failed", AG_EVENT_USER_FAILED},
    {"user_contested", AG_EVENT_USER_CONTESTED},
    {"user_skipped", AG_EVENT_USER_SKIPPED},
    {"paused", AG_EVENT_PAUSED},
    {"resumed", AG_EVENT_RESUMED},
    {"restored", AG_EVENT_RESTORED},
    {"server_unreachable", AG_EVENT_SERVER_UNREACHABLE},
    {"server_reached", AG_EVENT_SERVER_REACHED},
    {"report_dropped", AG_EVENT_REPORT_DROPPED},
    {"watch_ended", AG_EVENT_WATCH_ENDED},
    {"log_failed", AG_EVENT_LOG_FAILED},
    {"events_withheld", AG_EVENT_EVENTS_WITHHELD},
};

static size_t name_length(const char *message)
{
    size_t prefix = sizeof PREFIX - 1;
    return strncmp(message, PREFIX, prefix) == 0 ? strcspn(message + prefix, " ") : 0;
}

const struct ag_event *ag_event_find(const char *message)
{
    size_t length = name_length(message);
    for (size_t i = 0; length > 0 && i < AG_EVENT_COUNT; i++) {
        const char *name = AG_EVENTS[i].name;
        if (strlen(name) == length && strncmp(message + sizeof PREFIX - 1, name, length) == 0) {
            return &AG_EVENTS[i];
        }
    }
    return NULL;
}

const char *ag_event_details(const char *message)
{
    size_t length = name_length(message);
    const char *rest = length > 0 ? message + sizeof PREFIX - 1 + length : message;
    return rest + strspn(rest, " ");
}
