import { expect, test } from 'vitest';
import { type Command, type CommandGroup, matchCommands } from './commands.ts';

const command = (group: CommandGroup, title: string, detail = ''): Command => ({
  id: `${group} ${title}`,
  group,
  title,
  detail,
  run: () => {},
});
const titles = (commands: readonly Command[], query: string) =>
  matchCommands(commands, query).map(({ group, commands: found }) => [
    group,
    found.map(({ title }) => title),
  ]);

test('what begins with the words comes before what holds them, group by group', () => {
  const all = [
    command('Keys', 'alias/old-payments', 'arn:1'),
    command('Keys', 'alias/payments', 'arn:2'),
    command('Views', 'Show Keys'),
    command('Actions', 'Export the key list'),
  ];
  expect(titles(all, 'key')).toEqual([
    ['Actions', ['Export the key list']],
    ['Views', ['Show Keys']],
  ]);
  expect(titles(all, 'payments')).toEqual([['Keys', ['alias/payments', 'alias/old-payments']]]);
  expect(titles(all, 'ARN:2')).toEqual([['Keys', ['alias/payments']]]);
  expect(titles(all, 'nothing')).toEqual([]);
});

test('all actions and views are there, and of a hundred thousand files eight', () => {
  const files = Array.from({ length: 100_000 }, (_, i) => command('Files', `file-${i}.bin`));
  const actions = Array.from({ length: 30 }, (_, i) => command('Actions', `action ${i}`));
  const [first, second] = matchCommands([...files, ...actions], '');
  expect([first?.commands.length, second?.commands.length]).toEqual([30, 8]);
});
