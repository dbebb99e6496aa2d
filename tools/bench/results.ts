import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What one suite found, as it stands in RESULTS.md. */
export interface BenchSection {
  readonly title: string;
  /** What was compared with what. */
  readonly text: string;
  readonly table: string;
  /** The same as JSON. */
  readonly figures: object;
}

/** A Markdown table; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}`;

const file = join(import.meta.dirname, 'RESULTS.md');

/** Puts sections into RESULTS.md; those of suites that did not run stay as they are. */
export function keep(sections: readonly BenchSection[]): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const parts = new Map(
    old
      .split(/^(?=# )/m)
      .filter((part) => part.startsWith('# '))
      .map((part) => [part.slice(2, part.indexOf('\n')), part.trimEnd()]),
  );
  for (const { title, text, table: figures } of sections)
    parts.set(title, `# ${title}\n\n${text}\n\n${machine}\n\n${figures}`);
  writeFileSync(file, `${[...parts.values()].join('\n\n')}\n`);
}
