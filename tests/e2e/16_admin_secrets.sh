#!/bin/sh
# 16_admin_secrets.sh - no command prints a private key or a passphrase, or puts it into a file that is not the key's.
#
# Natively, without Wine: MR_ADMIN is the command. Every kind of use and of mistake with key files; what comes out on
# both channels, and every file that is made, is searched for the secret in any way of writing it down.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
admin_begin

printf 'correct horse battery\n' >passphrase
printf 'staple horse battery\n' >other
mkdir keys made
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out keys/open.pem 2>log/openssl.log &&
    openssl pkey -in keys/open.pem -pubout -out open.pub.pem &&
    openssl pkcs8 -topk8 -in keys/open.pem -v2 aes-256-cbc -passout file:passphrase -out keys/sealed.pem ||
    fail 'no key of openssl'
: >said
used=0

# Runs the command, whatever comes of it, and keeps what it says.
use() { # arguments...
    run "$@"
    cat out errors >>said
    [ "$code" -le 2 ] || wrong "$* ends with $code"
    used=$((used + 1))
}

use init made/site --passphrase-file passphrase
use init made/open-site
cp made/open-site/signing.pem keys/of-init.pem
rm made/open-site/signing.pem made/open-site/ca.key made/open-site/server.key
rm made/site/signing.pem made/site/ca.key made/site/server.key
use keygen --out keys/made.pem --no-passphrase
use keygen --out keys/made-sealed.pem --passphrase-file passphrase --json
use keygen --out keys/made.pem --no-passphrase
use keygen --out nowhere/made.pem --no-passphrase
plan=made/site/plan.json
for key in keys/open.pem keys/made.pem keys/of-init.pem; do
    use sign "$plan" --key "$key" --out made/bundle.json
    use sign "$plan" --key "$key" --key "$key" --out made/bundle.json
    use sign "$plan" --key "$key" --out made/bundle.json --json
    use sign "$plan" --key "$key" --passphrase-file "$key" --out made/bundle.json
    use sign "$plan" --detached --key "$key" --out made/never.json
    use sign "$key" --key "$key" --out made/never.json
    use trust new --key "$key" --rollout x --out made/never.json
    use trust show "$key"
    use trust show made/site/trust.json --replaces "$key"
    use check "$key"
    use verify "$key" --trust "$key"
    use verify made/bundle.json --trust "$key"
    use attach "$key" "$key" --out made/never.json
    use publish "$key" --server https://localhost:1 --token-file "$key"
    use status --server https://localhost:1 --token-file "$key" --ca "$key"
done
use sign "$plan" --key keys/sealed.pem --passphrase-file passphrase --out made/bundle.json
use sign "$plan" --key keys/sealed.pem --passphrase-file other --out made/never.json
use sign "$plan" --key keys/sealed.pem --out made/never.json
use sign "$plan" --key keys/sealed.pem --passphrase-file keys/open.pem --out made/never.json
use check passphrase
use trust show passphrase
use sign "$plan" --detached --key open.pub.pem --out made/to-sign.json --files made/to-sign
for file in made/to-sign/*; do openssl dgst -sha256 -sign keys/open.pem -out "$file.sig" "$file"; done
use attach made/to-sign.json made/to-sign --out made/round2.json
use attach made/to-sign.json keys/open.pem --out made/never.json
# Cut in the middle of the number, and with a letter exchanged in it.
head -c 130 keys/open.pem >keys/cut.pem
sed '2s/.$/!/' keys/open.pem >keys/damaged.pem
for key in keys/cut.pem keys/damaged.pem; do use sign "$plan" --key "$key" --out made/never.json; done
check 'many ways were tried' test "$used" -ge 60
check 'no file was made of a mistake' test ! -e made/never.json

for key in keys/made.pem keys/made-sealed.pem; do
    check "$key is for its owner alone" equal "$(stat -c %a "$key")" 600
done
mv keys/made.pub.pem keys/made-sealed.pub.pem made/

python3 - <<'END' || fail 'a secret came out'
import base64, os, subprocess, sys
def der(path):
    return subprocess.run(["openssl", "pkey", "-in", path, "-passin", "file:passphrase", "-outform", "DER"], check=True, capture_output=True).stdout
texts = [("said", open("said", "rb").read())]
for folder, _, names in os.walk("made"):
    texts += [(os.path.join(folder, n), open(os.path.join(folder, n), "rb").read()) for n in names]
pieces = [b"horse battery", b"correct horse", b"staple horse"]
for name in ("open", "made", "made-sealed", "of-init"):
    number = der("keys/%s.pem" % name)[36:68]
    pieces += [number[:12], number[-12:], number.hex().encode()[:20], number.hex().upper().encode()[:20], str(int.from_bytes(number, "big")).encode()[:20]]
    # Base64 of anything with the number in it, whichever of three places it begins at.
    for skip in range(3):
        inner = base64.b64encode(number[skip:])[:20]
        pieces += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    # The lines that hold the number; behind them comes the public half.
    pieces += open("keys/%s.pem" % name, "rb").read().splitlines()[1:3]
pieces += open("keys/sealed.pem", "rb").read().splitlines()[1:-1]
found = [(n, p) for n, t in texts for p in pieces if p in t]
if found:
    sys.exit("found: %s" % found)
assert len(texts) > 20 and len(pieces) > 50
# The search can find: the key's own file has it.
assert any(p in open("keys/open.pem", "rb").read() for p in pieces)
END
say 'ok: neither a key nor a passphrase came out'
passed
