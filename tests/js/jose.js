// jose.js - signatures by an implementation that has nothing to do with ours (npm `jose`).
//
//   node jose.js verify TRUST.json BUNDLE.json      every trusted key signed the bundle and each policy in it
//   node jose.js sign BUNDLE.json KEY.pem...        takes the payloads of a bundle, signs them anew, prints a bundle
//   node jose.js keygen NAME                        writes NAME.pem (PKCS#8), NAME.pub.pem, prints its thumbprint
//
// Exits with 1 and says why when something does not hold.
'use strict';
const assert = require('assert');
const fs = require('fs');
const jose = require('jose');

const POLICY = 'mapi-rollout-policy+jws';
const BUNDLE = 'mapi-rollout-bundle+jws';

const readJson = (path) => JSON.parse(fs.readFileSync(path, 'utf8'));
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));

// A header that is ours and nobody else's; the payload's bytes as they were signed.
async function verify(envelope, jwk, typ) {
  const kid = await jose.calculateJwkThumbprint(jwk, 'sha256');
  const key = await jose.importJWK(jwk, 'ES256');
  const seen = await jose.generalVerify(envelope, key, { algorithms: ['ES256'] });
  assert.deepStrictEqual(seen.protectedHeader, { alg: 'ES256', kid, typ });
  assert.strictEqual(seen.unprotectedHeader, undefined);
  assert.strictEqual(Buffer.from(seen.payload).toString('base64url'), envelope.payload);
}

async function refuses(envelope, jwk) {
  const key = await jose.importJWK(jwk, 'ES256');
  await assert.rejects(jose.generalVerify(envelope, key), /signature verification failed/);
}

async function verifyAll(trustPath, bundlePath) {
  const keys = readJson(trustPath).keys;
  const bundle = readJson(bundlePath);
  const { policies, safe } = decode(bundle.payload);
  const kids = [];
  for (const jwk of keys) {
    kids.push(await jose.calculateJwkThumbprint(jwk, 'sha256'));
    await verify(bundle, jwk, BUNDLE);
    for (const envelope of [...policies, safe]) {
      await verify(envelope, jwk, POLICY);
      assert.strictEqual(envelope.signatures.length, keys.length);
    }
    // It can say no, too.
    await refuses({ ...safe, payload: policies[0].payload }, jwk);
  }
  console.log(JSON.stringify({ kids, envelopes: policies.length + 2 }));
}

async function signAgain(payload, typ, keys) {
  const general = new jose.GeneralSign(payload);
  for (const { key, kid } of keys) {
    general.addSignature(key).setProtectedHeader({ alg: 'ES256', kid, typ });
  }
  return general.sign();
}

async function readKey(path) {
  const key = await jose.importPKCS8(fs.readFileSync(path, 'utf8'), 'ES256', { extractable: true });
  return { key, kid: await jose.calculateJwkThumbprint(await jose.exportJWK(key), 'sha256') };
}

async function signAll(bundlePath, keyPaths) {
  const keys = await Promise.all(keyPaths.map(readKey));
  const document = decode(readJson(bundlePath).payload);
  const again = (envelope) => signAgain(Buffer.from(envelope.payload, 'base64url'), POLICY, keys);
  document.policies = await Promise.all(document.policies.map(again));
  document.safe = await again(document.safe);
  const payload = Buffer.from(JSON.stringify(document));
  console.log(JSON.stringify(await signAgain(payload, BUNDLE, keys)));
}

async function keygen(name) {
  const pair = await jose.generateKeyPair('ES256', { extractable: true });
  fs.writeFileSync(`${name}.pem`, await jose.exportPKCS8(pair.privateKey), { mode: 0o600 });
  fs.writeFileSync(`${name}.pub.pem`, await jose.exportSPKI(pair.publicKey));
  console.log(await jose.calculateJwkThumbprint(await jose.exportJWK(pair.publicKey), 'sha256'));
}

async function main([command, ...rest]) {
  if (command === 'verify' && rest.length === 2) {
    await verifyAll(...rest);
  } else if (command === 'sign' && rest.length >= 2) {
    await signAll(rest[0], rest.slice(1));
  } else if (command === 'keygen' && rest.length === 1) {
    await keygen(rest[0]);
  } else {
    throw new Error('say verify TRUST BUNDLE, sign BUNDLE KEY... or keygen NAME');
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
