/** Something that the command palette can do. */
export interface Command {
  /** Different from all others. */
  readonly id: string;
  readonly group: CommandGroup;
  readonly title: string;
  /** What else it is found by, and shown beside it: an ARN, a folder. */
  readonly detail?: string;
  /** Shortcut that does the same. */
  readonly keys?: string;
  /** Why it cannot be done now; absent: it can. */
  readonly refused?: string;
  readonly run: () => void;
}

const COMMAND_GROUPS = ['Actions', 'Views', 'Runs', 'Keys', 'Files'] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** Commands of one group that are shown; of actions and views all are. */
const MOST = 8;
const WHOLE: ReadonlySet<CommandGroup> = new Set(['Actions', 'Views']);

/** Found commands by group, the best first. An empty query finds all. */
export function matchCommands(
  commands: Iterable<Command>,
  query: string,
): readonly { readonly group: CommandGroup; readonly commands: readonly Command[] }[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<CommandGroup, { command: Command; rank: number }[]>();
  for (const command of commands) {
    const rank = rankOf(command, words);
    if (rank === null) continue;
    const list = found.get(command.group);
    if (list === undefined) found.set(command.group, [{ command, rank }]);
    else list.push({ command, rank });
  }
  return COMMAND_GROUPS.flatMap((group) => {
    const list = found.get(group) ?? [];
    // Stable: those that are found equally well stay in their order.
    const sorted = list.sort((a, b) => a.rank - b.rank).map(({ command }) => command);
    const shown = WHOLE.has(group) ? sorted : sorted.slice(0, MOST);
    return shown.length === 0 ? [] : [{ group, commands: shown }];
  });
}

/** 0: the title begins with what was typed, 1: each word begins one of its words, 2: found anywhere; null: not found. */
function rankOf({ title, detail = '' }: Command, words: readonly string[]): number | null {
  if (words.length === 0) return 0;
  const name = title.toLowerCase();
  if (name.startsWith(words.join(' '))) return 0;
  const all = `${name} ${detail.toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return null;
  const begins = words.every(
    (word) => name.startsWith(word) || name.includes(` ${word}`) || name.includes(`/${word}`),
  );
  return begins ? 1 : 2;
}
