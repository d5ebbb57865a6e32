# help - what ./run can do.
cat <<'END'
./run demo [--keep]     show the product at work on this machine: server, agents under Wine, reports
./run test [-R REGEX]   build and run all tests: on Linux with sanitizers, and the Windows programs under Wine
./run fuzz S [TARGET]   look, S seconds for each target, for inputs that break what reads bytes from outside
./run soak [A D [SEED]] A agents for D days (1000 for 30) with their server, in virtual time: no herd, all end right
./run boot              boot a small Debian in an emulated machine, and try the server's package under systemd there
./run build [--sign-pfx FILE]   the programs and packages as shipped, into dist; signed
./run bench [NAME]      measure; tables on the screen, figures in build/bench
./run fmt [--check]     format the C files (or only say which are not)
./run setup [--tools]   only what all of these do first: packages, libraries, Wine (--tools: clang-tidy, too)
./run setup --bench     the same, and nginx, which the benches measure against (--boot: an emulator, and a Debian)
./run help              this page

On Debian 12 each command installs and builds what it needs by itself; the first one takes some minutes. Interrupt it
at any time. Logs are in build/log. What is fetched or takes long to make is kept in ~/.cache/mapi-rollout (or
$MAPI_ROLLOUT_CACHE), which can be deleted at any time.
END
