import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { parseAllDocuments } from 'yaml';
import type { EncryptionContext } from '#shared/model/context.ts';

/**
 * A small SOPS of its own, to make files and to open them, written from getsops/sops (aes/cipher.go, sops.go,
 * stores/flatten.go): AES-256-GCM for each value with its path as AAD, and a MAC over the values under `lastmodified`.
 */

export interface KmsEntry {
  readonly arn: string;
  readonly enc: string;
  readonly created_at: string | number;
  readonly role?: string;
  readonly context?: EncryptionContext;
  readonly aws_profile?: string;
}

type Value = string | number | boolean;
export type Tree = { [key: string]: Value | Tree | (Value | Tree)[] };

function seal(value: Value, key: Uint8Array, aad: string): string {
  if (value === '') return '';
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(aad));
  const data = Buffer.concat([cipher.update(toBytes(value)), cipher.final()]);
  const type = typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : 'int';
  const [d, i, t] = [data, iv, cipher.getAuthTag()].map((part) => part.toString('base64'));
  return `ENC[AES256_GCM,data:${d},iv:${i},tag:${t},type:${type}]`;
}

function unseal(text: string, key: Uint8Array, aad: string): Value {
  if (text === '') return '';
  const match = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/.exec(text);
  if (match === null) throw new Error('no SOPS value');
  const [data, iv, tag] = match.slice(1, 4).map((part) => Buffer.from(part, 'base64'));
  if (data === undefined || iv === undefined || tag === undefined) throw new Error('no SOPS value');
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(tag);
  const plain = Buffer.concat([decipher.update(data), decipher.final()]).toString();
  return match[4] === 'int' ? Number(plain) : match[4] === 'bool' ? plain === 'True' : plain;
}

function toBytes(value: Value): Buffer {
  return Buffer.from(typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
}

/** The tree with every value replaced; list elements have the path of their list. */
function mapTree(tree: Tree, change: (value: Value, aad: string) => Value): Tree {
  const walk = (node: Tree[string] | Value, path: readonly string[]): Tree[string] => {
    if (Array.isArray(node)) return node.map((one) => walk(one, path) as Value | Tree);
    if (typeof node !== 'object') return change(node, `${path.join(':')}:`);
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value, [...path, key])]));
  };
  return walk(tree, []) as Tree;
}

function macOf(values: readonly Value[]): string {
  const hash = createHash('sha512');
  for (const value of values) hash.update(toBytes(value));
  return hash.digest('hex').toUpperCase();
}

/** The encrypted tree and its metadata, but for the entries. */
function encryptTree(tree: Tree, key: Uint8Array) {
  const values: Value[] = [];
  const encrypted = mapTree(tree, (value, aad) => {
    values.push(value);
    return aad.includes('_unencrypted:') ? value : seal(value, key, aad);
  });
  const lastmodified = '2025-08-06T18:55:05Z';
  return { encrypted, lastmodified, mac: seal(macOf(values), key, lastmodified) };
}

/** What a SOPS file says: its tree and its metadata. */
interface Opened {
  readonly tree: Tree;
  readonly sops: Tree;
}

export function parseSops(kind: Kind, text: string): Opened {
  if (kind === 'env') {
    const pairs = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
    const of = (meta: boolean) => pairs.filter(([key]) => key.startsWith('sops_') === meta);
    return {
      tree: Object.fromEntries(of(false)),
      sops: unflatten(Object.fromEntries(of(true).map(([key, value]) => [key.slice(5), value]))),
    };
  }
  if (kind === 'ini') {
    const { sops, ...tree } = parseIni(text);
    return { tree, sops: unflatten(sops as Record<string, string>) };
  }
  const bare = text.replace(/^\ufeff/, '');
  const parsed: unknown = kind === 'yaml' ? parseAllDocuments(bare)[0]?.toJS() : JSON.parse(bare);
  const { sops, ...tree } = parsed as Tree & { sops: Tree };
  return { tree, sops };
}

