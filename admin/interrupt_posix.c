#include "admin/interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* Those that shall end the command. One that is ignored (nohup, a shell's background job) was
 * never to end it. */
static void name_signals(sigset_t *out)
{
    static const int NUMBERS[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction now;
    (void)sigemptyset(out);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        if (sigaction(NUMBERS[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            (void)sigaddset(out, NUMBERS[i]);
        }
    }
}

enum status adm_interrupt_catch(struct err *err)
{
    sigset_t signals;
    name_signals(&signals);
    int error = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return error == 0
               ? ST_OK
               : err_set(err, ST_IO, (uint32_t)error, "cannot catch Ctrl-C: %s", strerror(error));
}

/* A blocked signal stays pending: that is all the memory it takes. */
bool adm_interrupt_came(void)
{
    static const int NUMBERS[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t pending;
    sigset_t ours;
    name_signals(&ours);
    bool came = false;
    if (sigpending(&pending) == 0) {
        for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
            came = came ||
                   (sigismember(&ours, NUMBERS[i]) == 1 && sigismember(&pending, NUMBERS[i]) == 1);
        }
    }
    return came;
}

void adm_interrupt_wait(uint32_t wait_ms)
{
    struct timespec rest = {.tv_sec = wait_ms / 1000, .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    sigset_t signals;
    name_signals(&signals);
    int number = sigtimedwait(&signals, NULL, &rest);
    if (number > 0) {
        (void)raise(number); /* pending again, for who asks later */
    }
}
