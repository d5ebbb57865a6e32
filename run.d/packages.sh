# packages.sh CALLER PACKAGE... - as root: installs Debian packages, and stops when the process CALLER is gone.
#
# The caller cannot stop us itself when sudo has made us somebody else's process.
set -eu
caller=$1
shift
export DEBIAN_FRONTEND=noninteractive

install() {
    # What an interrupted run may have left half-configured.
    dpkg --configure -a
    # Another source of this machine may be broken; whether the packages can be had is seen below.
    apt-get -q update || echo "apt-get update reported an error; going on with what there is"
    apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
}

if [ "${MR_PACKAGES_INNER:-}" = yes ]; then
    install "$@"
    exit
fi
# One at a time on this machine, whoever the users are: apt waits for dpkg's lock by itself, but not for its lists'.
MR_PACKAGES_INNER=yes setsid flock -o /var/cache/apt sh "$0" "$caller" "$@" </dev/null &
job=$!
end_job() {
    kill -s TERM -- "-$job" 2>/dev/null || :
}
trap end_job HUP INT TERM
(
    trap '' HUP INT TERM
    while [ -d "/proc/$caller" ]; do sleep 0.2; done
    end_job
) &
watch=$!
status=0
wait "$job" || status=$?
# A signal ends the wait before the job has ended; and when its first process has, others of its group may not have.
wait "$job" || :
tries=0
while kill -s 0 -- "-$job" 2>/dev/null; do
    [ $tries -lt 100 ] || kill -s KILL -- "-$job" 2>/dev/null || :
    tries=$((tries + 1))
    sleep 0.05
done
kill -s KILL "$watch" 2>/dev/null || :
exit "$status"
