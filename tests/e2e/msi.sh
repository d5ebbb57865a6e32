# msi.sh - the agent's package under Wine's msiexec. Sourced after harness.sh; POSIX sh.
#
#   msi_make 0.1.0 agent-1.msi                  into C:\pkg, out of the agent under test
#   msi_run /i agent-1.msi TRUSTFILE=trust.json silently; MSI_LOG is its log, MSI_EXIT what msiexec ended with
#   msi_said 'regular expression'               of that log
#   msi_follow 'msiexec /i ...'                 a line of a page, as it stands there

VERSION=$(sed -n 's/^project(mapi-rollout VERSION \([0-9.]*\).*/\1/p' "$ROOT/CMakeLists.txt")
MSI_FAILED=67 # 1603, as far as an exit status goes here
PRODUCT_DIR="$PREFIX/drive_c/Program Files/MAPI Rollout Agent"
PACKAGE_DIR=$PREFIX/drive_c/pkg
mkdir -p "$PACKAGE_DIR"

command -v wixl msiinfo >/dev/null || { # what makes packages
    say "skipped: wixl and msitools are not installed"
    exit 77
}

# Another version is the same program with its version changed where it stands in it: so that an upgrade can be seen.
msi_make() { # version, name
    msi_programs=$WORK/programs-$1
    mkdir -p "$msi_programs"
    python3 - "$VERSION" "$1" "${MR_AGENT%/*}" "$msi_programs" <<'PROGRAM' || fail "cannot make version $1"
import sys
old, new, source, target = sys.argv[1:]
assert len(old) == len(new)
for name in "mapi-rollout-agent.exe", "mapi-rollout-setup.dll":
    data = open(f"{source}/{name}", "rb").read()
    for coding in "ascii", "utf-16-le":
        data = data.replace(f"{old}\0".encode(coding), f"{new}\0".encode(coding))
    open(f"{target}/{name}", "wb").write(data)
PROGRAM
    "$ROOT/installer/msi/build.sh" "$msi_programs" "$ROOT/LICENSE" "$1" "$PACKAGE_DIR/$2" || fail "no package $2"
}

# What whoever deploys it puts beside the package.
msi_files() {
    cp "$TRUST" "$PACKAGE_DIR/trust.json"
    cp "$CA" "$PACKAGE_DIR/ca.pem"
    [ -z "${SERVER_PID:-}" ] || enroll_secret >"$PACKAGE_DIR/enroll.secret"
}

MSI_COUNT=0
msi_run() { # /i or /x, package, PROPERTY=value... - from the folder of the package, as SCCM does it
    MSI_COUNT=$((MSI_COUNT + 1))
    MSI_LOG=$PREFIX/drive_c/msi-$MSI_COUNT.log
    how=$1
    package=$2
    shift 2
    MSI_EXIT=0
    here=$(pwd)
    cd "$PACKAGE_DIR"
    wine_quiet msiexec "$how" "$package" /qn '/l*v' "C:\\msi-$MSI_COUNT.log" "$@" >/dev/null 2>&1 || MSI_EXIT=$?
    cd "$here"
    cp "$MSI_LOG" "$WORK/log/msi-$MSI_COUNT.log"
}

msi_said() { # regular expression
    tr -d '\000\r' <"$MSI_LOG" | grep -aEq "$1"
}

msi_good() { # sentence, arguments of msi_run...
    sentence=$1
    shift
    msi_run "$@"
    [ "$MSI_EXIT" = 0 ] || fail "$sentence: msiexec ended with $MSI_EXIT"
    say "ok: $sentence"
}

# As an administrator would, in the folder with the files.
msi_follow() { # line
    printf '@cd /d C:\\pkg\r\n@%s\r\n@exit /b %%errorlevel%%\r\n' "$(printf %s "$1" | sed 's/%\([A-Z]*\)%/%\1%/g')" \
        >"$PACKAGE_DIR/follow.cmd"
    followed=0
    wine_quiet cmd /c 'C:\pkg\follow.cmd' >"$WORK/log/follow.log" 2>&1 || followed=$?
    for log in $(find "$PREFIX/drive_c" -name mapi-rollout.log); do
        tr -d '\000\r' <"$log" | grep -aE 'mapi-rollout: |Return value [03]' >"$WORK/log/msi.log"
    done
    [ $followed = 0 ] || fail "it ends with $followed: $1"
    rm "$PACKAGE_DIR/follow.cmd"
    say "ok: $1"
}

setting() { # name
    reg_query "$AGENT_KEY" /v "$1" | sed -n "s/^ *$1 *REG_[A-Z_]* *//p"
}

# Asked again for a moment: sc.exe says the same of a service that is not there and of a Wine that is too busy.
service_is() { # RUNNING, STOPPED or "" (there is none)
    (until_true 10 service_is_seen "$1")
}

service_is_seen() { # RUNNING, STOPPED or ""
    if [ -z "$1" ]; then
        reg_lacks 'HKLM\SYSTEM\CurrentControlSet\Services\MapiRollout'
    else
        [ "$(wine_quiet sc query MapiRollout 2>/dev/null | awk '$1 == "STATE" { print $4 }')" = "$1" ]
    fi
}

arp_entries() { # lines "CODE VERSION"
    reg_query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall' /s |
        awk '/^HKEY/ { key = $0 } /DisplayName.*MAPI over HTTP rollout agent/ { ours[key] = 1 }
            /DisplayVersion/ { version[key] = $3 }
            END { for (k in ours) { n = split(k, part, "\\"); print part[n], version[k] } }'
}
