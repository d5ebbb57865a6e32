# detect.ps1 - detection method of the application: is the agent's service here, of this version or a later one?
#
# Prints: one line if it is, else nothing. Exit: 0; 1 if it could not look. Run as: SYSTEM, 64 bits.
# Reads the service's key and the version of its program; changes nothing. Page: docs/sccm.md

$wanted = '0.1.0'
$ErrorActionPreference = 'Stop'
if ($env:PROCESSOR_ARCHITEW6432) { exit 1 } # 32 bits on 64 see another registry

$service = Get-Service -Name 'MapiRollout' -ErrorAction SilentlyContinue
if (-not $service) { exit 0 }
$key = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\MapiRollout'
if ($key.ImagePath -match '^"([^"]+)"') {
    $program = Get-Item -LiteralPath $Matches[1] -ErrorAction SilentlyContinue
    if ($program -and [version]$program.VersionInfo.FileVersion -ge [version]$wanted) {
        'installed ' + $program.VersionInfo.FileVersion
    }
}
exit 0
