/* main.c - the `mapi-rollout` command: arguments in, exit code out. */
#include "admin/commands.h"
#include "admin/terminal.h"

#include <psa/crypto.h>

int main(int argc, char **argv)
{
    struct err err;
    if (adm_terminal_start(&argc, &argv, &err) != ST_OK) {
        err_print("mapi-rollout", &err);
        return ADM_EXIT_FAILED;
    }
    psa_status_t crypto = psa_crypto_init();
    if (crypto != PSA_SUCCESS) {
        (void)err_set(&err, ST_IO, (uint32_t)crypto, "cannot start the crypto library");
        err_print("mapi-rollout", &err);
        return ADM_EXIT_FAILED;
    }
    return (int)adm_run(argc, argv);
}
