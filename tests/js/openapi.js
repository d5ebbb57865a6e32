'use strict';
// openapi.js - holds the OpenAPI document against the format, and a running server against the document.
//
//   openapi.js document FILE           is it an OpenAPI 3.1 document? Each schema in it is compiled, each reference followed
//   openapi.js routes FILE ROUTES      the server's own routes ("door method path" a line) are those of the document
//   openapi.js codes FILE CODES        each problem code of the sources is in the document, and the reverse
//   openapi.js answers FILE ANSWERS    what tests/e2e/openapi_battery.py wrote down is as the document says, and nearly
//                                      everything that the document says was seen
//
// Exit code 1 and a line for each finding if anything is wrong.
const fs = require('fs');
const Ajv2020 = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const { checkDocument, METHODS } = require('./openapi_format');

const SHOWN = 60;
const findings = [];
const finding = (text) => findings.push(text);
const lines = (file) => fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');

// ---- the document -----------------------------------------------------------------------------------------

// Made strict: what the document does not name may be there for clients, and must not be there for us. References lead to
// the schemas alone, which are JSON Schema; the rest of the document is not.
function strict(node) {
    if (Array.isArray(node)) return node.map(strict);
    if (node === null || typeof node !== 'object') return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === 'enum' || key === 'const' ? value : strict(value)]));
    if (copy.type === 'object' && copy.properties && !('additionalProperties' in copy)) copy.additionalProperties = false;
    if (copy.$ref) copy.$ref = copy.$ref.replace('#/components/schemas/', 'openapi#/$defs/');
    return copy;
}

class Document {
    constructor(file) {
        this.text = JSON.parse(fs.readFileSync(file, 'utf8'));
        this.ajv = addFormats(new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }));
        this.ajv.addSchema({ $id: 'openapi', $defs: strict(this.text.components.schemas) });
        this.compiled = new Map();
    }

    resolve(node) {
        while (node && node.$ref) node = this.at(node.$ref);
        return node;
    }

    at(ref) {
        return ref.replace(/^#\//, '').split('/').reduce((node, part) => (node === undefined ? undefined : node[part]), this.text);
    }

    validator(schema) {
        if (!this.compiled.has(schema)) this.compiled.set(schema, this.ajv.compile(strict(schema)));
        return this.compiled.get(schema);
    }

    operations() {
        return Object.entries(this.text.paths).flatMap(([path, item]) =>
            METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
    }

    // The operation that answers this path at that door; a path without parameters first.
    find(door, method, asked) {
        const path = asked.split('?')[0];
        const fits = (template) => new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
        return this.operations().find((o) => o.operation.tags.includes(door) && o.method === method.toLowerCase() && fits(o.path));
    }
}

function compileAll(document) {
    const visit = (node, place) => {
        if (node === null || typeof node !== 'object') return;
        for (const [key, value] of Object.entries(node)) {
            if (key === 'schema' || place === '/components/schemas') {
                try {
                    document.validator(value);
                } catch (error) {
                    finding(`${place}/${key}: ${error.message}`);
                }
            } else {
                visit(value, `${place}/${key}`);
            }
        }
    };
    visit(document.text, '');
}

// ---- routes and codes -------------------------------------------------------------------------------------

function compare(what, have, want) {
    have.filter((x) => !want.includes(x)).forEach((x) => finding(`${what} ${x}: the server has it, the document has not`));
    want.filter((x) => !have.includes(x)).forEach((x) => finding(`${what} ${x}: the document has it, the server has not`));
    console.log(`${have.length} of the server, ${want.length} of the document`);
}

function checkRoutes(document, file) {
    const documented = document.operations().flatMap(({ path, method, operation }) =>
        operation.tags.map((door) => `${door} ${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '*')}`));
    compare('route', lines(file), documented);
}

// A document that an agent refuses has codes that no server sends; what a server does send is seen by `answers`.
function checkCodes(document, file) {
    const documented = document.text.components.schemas.Problem.properties.code.enum;
    const inSources = lines(file);
    inSources.filter((code) => !documented.includes(code)).forEach((code) => finding(`code ${code} is in the sources and not in the document`));
    documented.filter((code) => !inSources.includes(code)).forEach((code) => finding(`code ${code} is in the document and not in the sources`));
    console.log(`${documented.length} codes`);
}

// ---- answers ----------------------------------------------------------------------------------------------

const ROLES = ['viewer', 'operator', 'publisher'];
// Of HTTP itself, the same on every answer.
const PLAIN_HEADERS = ['date', 'connection', 'content-length', 'content-type', 'cache-control', 'keep-alive'];
// Answers that a battery cannot bring about, each with what shows them instead.
const UNSEEN = {
    500: 'a mistake of the server',
    503: 'tests/unit/server: a store that fails, a full server, a simulation that takes too long',
    'GET /v1/reports.csv 429': 'tests/e2e/48_compliance.sh',
    'POST /v1/simulate 429': 'tests/unit/server/test_simulator.c, tests/e2e/49_simulate_fleet.sh',
};

function checkHeaders(document, answer, response, where, finding) {
    const listed = Object.entries(response.headers || {}).map(([name, header]) => [name.toLowerCase(), document.resolve(header)]);
    for (const [name, header] of listed) {
        const value = answer.headers[name];
        if (value === undefined && header.required) finding(`${where}: the header ${name} is missing`);
        if (value !== undefined && !document.validator(header.schema)(value)) finding(`${where}: the header ${name} is "${value}"`);
    }
    const common = Object.keys(document.text['x-headers-of-all-answers'] || {}).map((name) => name.toLowerCase());
    common.filter((name) => answer.headers[name] === undefined).forEach((name) => finding(`${where}: the header ${name} is on all answers, and not on this one`));
    Object.keys(answer.headers)
        .filter((name) => !PLAIN_HEADERS.includes(name) && !common.includes(name) && !listed.some(([known]) => known === name))
        .forEach((name) => finding(`${where}: the header ${name} is not in the document`));
}

function checkBody(document, answer, response, where, finding) {
    const type = (answer.headers['content-type'] || '').split(';')[0];
    if (!response.content) {
        if (answer.body !== '') finding(`${where}: there is a body, and the document has none`);
        return;
    }
    if (!(type in response.content)) {
        finding(`${where}: the content is ${type || 'nothing'}`);
        return;
    }
    const validate = document.validator(response.content[type].schema);
    const body = /json$/.test(type) ? JSON.parse(answer.body) : answer.body;
    if (!validate(body)) {
        const reasons = validate.errors.map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).slice(0, 4);
        finding(`${where}: ${reasons.join('; ')} in ${answer.body.slice(0, 400)}`);
    }
}

