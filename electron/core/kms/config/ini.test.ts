import { devNull } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OwnHome, ownHome } from '../own-home.test-help.ts';
import { parseIni, shellWords } from './ini.ts';
import { readSharedConfig } from './shared-config.ts';

const of = (text: string) => {
  const { sections, problems } = parseIni(text);
  return {
    sections: Object.fromEntries(sections.map(({ name, members }) => [name, Object.fromEntries(members)])),
    problems,
  };
};

test('nested members, longer values and comments', () => {
  expect(
    of(
      '[a] # b\nx = 1 ; c\ns3 =\n  y = 2\n  # d\n  z = 3\ncredential_process = run\n  --all "# not a comment"\n',
    ),
  ).toEqual({
    sections: {
      a: { x: '1', 's3.y': '2', 's3.z': '3', credential_process: 'run\n--all "# not a comment"' },
    },
    problems: [],
  });
});

test('what cannot be read is reported by its line, and the rest is read', () => {
  const { sections, problems } = of('early = 1\n[a]\nx = 1\nnonsense CANARYsecret\nx = 2\n[a]\ny = 3\n');
  expect(sections).toEqual({ a: { x: '2', y: '3' } });
  expect(problems.map((problem) => /line (\d+)/.exec(problem)?.[1])).toEqual(['1', '4', '5', '6']);
  expect(problems.join()).not.toContain('CANARY');
});

test('names like those of objects are names', () => {
  const { sections } = parseIni('[__proto__]\nconstructor = 1\n__proto__ = 2\n');
  expect(sections.map(({ name, members }) => [name, [...members]])).toEqual([
    [
      '__proto__',
      [
        ['constructor', '1'],
        ['__proto__', '2'],
      ],
    ],
  ]);
});

test('a long file is read in time that grows with its length', () => {
  const { sections } = parseIni(Array.from({ length: 100_000 }, (_, i) => `[p${i}]\nregion = r\n`).join(''));
  expect(sections).toHaveLength(100_000);
});

test.each([
  ['profile x', ['profile', 'x']],
  ['profile "my corp"', ['profile', 'my corp']],
  [`a 'b "c' d\\ e`, ['a', 'b "c', 'd e']],
  [`"a\\"b" ''`, ['a"b', '']],
  ['"open', null],
  ['', []],
])('the words of %j', (text, words) => {
  expect(shellWords(text)).toEqual(words);
});

describe('the two files together', () => {
  let home: OwnHome;
  beforeEach(async () => {
    home = await ownHome();
  });
  afterEach(() => home.end());

  test('a name that the AWS CLI passes over is said, with how it is written', async () => {
    await home.config(
      '[profile my corp]\nregion = us-east-1\n[prod]\nregion = us-east-1\n[preview]\ncloudfront = true\n',
    );
    await home.credentials('[profile dev]\naws_access_key_id = x\n');
    const { profiles, problems } = await readSharedConfig();
    expect([...profiles.keys()]).toEqual(['profile dev']);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain('[profile "my name"]');
    expect(problems[1]).toContain('[profile prod]');
    expect(problems[2]).toContain('a profile is written [dev]');
  });

  test('an empty file and the null device are no problem', async () => {
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', devNull);
    expect((await readSharedConfig()).problems).toEqual([]);
  });

  test('many bad lines are not many problems', async () => {
    await home.config('x\n'.repeat(1000));
    expect((await readSharedConfig()).problems.length).toBeLessThan(8);
  });
});
