'use strict';
// openapi_format.js - is this an OpenAPI 3.1 document? (https://spec.openapis.org/oas/v3.1.0)
//
// Which fields each kind of object may and must have, what belongs together (path parameters, security schemes, tags, names
// used once), and that every reference leads somewhere. Schema Objects are JSON Schema 2020-12: Ajv compiles them (openapi.js).
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const text = (x) => typeof x === 'string' && x !== '';
const bool = (x) => typeof x === 'boolean';
const any = () => true;
const oneOf = (...words) => (x) => words.includes(x);

// kind: field -> [needed, test or kind, how]; how: list, map, or nothing for one.
const KINDS = {
    document: { openapi: [1, (x) => /^3\.1\.\d+$/.test(x)], info: [1, 'info'], servers: [0, 'server', 'list'], tags: [0, 'tag', 'list'], 'x-answers-of-all': [0, 'response', 'map'], 'x-headers-of-all-answers': [0, 'header', 'map'], paths: [1, 'pathItem', 'map'], components: [0, 'components'] },
    info: { title: [1, text], version: [1, text], summary: [0, text], description: [0, text], license: [0, any], contact: [0, any], termsOfService: [0, text] },
    server: { url: [1, text], description: [0, text], variables: [0, 'variable', 'map'] },
    variable: { default: [1, text], description: [0, text], enum: [0, Array.isArray] },
    tag: { name: [1, text], description: [0, text] },
    pathItem: { summary: [0, text], description: [0, text], parameters: [0, 'parameter', 'list'], ...Object.fromEntries(METHODS.map((m) => [m, [0, 'operation']])) },
    operation: { operationId: [1, text], tags: [1, (x) => Array.isArray(x) && x.length > 0], summary: [1, text], description: [0, text], security: [1, Array.isArray], parameters: [0, 'parameter', 'list'], requestBody: [0, 'requestBody'], responses: [1, 'response', 'map'] },
    parameter: { name: [1, text], in: [1, oneOf('query', 'header', 'path', 'cookie')], description: [0, text], required: [0, bool], schema: [1, any] },
    requestBody: { description: [0, text], required: [0, bool], content: [1, 'media', 'map'] },
    media: { schema: [1, any] },
    response: { description: [1, text], headers: [0, 'header', 'map'], content: [0, 'media', 'map'] },
    header: { description: [0, text], required: [0, bool], schema: [1, any] },
    securityScheme: { type: [1, oneOf('apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect')], scheme: [0, text], description: [0, text] },
    components: { schemas: [0, any], parameters: [0, 'parameter', 'map'], headers: [0, 'header', 'map'], responses: [0, 'response', 'map'], securitySchemes: [0, 'securityScheme', 'map'] },
};

const isObject = (x) => x !== null && typeof x === 'object' && !Array.isArray(x);

function checkKind(kind, node, place, finding) {
    if (!isObject(node)) return finding(`${place}: an object is expected (${kind})`);
    if ('$ref' in node) return undefined;
    const fields = KINDS[kind];
    Object.keys(node).filter((key) => !(key in fields) && !key.startsWith('x-')).forEach((key) => finding(`${place}/${key}: no field of this kind of object (${kind})`));
    for (const [key, [needed, test, how]] of Object.entries(fields)) {
        if (!(key in node)) {
            if (needed) finding(`${place}: ${key} is missing (${kind})`);
        } else if (typeof test === 'function') {
            if (!test(node[key])) finding(`${place}/${key}: not as it should be: ${JSON.stringify(node[key])}`);
        } else {
            const items = how ? Object.entries(node[key]) : [['', node[key]]];
            items.forEach(([name, item]) => checkKind(test, item, `${place}/${key}${name === '' ? '' : `/${name}`}`, finding));
        }
    }
    return undefined;
}

function checkReferences(root, finding) {
    const visit = (node, place) => {
        if (node === null || typeof node !== 'object') return;
        if (typeof node.$ref === 'string') {
            const parts = node.$ref.replace(/^#\//, '').split('/');
            const target = node.$ref.startsWith('#/') ? parts.reduce((at, part) => (at === undefined ? at : at[part.replace(/~1/g, '/').replace(/~0/g, '~')]), root) : undefined;
            if (target === undefined) finding(`${place}: ${node.$ref} leads nowhere`);
        }
        Object.entries(node).forEach(([key, value]) => visit(value, `${place}/${key}`));
    };
    visit(root, '');
}

// Each part of `components` is used somewhere.
function checkUse(root, finding) {
    const whole = JSON.stringify(root);
    for (const [kind, parts] of Object.entries(root.components)) {
        for (const name of Object.keys(parts)) {
            const used = kind === 'securitySchemes' ? whole.includes(`{"${name}":[]}`) : whole.includes(`"#/components/${kind}/${name}"`);
            if (!used) finding(`/components/${kind}/${name} is used nowhere`);
        }
    }
}

// Codes of single answers are of the one list, and each of the list is a code of some answer.
function checkCodes(root, finding) {
    const all = root.components.schemas.Problem.properties.code.enum;
    const used = new Set();
    const visit = (node, place) => {
        if (node === null || typeof node !== 'object' || node === root.components.schemas) return;
        if (node.properties && node.properties.code && node.properties.code.enum) {
            for (const code of node.properties.code.enum) {
                used.add(code);
                if (!all.includes(code)) finding(`${place}: the code ${code} is not in /components/schemas/Problem`);
            }
        }
        Object.entries(node).forEach(([key, value]) => visit(value, `${place}/${key}`));
    };
    visit(root, '');
    all.filter((code) => !used.has(code)).forEach((code) => finding(`the code ${code} is in /components/schemas/Problem, and no answer has it`));
}

function checkOperation(root, path, method, operation, ids, finding) {
    const place = `${method.toUpperCase()} ${path}`;
    const parameters = (operation.parameters || []).map((p) => (p.$ref ? root.components.parameters[p.$ref.split('/').pop()] : p) || {});
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
    const named = parameters.filter((p) => p.in === 'path');
    if (ids.has(operation.operationId)) finding(`${place}: operationId ${operation.operationId} is there twice`);
    ids.add(operation.operationId);
    inPath.filter((name) => !named.some((p) => p.name === name && p.required === true)).forEach((name) => finding(`${place}: the path parameter ${name} is not described, or not required`));
    named.filter((p) => !inPath.includes(p.name)).forEach((p) => finding(`${place}: ${p.name} is not in the path`));
    (operation.tags || []).filter((tag) => !root.tags.some((t) => t.name === tag)).forEach((tag) => finding(`${place}: there is no tag ${tag}`));
    (operation.security || []).flatMap((s) => Object.keys(s)).filter((s) => !(s in root.components.securitySchemes)).forEach((s) => finding(`${place}: there is no security scheme ${s}`));
    Object.keys(operation.responses || {}).filter((s) => !/^[1-5]\d\d$/.test(s)).forEach((s) => finding(`${place}: ${s} is no status`));
    if (Object.keys(operation.responses || {}).length === 0) finding(`${place}: it has no answer`);
    if (method === 'get' && operation.requestBody) finding(`${place}: GET takes no body`);
}

function checkDocument(root, finding) {
    const ids = new Set();
    checkKind('document', root, '', finding);
    checkReferences(root, finding);
    checkUse(root, finding);
    checkCodes(root, finding);
    for (const [path, item] of Object.entries(root.paths)) {
        if (!path.startsWith('/')) finding(`${path}: a path begins with a slash`);
        METHODS.filter((method) => item[method]).forEach((method) => checkOperation(root, path, method, item[method], ids, finding));
    }
}

module.exports = { checkDocument, METHODS };
