# demo [--keep] - sets up, builds, and shows the product at work: tests/e2e/demo.sh tells the story.
set -eu
. run.d/lib.sh
sh run.d/build.sh
build_tree mingw-release test_tools
export_programs
exec tests/e2e/demo.sh "$@"
