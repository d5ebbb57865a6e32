# detect_policy.ps1 - detection method of an application that brings a policy: is it, or a later one, in force here?
#
# Prints: one line if it is, else nothing. Exit: 0; 1 if it could not look. Run as: SYSTEM, 64 bits.
# Reads HKLM\SOFTWARE\MapiRollout\State; changes nothing. Page: docs/sccm.md

$rollout = 'mapihttp-2026' # both as split_bundle.py prints them
$wanted = 1001
$ErrorActionPreference = 'Stop'
if ($env:PROCESSOR_ARCHITEW6432) { exit 1 } # 32 bits on 64 see another registry

$machine = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\MapiRollout\State' -ErrorAction SilentlyContinue
if ($machine.PolicyVersion -and $machine.Rollout -ceq $rollout -and [int64]$machine.PolicyVersion -ge $wanted) {
    'in force ' + $machine.PolicyVersion
}
exit 0
