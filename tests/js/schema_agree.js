'use strict';
// schema_agree.js - the command and the schemas judge the same documents.
//
// From one plan that has every field come the policies that it is signed into and a trust document; each of them is then
// spoilt in one place after the other (mutate.js). What the command says of every one is held against the schema.
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { mutants } = require('./mutate');
const { rowFor } = require('./schema_limits');

function command(...args) {
    const done = spawnSync(process.env.MR_ADMIN, args, { encoding: 'utf8' });
    if (done.error) throw done.error;
    if (done.status > 1 || done.signal !== null) {
        throw new Error(`${args.join(' ')} ends with ${done.status === null ? done.signal : done.status}: ${done.stderr}`);
    }
    return done;
}

function must(...args) {
    const done = command(...args);
    if (done.status !== 0) throw new Error(`${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
}

// What stands on standard error as `mapi-rollout: CODE at POINTER: sentence`.
function refusalsIn(errors) {
    const lines = errors.split('\n').filter((line) => line.startsWith('mapi-rollout: ') && !line.includes(': warning: '));
    return lines.map((line) => {
        const [, code, pointer] = /^mapi-rollout: ([a-z_0-9]+)(?: at (\S*?))?: /.exec(line);
        return { code, pointer: pointer || '' };
    });
}

const encode = (bytes) => Buffer.from(bytes).toString('base64url');

// An envelope over any bytes, rightly signed: the command signs nothing that is not a policy.
function signer(keyFile) {
    const key = crypto.createPrivateKey(fs.readFileSync(keyFile));
    const { crv, kty, x, y } = crypto.createPublicKey(key).export({ format: 'jwk' });
    const kid = crypto.createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    const header = encode(JSON.stringify({ alg: 'ES256', kid, typ: 'mapi-rollout-policy+jws' }));
    return (payload) => {
        const signed = `${header}.${encode(payload)}`;
        const signature = crypto.sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
        return JSON.stringify({ payload: encode(payload), signatures: [{ protected: header, signature: encode(signature) }] });
    };
}

// Payloads of a bundle, stages first, the safe policy last.
function policiesOf(bundleFile) {
    const open = (envelope) => JSON.parse(Buffer.from(envelope.payload, 'base64url'));
    const bundle = open(JSON.parse(fs.readFileSync(bundleFile, 'utf8')));
    return [...bundle.policies, bundle.safe].map(open);
}

// ---- what the command says -----------------------------------------------------------------------

// Each gives the refusals of a text; none if it is taken.
function judges(folder) {
    const file = path.join(folder, 'spoilt.json');
    const sign = signer(path.join(folder, 'key.pem'));
    const trust = path.join(folder, 'trust.json');
    const asked = (text, ...args) => {
        fs.writeFileSync(file, text);
        return command(...args);
    };
    return {
        plan(text) {
            const said = JSON.parse(asked(text, 'check', file, '--json').stdout);
            return said.good ? [] : said.problems;
        },
        policy(text) {
            // Whatever stands on standard output was read; that it may have expired is another matter.
            const done = asked(sign(text), 'verify', file, '--trust', trust, '--json');
            return done.stdout === '' ? refusalsIn(done.stderr) : [];
        },
        trust(text) {
            const done = asked(text, 'trust', 'show', file);
            return done.status === 0 ? [] : refusalsIn(done.stderr);
        },
    };
}

// ---- both together -------------------------------------------------------------------------------

// Asking takes a process each: every third in the daily run, MR_SCHEMA_EVERY=1 for all.
const EVERY = Number(process.env.MR_SCHEMA_EVERY || 3);

function compare({ kind, base, depth }, schemas, judge, finding) {
    let count = 0;
    let made = 0;
    for (const { place, what, text } of mutants(base, schemas[kind].schema, depth)) {
        if (made++ % EVERY !== 0) continue;
        const refusals = judge(text);
        const taken = schemas[kind].validate(JSON.parse(text));
        const rows = refusals.map((refusal) => rowFor({ reader: kind, text }, refusal));
        const said = refusals.map((r) => `${r.code} at ${r.pointer || '/'}`).join(', ');
        count++;
        if (refusals.length === 0 && !taken) {
            finding(`${kind} ${place} ${what}: the schema refuses what the command takes: ${JSON.stringify(schemas[kind].validate.errors[0])}`);
        } else if (refusals.length > 0 && taken && rows.includes(undefined)) {
            finding(`${kind} ${place} ${what}: the schema takes it, the command says ${said}`);
        }
    }
    console.log(`${count} of ${made} ${kind} documents were judged by both`);
}

function prepare(folder, plan) {
    const inside = (name) => path.join(folder, name);
    must('keygen', '--out', inside('key.pem'), '--no-passphrase');
    for (const more of ['second', 'third']) must('keygen', '--out', inside(`${more}.pem`), '--no-passphrase');
    const { rollout } = JSON.parse(fs.readFileSync(plan, 'utf8'));
    must('trust', 'new', '--key', inside('key.pub.pem'), '--rollout', rollout, '--out', inside('trust.json'));
    must('trust', 'new', '--key', inside('key.pub.pem'), '--key', inside('second.pub.pem'), '--key', inside('third.pub.pem'),
        '--threshold', '2', '--rollout', rollout, '--out', inside('three.json'));
    must('sign', plan, '--key', inside('key.pem'), '--out', inside('bundle.json'));
}

function agree(schemas, folder, plan, finding) {
    prepare(folder, plan);
    const judge = judges(folder);
    const policies = policiesOf(path.join(folder, 'bundle.json'));
    const bases = [
        { kind: 'plan', base: JSON.parse(fs.readFileSync(plan, 'utf8')), depth: Infinity },
        // What stands deeper is the same in plans: the same schema (see `shared`), read by the same code.
        { kind: 'policy', base: policies[policies.length - 2], depth: 1 },
        { kind: 'policy', base: policies[policies.length - 1], depth: 1 },
        { kind: 'trust', base: JSON.parse(fs.readFileSync(path.join(folder, 'three.json'), 'utf8')), depth: Infinity },
    ];
    for (const it of bases) {
        if (!schemas[it.kind].validate(it.base) || judge[it.kind](JSON.stringify(it.base)).length > 0) {
            finding(`the ${it.kind} to begin with is refused`);
        }
        compare(it, schemas, judge[it.kind], finding);
    }
}

module.exports = { agree, policiesOf };
