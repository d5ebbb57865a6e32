@echo off
rem drop_policy.cmd [FILE] - hands a signed policy, policy.jws or FILE beside this script, to the agent of this machine.
rem
rem Exit: 0 the agent took it, or has it already; 1 the agent would refuse it, it could not be handed over, or the agent
rem did not take it within a minute: a service that is stopped takes it when it starts. Run as: SYSTEM or administrator.
rem Page: docs/sccm.md
setlocal
cd /d "%~dp0"
if not %errorlevel%==0 exit /b 1
set "FILE=%~1"
if not defined FILE set "FILE=policy.jws"
rem A 32-bit shell has another ProgramFiles.
set "PROGRAMS=%ProgramW6432%"
if not defined PROGRAMS set "PROGRAMS=%ProgramFiles%"
rem Where the package puts it, or else install-agent.cmd.
set "AGENT=%PROGRAMS%\MAPI Rollout Agent\mapi-rollout-agent.exe"
if not exist "%AGENT%" set "AGENT=%PROGRAMS%\MapiRollout\mapi-rollout-agent.exe"
set "TO="
for /f "tokens=1,2,*" %%A in ('"%AGENT%" status') do if "%%A %%B"=="data directory" set "TO=%%C"
if not defined TO exit /b 1
"%AGENT%" check-policy "%FILE%"
if not %errorlevel%==0 exit /b 1
rem By another name first: the agent never sees half a file.
copy /b /y "%FILE%" "%TO%\policy.new" >nul
if not %errorlevel%==0 exit /b 1
move /y "%TO%\policy.new" "%TO%\policy.jws" >nul
if not %errorlevel%==0 exit /b 1
for /l %%I in (1,1,60) do if exist "%TO%\policy.jws" ping -n 2 127.0.0.1 >nul
if exist "%TO%\policy.jws" exit /b 1
rem State, which detect_policy.ps1 reads, is written when the users were looked after.
ping -n 6 127.0.0.1 >nul
exit /b 0
