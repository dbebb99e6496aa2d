import { finding } from '#shared/finding.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import type { Finding } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import { keyReference } from '../../keys/key-written.ts';
import type { Leaf } from '../../structure/index.ts';
import { decodeText } from '../../text/encoding.ts';
import { trimmed } from '../../text/strip-whitespace.ts';
import { writeText } from '../../text/text-view.ts';
import type { FoundBlob, LinkedValue, NewBlob } from '../../types.ts';
import { foundAt, leafLinkedValue } from '../structured/index.ts';

/** One entry of `sops.kms`, however the file writes it. */
export interface Entry {
  /** `sops.kms[0]`, `sops.key_groups[1].kms[0]`. */
  readonly place: string;
  readonly enc: Leaf;
  readonly arn: Leaf | null;
  readonly createdAt: Leaf | null;
  readonly role: string;
  readonly profile: string;
  readonly context: EncryptionContext | null;
  /** What makes the entry's context equal to the new blob's. Null when it is written in a way that SOPS does not read. */
  readonly contextLinkedValues: readonly LinkedValue[] | null;
}

/** The blob of an entry; a finding when `enc` is no encoded blob. */
export function entryBlob(entry: Entry): FoundBlob | Finding {
  const { enc, arn, createdAt, context } = entry;
  const { view } = enc;
  const place = `${entry.place}.enc`;
  const [start, end] = trimmed(view.text, enc.start, enc.end, enc.rules.escaped);
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: enc.rules.escaped,
    takeUnknown: true,
  });
  if (decoded === null) return undecodable(entry, place);
  const blob = foundAt(enc, start, end, 'sops', decoded);
  return {
    ...blob,
    place,
    declared: {
      keyArn: arn === null ? null : keyOf(arn),
      encryptionContext: context,
      createdAt: createdAt === null ? null : dateOf(createdAt.value()),
      algorithm: null,
    },
    ...(entry.contextLinkedValues === null ? { notPutBack: ODD_CONTEXT } : {}),
    // SOPS calls Decrypt without an algorithm, which means SYMMETRIC_DEFAULT (kms/keysource.go).
    refuses: (algorithm) => (algorithm === 'SYMMETRIC_DEFAULT' ? null : explainOwn('SopsNeedsSymmetricKey')),
    linkedValues: [
      ...(arn === null ? [] : [arnLinkedValue(arn, `${entry.place}.arn`)]),
      ...(createdAt === null ? [] : [createdAtCompanion(createdAt, `${entry.place}.created_at`)]),
      ...(entry.contextLinkedValues ?? []),
    ],
    findings: [...blob.findings, ...accessFindings(entry)],
  };
}

const ODD_CONTEXT =
  'The context of this SOPS entry is not a map of names to texts: SOPS does not read it so, and Rewrap cannot bring it up to date. Repair it in the file and add the file again.';

/**
 * Where the role begins in `arn+role`, as SOPS takes keys on its command line and in `.sops.yaml`, and some tools copied
 * it into files (getsops/sops, kms/keysource.go, NewMasterKeyFromArn).
 */
function roleAt(arn: string): number {
  const at = arn.search(/\+arn:aws[\w-]*:iam::/);
  return at > 0 ? at : arn.length;
}

function keyOf(arn: Leaf): string | null {
  const value = arn.value();
  // SOPS drops spaces too.
  const key = value.slice(0, roleAt(value)).replaceAll(' ', '');
  return key === '' ? null : key;
}

function arnLinkedValue(arn: Leaf, name: string): LinkedValue {
  const value = arn.value();
  const role = value.slice(roleAt(value));
  const old = keyOf(arn);
  return leafLinkedValue(
    arn,
    (next) => {
      // What `refuses` says before KMS is asked holds for what KMS made, too.
      if (next.algorithm !== 'SYMMETRIC_DEFAULT') throw new FaultError(explainOwn('SopsNeedsSymmetricKey'));
      if (old === null) return next.keyArn + role;
      const key = keyReference(old, next);
      return key === old ? null : key + role;
    },
    name,
  );
}

/** `created_at` as seconds since 1970, as the Python SOPS wrote it up to 2015. */
const EPOCH = /^\d{9,11}(?:\.\d+)?$/;

function dateOf(text: string): string | null {
  const date = EPOCH.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (text === '' || Number.isNaN(date.getTime())) return null;
  return EPOCH.test(text) ? `${date.toISOString().slice(0, 19)}Z` : text;
}

function createdAtCompanion(leaf: Leaf, name: string): LinkedValue {
  const old = leaf.value();
  const linked = leafLinkedValue(
    leaf,
    ({ at }) => {
      const seconds = Math.floor(Date.parse(at) / 1000);
      const before = EPOCH.test(old) ? Math.floor(Number(old)) : Date.parse(old) / 1000;
      if (before === seconds || Number.isNaN(seconds)) return null;
      if (!EPOCH.test(old)) return at;
      return epochText(old, seconds);
    },
    name,
  );
  // A number stays one: in quotes it would be a text.
  if (!EPOCH.test(old) || leaf.style !== 'plain') return linked;
  return {
    ...linked,
    write: (next) => {
      const seconds = Math.floor(Date.parse(next.at) / 1000);
      const same = Number.isNaN(seconds) || Math.floor(Number(old)) === seconds;
      return writeText(same ? old : epochText(old, seconds), leaf.view.charset);
    },
  };
}

const epochText = (old: string, seconds: number): string =>
  old.includes('.') ? `${seconds}.0` : String(seconds);

/** A linked value over `[start, end)` of a view's text. Its new text is made when it is needed. */
export function textRangeCompanion(
  { view }: Leaf,
  name: string,
  start: number,
  end: number,
  text: (next: NewBlob) => string,
): LinkedValue {
  return {
    name,
    range: { start: view.byteAt(start), end: view.byteAt(end) },
    write: (next) => writeText(text(next), view.charset),
  };
}

function accessFindings({ role, profile, place }: Entry): Finding[] {
  const through = [
    ...(role === '' ? [] : [`the role ${role}`]),
    ...(profile === '' ? [] : [`the AWS profile "${profile}"`]),
  ];
  if (through.length === 0) return [];
  return [
    finding('sops-access-path', { evidence: [`${place} says so.`], values: { way: through.join(' and ') } }),
  ];
}

function undecodable({ enc }: Entry, place: string): Finding {
  return finding('undecodable-blob', {
    evidence: ['It holds characters, or a number of them, that no base64 has.'],
    values: { place, what: 'file' },
    range: { start: enc.view.byteAt(enc.outerStart), end: enc.view.byteAt(enc.outerEnd) },
  });
}