// Where a path or method is not in the document, the server says just that.
function checkUnknown(document, answer, seen, where) {
    const known = ['get', 'post', 'put', 'delete'].some((method) => document.find(answer.door, method, answer.path));
    const status = known ? 405 : 404;
    if (answer.status !== status) return finding(`${where}: ${answer.body}; should be ${status}`);
    seen.add(`all ${status}`);
    checkAgainst(document, answer, document.text['x-answers-of-all'][status], where).forEach(finding);
    return undefined;
}

function checkRole(operation, answer, where) {
    const least = ROLES.indexOf(operation['x-role']);
    const has = ROLES.indexOf(answer.role);
    if (['nobody', 'stranger'].includes(answer.role) && answer.status !== 401) finding(`${where}: ${answer.role} is not refused`);
    if (has >= 0 && (answer.status === 403) !== has < least) finding(`${where}: the role ${answer.role}, which the document says ${has < least ? 'may not' : 'may'}`);
    if (has >= 0 && answer.status === 401) finding(`${where}: the role ${answer.role} is not known`);
}

// What is wrong with it as that response.
function checkAgainst(document, answer, listed, where) {
    const wrong = [];
    if (!listed) return [`${where}: the status is not in the document: ${answer.body.slice(0, 200)}`];
    const response = document.resolve(listed);
    checkHeaders(document, answer, response, where, (text) => wrong.push(text));
    checkBody(document, answer, response, where, (text) => wrong.push(text));
    return wrong;
}

function checkAnswer(document, answer, seen) {
    const where = `${answer.door}: ${answer.method} ${answer.path.slice(0, 60)} ${answer.status}`;
    const found = document.find(answer.door, answer.method, answer.path);
    if (!found) return checkUnknown(document, answer, seen, where);
    const { operation, path, method } = found;
    checkRole(operation, answer, where);
    const own = checkAgainst(document, answer, operation.responses[answer.status], where);
    const common = checkAgainst(document, answer, (document.text['x-answers-of-all'] || {})[answer.status], where);
    if (own.length === 0) seen.add(`${method.toUpperCase()} ${path} ${answer.status}`);
    else if (common.length === 0) seen.add(`all ${answer.status}`);
    else own.forEach(finding);
    return undefined;
}

function checkAnswers(document, file) {
    const seen = new Set();
    const answers = lines(file).map((line) => JSON.parse(line));
    answers.forEach((answer) => checkAnswer(document, answer, seen));
    for (const { path, method, operation } of document.operations()) {
        for (const status of Object.keys(operation.responses)) {
            const name = `${method.toUpperCase()} ${path} ${status}`;
            if (!seen.has(name) && !(status in UNSEEN) && !(name in UNSEEN)) finding(`${name}: never seen`);
        }
    }
    Object.keys(document.text['x-answers-of-all'])
        .filter((status) => !seen.has(`all ${status}`) && !(status in UNSEEN))
        .forEach((status) => finding(`${status} of all operations: never seen`));
    console.log(`${answers.length} answers, ${seen.size} kinds of them`);
}

// ---- --------------------------------------------------------------------------------------------------

function run([command, file, other]) {
    const document = new Document(file);
    if (command === 'document') {
        checkDocument(document.text, finding);
        return compileAll(document);
    }
    const commands = { routes: checkRoutes, codes: checkCodes, answers: checkAnswers };
    if (!(command in commands) || other === undefined) {
        console.error('openapi.js: say document FILE, routes FILE ROUTES, codes FILE CODES or answers FILE ANSWERS');
        process.exit(2);
    }
    return commands[command](document, other);
}

run(process.argv.slice(2));
findings.slice(0, SHOWN).forEach((text) => console.error(`openapi.js: ${text}`));
if (findings.length > 0) {
    console.error(`openapi.js: ${findings.length} findings`);
    process.exit(1);
}
