# compliance_remediation.ps1 - remediation script of the compliance item: lets the agent run again.
#
# Prints: nothing. Exit: 0 if the service runs; 1 if it is not installed or does not start. Run as: SYSTEM, 64 bits.
# Starts the service MapiRollout; no user's value, no policy and no setting is touched. Page: docs/sccm.md

$ErrorActionPreference = 'Stop'

$service = Get-Service -Name 'MapiRollout' -ErrorAction SilentlyContinue
if (-not $service) { exit 1 } # the application's deployment brings it
Set-Service -Name 'MapiRollout' -StartupType Automatic
if ($service.Status -ne 'Running') { Start-Service -Name 'MapiRollout' }
exit 0
