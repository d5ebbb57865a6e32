# soak [AGENTS DAYS [SEED]] - a fleet of agents and their server in virtual time; 1000 agents for 30 days by default.
set -eu
. run.d/lib.sh
case $# in
0) set -- 1000 30 ;;
2 | 3) ;;
*) usage_error "soak takes AGENTS DAYS [SEED], such as 1000 30, or nothing" ;;
esac
for number; do
    case $number in
    '' | *[!0-9]*) usage_error "soak takes numbers, not '$number'" ;;
    esac
done

sh run.d/setup.sh
build_tree native-release test_sim_fleet_posix test_sim_flaws_posix
say "mistakes are planted into small fleets: each must be found"
build/native-release/tests/test_sim_flaws_posix
say "$1 agents for $2 days in virtual time; one thread, about a minute for 3000 days of one agent"
exec build/native-release/tests/test_sim_fleet_posix "$@"
