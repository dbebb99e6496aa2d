import { test } from 'vitest';
import { expectLinear } from '../../inspect/linear.test-help.ts';
import { viewText } from '../text/text-view.ts';
import { readStructure, type Structure } from './index.ts';

const read = (text: string | Buffer, name = 'x'): Structure | null => {
  const view = viewText(Buffer.from(text));
  return view === null ? null : readStructure(view, name);
};

test('takes linear time', () => {
  const size = 400_000;
  const bomb = `a: &a [${'x,'.repeat(9)}]\n${Array.from({ length: 30 }, (_, i) => `${String.fromCharCode(98 + (i % 20))}${i}: &${i}b [${`*a,`.repeat(9)}]`).join('\n')}\n`;
  const lines = (n: number): [string, string][] => [
    ['yaml', bomb],
    ['yaml', '- '.repeat(n / 2)],
    ['yaml', '? '.repeat(n / 2)],
    ['yaml', '['.repeat(n)],
    ['yaml', 'a: [\n'.repeat(n / 5)],
    ['yaml', 'a:\n'.repeat(n / 3)],
    ['yaml', '- a\n'.repeat(n / 4)],
    ['yaml', 'a: |\n'.repeat(n / 5)],
    ['yaml', `a: "${'\n'.repeat(n)}`],
    ['yaml', '"a\n'.repeat(n / 3)],
    ['yaml', "- '\n".repeat(n / 4)],
    ['yaml', '{a: b, '.repeat(n / 7)],
    ['yaml', '#\n'.repeat(n / 2)],
    ['yaml', '---\n'.repeat(n / 4)],
    ['yaml', `- ${'a '.repeat(n / 2)}`],
    ['yaml', `a: >\n${'  x\n\n'.repeat(n / 5)}`],
    ['env', 'A="\n'.repeat(n / 4)],
    ['env', 'A=\'x\nB="\nC=`\n'.repeat(n / 14)],
    ['env', `A="${'\\'.repeat(n)}`],
    ['ini', `[a]\n${'b=c\n  dddd\n'.repeat(n / 11)}`],
    ['ini', '[a]\n'.repeat(n / 4)],
    ['csv', '"a",b\n'.repeat(n / 6)],
    ['csv', '"'.repeat(n)],
    ['csv', '"a""\n'.repeat(n / 5)],
    ['toml', 'a = [\n'.repeat(n / 6)],
    ['toml', `a = """${'"'.repeat(n)}`],
    ['toml', '[a]\nb = "c"\n'.repeat(n / 12)],
    ['toml', `a = [${'1,'.repeat(n / 2)}]`],
    ['tf', 'a {\n'.repeat(n / 4)],
    ['tf', 'a = <<E\n'.repeat(n / 8)],
    ['tf', `a = "${'${"'.repeat(n / 3)}`],
    ['tf', `a = [${'"b",\n'.repeat(n / 5)}]`],
    ['json', `[${'{"a":"b"},'.repeat(n / 10)}1]`],
    ['json', '{}\n'.repeat(n / 3)],
  ];
  for (const i of lines(8).keys())
    expectLinear(
      (n) => {
        const [extension, text] = lines(n)[i] ?? ['', ''];
        return () => read(text, `a.${extension}`);
      },
      size,
      lines(8)[i]?.join(' ') ?? '',
    );
});
