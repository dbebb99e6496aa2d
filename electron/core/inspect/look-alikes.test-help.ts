import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { BlobKind } from '#shared/model/blob.ts';
import { assemble, der } from './assemble.test-help.ts';

/** Something that is mistaken for KMS ciphertext, made up here; it cannot be opened. */
interface LookAlike {
  readonly name: string;
  readonly kind: BlobKind;
  /** Part of the label. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const ascii = (text: string) => Buffer.from(text, 'latin1');
const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff]);
const sized = (bytes: Uint8Array) => Buffer.concat([u16(bytes.length), bytes]);

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:eu-central-1:111122223333:key/${UUID}`;

/** EnvelopedData version 2 for one recipient known by a key identifier of `idBytes`. */
export function enveloped(idBytes: number): Buffer {
  const recipient = der(
    0x30,
    hex('020102'),
    der(0x80, randomBytes(idBytes)),
    der(0x30, hex('06092a864886f70d010107')),
    der(0x04, randomBytes(256)),
  );
  const content = der(
    0x30,
    hex('06092a864886f70d010701'),
    der(0x30, hex('060960864801650304012a'), der(0x04, randomBytes(16))),
    der(0x80, randomBytes(48)),
  );
  return der(
    0x30,
    hex('06092a864886f70d010703'),
    der(0xa0, der(0x30, hex('020102'), der(0x31, recipient), content)),
  );
}

/** An X.509 certificate in shape only. */
function certificate(): Buffer {
  const algorithm = der(0x30, hex('06092a864886f70d01010b0500'));
  const name = der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, ascii('example')))));
  const key = der(
    0x30,
    der(0x30, hex('06092a864886f70d0101010500')),
    der(0x03, Buffer.concat([hex('00'), randomBytes(270)])),
  );
  const dates = der(0x30, der(0x17, ascii('260101000000Z')), der(0x17, ascii('270101000000Z')));
  const tbs = der(0x30, hex('a003020102'), der(0x02, hex('1234')), algorithm, name, dates, name, key);
  return der(0x30, tbs, algorithm, der(0x03, Buffer.concat([hex('00'), randomBytes(256)])));
}

/** `aws_dbe_head` with one encrypted data key. */
export function databaseHead(blob: Uint8Array = assemble({ layout: 'v2' }), version = 1): Buffer {
  return Buffer.concat([
    Buffer.from([version, 1]),
    randomBytes(32),
    sized(ascii('eess')),
    u16(1),
    sized(ascii('aws-crypto-table-name')),
    sized(ascii('Orders')),
    Buffer.from([1]),
    sized(ascii('aws-kms')),
    sized(ascii(ARN)),
    sized(blob),
    randomBytes(32),
  ]);
}

/** An Encryption SDK message: format 1 or 2, its keys given as provider, information and ciphertext. */
export function sdkMessage(
  version: 1 | 2,
  keys: readonly (readonly [provider: string, info: string, ciphertext: Uint8Array])[],
  context: Readonly<Record<string, string>> = { purpose: 'test' },
): Buffer {
  const pairs = Object.entries(context);
  const aad = Buffer.concat([
    u16(pairs.length),
    ...pairs.flatMap(([k, v]) => [sized(Buffer.from(k)), sized(Buffer.from(v))]),
  ]);
  return Buffer.concat([
    version === 1 ? hex('01800378') : hex('020578'),
    randomBytes(version === 1 ? 16 : 32),
    pairs.length === 0 ? u16(0) : sized(aad),
    u16(keys.length),
    ...keys.flatMap(([provider, info, ciphertext]) => [
      sized(ascii(provider)),
      sized(ascii(info)),
      sized(ciphertext),
    ]),
    hex('02'),
    version === 1 ? hex('000000000c') : Buffer.alloc(0),
    hex('00001000'),
    version === 1 ? randomBytes(12) : randomBytes(32),
    randomBytes(16),
    randomBytes(60),
  ]);
}

/** SM2PKE ciphertext of the generator point: its point lies on the curve. */
function sm2(): Buffer {
  const x = hex('32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7');
  const y = hex('00bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0');
  return der(0x30, der(0x02, x), der(0x02, y), der(0x04, randomBytes(32)), der(0x04, randomBytes(5)));
}

