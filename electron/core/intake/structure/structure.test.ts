import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, parseAllDocuments } from 'yaml';
import { manyRuns } from '../../../../tools/many-runs.ts';
import { viewText } from '../text/text-view.ts';
import { type Leaf, positionOf, readStructure, type Structure } from './index.ts';

const read = (text: string | Buffer, name = 'x'): Structure | null => {
  const view = viewText(Buffer.from(text));
  return view === null ? null : readStructure(view, name);
};
const shown = (text: string, name?: string) =>
  read(text, name)?.leaves.map((leaf) => [leaf.place, leaf.style, leaf.value()]);
const syntaxOf = (text: string, name?: string) => read(text, name)?.syntax ?? null;

/** The text with one leaf written anew. */
const withLeaf = ({ view, start, end }: Leaf, text: string): string =>
  view.read(0, start) + text + view.read(end, view.text.length);

describe('what each syntax gives', () => {
  test('JSON', () => {
    expect(shown('{"a":[1,{"b":"x\\u00e9\\n","c d":null}],"e":true, "é":"ü"}')).toEqual([
      ['a[0]', 'plain', '1'],
      ['a[1].b', 'json-string', 'xé\n'],
      ['a[1]["c d"]', 'plain', 'null'],
      ['e', 'plain', 'true'],
      ['["é"]', 'json-string', 'ü'],
    ]);
    expect(syntaxOf('{"a":1,}')).not.toBe('json');
  });

  test('JSON Lines, and documents one after the other', () => {
    expect(shown('{"a":"1"}\n\n["é"]\n')).toEqual([
      ['line 1: a', 'json-string', '1'],
      ['line 3: [0]', 'json-string', 'é'],
    ]);
    expect(syntaxOf('{"a":"1"}\n{}')).toBe('json-lines');
    expect(shown('{\n"a":"1"} {"a":"2"}')?.map(([place]) => place)).toEqual([
      'document 1: a',
      'document 2: a',
    ]);
  });

  test('YAML', () => {
    const text =
      'a: !!str |-2\r\n    x\r\n    y\r\nb: >\r\n  é foo\r\n  bar\r\n\r\n  q\r\nc: &x ["é", {d: e, f}, [g: h], ]\r\nl: *x\r\n"k\\u00e9": "a\\\r\n  b"\r\n? z\r\n: w\r\n---\r\n- 1\r\n-\r\n# c\r\n- \'it\'\'s\' # d\r\n';
    expect(shown(text)).toEqual([
      ['document 1: a', 'block-literal', '  x\n  y'],
      ['document 1: b', 'block-folded', 'é foo bar\nq\n'],
      ['document 1: c[0]', 'double', 'é'],
      ['document 1: c[1].d', 'plain', 'e'],
      ['document 1: c[2][0].g', 'plain', 'h'],
      ['document 1: ["ké"]', 'double', 'ab'],
      ['document 1: z', 'plain', 'w'],
      ['document 2: [0]', 'plain', '1'],
      ['document 2: [2]', 'single', "it's"],
    ]);
    for (const broken of [
      'a: "b',
      'a: [b',
      'a: b\nc',
      'a: {b',
      'plain text',
      'a: b\na: c',
      'a: \u0002b\n',
      '',
    ])
      expect(syntaxOf(broken, 'a.yaml'), broken).toBeNull();
  });

  test('dotenv', () => {
    expect(shown('# c\nexport A=x # c\r\nB="q\\"\nw" # z\nC=\'z\'\nD=\nE=a"b\n')).toEqual([
      ['A', 'plain', 'x'],
      ['B', 'double', 'q"\nw'],
      ['C', 'single', 'z'],
      ['D', 'plain', ''],
      ['E', 'plain', 'a"b'],
    ]);
  });

  test('INI', () => {
    expect(shown('; c\n[a]\nx = y ; c\n`q=1` = """z"""\nb=abcd\n   efgh==\n[b c]\nk: v\n')).toEqual([
      ['a.x', 'plain', 'y'],
      ['a["q=1"]', 'double', 'z'],
      ['a.b', 'plain', 'abcd\n   efgh=='],
      ['["b c"].k', 'plain', 'v'],
    ]);
  });

  test('CSV and TSV', () => {
    expect(shown('a,b\r\n1,"x ""y"\r\n\r\n3,"two\r\nlines"\r\n5,6')).toEqual([
      ['line 1, column "a"', 'plain', 'a'],
      ['line 1, column "b"', 'plain', 'b'],
      ['line 2, column "a"', 'plain', '1'],
      ['line 2, column "b"', 'double', 'x "y'],
      ['line 4, column "a"', 'plain', '3'],
      ['line 4, column "b"', 'double', 'two\r\nlines'],
      ['line 6, column "a"', 'plain', '5'],
      ['line 6, column "b"', 'plain', '6'],
    ]);
    expect(shown('a\ta\n1\t2\n')?.at(-1)?.[0]).toBe('line 2, column 2');
    expect(syntaxOf('a,b\n1\n', 'a.csv')).toBeNull();
  });

  test('TOML', () => {
    const text =
      'a = "x\\u00e9"\n[t.u] # c\nk = [1, "b", {c = \'d\'}]\n[[l]]\nz = """\nq"""\n[[l]]\n"y y" = 2020-01-01 10:00:00\n';
    expect(shown(text)).toEqual([
      ['a', 'double', 'xé'],
      ['t.u.k[0]', 'plain', '1'],
      ['t.u.k[1]', 'double', 'b'],
      ['t.u.k[2].c', 'single', 'd'],
      ['l[0].z', 'double', 'q'],
      ['l[1]["y y"]', 'plain', '2020-01-01 10:00:00'],
    ]);
  });

  test('HCL', () => {
    const call = '$' + '{x("k")}';
    const text =
      'resource "aws_x" "y" {\n  a = "b$$' +
      '{c}"\n  c = [ "d", file("e"), ]\n  f = <<-EOF\n    AQ\n    BB\n  EOF\n  g = { "h" = "i", j = "' +
      call +
      '" }\n  /* "no" */\n  nested { n = "o" }\n}\nm = cond ? "t" : "u"\n';
    expect(shown(text)).toEqual([
      ['resource.aws_x.y.a', 'double', ['b$', '{c}'].join('')],
      ['resource.aws_x.y.c[0]', 'double', 'd'],
      ['resource.aws_x.y.c[1][0]', 'double', 'e'],
      ['resource.aws_x.y.f', 'heredoc', 'AQ\nBB\n'],
      ['resource.aws_x.y.g.h', 'double', 'i'],
      ['resource.aws_x.y.g.j', 'template', call],
      ['resource.aws_x.y.nested.n', 'double', 'o'],
      ['m', 'double', 't'],
      ['m', 'double', 'u'],
    ]);
  });

  test('the extension decides only between what fits', () => {
    expect(syntaxOf('A=1\nB=2\n')).toBe('dotenv');
    expect(syntaxOf('A=1\nB=2\n', 'x.toml')).toBe('toml');
    expect(syntaxOf('A=1\nB=2\n', 'x.ini')).toBe('ini');
    expect(syntaxOf('{"a": 1}', 'x.ini')).toBe('json');
    expect(syntaxOf('a: b\n', 'x.csv')).toBe('yaml');
    for (const text of ['Dear all,\nhello.\n', '#!/bin/sh\nfoo() {\n echo "x"\n}\n', 'const a = {b: "c"};\n'])
      expect(syntaxOf(text), text).toBeNull();
  });

  test('lines and columns count characters', () => {
    const structure = read('a: b\r\né: ü\n');
    const leaf = structure?.leaves[1];
    expect(leaf && structure && positionOf(structure.view, leaf.start)).toEqual({ line: 2, column: 4 });
  });
});

