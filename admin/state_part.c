#include "admin/state_part.h"

#include "policy/words.h"

#include <string.h>

static enum adm_bar_part part_of(enum pol_state state)
{
    switch (state) {
    case POL_STATE_COMPLIANT: return ADM_BAR_GOOD;
    case POL_STATE_ERROR:
    case POL_STATE_MISMATCH: return ADM_BAR_BAD;
    case POL_STATE_PAUSED:
    case POL_STATE_UNMANAGED: return ADM_BAR_APART;
    case POL_STATE_CONTESTED:
    case POL_STATE_PENDING_LOGON:
    case POL_STATE_WAITING:
    case POL_STATE_BLOCKED:
    case POL_STATE_IDLE:
    case POL_STATE_PENDING_RESTART:
    case POL_STATE_CONVERGING:
    case POL_STATE_UNVERIFIED:
    case POL_STATE_COUNT: break;
    }
    return ADM_BAR_PENDING;
}

enum adm_bar_part adm_state_part(const char *state)
{
    size_t i = 0;
    while (i < POL_STATE_COUNT && strcmp(POL_STATE_WORDS[i], state) != 0) {
        i++;
    }
    return part_of((enum pol_state)i);
}

enum adm_style adm_state_style(const char *state)
{
    static const enum adm_style STYLES[ADM_BAR_PARTS] = {
        [ADM_BAR_GOOD] = ADM_STYLE_GOOD,
        [ADM_BAR_PENDING] = ADM_STYLE_PENDING,
        [ADM_BAR_BAD] = ADM_STYLE_BAD,
        [ADM_BAR_APART] = ADM_STYLE_FAINT,
    };
    return state != NULL ? STYLES[adm_state_part(state)] : ADM_STYLE_PLAIN;
}
