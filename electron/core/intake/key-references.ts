import { basename } from 'node:path';
import type { KeyReference } from '#shared/model/audit.ts';
import { openInput } from './formats/format.ts';
import type { FoundBlob } from './types.ts';

/** Where a file names a key, its file left out. */
export type FoundReference = Omit<KeyReference, 'file'>;

/** Larger files are data, not configuration, bytes. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Most references kept of one file. */
const MAX_REFERENCES = 1000;
const LINE_FEED = 10;
/** Files that describe resources or settings. */
const CONFIGURATION =
  /\.(?:ya?ml|json|jsonc|json5|template|tf|tfvars|hcl|tofu|toml|ini|cfg|conf|properties|env)$|^\.env/i;
const TERRAFORM = /\.(?:tf|tofu|tfvars|hcl)(?:\.json)?$/i;
const PULUMI = /^Pulumi(?:\..+)?\.ya?ml$/i;
/** Everything that names a key has one of these in it. */
const HINTS = [':kms:', 'alias/', 'awskms:', 'kms', 'Kms', 'KMS'].map((text) => Buffer.from(text));

/**
 * Names of keys in a text: ARNs, Pulumi's URLs, aliases, and key ids on a line that speaks of KMS. A name that is put
 * together when it is used (`alias/${var.env}`) is none.
 */
const NAMES =
  /arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/-]+|awskms:\/\/[^\s"'`,]+|(?<![\w/:-])alias\/[\w/-]+(?![\w/-]*[$%{])|(?<![\w-])(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])/g;

/**
 * Where a configuration file names a KMS key: creation rules of `.sops.yaml`, Pulumi's secrets providers, resources of
 * Terraform and CloudFormation, other settings. Labels of the file's own blobs are left out: they are the blobs'.
 *
 * @param name The file's name, which says what sort it is.
 */
export function keyReferences(
  bytes: Uint8Array,
  name: string,
  blobs: readonly FoundBlob[],
): FoundReference[] {
  const file = basename(name);
  if (bytes.length > MAX_BYTES || !CONFIGURATION.test(file)) return [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer[0] !== 0xff && buffer[0] !== 0xfe && !HINTS.some((hint) => buffer.includes(hint))) return [];
  const { text: view } = openInput(bytes, name);
  if (view === null) return [];
  const { text } = view;
  const labels = new Set(blobs.map(({ declared }) => declared.keyArn));
  const sort = sortOf(file, text);
  const found: FoundReference[] = [];
  let line = 1;
  let at = 0;
  for (const { 0: written, index } of text.matchAll(NAMES)) {
    if (found.length === MAX_REFERENCES) break;
    for (; at < index; at += 1) if (text.charCodeAt(at) === LINE_FEED) line += 1;
    if (labels.has(written) || isComment(text, index, file) || !speaksOfKms(text, index, written)) continue;
    // A copy: a part of a text keeps the whole of it in memory.
    found.push({ line, sort, name: Buffer.from(written).toString() });
  }
  return found;
}

function sortOf(file: string, text: string): FoundReference['sort'] {
  if (/^\.sops\.ya?ml$/i.test(file)) return 'sops-rule';
  if (PULUMI.test(file)) return 'pulumi-provider';
  if (TERRAFORM.test(file)) return 'terraform';
  return text.includes('AWSTemplateFormatVersion') || /"?Type"?\s*:\s*"?AWS::/.test(text)
    ? 'cloudformation'
    : 'configuration';
}

/** The beginning of the line that an index stands in. */
function lineBefore(text: string, index: number): string {
  return text.slice(Math.max(text.lastIndexOf('\n', index - 1) + 1, index - 400), index);
}

const isComment = (text: string, index: number, file: string): boolean =>
  !file.toLowerCase().includes('json') && /^\s*(?:#|\/\/)/.test(lineBefore(text, index));

/** A key id is any UUID: it names a key only where its line or that line's list says so. */
function speaksOfKms(text: string, index: number, written: string): boolean {
  if (/^(?:arn|awskms|alias)/.test(written) || written.startsWith('mrk-')) return true;
  return /kms|master_?key/i.test(lineBefore(text, index));
}