/** Keys and texts that need quotes and escapes in some syntax or other. */
const texts = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.stringMatching(/^[A-Za-z0-9+/]{1,60}={0,2}$/),
  fc.constantFrom(
    'true',
    ' x ',
    'a: b',
    '# c',
    'two\nlines',
    '\ttab',
    "it's",
    '"q"',
    'null',
    '1e3',
    '- x',
    '{',
    'ü',
  ),
);
const keys = fc.stringMatching(/^[a-z][a-z_]{0,6}$/);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    texts,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
  ),
}));
const document = fc.dictionary(keys, tree, { minKeys: 1, maxKeys: 5 });

/** Strings of a value in the order of the file, with their paths. */
function strings(value: unknown, path: readonly (string | number)[] = []): [string, string][] {
  if (typeof value === 'string') return [[JSON.stringify(path), value]];
  if (Array.isArray(value)) return value.flatMap((one, i) => strings(one, [...path, i]));
  return Object.entries(value as object).flatMap(([key, one]) => strings(one, [...path, key]));
}
const found = (structure: Structure | null) =>
  structure?.leaves.map((leaf): [string, string] => [JSON.stringify(leaf.path), leaf.value()]);

describe('agrees with a full reader, for any document', () => {
  test('JSON', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('', ' ', '\t'), (value, indent) => {
        expect(found(read(JSON.stringify(value, null, indent)))).toEqual(strings(value));
      }),
    );
  });

  test('YAML in any style; each value written anew is read back by a full reader', () => {
    const styles = fc.record({
      defaultStringType: fc.constantFrom(
        'PLAIN',
        'QUOTE_SINGLE',
        'QUOTE_DOUBLE',
        'BLOCK_LITERAL',
        'BLOCK_FOLDED',
      ),
      indent: fc.constantFrom(1, 2, 4, 7),
      lineWidth: fc.constantFrom(0, 30, 80),
      collectionStyle: fc.constantFrom('any', 'flow'),
      indentSeq: fc.boolean(),
    });
    const names = (value: unknown): unknown => parseAllDocuments(String(value))[0]?.toJS();
    fc.assert(
      fc.property(document, styles, fc.boolean(), (value, style, crlf) => {
        const made = new Document(value).toString({ ...style, defaultKeyType: 'PLAIN' } as object);
        const text = crlf ? made.replaceAll('\n', '\r\n') : made;
        // Control characters stand escaped in YAML, except where the writer leaves them raw.
        if (/[^\t\n\r -~\u0080-\uffff]/.test(text)) return;
        const structure = read(text, 'x.yaml');
        const expected = names(text);
        expect(found(structure), text).toEqual(strings(expected));
        for (const leaf of structure?.leaves ?? []) {
          if (leaf.start === leaf.end) continue;
          const again = names(withLeaf(leaf, leaf.write('New+/text=')));
          expect(JSON.stringify(again), text).toContain('New+/text=');
          const { view, outerStart, outerEnd } = leaf;
          if (leaf.style.startsWith('block')) continue;
          const odd = ' it\'s "odd": #\n\t\u0007é';
          const quoted = view.read(0, outerStart) + leaf.rewrite(odd) + view.read(outerEnd, view.text.length);
          expect(
            strings(names(quoted)).map(([, one]) => one),
            quoted,
          ).toContain(odd);
        }
      }),
      { numRuns: manyRuns(300) },
    );
  });
});

