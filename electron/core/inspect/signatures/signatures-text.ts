import { isSecretInClear, LOOKS, otherFile, type Signature } from './signature.ts';

interface Sign {
  /** Tested on the text without white space and quotes before it. */
  readonly test: RegExp;
  readonly look: (evidence: string, label?: string) => Signature;
  readonly evidence: string;
  readonly label?: string;
}

/** What text says in its first characters. First match wins. */
const SIGNS: readonly Sign[] = [
  sign(/^age-encryption\.org\/v1\n/, LOOKS.age, 'begins with the line age-encryption.org/v1'),
  sign(/^\$ANSIBLE_VAULT;\d/, LOOKS.ansible, 'begins with $ANSIBLE_VAULT'),
  sign(/^vault:v\d+:/, LOOKS.vault, 'begins with vault:v and a key version'),
  sign(/^\{cipher\}/, LOOKS.spring, 'begins with {cipher}'),
  sign(
    /^U2FsdGVkX1/,
    LOOKS.openssl,
    'is base64 of bytes that begin with Salted__',
    'OpenSSL, passphrase (base64)',
  ),
  sign(
    /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{20,}/,
    LOOKS.privateKey,
    'begins with AGE-SECRET-KEY-1',
    'age secret key, in clear',
  ),
  sign(
    /^PuTTY-User-Key-File-\d[\s\S]{0,400}?\nEncryption: none\r?\n/,
    LOOKS.privateKey,
    'is a PuTTY key file with Encryption: none',
  ),
  sign(/^PuTTY-User-Key-File-\d/, LOOKS.lockedPrivateKey, 'is a PuTTY key file'),
  sign(
    /^kms:v2:[0-9a-fA-F-]{36}:/,
    LOOKS.emulator,
    'begins with kms:v2: and a key id',
    'Emulator ciphertext (floci)',
  ),
  sign(
    /^eyJ[\w-]{8,8192}\.[\w-]{0,16384}\.[\w-]{1,64}\.[\w-]*\.[\w-]{1,64}\s*["']?\s*$/,
    LOOKS.jwe,
    'has the five parts of JWE compact form',
  ),
];

function sign(test: RegExp, look: Sign['look'], evidence: string, label?: string): Sign {
  return { test, look, evidence, ...(label === undefined ? {} : { label }) };
}

/** Characters that signs are tested on. */
const HEAD = 65_536;
/** Characters in which PEM blocks are looked for. */
const PEM_HEAD = 1_048_576;

/**
 * What a text is that is no blob, by what it says of itself; null when it says nothing known. Linear, never throws.
 * `text` may hold one character per byte, or real characters: all signs are ASCII.
 */
export function textLook(text: string): Signature | null {
  const head = text.slice(0, HEAD).replace(/^[\ufeff\s"'`]+|^\u00ef\u00bb\u00bf\s*/, '');
  if (head.startsWith('-----BEGIN ') || /^(?:Bag Attributes|subject=|Certificate:)/.test(head))
    return pemLook(text.slice(0, PEM_HEAD));
  for (const { test, look, evidence, label } of SIGNS) if (test.test(head)) return look(evidence, label);
  if (head.startsWith('{') || head.startsWith('[')) return jsonLook(head);
  return null;
}

/** The kind of a file of PEM blocks: a private key in clear outweighs whatever stands before it. */
function pemLook(text: string): Signature | null {
  let first: Signature | null = null;
  let from = 0;
  for (let blocks = 0; blocks < 1000; blocks++) {
    const at = text.indexOf('-----BEGIN ', from);
    if (at === -1) break;
    const name = /^-----BEGIN ([A-Z0-9 ]{1,60})-----/.exec(text.slice(at, at + 80))?.[1] ?? null;
    from = at + 11;
    if (name === null) continue;
    const one = pemBlock(name, text.slice(at, at + 400));
    if (isSecretInClear(one.kind, one.label)) return one;
    first ??= one;
  }
  return first;
}

function pemBlock(name: string, head: string): Signature {
  const evidence = `holds a PEM block of ${name}`;
  if (name === 'AGE ENCRYPTED FILE') return LOOKS.age(evidence, 'age file (armour)');
  if (name === 'PGP PRIVATE KEY BLOCK') return LOOKS.pgpSecretKey(evidence);
  if (name.startsWith('PGP ')) {
    const label = { 'PGP MESSAGE': 'OpenPGP message (armour)', 'PGP PUBLIC KEY BLOCK': 'OpenPGP public key' }[
      name
    ];
    return LOOKS.openpgp(evidence, label ?? 'OpenPGP signature (armour)');
  }
  if (name.endsWith('PRIVATE KEY'))
    return isLocked(name, head) ? LOOKS.lockedPrivateKey(evidence) : LOOKS.privateKey(evidence);
  if (name === 'CERTIFICATE' || name === 'X509 CERTIFICATE' || name === 'TRUSTED CERTIFICATE')
    return LOOKS.certificate(evidence);
  if (name === 'PKCS7' || name === 'CMS') return LOOKS.cms(evidence);
  if (name.endsWith('PUBLIC KEY')) return otherFile('Public key', evidence);
  return otherFile('PEM text of another tool', evidence);
}

/** Whether a private key says that it is encrypted. */
function isLocked(name: string, head: string): boolean {
  if (name === 'ENCRYPTED PRIVATE KEY' || head.includes('Proc-Type: 4,ENCRYPTED')) return true;
  if (name !== 'OPENSSH PRIVATE KEY') return false;
  // openssh-key-v1\0, then the cipher's name after a 4-byte length (PROTOCOL.key of OpenSSH).
  const body = Buffer.from(head.slice(head.indexOf('-----\n') + 6), 'base64').toString('latin1');
  return body.startsWith('openssh-key-v1\0') && !body.startsWith('\0\0\0\x04none', 15);
}

/** JSON that speaks of another service; only what its member names say. */
function jsonLook(head: string): Signature | null {
  if (
    /"kid"\s*:\s*"https:\/\/[\w-]{1,63}\.(?:vault\.azure\.(?:net|cn)|vault\.usgovcloudapi\.net|managedhsm\.azure\.net)\/keys\//.test(
      head,
    )
  )
    return LOOKS.azure('is JSON with a kid that is a key in Azure Key Vault');
  if (
    /"(?:protected|unprotected|recipients)"\s*:/.test(head) &&
    /"ciphertext"\s*:/.test(head) &&
    /"(?:iv|tag)"\s*:/.test(head)
  )
    return LOOKS.jwe('is JSON with the members of a JWE', 'JWE (JSON)');
  if (/"kty"\s*:\s*"(?:RSA|EC|OKP|oct)"/.test(head) && /"[dk]"\s*:\s*"[\w-]{16,}/.test(head))
    return LOOKS.privateKey('is a JSON Web Key with its private part', 'Private key (JWK), in clear');
  if (
    /"primaryKeyId"\s*:/.test(head) &&
    /"typeUrl"\s*:\s*"type\.googleapis\.com\/google\.crypto\.tink\./.test(head) &&
    /"keyData"\s*:/.test(head)
  )
    return LOOKS.tinkKeyset('is JSON with the members of a Tink keyset');
  return null;
}
