import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { type DecodedText, decodeText } from '../text/encoding.ts';
import { trimmed } from '../text/strip-whitespace.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob } from '../types.ts';
import { type Format, NONE, NOTHING_DECLARED } from './format.ts';

/** Longest text that is tried as one encoded blob, in characters. Only Encryption SDK messages are large. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Most lines tried as one blob each. */
const MAX_LINES = 100_000;

/**
 * Text that is an encoded blob: base64, base64url, hex or base64 of these, wrapped or not, with white space, a byte
 * order mark or one pair of quotes around it; or lines that are each such a blob.
 */
export const encodedText: Format = {
  container: 'text',
  read({ text: view }) {
    if (view === null || view.text.length > MAX_CHARACTERS) return null;
    const whole = readPiece(view, 0, view.text.length, '');
    if (whole !== null && whole.identification.kind !== 'kms-like')
      return { blobs: [whole], findings: [], plaintext: [] };
    const lines = readLines(view);
    if (lines !== null) return { blobs: lines, findings: [], plaintext: [] };
    // Several in a row, without padding: they are separated as those among other text are.
    if (whole === null || SEVERAL.test(view.text)) return null;
    return { blobs: [whole], findings: [], plaintext: [] };
  },
};

const SEVERAL = /AQ[EI][A-D]AH[g-j][\s\S]{100,}AQ[EI][A-D]AH[g-j]/;

/** Every line that is not blank as a blob of its own; null when one is not, or is only KMS-like. */
function readLines(view: TextView): FoundBlob[] | null {
  const { text } = view;
  const blobs: FoundBlob[] = [];
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    if (line > MAX_LINES) return null;
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const [from, to] = trimmed(text, start, end, false);
    if (from < to) {
      const blob = readPiece(view, from, to, `line ${line}`);
      if (blob === null || blob.identification.kind === 'kms-like') return null;
      blobs.push(blob);
    }
    start = end + 1;
  }
  return blobs.length > 1 ? blobs : null;
}

function readPiece(view: TextView, start: number, end: number, place: string): FoundBlob | null {
  const [from, to] = unquoted(view.text, start, end);
  if (from === to || !/^[A-Za-z0-9+/=_\s-]{1,256}$/.test(view.text.slice(from, Math.min(to, from + 256))))
    return null;
  const decoded = decodeText(view.text.slice(from, to), {
    charset: view.charset,
    escaped: false,
    takeUnknown: false,
  });
  if (decoded === null) return null;
  return {
    place,
    range: { start: view.byteAt(from), end: view.byteAt(to) },
    container: 'text',
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    declared: NOTHING_DECLARED,
    linkedValues: NONE,
    findings: writingFindings(decoded),
  };
}

/** Leaves out white space, one pair of quotes (with a comma or semicolon after it) and a hex prefix. */
function unquoted(text: string, start: number, end: number): [number, number] {
  let [from, to] = trimmed(text, start, end, false);
  const last = text[to - 1];
  const closing = last === ',' || last === ';' ? to - 2 : to - 1;
  const quote = text[from];
  if (closing > from && (quote === '"' || quote === "'" || quote === '`') && text[closing] === quote)
    [from, to] = trimmed(text, from + 1, closing, false);
  const prefix = text.slice(from, from + 2);
  if (prefix === '0x' || prefix === '0X' || prefix === '\\x') from += 2;
  return [from, to];
}

/** What should be known of how a blob is written; shared by the formats that hold encoded text. */
export function writingFindings({ irregular, encoding }: DecodedText): readonly Finding[] {
  if (!irregular && encoding.name !== 'base64-base64') return NONE;
  const findings: Finding[] = [];
  if (irregular)
    findings.push(
      finding('irregular-encoding', {
        evidence: ['It decodes, but its letters are of mixed case or its last character has stray bits.'],
        values: {
          what: 'The text is not written as an encoder would write it.',
          reason: 'It may have been edited by hand. A new blob is written in the regular form.',
          remedy: '',
        },
      }),
    );
  if (encoding.name === 'base64-base64')
    findings.push(
      finding('double-base64', {
        evidence: ['What it decodes to is base64 again, and only that decodes to a blob.'],
      }),
    );
  return findings;
}