describe('hostile text', () => {
  test('a block scalar as a YAML key, indented wrongly', () => {
    expect(() => read('? |\n\t${', 'x')).not.toThrow();
  });

  test('never throws, whatever the bytes', () => {
    const bits = fc.constantFrom(
      '"',
      "'",
      '\\',
      '\n',
      '\r\n',
      ' ',
      '  ',
      '\t',
      ':',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '=',
      '#',
      '|\n',
      '>-\n',
      '<<EOF\n',
      'EOF\n',
      '${',
      '&a ',
      '*a',
      '? ',
      '---\n',
      '...\n',
      '%',
      '!',
      'a',
      'export ',
      '[[',
      ']]',
      '"""',
      "'''",
      '`',
      ';',
      'é',
      '1',
      'a = ',
      'a: ',
      'a "b" {\n',
      '}\n',
    );
    fc.assert(
      fc.property(
        fc.array(bits, { maxLength: 40 }),
        fc.constantFrom('x', 'a.yaml', 'a.toml', 'a.tf', 'a.ini', 'a.csv', '.env'),
        (parts, name) => {
          const structure = read(parts.join(''), name);
          for (const leaf of structure?.leaves ?? []) {
            expect(leaf.outerStart).toBeLessThanOrEqual(leaf.start);
            expect(leaf.start).toBeLessThanOrEqual(leaf.end);
            expect(leaf.end).toBeLessThanOrEqual(leaf.outerEnd);
            leaf.value();
            leaf.write('x');
            leaf.rewrite('x');
          }
        },
      ),
      { numRuns: manyRuns(5000) },
    );
  });
});
