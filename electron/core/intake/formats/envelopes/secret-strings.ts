import { type EncryptionContext, sameContext } from '#shared/model/context.ts';
import { positionOf } from '../../structure/index.ts';
import { decodeText } from '../../text/encoding.ts';
import { type TextView, writeText } from '../../text/text-view.ts';
import type { FoundBlob, LinkedValue } from '../../types.ts';
import { writingFindings } from '../text.ts';
import { bytesBlob, contextNotDeclared, keyReference, rangeOf } from './shared.ts';

/** The password of `docker login` for ECR. */
const ECR = 'ECR';

interface Marked {
  readonly tool: string;
  /** What stands before the blob, to its last character. */
  readonly before: RegExp;
  /** Whether the mark may hold the context: `{cipher}(name=base64)`. */
  readonly context?: boolean;
}

/**
 * Blobs that a tool finds in any text by what stands before them:
 * - shush: environment variables named `KMS_ENCRYPTED_…` (realestate-com-au/shush, README);
 * - ef-open: `{{aws:kms:decrypt,…}}` (crunchyroll/ef-open, docs of ef-resolve-config);
 * - Zalando: `deployment-secret:2:<cluster>:…` (zalando-incubator/cluster-lifecycle-manager and its kubernetes tools);
 * - decrypt-kms-env: `secure:…` (mapbox/decrypt-kms-env, README);
 * - Spring Cloud Config with the AWS KMS add-on: `{cipher}…`, with options and context (zalando/spring-cloud-config-aws-kms);
 * - `kms+base64:…` of a container entry point script, as found in public repositories.
 */