/** As go-ini reads what go-ini writes. */
function parseIni(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      section = {};
      sections[line.slice(1, -1)] = section;
      continue;
    }
    const quotedKey = /^`([^`]*)`\s*=\s*(.*)$/.exec(line);
    const key = quotedKey?.[1] ?? line.slice(0, line.search(/[=:]/)).trim();
    const value = quotedKey?.[2] ?? line.slice(line.search(/[=:]/) + 1).trim();
    section[key] = /^`.*`$/.test(value) ? value.slice(1, -1) : value.replace(/\s*[#;].*$/, '');
  }
  return sections;
}

/** stores/flatten.go, backwards. */
function unflatten(flat: Record<string, string>): Tree {
  const root: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(flat)) {
    const steps = name.split(/(?=__(?:list|map)_)/).map((step) => {
      const match = /^__(list|map)_(.*)$/s.exec(step);
      return match === null ? step : match[1] === 'list' ? Number(match[2]) : (match[2] ?? '');
    });
    let at: Record<string | number, unknown> = root;
    for (const [i, step] of steps.entries()) {
      if (i === steps.length - 1) at[step] = text.replaceAll('\\n', '\n');
      else {
        at[step] ??= typeof steps[i + 1] === 'number' ? [] : {};
        at = at[step] as Record<string | number, unknown>;
      }
    }
  }
  return root as Tree;
}

export type Kind = 'yaml' | 'json' | 'env' | 'ini' | 'binary';

/** Decrypts every value and proves the MAC; `decryptKey` opens one entry as SOPS does. */
export async function openSops(
  kind: Kind,
  text: string,
  decryptKey: (entry: KmsEntry) => Promise<Uint8Array>,
  which: number,
): Promise<Tree> {
  const { tree, sops } = parseSops(kind, text);
  const entry = (sops.kms as unknown as KmsEntry[])[which];
  if (entry === undefined) throw new Error('no such entry');
  const key = await decryptKey(entry);
  const values: Value[] = [];
  const opened = mapTree(tree, (value, aad) => {
    const plain = aad.includes('_unencrypted:') ? value : unseal(String(value), key, aad);
    values.push(plain);
    return plain;
  });
  if (unseal(String(sops.mac), key, String(sops.lastmodified)) !== macOf(values))
    throw new Error('MAC mismatch');
  return opened;
}

/** A file as SOPS writes it. */
export function writeSops(kind: Kind, tree: Tree, key: Uint8Array, entries: readonly KmsEntry[]): string {
  const { encrypted, lastmodified, mac } = encryptTree(tree, key);
  const kms = entries.map(({ arn, role, context, created_at, enc, aws_profile }) => ({
    arn,
    ...(role === undefined ? {} : { role }),
    ...(context === undefined ? {} : { context }),
    created_at,
    enc,
    aws_profile: aws_profile ?? '',
  }));
  const sops = { kms, lastmodified, mac, unencrypted_suffix: '_unencrypted', version: '3.10.2' };
  switch (kind) {
    case 'json':
    case 'binary':
      return `${JSON.stringify({ ...encrypted, sops }, null, '\t')}\n`;
    case 'yaml':
      return yamlLines({ ...encrypted, sops }, '')
        .join('\n')
        .concat('\n');
    case 'env': {
      const flat = Object.entries(flatten(sops)).sort(([a], [b]) => (a < b ? -1 : 1));
      const lines = [
        '#A comment',
        ...Object.entries(encrypted).map(([k, v]) => `${k}=${v}`),
        ...flat.map(([k, v]) => `sops_${k}=${v}`),
      ];
      return `${lines.join('\n')}\n`;
    }
    case 'ini': {
      const section = (name: string, pairs: Record<string, string>) => {
        const quoted = (text: string, odd: RegExp) => (odd.test(text) ? `\`${text}\`` : text);
        const named = Object.entries(pairs).map(
          ([k, v]) => [quoted(k, /["=:]/), quoted(v, /[#;]|^\s|\s$|^["']/)] as const,
        );
        const width = Math.max(...named.map(([k]) => k.length));
        return [`[${name}]`, ...named.map(([k, v]) => `${k.padEnd(width)} = ${v}`), ''];
      };
      const lines = Object.entries(encrypted).flatMap(([name, pairs]) =>
        section(name, pairs as Record<string, string>),
      );
      return ['; A comment', ...lines, ...section('sops', flatten(sops)), ''].join('\n');
    }
  }
}

function flatten(value: object): Record<string, string> {
  const flat: Record<string, string> = {};
  const walk = (node: unknown, name: string): void => {
    if (Array.isArray(node)) for (const [i, one] of node.entries()) walk(one, `${name}__list_${i}`);
    else if (typeof node === 'object' && node !== null)
      for (const [key, one] of Object.entries(node)) walk(one, name === '' ? key : `${name}__map_${key}`);
    else flat[name] = String(node).replaceAll('\n', '\\n');
  };
  walk(value, '');
  return flat;
}

/** YAML as SOPS lays it out: four spaces. */
function yamlLines(node: unknown, indent: string): string[] {
  if (Array.isArray(node))
    return node.flatMap((one) => {
      if (typeof one !== 'object') return [`${indent}- ${scalar(one)}`];
      const [first = '', ...rest] = yamlLines(one, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  return Object.entries(node as Record<string, unknown>).flatMap(([key, value]) => {
    const name = /^[\w]+$/.test(key) ? key : JSON.stringify(key);
    return typeof value === 'object'
      ? [`${indent}${name}:`, ...yamlLines(value, `${indent}    `)]
      : [`${indent}${name}: ${scalar(value)}`];
  });
}

function scalar(value: unknown): string {
  const text = String(value);
  const plain =
    /^[A-Za-z](?:[\w:/+=.,@[\]-]*[\w/+=.@\]-])?$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|[yn])$/i.test(text);
  return typeof value === 'string' && !plain ? JSON.stringify(text) : text;
}
