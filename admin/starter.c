#include "admin/starter.h"

#include "base/time_text.h"

enum { PLAN_DAYS = 90, DAY_S = 86400 };

/* Rings by SID, host and percentage: examples to be replaced, and harmless while nobody has that
 * SID, that tag or that host name. */
static const char PLAN_RINGS[] =
    "  \"rings\": {\n"
    "    \"exceptions\": { \"description\": \"never touched: replace the example SID\",\n"
    "      \"any\": [ { \"user\": [\"S-1-5-21-1-2-3-1999\"] }, { \"tag\": [\"mapi-exception\"] } ] },\n"
    "    \"pilot\": { \"description\": \"named people, named machines, one user in a hundred\",\n"
    "      \"any\": [ { \"user\": [\"S-1-5-21-1-2-3-1998\"] }, { \"host\": [\"MAPI-PILOT-*\"] },\n"
    "               { \"percent\": 1, \"of\": \"user\", \"salt\": \"%s\" } ] }\n"
    "  },\n";

static const char PLAN_STAGES[] =
    "  \"stages\": [\n"
    "    { \"name\": \"observe\", \"rules\": [], \"otherwise\": \"leave\", \"expect\": \"any\" },\n"
    "    { \"name\": \"hold-back\", \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" } ],\n"
    "      \"otherwise\": \"block\", \"expect\": \"any\" },\n"
    "    { \"name\": \"pilot\", \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" },\n"
    "                                  { \"ring\": \"pilot\", \"set\": \"allow\" } ],\n"
    "      \"otherwise\": \"block\" },\n"
    "    { \"name\": \"everyone\", \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" } ],\n"
    "      \"otherwise\": \"allow\" },\n"
    "    { \"name\": \"finish\", \"rules\": [], \"otherwise\": \"release\" }\n"
    "  ],\n"
    "  \"safe\": { \"set\": \"block\" }\n"
    "}\n";

enum status adm_starter_plan(const struct adm_starter *starter, struct bytes *out)
{
    char issued[TIME_TEXT_BYTES];
    char expires[TIME_TEXT_BYTES];

    time_text_write(starter->now_s, issued);
    time_text_write(starter->now_s + (int64_t)PLAN_DAYS * DAY_S, expires);
    enum status st = bytes_append_format(
        out,
        "{\n"
        "  \"format\": \"mapi-rollout/plan/1\",\n"
        "  \"rollout\": \"%s\", \"serial\": 1,\n"
        "  \"description\": \"first look, then RPC/HTTP held, a pilot, everyone\",\n"
        "  \"issued_at\": \"%s\", \"expires_at\": \"%s\",\n"
        "  \"timing\": { \"poll_s\": 900, \"wait_s\": 240, \"spread_s\": 10, \"report_s\": 86400 },\n",
        starter->rollout, issued, expires);
    if (st == ST_OK) {
        st = bytes_append_format(out, PLAN_RINGS, starter->rollout);
    }
    return st == ST_OK ? bytes_append_text(out, PLAN_STAGES) : st;
}

static const char README_SERVER[] =
    "mapi-rollout: rollout \"%s\", server %s\n"
    "\n"
    "All commands below are meant for this directory.\n"
    "\n"
    "1. The server (Linux). Copy ca.pem, server.pem, server.key and trust.json to it, never\n"
    "   signing.pem or ca.key. Make a token for yourself and a secret for the agents, then start:\n"
    "\n"
    "     mapi-rollout-server token add --data data --role publisher --name me > token\n"
    "     mapi-rollout-server enroll-secret add --data data > enroll.secret\n"
    "     mapi-rollout-server --data data --listen 0.0.0.0:%d --admin-listen 127.0.0.1:%d \\\n"
    "       --trust trust.json --tls-cert server.pem --tls-key server.key\n"
    "\n"
    "   The server's certificate is for %s, and for localhost and 127.0.0.1 on the server itself;\n"
    "   it holds for two years.\n"
    "\n";

static const char README_PLAN[] =
    "2. The plan. Put your people, machines and percentages into plan.json, then:\n"
    "\n"
    "     mapi-rollout check plan.json\n"
    "     mapi-rollout sign plan.json --key signing.pem --through hold-back --out bundle.json\n"
    "     mapi-rollout verify bundle.json --trust trust.json\n"
    "\n"
    "   Sign no further than you dare: nobody can release what is not signed.\n"
    "\n";

