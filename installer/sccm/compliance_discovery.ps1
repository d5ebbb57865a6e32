# compliance_discovery.ps1 - discovery script of the compliance item: is the agent well, and are its users?
#
# Prints: "compliant", or "not compliant: " and why. Exit: 0; 1 if it could not look. Run as: SYSTEM, 64 bits.
# Reads the service and HKLM\SOFTWARE\MapiRollout\State; changes nothing. Page: docs/sccm.md

$hours = 3                      # State is stamped once an hour at least
$failing = 'error', 'mismatch'  # states of users that a gate counts as failing
$exitIfNot = 0                  # 1 for Intune's remediations, which go by the exit code
$ErrorActionPreference = 'Stop'
if ($env:PROCESSOR_ARCHITEW6432) { exit 1 } # 32 bits on 64 see another registry

$why = @()
$service = Get-Service -Name 'MapiRollout' -ErrorAction SilentlyContinue
if (-not $service) {
    $why += 'no service'
} elseif ($service.Status -ne 'Running') {
    $why += 'the service is not running'
}

$machine = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\MapiRollout\State' -ErrorAction SilentlyContinue
if (-not $machine.UpdatedAt) {
    $why += 'no state'
} else {
    $age = (Get-Date).ToUniversalTime() - ([datetime]$machine.UpdatedAt).ToUniversalTime()
    if ($age.TotalHours -gt $hours) { $why += 'state of ' + $machine.UpdatedAt }
    if (-not $machine.PolicyVersion) { $why += 'no policy' }
    if ($machine.Failed) { $why += 'policy refused: ' + $machine.Failed }
    if ($machine.Stale) { $why += 'policy expired' }
}

$keys = Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\MapiRollout\State\Users' -ErrorAction SilentlyContinue
$states = @()
foreach ($key in $keys) {
    $user = Get-ItemProperty -LiteralPath $key.PSPath -ErrorAction SilentlyContinue
    $states += $user.State
}
foreach ($word in $failing) {
    $count = @($states -eq $word).Count
    if ($count) { $why += 'users in state ' + $word + ': ' + $count }
}

if ($why) {
    'not compliant: ' + ($why -join '; ')
    exit $exitIfNot
}
'compliant'
exit 0
