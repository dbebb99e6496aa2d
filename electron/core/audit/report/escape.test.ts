import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE, parseCsv } from '../audit.test-help.ts';
import {
  BOM,
  csvField,
  csvLine,
  fromCsvField,
  fromVisible,
  html,
  json,
  sarifText,
  visible,
} from './escape.ts';

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Any UTF-16, lone surrogates too. */
const anything = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

describe('text from outside', () => {
  it('is shown without an invisible character, and comes back exactly', () => {
    for (const text of HOSTILE) {
      expect(visible(text)).not.toMatch(HIDDEN);
      expect(fromVisible(visible(text))).toBe(text);
    }
    expect(visible('evil\u202etxt.exe')).toBe('evil\\u{202e}txt.exe');
    expect(visible('C:\\a\\b')).toBe('C:\\a\\b');
  });

  it('in CSV is escape and comes back exactly', () => {
    const rows = parseCsv(BOM + HOSTILE.map((text) => csvLine([text, 'next'])).join(''));
    expect(rows.map(([field = '']) => fromCsvField(field))).toEqual([...HOSTILE]);
    for (const [field = '', other] of rows) {
      expect(field).not.toMatch(/^\s*[=+\-@＝＋－＠\t\r]/u);
      expect(other).toBe('next');
    }
  });

  it('in CSV comes back exactly, whatever it is', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const [fields = []] = parseCsv(BOM + csvLine([a, b]));
        expect(fields.map(fromCsvField)).toEqual([a, b]);
      }),
    );
    expect(csvField('plain')).toBe('"plain"');
  });

  it('in HTML opens no element and ends no attribute', () => {
    for (const text of HOSTILE) expect(html(text)).not.toMatch(/[<>"']/);
    expect(html('a & b')).toBe('a &amp; b');
  });

  it('in JSON keeps its value and shows nothing invisible', () => {
    const text = json({ names: HOSTILE });
    expect(JSON.parse(text)).toEqual({ names: [...HOSTILE] });
    expect(text.replaceAll('\n', '')).not.toMatch(HIDDEN);
    expect(json('ä€😀')).toBe('"ä€😀"');
  });

  it('in a SARIF message is neither placeholder nor link', () => {
    const text = sarifText('[click](javascript:1) {0} <b>');
    expect(text).toBe('\\[click\\](javascript:1) {{0}} \\<b\\>');
  });
});
