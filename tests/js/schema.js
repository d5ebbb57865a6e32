'use strict';
// schema.js - holds the schemas of docs/schema/ against documents and against what our programs say of them.
//
//   schema.js shared                   parts of one name are equal in all schemas
//   schema.js accept KIND FILE...      the schema takes these documents; of a bundle each policy inside
//   schema.js vectors FOLDER           the schemas judge tests/data/json as our readers do
//   schema.js agree DIRECTORY PLAN     the command (MR_ADMIN) and the schemas judge many documents alike
//
// KIND: plan, policy, trust, report, bundle. Exit code 1 and a line for each finding if anything is wrong.
const fs = require('fs');
const path = require('path');
const { isDeepStrictEqual } = require('util');
const Ajv2020 = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const { agree, policiesOf } = require('./schema_agree');
const { checkVectors } = require('./schema_vectors');

const KINDS = ['plan', 'policy', 'trust', 'report'];
const SHOWN = 40;
const FOLDER = path.join(__dirname, '..', '..', 'docs', 'schema');

const findings = [];
const finding = (text) => findings.push(text);

function load() {
    // Strict: an unknown keyword is a spelling mistake of ours.
    const ajv = addFormats(new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }));
    const schemas = {};
    for (const kind of KINDS) {
        const schema = JSON.parse(fs.readFileSync(path.join(FOLDER, `${kind}.schema.json`), 'utf8'));
        schemas[kind] = { kind, schema, validate: ajv.compile(schema) };
    }
    return schemas;
}

const reasons = (validate) => validate.errors.map((e) => `${e.instancePath || '/'} ${e.message}`).join('; ');

function checkShared(schemas) {
    const found = {};
    for (const { kind, schema } of Object.values(schemas)) {
        for (const [name, part] of Object.entries(schema.$defs)) {
            const before = found[name] || (found[name] = { kind, part });
            if (!isDeepStrictEqual(before.part, part)) {
                finding(`$defs/${name} of ${kind} differs from that of ${before.kind}`);
            }
        }
    }
}

function checkAccepted(schemas, kind, files) {
    const { validate } = schemas[kind === 'bundle' ? 'policy' : kind];
    const documentsOf = (file) => (kind === 'bundle' ? policiesOf(file) : [JSON.parse(fs.readFileSync(file, 'utf8'))]);
    let count = 0;
    for (const file of files) {
        for (const document of documentsOf(file)) {
            count++;
            if (!validate(document)) finding(`${file}: ${reasons(validate)}`);
        }
    }
    console.log(`${count} documents`);
}

function usage() {
    console.error('schema.js: say shared, accept KIND FILE..., vectors FOLDER, or agree DIRECTORY PLAN');
    process.exit(2);
}

function run(schemas, command, rest) {
    const [kind, ...files] = rest;
    if (command === 'shared' && rest.length === 0) return checkShared(schemas);
    if (command === 'accept' && (kind in schemas || kind === 'bundle') && files.length > 0) return checkAccepted(schemas, kind, files);
    if (command === 'vectors' && rest.length === 1) return checkVectors(schemas, rest[0], finding);
    if (command === 'agree' && rest.length === 2) return agree(schemas, rest[0], rest[1], finding);
    return usage();
}

function main([command, ...rest]) {
    run(load(), command, rest);
    findings.slice(0, SHOWN).forEach((text) => console.error(`schema.js: ${text}`));
    if (findings.length > 0) {
        console.error(`schema.js: ${findings.length} findings`);
        process.exit(1);
    }
}

main(process.argv.slice(2));
