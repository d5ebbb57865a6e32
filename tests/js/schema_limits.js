'use strict';
// schema_limits.js - what our programs refuse and JSON Schema cannot.
//
// A refusal that fits a row is one that the schema does not see: it takes the document. Every other refusal it makes,
// too. A row that no vector needs is reported, so that this list says no less of the schemas than is true.

// Numbers as they are written; a schema sees only their values.
function numbersIn(text) {
    return text.replace(/"(\\.|[^"\\])*"/g, '""').match(/-?[0-9][0-9.eE+-]*/g) || [];
}

const isOdd = (digits) => /[eE]/.test(digits) || /[.][0-9]{5}/.test(digits) ||
    (digits.includes('.') && Number.isInteger(Number(digits)));
const hasOddNumber = (text) => numbersIn(text).some(isOdd);

const ROWS = [
    { code: 'unknown_ring', file: /^(?!rule-ring-in-another-case)/, why: 'the names of rings are the keys of another object' },
    { code: 'ring_circle', why: 'it takes the whole graph of rings' },
    { reader: 'plan', code: 'duplicate_name', pointer: /^\/stages\/\d+$/, why: 'uniqueItems compares whole stages' },
    { reader: 'report', code: 'duplicate_name', pointer: /^\/users\/\d+\/sid$/, why: 'uniqueItems compares whole users' },
    { code: 'duplicate_name', pointer: /^\/guards\/minimum_outlook\/\d+$/, why: 'it compares the first numbers of versions' },
    { code: 'bad_version_range', file: /65536|huge/, why: 'a pattern for 0 to 65535 is one that nobody can read' },
    { reader: 'plan', code: 'out_of_range', pointer: /^$/, why: 'it compares expires_at with issued_at' },
    { reader: 'plan', code: 'out_of_range', file: /^not-before-/, why: 'it compares not_before with expires_at' },
    { reader: 'policy', code: 'kind_mismatch', file: /^version-/, why: 'it looks at the remainder of a division' },
    { reader: 'report', code: 'out_of_range', file: /^part-(?!0)/, why: 'it compares part with parts' },
    { reader: 'trust', code: 'out_of_range', pointer: /^\/keys\/\d+$/, why: 'whether a point is on the curve' },
    { code: 'wrong_type', only: hasOddNumber, why: '1.0 is an integer to JSON Schema' },
    { code: 'out_of_range', only: hasOddNumber, why: 'exponents and decimals are spelling: a schema sees values' },
    { code: 'too_large', file: /^(size-of|items-|match-not-to-depth-)/, why: 'it is about the document as a whole' },
];

// The row that a refusal fits, or undefined. document: { reader, text, file }, without file if it is no vector;
// refusal: { code, pointer }.
function rowFor(document, refusal) {
    return ROWS.find((row) => row.code === refusal.code && (!row.reader || row.reader === document.reader) &&
        (!row.pointer || row.pointer.test(refusal.pointer)) && (!row.only || row.only(document.text)) &&
        (!row.file || document.file === undefined || row.file.test(document.file)));
}

module.exports = { ROWS, rowFor };