function pgpMessage(): Buffer {
  const session = Buffer.concat([hex('03'), randomBytes(8), hex('010800'), randomBytes(256)]);
  const data = Buffer.concat([hex('01'), randomBytes(80)]);
  return Buffer.concat([hex('85'), sized(session), hex('d2'), Buffer.from([data.length]), data]);
}

const one = (name: string, kind: BlobKind, label: string, bytes: Uint8Array | string): LookAlike => ({
  name,
  kind,
  label,
  bytes: new Uint8Array(typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
});

/** One of each thing that KMS refuses. Made anew at each call: most of it is random. */
export function LOOK_ALIKES(): LookAlike[] {
  const blob = assemble({ layout: 'v2' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (label: string, body: Uint8Array) =>
    `-----BEGIN ${label}-----\n${
      body.toString() === ''
        ? ''
        : Buffer.from(body)
            .toString('base64')
            .replaceAll(/(.{64})/g, '$1\n')
    }\n-----END ${label}-----\n`;
  return [
    one(
      'SDK message 1',
      'encryption-sdk-message',
      'v1',
      sdkMessage(1, [
        ['aws-kms', ARN, blob],
        ['raw', 'mine', randomBytes(48)],
      ]),
    ),
    one('SDK message 2', 'encryption-sdk-message', 'v2', sdkMessage(2, [['aws-kms', ARN, blob]])),
    one(
      'SDK message, hierarchy',
      'encryption-sdk-message',
      'v2',
      sdkMessage(2, [['aws-kms-hierarchy', 'branch-1', randomBytes(92)]], {}),
    ),
    one('database head', 'database-encryption-sdk', 'Database', databaseHead()),
    one('database head 2', 'database-encryption-sdk', 'Database', databaseHead(blob, 2)),
    one(
      'age, binary',
      'age',
      'binary',
      Buffer.concat([ascii('age-encryption.org/v1\n-> X25519 abc\nxyz\n--- mac\n'), randomBytes(60)]),
    ),
    one('age, armour', 'age', 'armour', pem('AGE ENCRYPTED FILE', randomBytes(200))),
    one('OpenPGP, armour', 'openpgp', 'armour', pem('PGP MESSAGE', randomBytes(200))),
    one('OpenPGP, public key', 'openpgp', 'public key', pem('PGP PUBLIC KEY BLOCK', randomBytes(200))),
    one('OpenPGP, binary', 'openpgp', 'binary', pgpMessage()),
    one(
      'OpenPGP, passphrase',
      'openpgp',
      'binary',
      Buffer.concat([hex('8c0d04090302'), randomBytes(8), hex('60d24f01'), randomBytes(78)]),
    ),
    one('Vault transit', 'vault-transit', 'Vault', `vault:v3:${randomBytes(60).toString('base64')}\n`),
    one(
      'Azure Key Vault',
      'azure-key-vault',
      'Azure',
      JSON.stringify({
        kid: 'https://example.vault.azure.net/keys/k/1',
        value: randomBytes(256).toString('base64url'),
      }),
    ),
    one(
      'GCP KMS',
      'gcp-kms',
      'Google',
      Buffer.concat([hex('0a2400'), randomBytes(35), hex('1249'), randomBytes(73)]),
    ),
    one('GCP KMS, start', 'gcp-kms', 'Google', '\n$\0\u0001'),
    one(
      'Spring Cloud Config',
      'spring-cloud-config',
      'Spring',
      `{cipher}AQA${randomBytes(300).toString('base64')}`,
    ),
    one(
      'Spring Cloud Config, bytes',
      'spring-cloud-config',
      'Possible Spring',
      Buffer.concat([hex('0100'), randomBytes(256 + 48)]),
    ),
    one('OpenSSL', 'openssl-salted', 'OpenSSL', Buffer.concat([ascii('Salted__'), randomBytes(40)])),
    one(
      'OpenSSL, base64',
      'openssl-salted',
      'base64',
      `${Buffer.concat([ascii('Salted__'), randomBytes(40)]).toString('base64')}\n`,
    ),
    one(
      'Ansible',
      'ansible-vault',
      'Ansible',
      `$ANSIBLE_VAULT;1.1;AES256\n${randomBytes(80).toString('hex')}\n`,
    ),
    one('git-crypt', 'git-crypt', 'git-crypt', Buffer.concat([ascii('\0GITCRYPT\0'), randomBytes(50)])),
    one(
      'JWE',
      'jwe',
      'JWE',
      `eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.${randomBytes(256).toString('base64url')}.${randomBytes(12).toString('base64url')}.${randomBytes(60).toString('base64url')}.${randomBytes(16).toString('base64url')}\n`,
    ),
    one(
      'JWE, JSON',
      'jwe',
      'JSON',
      JSON.stringify({
        protected: 'eyJlbmMiOiJBMjU2R0NNIn0',
        encrypted_key: 'AAAA',
        iv: 'AAAA',
        ciphertext: 'AAAA',
        tag: 'AAAA',
      }),
    ),
    one('CMS EnvelopedData', 'pkcs7', 'EnvelopedData', enveloped(20)),
    one(
      'CMS SignedData',
      'pkcs7',
      'SignedData',
      der(0x30, hex('06092a864886f70d010702'), der(0xa0, der(0x30, hex('020101')))),
    ),
    one('Nitro recipient', 'nitro-recipient', 'Nitro', enveloped(32)),
    one('certificate', 'certificate', 'Certificate', certificate()),
    one('certificate, PEM', 'certificate', 'Certificate', pem('CERTIFICATE', certificate())),
    one('PKCS#8', 'private-key', 'in clear', rsa.export({ format: 'der', type: 'pkcs8' })),
    one('PKCS#1', 'private-key', 'in clear', rsa.export({ format: 'der', type: 'pkcs1' })),
    one('SEC 1', 'private-key', 'in clear', ec.privateKey.export({ format: 'der', type: 'sec1' })),
    one('PKCS#8, PEM', 'private-key', 'in clear', String(rsa.export({ format: 'pem', type: 'pkcs8' }))),
    one(
      'certificate and key',
      'private-key',
      'in clear',
      pem('CERTIFICATE', certificate()) + String(ec.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    ),
    one(
      'PKCS#8, passphrase',
      'private-key',
      'passphrase',
      ec.privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ),
    one(
      'PKCS#8, passphrase, PEM',
      'private-key',
      'passphrase',
      String(ec.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })),
    ),
    one(
      'age secret key',
      'private-key',
      'in clear',
      'AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ\n',
    ),
    one('JWK', 'private-key', 'JWK', JSON.stringify(ec.privateKey.export({ format: 'jwk' }))),
    one(
      'Tink keyset',
      'tink-keyset',
      'Tink',
      JSON.stringify({
        primaryKeyId: 1,
        key: [
          {
            keyData: {
              typeUrl: 'type.googleapis.com/google.crypto.tink.AesGcmKey',
              value: 'GhA=',
              keyMaterialType: 'SYMMETRIC',
            },
          },
        ],
      }),
    ),
    one('moto', 'emulator', 'moto', Buffer.concat([ascii(UUID), randomBytes(60)])),
    one(
      'moto, multi-Region',
      'emulator',
      'moto',
      Buffer.concat([ascii(`mrk-${'1a'.repeat(16)}`), randomBytes(60)]),
    ),
    one(
      'local-kms',
      'emulator',
      'local-kms',
      Buffer.concat([Buffer.from([ARN.length]), ascii(ARN), hex('01000000'), randomBytes(60)]),
    ),
    one('cloudemu', 'emulator', 'cloudemu', Buffer.concat([hex('0124'), ascii(UUID), randomBytes(60)])),
    one(
      'fakecloud',
      'emulator',
      'fakecloud',
      Buffer.concat([hex('00000001 0000000000000024'), ascii(UUID), randomBytes(60)]),
    ),
    one('floci', 'emulator', 'floci', `kms:v2:${UUID}:c2VjcmV0`),
    one('SM2', 'kms-asymmetric-candidate', 'SM2', sm2()),
    one('public key', 'unknown', 'Public key', ec.publicKey.export({ format: 'der', type: 'spki' })),
    one('gzip', 'unknown', 'gzip', Buffer.concat([hex('1f8b0800 00000000 0003'), randomBytes(80)])),
    one('zip', 'unknown', 'zip', Buffer.concat([ascii('PK\x03\x04'), randomBytes(252)])),
    one('PNG', 'unknown', 'PNG', Buffer.concat([ascii('\x89PNG\r\n\x1a\n'), randomBytes(80)])),
    one('text', 'unknown', 'Plain text', 'hello world\n'),
    one('empty', 'unknown', 'Empty', ''),
  ];
}
