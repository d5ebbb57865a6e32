'use strict';
// mutate.js - documents that differ from a good one in a single place.
//
// For each place of the document: the wrong kinds, nothing at all, one member too many, and what lies on both sides of
// every bound that the schema names there. Places that one part of the schema describes are visited once.

const TIMES = [
    '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2027-02-28T00:00:00Z', '2027-02-29T00:00:00Z', '2028-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z', '2027-04-31T00:00:00Z', '2027-13-01T00:00:00Z', '2027-00-10T00:00:00Z', '2027-01-00T00:00:00Z',
    '2027-01-01T24:00:00Z', '2027-01-01T23:59:60Z', '2027-01-01T00:00:00z', '2027-01-01T00:00:00+00:00',
    '2027-01-01T00:00:00.0Z', '2027-01-01 00:00:00Z', '2027-01-01', '9999-12-31T23:59:59Z',
];
const TEXTS = ['', 'x', 'X', 'a b', 'caf\u00e9', 'a\u0001', 'a\n', 'safe', 'a'.repeat(64), 'a'.repeat(65), 'a'.repeat(256), 'a'.repeat(257)];
// What is a number to JSON Schema, and to the programs only in some spellings.
const SPELLINGS = ['1.0', '1e2', '25.00001', '-0', '9007199254740992', '0.0001', '3.1415', '1.00000000000000000000000000000000'];
const WRONG_KINDS = [null, true, 'x', 1, [], {}];

// A number that is to be written exactly so.
const spelled = (digits) => `@spelled:${digits}@`;
const write = (value) => JSON.stringify(value).replace(/"@spelled:([^"@]*)@"/g, '$1');

// The parts of the schema that describe a place: [[where it stands, the part], ...].
function partsAt(root, path) {
    let parts = expand(root, [['#', root]]);
    for (const step of path) {
        const next = [];
        for (const [where, part] of parts) {
            if (typeof step === 'number' && part.items) next.push([`${where}/items`, part.items]);
            else if (part.properties && step in part.properties) next.push([`${where}/properties/${step}`, part.properties[step]]);
            else if (typeof part.additionalProperties === 'object') next.push([`${where}/additionalProperties`, part.additionalProperties]);
        }
        parts = expand(root, next);
    }
    return parts;
}

function expand(root, parts) {
    const all = [];
    for (const [where, part] of parts) {
        all.push([where, part]);
        if (part.$ref) {
            const name = part.$ref.replace('#/$defs/', '');
            all.push(...expand(root, [[part.$ref, root.$defs[name]]]));
        }
    }
    return all;
}

function* places(value, path = []) {
    yield path;
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield* places(value[i], [...path, i]);
    else if (value !== null && typeof value === 'object') for (const key of Object.keys(value)) yield* places(value[key], [...path, key]);
}

const at = (document, path) => path.reduce((value, step) => value[step], document);

// A copy of the document in which the value at the path has become another; undefined takes it away.
function replaced(document, path, value) {
    const copy = structuredClone(document);
    if (path.length === 0) return value;
    const parent = at(copy, path.slice(0, -1));
    const last = path[path.length - 1];
    if (value !== undefined) parent[last] = value;
    else if (Array.isArray(parent)) parent.splice(last, 1);
    else delete parent[last];
    return copy;
}

function* numbersAround(parts) {
    for (const [, part] of parts) {
        if (part.minimum !== undefined) yield* [part.minimum - 1, part.minimum];
        if (part.maximum !== undefined) yield* [part.maximum, part.maximum + 1];
    }
    yield* SPELLINGS.map(spelled);
}

function textsFor(parts, words) {
    if (parts.some(([, part]) => part.enum || part.const)) return ['', 'X', ...words];
    return parts.some(([, part]) => part.format === 'date-time') ? ['', ...TIMES] : TEXTS;
}

// As many items as the bound says, and one more; a place whose bound is out of reach keeps what it has.
function* listsAround(value, parts) {
    yield [...value, null];
    if (value.length === 0) return;
    yield [...value, value[0]];
    for (const [, part] of parts) {
        if (part.maxItems > 0 && part.maxItems <= 1000) {
            yield* [part.maxItems, part.maxItems + 1].map((count) => Array.from({ length: count }, () => value[0]));
        }
    }
}

function* objectsAround(value, parts) {
    yield { ...value, zzz: 1 };
    for (const [, part] of parts) {
        if (part.maxProperties > 0 && typeof part.additionalProperties === 'object') {
            const first = Object.values(value)[0];
            for (const count of [part.maxProperties, part.maxProperties + 1]) {
                const more = { ...value };
                for (let i = Object.keys(value).length; i < count; i++) more[`more-${i}`] = first;
                yield more;
            }
            for (const key of ['Upper', '', 'safe', 'a'.repeat(64), 'a'.repeat(65)]) yield { ...value, [key]: first };
        }
    }
}

function* valuesFor(value, parts, words) {
    yield* [undefined, ...WRONG_KINDS];
    if (typeof value === 'number') yield* numbersAround(parts);
    else if (typeof value === 'string') yield* textsFor(parts, words);
    else if (Array.isArray(value)) yield* listsAround(value, parts);
    else if (value !== null && typeof value === 'object') yield* objectsAround(value, parts);
}

// Every word that the schema names anywhere.
function wordsOf(part, found = new Set()) {
    for (const [key, value] of Object.entries(part)) {
        if (key === 'enum') value.filter((word) => typeof word === 'string').forEach((word) => found.add(word));
        else if (value !== null && typeof value === 'object') wordsOf(value, found);
    }
    return [...found];
}

// Texts of documents, each with the place and a word about what is there now. Places below the given depth keep still.
function* mutants(document, schema, depth) {
    const words = wordsOf(schema);
    const seen = new Set();
    for (const path of places(document)) {
        if (path.length > depth) continue;
        const parts = partsAt(schema, path);
        const value = at(document, path);
        // Not by $ref: two members of one type may be read by different code.
        const key = `${parts.length > 0 ? parts[0][0] : `/${path.join('/')}`} ${Array.isArray(value)} ${typeof value}`;
        if (seen.has(key)) continue;
        seen.add(key);
        for (const other of valuesFor(value, parts, words)) {
            if (path.length === 0 && other === undefined) continue;
            const what = other === undefined ? 'absent' : write(other).slice(0, 60);
            yield { place: `/${path.join('/')}`, what, text: write(replaced(document, path, other)) };
        }
    }
}

module.exports = { mutants };