static const char README_OPEN_KEY[] =
    "   signing.pem is not encrypted. For real use make keys with a passphrase (mapi-rollout keygen)\n"
    "   on a machine without a network, and a new trust.json from their public halves.\n"
    "\n";

static const char README_OPERATE[] =
    "3. Release. On the server, or through a tunnel to it:\n"
    "\n"
    "     export MAPI_ROLLOUT_SERVER=https://localhost:%d\n"
    "     export MAPI_ROLLOUT_CA=$PWD/ca.pem MAPI_ROLLOUT_TOKEN_FILE=$PWD/token\n"
    "     mapi-rollout publish bundle.json\n"
    "     mapi-rollout release observe        writes nothing anywhere: look first\n"
    "     mapi-rollout status\n"
    "     mapi-rollout advance                the next stage, when you are content\n"
    "     mapi-rollout safe --reason \"what happened\" --confirm %s     the brake\n"
    "\n"
    "4. The agents (Windows). Put install-agent.cmd, mapi-rollout-agent.exe, ca.pem, trust.json and\n"
    "   enroll.secret into one folder on the client and run install-agent.cmd as administrator.\n";

static enum status append_all(const struct adm_starter *starter, const char *url, struct bytes *out)
{
    enum status st = bytes_append_format(out, README_SERVER, starter->rollout, url, ADM_AGENT_PORT,
                                         ADM_ADMIN_PORT, starter->host);
    if (st == ST_OK) {
        st = bytes_append_text(out, README_PLAN);
    }
    if (st == ST_OK && !starter->encrypted) {
        st = bytes_append_text(out, README_OPEN_KEY);
    }
    if (st == ST_OK) {
        st = bytes_append_format(out, README_OPERATE, ADM_ADMIN_PORT, starter->rollout);
    }
    return st;
}

enum status adm_starter_readme(const struct adm_starter *starter, struct bytes *out)
{
    struct bytes url = bytes_with_limit(ADM_STARTER_BYTES);
    enum status st = bytes_append_format(&url, "https://%s:%d", starter->host, ADM_AGENT_PORT);
    if (st == ST_OK) {
        st = append_all(starter, bytes_text(&url), out);
    }
    bytes_free(&url);
    return st;
}

/* The secret is readable by the system and administrators only (by SID: names are translated on
 * some systems); the agent seals its own copy. */
static const char SCRIPT_COPY[] =
    "@echo off\r\n"
    "rem Installs the agent of rollout %s. Run as administrator, in the folder with the files.\r\n"
    "setlocal\r\n"
    "cd /d \"%%~dp0\" || exit /b 1\r\n"
    "set \"TO=%%ProgramFiles%%\\MapiRollout\"\r\n"
    "set KEY=HKLM\\SOFTWARE\\MapiRollout\\Agent\r\n"
    "if not exist \"%%TO%%\" mkdir \"%%TO%%\" || exit /b 1\r\n"
    "for %%%%F in (mapi-rollout-agent.exe ca.pem trust.json enroll.secret) do (\r\n"
    "    copy /y %%%%F \"%%TO%%\\%%%%F\" >nul || exit /b 1\r\n"
    ")\r\n"
    "icacls \"%%TO%%\\enroll.secret\" /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F >nul"
    " || exit /b 1\r\n";

static const char SCRIPT_SETTINGS[] =
    "reg add %%KEY%% /f /reg:64 /v ServerUrl /d https://%s:%d || exit /b 1\r\n"
    "reg add %%KEY%% /f /reg:64 /v Rollout /d %s || exit /b 1\r\n"
    "reg add %%KEY%% /f /reg:64 /v CaFile /d \"%%TO%%\\ca.pem\" || exit /b 1\r\n"
    "reg add %%KEY%% /f /reg:64 /v TrustFile /d \"%%TO%%\\trust.json\" || exit /b 1\r\n"
    "reg add %%KEY%% /f /reg:64 /v EnrollSecretFile /d \"%%TO%%\\enroll.secret\" || exit /b 1\r\n"
    "\"%%TO%%\\mapi-rollout-agent.exe\" service install || exit /b 1\r\n"
    "\"%%TO%%\\mapi-rollout-agent.exe\" service start || exit /b 1\r\n";

enum status adm_starter_agent_script(const struct adm_starter *starter, struct bytes *out)
{
    enum status st = bytes_append_format(out, SCRIPT_COPY, starter->rollout);
    return st == ST_OK ? bytes_append_format(out, SCRIPT_SETTINGS, starter->host, ADM_AGENT_PORT,
                                             starter->rollout)
                       : st;
}
