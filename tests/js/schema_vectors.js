'use strict';
// schema_vectors.js - the schemas judge tests/data/json as our readers do.
//
// The manifest there says what a reader makes of each document; a schema takes what the reader takes, and refuses what it
// refuses unless schema_limits.js has a row for it: then it takes it.
const fs = require('fs');
const path = require('path');
const { ROWS, rowFor } = require('./schema_limits');

// What is no JSON, or not the same to everybody, never comes to a schema.
const BEFORE_A_SCHEMA = ['json_syntax', 'json_duplicate_key'];

function manifest(folder) {
    const lines = fs.readFileSync(path.join(folder, 'expected.tsv'), 'utf8').split('\n');
    return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
        const [reader, file, expected, pointer = '-', rules = '-'] = line.split('\t');
        const rule = (name) => Number((new RegExp(`(?:^| )${name}=(\\d+)`).exec(rules) || [0, 0])[1]);
        return { reader, file, expected, pointer: pointer === '-' ? '' : pointer, times: rule('times'), pad: rule('pad') };
    });
}

// The bytes of a document: what stands between << and >> as often as the manifest says, '#' numbered, blanks behind.
function bytesOf(folder, vector) {
    let text = fs.readFileSync(path.join(folder, vector.reader, vector.file), 'latin1');
    if (vector.times > 0) {
        const [, before, repeated, behind] = /^(.*?)<<(.*?)>>(.*)$/s.exec(text);
        const all = Array.from({ length: vector.times }, (_, i) => repeated.replaceAll('#', String(i)));
        text = before + all.join('') + behind;
    }
    return Buffer.from(text.padEnd(vector.pad, ' '), 'latin1');
}

// { text, value } or undefined if it is no JSON in UTF-8.
function parsed(bytes) {
    try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        return { text, value: JSON.parse(text) };
    } catch (why) {
        if (why instanceof SyntaxError || why instanceof TypeError) return undefined;
        throw why;
    }
}

function judge(vector, json, validate, finding, used) {
    const taken = validate(json.value);
    const name = `${vector.reader}/${vector.file}`;
    if (vector.expected === 'ok') {
        if (!taken) finding(`${name}: the schema refuses what the reader takes: ${JSON.stringify(validate.errors[0])}`);
        return;
    }
    const row = rowFor({ ...vector, text: json.text }, { code: vector.expected, pointer: vector.pointer });
    const refusal = `${vector.expected} at ${vector.pointer || '/'}`;
    if (row) used.add(row);
    if (row && !taken) finding(`${name}: ${refusal} is listed as unseen (${row.why}), and the schema refuses it`);
    if (!row && taken) finding(`${name}: the schema takes it, the reader says ${refusal}`);
}

function checkVectors(schemas, folder, finding) {
    const used = new Set();
    const counts = { judged: 0, 'no JSON': 0 };
    for (const vector of manifest(folder)) {
        if (!schemas[vector.reader]) continue;
        const json = parsed(bytesOf(folder, vector));
        if (json !== undefined && !BEFORE_A_SCHEMA.includes(vector.expected)) {
            counts.judged++;
            judge(vector, json, schemas[vector.reader].validate, finding, used);
            continue;
        }
        counts['no JSON']++;
        if (vector.expected === 'ok') finding(`${vector.reader}/${vector.file}: the reader takes what is no JSON`);
    }
    for (const row of ROWS) if (!used.has(row)) finding(`no vector needs the row ${row.code}: ${row.why}`);
    console.log(`${counts.judged} vectors were judged, ${counts['no JSON']} are no JSON`);
}

module.exports = { checkVectors };