const MARKS: readonly Marked[] = [
  { tool: 'ef-open', before: /\{\{aws:kms:decrypt,$/ },
  { tool: 'Zalando deployment secret', before: /deployment-secret:\d{1,4}:[\w.-]{1,128}:$/ },
  {
    tool: 'Spring Cloud Config',
    before: /\{cipher\}((?:\[[\w=,:/ -]{0,400}\]|\([^()\r\n]{0,512}\))*)$/,
    context: true,
  },
  { tool: 'decrypt-kms-env', before: /(?<=^|[\s"'=:,])secure:$/ },
  { tool: 'kms+base64', before: /kms\+base64:$/ },
  { tool: 'kms_encrypted', before: /(?<![\w:])v(?:\d{1,3}|20\d{2}):$/ },
  {
    tool: ECR,
    before: /docker\s+login\b[^\r\n]{0,400}(?:\s-p|--password)[ =]\s{0,4}["']?$/,
  },
  // `AWS:…` is what base64 of `auth` in Docker's configuration holds, and `curl -u`.
  { tool: ECR, before: /(?<![A-Za-z0-9])AWS:$/ },
  {
    tool: ECR,
    before:
      /[uU]ser(?:[nN]ame)?["']?\s{0,8}[:=]\s{0,8}["']?AWS["']?[\s,;]{1,40}["']?[pP]assword["']?\s{0,8}[:=]\s{0,8}["']?$/,
  },
  { tool: 'shush', before: /KMS_ENCRYPTED_([A-Za-z0-9_]{1,128})["']?\s{0,8}[:=\s]\s{0,8}["']?$/ },
];

/** What every mark holds: where none stands, the text is not looked through. */
const ANY =
  /\{\{aws:kms:decrypt,|deployment-secret:\d|\{cipher\}|secure:[AC][Qi]|kms\+base64:|KMS_ENCRYPTED_|docker\s+login|(?<![A-Za-z0-9])AWS(?::A|["'\s,;])|(?<![\w:])v\d{1,4}:(?:AQ[EI]|Ci[A-D])/;
/** How far before a blob its mark may begin, in characters. */
const MAX_MARK = 1024;
/** Fewest letters of a blob in base64: one of a single byte of plaintext, layout v1. */
const MIN_LETTERS = 180;
/** How base64 of a KMS blob begins (layouts v1 and v2, and v0), as a run of its letters; `\/` is a slash in JSON. */
const RUN = /(?<![A-Za-z0-9+/])(?:AQ[EI][A-D]AH[g-j]|Ci[A-D])(?:[A-Za-z0-9+/]|\\\/)*={0,2}/g;

/** Blobs with a tool's mark before them, wherever they stand in text. */
export function secretStrings(view: TextView): FoundBlob[] {
  if (!ANY.test(view.text)) return [];
  const found: FoundBlob[] = [];
  for (const match of view.text.matchAll(RUN)) {
    if (match[0].length < MIN_LETTERS) continue;
    const blob = readRun(view, match.index, match.index + match[0].length);
    if (blob !== null) found.push(blob);
  }
  return found;
}

function readRun(view: TextView, start: number, end: number): FoundBlob | null {
  const before = view.text.slice(Math.max(0, start - MAX_MARK), start);
  for (const { tool, before: mark, context: holdsContext } of MARKS) {
    const match = mark.exec(before);
    if (match === null) continue;
    const raw = view.text.slice(start, end);
    const decoded = decodeText(raw, {
      charset: view.charset,
      escaped: raw.includes('\\'),
      takeUnknown: false,
    });
    if (decoded?.identification.kind !== 'kms-symmetric') return null;
    const { line, column } = positionOf(view, start - match[0].length);
    const place = `line ${line}, column ${column}${tool === 'shush' ? `: KMS_ENCRYPTED_${match[1] ?? ''}` : ''}`;
    const options = holdsContext === true ? (match[1] ?? '') : '';
    const context = springContext(options);
    const key = keyOption(start, options);
    return {
      ...bytesBlob(
        new Uint8Array(),
        place,
        { start: 0, end: 0 },
        {
          container: tool === ECR ? 'ecr-token' : 'secret-string',
          ...(tool === ECR ? { notPutBack: NOT_YOURS } : {}),
          declared: { encryptionContext: context, keyArn: key?.value ?? null },
          linkedValues: [
            ...(key === null ? [] : [keyLinkedValue(view, key)]),
            ...(context === null ? [] : springLinkedValue(view, start, options, context)),
          ],
          findings: [
            ...(context === null && tool !== ECR
              ? [
                  contextNotDeclared(
                    tool === 'kms_encrypted'
                      ? 'The Ruby gem kms_encrypted uses "model_name" with the name of the model, such as User, and "model_id" with the id of the row, unless the model has a kms_encryption_context.'
                      : `It is what is given to the tool (${tool}) when it decrypts; many use none.`,
                  ),
                ]
              : []),
            ...writingFindings(decoded),
          ],
        },
      ),
      range: rangeOf(view, start, end),
      encoding: decoded.encoding,
      bytes: decoded.bytes,
      identification: decoded.identification,
    };
  }
  return null;
}

const NOT_YOURS =
  'It is the password of a `docker login` for ECR: its data key is under a KMS key that AWS owns, and KMS refuses to re-encrypt ' +
  'it. A password lives for 12 hours: get a new one.';

/** Pairs of `(Country=UG9ydHVnYWw=,Code=MzUx)`, values in base64; null without them. */
function springContext(options: string): EncryptionContext | null {
  const pairs = /\(([^()]*)\)/.exec(options)?.[1];
  if (pairs === undefined) return null;
  const context: Record<string, string> = {};
  for (const pair of pairs.split(',')) {
    const equals = pair.indexOf('=');
    if (equals < 1) return null;
    context[pair.slice(0, equals).trim()] = Buffer.from(pair.slice(equals + 1).trim(), 'base64').toString(
      'utf8',
    );
  }
  return context;
}

/** `[keyId=…]` of Spring Cloud Config, where it stands. */
function keyOption(blobStart: number, options: string): { start: number; value: string } | null {
  const match = /[[,]\s{0,8}keyId=([\w:/-]{1,300})/i.exec(options);
  const value = match?.[1];
  if (match === null || value === undefined) return null;
  return { start: blobStart - options.length + match.index + match[0].length - value.length, value };
}

function keyLinkedValue(view: TextView, { start, value }: { start: number; value: string }): LinkedValue {
  return {
    name: 'keyId',
    range: rangeOf(view, start, start + value.length),
    write: (next) => writeText(keyReference(value, next), view.charset),
  };
}

function springLinkedValue(
  view: TextView,
  blobStart: number,
  options: string,
  old: EncryptionContext,
): LinkedValue[] {
  const match = /\(([^()]*)\)/.exec(options);
  if (match === null) return [];
  const start = blobStart - options.length + match.index;
  const end = start + match[0].length;
  const kept = view.text.slice(start, end);
  return [
    {
      name: 'encryption context',
      range: rangeOf(view, start, end),
      write: (next) => {
        const context = next.context ?? {};
        if (sameContext(old, context))
          return view.charset === 'utf-8'
            ? new Uint8Array(Buffer.from(kept, 'latin1'))
            : writeText(kept, view.charset);
        const pairs = Object.entries(context).map(
          ([name, value]) => `${name}=${Buffer.from(value, 'utf8').toString('base64')}`,
        );
        return writeText(pairs.length === 0 ? '' : `(${pairs.join(',')})`, view.charset);
      },
    },
  ];
}
