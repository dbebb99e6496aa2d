import { describe, test } from 'vitest';
import { expectLinear } from '../../../inspect/linear.test-help.ts';
import { scan } from '../../index.ts';

describe('takes time that grows with the text and not with its square', () => {
  const bad: Record<string, (size: number) => string> = {
    'lists without end': (n) => '1, 2, 2, 0, 120, '.repeat(n / 17),
    'pairs without end': (n) => '01:02:02:00:78:'.repeat(n / 15),
    'beginnings of v0': (n) => '10 32 10.'.repeat(n / 9),
    'spaces between': (n) => `1${' '.repeat(39)}`.repeat(n / 40),
    'many spaces': (n) => `01:02:02:00:78${' '.repeat(n)}`,
    'escapes without end': (n) => '\\x01\\x02\\x02\\x00x'.repeat(n / 17),
    'line feeds as escapes': (n) => '\\n '.repeat(n / 3),
    'line feeds and an escape': (n) => `${'\\n '.repeat(40)}\\x00`.repeat(n / 124),
    'quotes and escapes': (n) => `"\\x01\\x02\\x02\\x00x" `.repeat(n / 20),
    percent: (n) => '%01%02%02%00x'.repeat(n / 13),
    'quoted-printable': (n) => '=01=02=02=00x=\n'.repeat(n / 15),
    'base64 in quoted-printable': (n) => `AQICAHh${'A'.repeat(60)}=\n`.repeat(n / 69),
    'dumps without end': (n) => '00000000: 0102 0200 7810 0102  ........\n'.repeat(n / 40),
    'keys without end': (n) => '{"0":1,"1":2,"2":2,"3":0,"4":120,'.repeat(n / 33),
  };
  test.each(Object.entries(bad))('%s', (what, text) => {
    expectLinear(
      (size) => {
        const bytes = Buffer.from(text(size));
        return () => scan(bytes, 'x.txt');
      },
      800_000,
      what,
    );
  });
});
